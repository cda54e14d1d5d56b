//! What the security team is told.

use std::fmt::Write;

use serde_json::json;
use tagwarden::decide::{Decision, Finding, FindingOutcome};
use tagwarden::policy::Policy;
use tagwarden::terms::Severity;

use crate::act::Deed;
use crate::creation::{FOUND, SESSION_UNSEEN, UNSEEN};
use crate::ports::{Attributes, Message};

/// Longest subject, in characters (SNS API reference, `Publish`).
const MAX_SUBJECT: usize = 100;

/// Findings told in full. SNS takes 256 KB in all, and the record goes out once for each protocol.
const MAX_FINDINGS: usize = 20;

/// Longest value of a finding that is told, in characters.
const MAX_VALUE: usize = 500;

/// The message about a decision and what was done.
pub fn alert(decision: &Decision, deeds: &[Deed], policy: &Policy) -> Message {
    let (text, record) = (text(decision, deeds, policy), record(decision, deeds));
    message(subject(decision, deeds), text, record, attributes(decision, policy))
}

/// A message: `text` for people, `record` for machines.
pub fn message(subject: String, text: String, record: String, attributes: Attributes) -> Message {
    Message {
        subject,
        texts: vec![
            ("default", text.clone()),
            ("email", text),
            ("sqs", record.clone()),
            ("lambda", record.clone()),
            ("http", record.clone()),
            ("https", record),
        ],
        attributes,
    }
}

/// How bad it is: the worst of the findings.
fn severity(decision: &Decision) -> Severity {
    decision.findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Low)
}

/// What was done, in a word or two.
pub fn done(deeds: &[Deed]) -> &'static str {
    match deeds.first() {
        _ if deeds.iter().any(|deed| deed.failed) => "ACTION FAILED",
        Some(deed) if deed.stopped => "stopped",
        Some(deed) if deed.action == "add-tags" => "tagged",
        Some(_) => "left as it is",
        None => "nothing changed",
    }
}

fn subject(decision: &Decision, deeds: &[Deed]) -> String {
    let (done, rules) = (done(deeds), rules(decision).join(", "));
    printable(&format!(
        "Tagwarden {}: {} {} ({done}): {rules}",
        severity(decision).as_str(),
        decision.event_name,
        name(decision)
    ))
}

/// A subject as SNS takes it.
pub fn printable(subject: &str) -> String {
    let printable = subject.chars().map(|c| if c == ' ' || c.is_ascii_graphic() { c } else { '?' });
    printable.take(MAX_SUBJECT).collect()
}

fn name(decision: &Decision) -> &str {
    decision.resource.as_ref().and_then(|resource| resource.name.as_deref()).unwrap_or("(no name)")
}

fn rules(decision: &Decision) -> Vec<&'static str> {
    let mut rules: Vec<_> = decision.findings.iter().map(|finding| finding.rule).collect();
    rules.dedup();
    rules
}

/// The message for people: who, what, which rule, what was done, how to put it right.
fn text(decision: &Decision, deeds: &[Deed], policy: &Policy) -> String {
    let mut text = String::new();
    let principal = decision.principal.as_ref();
    let who = principal.and_then(|principal| principal.arn.as_deref()).unwrap_or("an unknown caller");
    let (account, region) = (decision.account.as_deref().unwrap_or("?"), decision.region.as_deref().unwrap_or("?"));
    let time = decision.event_time.as_deref().unwrap_or("an unknown time");
    let mut line = |line: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{line}");
    };
    line(&format!("{who} called {} for `{}`", decision.event_name, name(decision)));
    line(&format!("in account {account}, region {region}, at {time}."));
    line("");
    for finding in decision.findings.iter().take(MAX_FINDINGS) {
        let outcome = match finding.outcome {
            FindingOutcome::Fail => finding.severity.as_str(),
            FindingOutcome::Unknown => "unknown",
            FindingOutcome::Exempted => "exempted",
        };
        line(&format!("[{outcome}] {}: {}", finding.rule, cut(&finding.message)));
        line(&format!("  at {}", finding.path));
        if finding.outcome != FindingOutcome::Unknown {
            line(&format!("  expected {}", cut(&finding.expected)));
            line(&format!("  to put it right: {}", finding.fix));
        }
    }
    if decision.findings.len() > MAX_FINDINGS {
        line(&format!("… and {} more findings.", decision.findings.len() - MAX_FINDINGS));
    }
    line("");
    if deeds.is_empty() {
        line("Nothing was changed.");
    }
    for deed in deeds {
        let outcome = if deed.failed { "FAILED, will be tried again" } else { "done" };
        line(&format!("{}: {outcome}: {}", deed.action, cut(&deed.result)));
    }
    for reason in decision.actions.iter().filter_map(|action| action.not_stopped) {
        line(&format!("Not stopped: {reason}."));
    }
    for hint in hints(decision, policy) {
        line("");
        line(&hint);
    }
    if let Some(link) = console_link(decision) {
        line("");
        line(&link);
    }
    text
}

