//! The alert about a decision.

use serde_json::json;
use tagwarden::decide::{Decision, FindingOutcome, Verdict};
use tagwarden::policy::Policy;
use tagwarden::terms::Severity;

use super::brief::{MAX_LISTED, brief_results};
use super::message::{message, printable};
use super::text::{name, rules, rules_with, text};
use crate::act::ActionResult;
use crate::ports::{Attributes, Message};

/// The message about a [`brief`](super::brief()) decision and the results of its actions.
pub fn alert(decision: &Decision, results: &[ActionResult], policy: &Policy) -> Message {
    let results = &brief_results(results);
    let (text, record) = (text(decision, results, policy), record(decision, results).to_string());
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
        Some(result) if result.is_change() => "tagged",
        Some(result) if result.waits => "not yet stopped",
        Some(_) => "left as it is",
        None => "nothing changed",
    }
}

/// The call, what was done, and the rules that it violates. Rules that could not decide come last, and are named as such.
fn subject(decision: &Decision, results: &[ActionResult]) -> String {
    let failed = rules_with(FindingOutcome::Fail, decision).join(", ");
    let unknown = rules_with(FindingOutcome::Unknown, decision).join(", ");
    let unknown = if unknown.is_empty() { unknown } else { format!("unknown: {unknown}") };
    let rules: Vec<_> = [failed, unknown].into_iter().filter(|rules| !rules.is_empty()).collect();
    printable(&format!(
        "Tagwarden {}: {} {} ({}): {}",
        severity(decision).as_str(),
        decision.event_name,
        name(decision),
        done(results),
        rules.join("; ")
    ))
}

/// The decision as JSON, with the results of its actions.
pub(super) fn record(decision: &Decision, results: &[ActionResult]) -> serde_json::Value {
    let mut decision = decision.clone();
    decision.findings.truncate(MAX_LISTED);
    let mut record = json!(decision);
    if let Some(record) = record.as_object_mut() {
        record.insert("deeds".to_owned(), json!(results));
        if decision.is_exempted() {
            record.insert("exempted".to_owned(), json!(true));
        }
    }
    record
}

/// How many further tags have an attribute. SNS does not deliver messages with more than ten attributes to queues that take them
/// raw (SNS Developer Guide, "Amazon SNS message attributes").
const MAX_TAGS: usize = 4;

/// Attributes for the filter policies of subscriptions. SNS rejects empty values.
fn attributes(decision: &Decision, policy: &Policy) -> Attributes {
    let of_caller = |key: &str| decision.principal.as_ref().and_then(|principal| principal.tags.get(key));
    let project = of_caller(&policy.abac.tag);
    let further = policy.abac.tags.iter().filter_map(|tag| {
        let value = of_caller(&tag.key).filter(|value| !value.is_empty())?;
        Some((tag_attribute(&tag.key), vec![value.to_owned()]))
    });
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
    // The rules that make the verdict: beside a failure, what is unknown does not count.
    let rules = match decision.verdict {
        Verdict::Violation => rules_with(FindingOutcome::Fail, decision),
        _ => rules(decision),
    };
    let rules = rules.into_iter().map(str::to_owned).collect();
    one.chain([("rule".to_owned(), rules)]).chain(further.take(MAX_TAGS)).collect()
}

/// The name of the attribute for a tag: SNS allows letters, digits and a few signs.
fn tag_attribute(key: &str) -> String {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let key = key.chars().map(|c| if is_allowed(c) { c } else { '_' });
    format!("tag.{}", key.collect::<String>())
}

#[cfg(test)]
mod tests {
    use tagwarden::decide::Finding;

    use super::*;

    /// The subject of the alert about such a decision.
    fn subject_of(findings: &[(&'static str, FindingOutcome)]) -> String {
        let finding = |&(rule, outcome): &(&'static str, FindingOutcome)| Finding {
            rule,
            outcome,
            severity: Severity::High,
            path: String::new(),
            actual: None,
            expected: String::new(),
            message: String::new(),
            fix: String::new(),
        };
        let decision = Decision {
            event_id: None,
            event_time: None,
            event_name: "CreateModel".to_owned(),
            account: None,
            region: None,
            resource: None,
            principal: None,
            verdict: Verdict::Violation,
            reason: None,
            findings: findings.iter().map(finding).collect(),
            actions: Vec::new(),
        };
        subject(&decision, &[])
    }

    #[test]
    fn a_subject_tells_what_failed_from_what_is_unknown() {
        use FindingOutcome::{Exempted, Fail, Unknown};
        let start = "Tagwarden high: CreateModel (no name) (nothing changed): ";
        for (findings, rules) in [
            (&[("a", Fail), ("a", Fail), ("b", Fail)][..], "a, b"),
            (&[("a", Unknown), ("b", Fail)], "b; unknown: a"),
            (&[("a", Unknown)], "unknown: a"),
            (&[("a", Exempted), ("b", Fail)], "b"),
        ] {
            assert_eq!(subject_of(findings), format!("{start}{rules}"));
        }
    }
}
