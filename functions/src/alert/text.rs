//! The text of an alert.

use std::fmt::Write;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use tagwarden::decide::{Decision, Finding, FindingOutcome};
use tagwarden::policy::Policy;
use tagwarden::rules::Rule;

use super::brief::MAX_LISTED;
use super::console::console_link;
use super::notes::{CALLER_UNKNOWN, FOUND_BY_SWEEP, SESSION_UNKNOWN};
use crate::act::ActionResult;

pub(super) fn name(decision: &Decision) -> &str {
    decision.resource.as_ref().and_then(|resource| resource.name.as_deref()).unwrap_or("(no name)")
}

/// The message for people: the caller, the call, the findings, the actions, and the fix. The decision is a brief one.
pub(super) fn text(decision: &Decision, results: &[ActionResult], policy: &Policy) -> String {
    let mut text = String::new();
    let (account, region) = (decision.account.as_deref().unwrap_or("?"), decision.region.as_deref().unwrap_or("?"));
    let time = decision.event_time.as_deref().unwrap_or("an unknown time");
    let mut line = |line: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{line}");
    };
    line(&opening(decision));
    line(&format!("in account {account}, region {region}, at {time}."));
    line("");
    for finding in decision.findings.iter().take(MAX_LISTED) {
        let outcome = match finding.outcome {
            FindingOutcome::Fail => finding.severity.as_str(),
            FindingOutcome::Unknown => "unknown",
            FindingOutcome::Exempted => "exempted",
        };
        line(&format!("[{outcome}] {}: {}", finding.rule, finding.message));
        line(&format!("  at {}", finding.path));
        if finding.outcome != FindingOutcome::Unknown {
            line(&format!("  expected {}", finding.expected));
            line(&format!("  to put it right: {}", finding.fix));
        }
    }
    if decision.findings.len() > MAX_LISTED {
        line(&format!("… and {} more findings.", decision.findings.len() - MAX_LISTED));
    }
    line("");
    if results.is_empty() {
        line("Nothing was changed.");
    }
    for result in results {
        let outcome = match result.failed {
            true => "FAILED, will be retried",
            false if result.is_change() => "done",
            false if result.waits => "not yet done",
            false => "not done",
        };
        line(&format!("{}: {outcome}: {}", result.action, result.result));
    }
    for reason in decision.actions.iter().filter_map(|action| action.not_stopped) {
        line(&format!("Not stopped: {reason}."));
    }
    for hint in hints(decision, policy) {
        line("");
        line(&hint);
    }
    if let Some(exemption) = exemption(decision) {
        line("");
        line("If this is right, somebody who may change the policy can exempt the caller until a day:");
        line("");
        line(&exemption);
    }
    if let Some(link) = console_link(decision) {
        line("");
        line(&link);
    }
    text
}

/// How long a proposed exemption lasts, in days.
const EXEMPTION: i64 = 14;

/// The exemption from the rules that failed, as the policy file takes it.
fn exemption(decision: &Decision) -> Option<String> {
    let rules = rules_with(FindingOutcome::Fail, decision);
    let caller = decision.principal.as_ref().and_then(|principal| principal.arn.as_deref());
    // A role by itself stands for its own caller.
    let role = || decision.resource.as_ref().filter(|_| decision.event_name == Decision::ROLE)?.arn.as_deref();
    let principal = caller.or_else(role).filter(|_| !rules.is_empty())?;
    let time: Timestamp = decision.event_time.as_deref()?.parse().ok()?;
    let until = time.to_zoned(TimeZone::UTC).date().checked_add(EXEMPTION.days()).ok()?;
    let rules = rules.iter().map(|rule| format!("\"{rule}\"")).collect::<Vec<_>>().join(", ");
    Some(format!(
        "[[exemptions]]\nprincipals = [\"{principal}\"]\nrules = [{rules}]\nuntil = {until}\n\
        reason = \"say why, and name the ticket\"\nowner = \"say who answers for it\""
    ))
}

/// What the alert is about.
fn opening(decision: &Decision) -> String {
    let name = name(decision);
    if decision.event_name == Decision::ROLE {
        return format!("SageMaker may assume the role `{name}`, as a check of all such roles found");
    }
    let principal = decision.principal.as_ref();
    let who = principal.and_then(|principal| principal.arn.as_deref()).unwrap_or("an unknown caller");
    format!("{who} called {} for `{name}`", decision.event_name)
}

/// Hints that the findings do not contain.
fn hints(decision: &Decision, policy: &Policy) -> Vec<String> {
    let mut hints = Vec::new();
    let reason = decision.reason.as_deref().unwrap_or_default();
    let unusual: Vec<_> =
        [FOUND_BY_SWEEP, CALLER_UNKNOWN, SESSION_UNKNOWN].into_iter().filter(|what| reason.contains(what)).collect();
    if !unusual.is_empty() {
        hints.push(format!("Note: {}.", unusual.join("; ")));
    }
    let tags_from = decision.principal.as_ref().map_or("unknown", |principal| principal.tags_from);
    let rules = rules(decision).into_iter().filter_map(Rule::named);
    hints.extend(rules.filter_map(|rule| (rule.hint)(&policy.abac.tag, tags_from)));
    hints
}

/// The rules of all findings.
pub(super) fn rules(decision: &Decision) -> Vec<&'static str> {
    rules_of(decision.findings.iter())
}

/// The rules with this outcome.
pub(super) fn rules_with(outcome: FindingOutcome, decision: &Decision) -> Vec<&'static str> {
    rules_of(decision.findings.iter().filter(|finding| finding.outcome == outcome))
}

fn rules_of<'f>(findings: impl Iterator<Item = &'f Finding>) -> Vec<&'static str> {
    let mut rules: Vec<_> = findings.map(|finding| finding.rule).collect();
    rules.dedup();
    rules
}
