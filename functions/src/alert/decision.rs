//! The alert about a decision.

use serde_json::json;
use tagwarden::decide::Decision;
use tagwarden::policy::Policy;
use tagwarden::terms::Severity;

use super::brief::{MAX_LISTED, brief_results};
use super::message::{message, printable};
use super::text::{name, rules, text};
use crate::act::ActionResult;
use crate::ports::{Attributes, Message};

/// The message about a [`brief`](super::brief()) decision and the results of its actions.
pub fn alert(decision: &Decision, results: &[ActionResult], policy: &Policy) -> Message {
    let results = &brief_results(results);
    let (text, record) = (text(decision, results, policy), record(decision, results));
    let event_id = decision.event_id.as_deref();
    message(event_id, subject(decision, results), text, record, attributes(decision, policy))
}

/// The highest severity of the findings.
fn severity(decision: &Decision) -> Severity {
    decision.findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Low)
}

/// The outcome in one or two words.
pub fn done(results: &[ActionResult]) -> &'static str {
    match results.first() {
        _ if results.iter().any(|result| result.failed) => "ACTION FAILED",
        Some(result) if result.stopped => "stopped",
        Some(result) if result.action == "add-tags" => "tagged",
        Some(_) => "left as it is",
        None => "nothing changed",
    }
}

fn subject(decision: &Decision, results: &[ActionResult]) -> String {
    let (done, rules) = (done(results), rules(decision).join(", "));
    printable(&format!(
        "Tagwarden {}: {} {} ({done}): {rules}",
        severity(decision).as_str(),
        decision.event_name,
        name(decision)
    ))
}

/// The decision as JSON, with the results of its actions.
fn record(decision: &Decision, results: &[ActionResult]) -> String {
    let findings: Vec<_> = decision.findings.iter().take(MAX_LISTED).cloned().collect();
    let mut record = json!(Decision { findings, ..decision.clone() });
    if let Some(record) = record.as_object_mut() {
        record.insert("deeds".to_owned(), json!(results));
    }
    record.to_string()
}

/// Attributes for the filter policies of subscriptions. SNS rejects empty values.
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