/// What a person cannot see in the findings.
fn hints(decision: &Decision, policy: &Policy) -> Vec<String> {
    let key = &policy.abac.tag;
    let has = |rule| decision.findings.iter().any(|finding| finding.rule == rule);
    let from_session = decision.principal.as_ref().is_some_and(|principal| principal.tags_from == "session");
    let mut hints = Vec::new();
    let reason = decision.reason.as_deref().unwrap_or_default();
    let unusual: Vec<_> = [FOUND, UNSEEN, SESSION_UNSEEN].into_iter().filter(|what| reason.contains(what)).collect();
    if !unusual.is_empty() {
        hints.push(format!("Note: {}.", unusual.join("; ")));
    }
    if has("missing-project-tag") {
        hints.push("A role that lacks `sagemaker:AddTags` cannot tag on create: the request fails, or people leave the tag away.".to_owned());
    }
    if has("foreign-project-tag") && from_session {
        hints.push(format!(
            "The caller's `{key}` is the session's. It overrides the role's own, also where that one would match."
        ));
    }
    hints
}

/// Where the resource is in the console. Source: the console's addresses, as far as they are known; other partitions have others.
fn console_link(decision: &Decision) -> Option<String> {
    let resource = decision.resource.as_ref()?;
    resource.arn.as_deref()?.strip_prefix("arn:aws:")?;
    let region = decision.region.as_deref()?;
    let page = match resource.kind {
        "endpoint" => "endpoints",
        "endpoint-config" => "endpointConfig",
        "hyper-parameter-tuning-job" => "hyper-tuning-jobs",
        "model" => "models",
        "notebook-instance" => "notebook-instances",
        "processing-job" => "processing-jobs",
        "training-job" => "jobs",
        "transform-job" => "transform-jobs",
        _ => return None,
    };
    let name = resource.name.as_deref()?;
    Some(format!("https://{region}.console.aws.amazon.com/sagemaker/home?region={region}#/{page}/{name}"))
}

/// The decision as JSON, with what was done.
fn record(decision: &Decision, deeds: &[Deed]) -> String {
    let shorten = |finding: &Finding| Finding {
        message: cut(&finding.message),
        expected: cut(&finding.expected),
        actual: finding.actual.as_deref().map(cut),
        ..finding.clone()
    };
    let findings: Vec<_> = decision.findings.iter().take(MAX_FINDINGS).map(shorten).collect();
    let mut record = json!(Decision { findings, ..decision.clone() });
    if let Some(record) = record.as_object_mut() {
        record.insert("deeds".to_owned(), json!(deeds));
    }
    record.to_string()
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_VALUE) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
    }
}

/// Attributes for subscriptions' filter policies. SNS takes no empty values.
fn attributes(decision: &Decision, policy: &Policy) -> Attributes {
    let project = decision.principal.as_ref().and_then(|principal| principal.tags.get(&policy.abac.tag));
    let one = [
        ("severity", Some(severity(decision).as_str())),
        ("verdict", Some(decision.verdict.as_str())),
        ("project", project),
        ("account", decision.account.as_deref()),
        ("region", decision.region.as_deref()),
    ];
    let one = one.into_iter().filter_map(|(name, value)| {
        let value = value.filter(|value| !value.is_empty())?;
        Some((name.to_owned(), vec![value.to_owned()]))
    });
    let rules = rules(decision).into_iter().map(str::to_owned).collect();
    one.chain([("rule".to_owned(), rules)]).collect()
}
