//! Judges one call by all rules: the decision, with its findings and the plan.

mod coverage;
mod decision;
mod endpoint_configs;
#[cfg(test)]
mod evidence_law;
mod lookups;
mod plan;

pub use coverage::{NotCovered, coverage};
pub use decision::{Decision, Finding, FindingOutcome, PrincipalReport, Resource, Verdict};
pub use lookups::{Lookup, further_lookups, lookups, resources};
pub use plan::{PlannedAction, Verb, mark};

use plan::{RequestedAction, requested_action};

use crate::evidence::{Evidence, Tags};
use crate::facts::{Caller, Facts};
use crate::operations::Operation;
use crate::policy::{Exemption, Policy};
use crate::record::documents::OtherEvent;
use crate::record::json::{Value, find};
use crate::record::{Call, arn};
use crate::rules::{Need, Outcome, Rule, Violation};
use crate::terms::{Action, Severity};

/// Judges a call by the policy.
pub fn decide(call: &Call, policy: &Policy, evidence: &Evidence) -> Decision {
    let operation = match coverage(call) {
        Ok(operation) => operation,
        Err(reason) => return skipped(call, reason),
    };
    if !policy.covers(operation) {
        return skipped(call, NotCovered::NotJudged(call.event_name.to_owned()));
    }
    let caller = Caller::of(call, evidence, policy.abac.session_tags);
    let facts = Facts::of(call, operation, caller, evidence);
    let mut requested = Vec::new();
    let mut findings = Vec::new();
    for (rule, settings) in policy.rules(call, &facts.caller) {
        let mut outcome = rule.judge(&facts, &settings);
        if rule.needs.contains(&Need::EndpointConfigs) {
            outcome = outcome.and(endpoint_configs::judge(rule, &facts, policy));
        }
        if matches!(outcome, Outcome::Pass | Outcome::Skip(_)) {
            continue;
        }
        let exemption = policy.exemption(rule, call, &facts.caller);
        let action = if exemption.is_some() { Action::Alert } else { requested_action(&outcome, &settings) };
        let correcting_tags = rule.correcting_tags.filter(|_| action == Action::Tag);
        let correcting_tags = correcting_tags.map(|tags| tags(&facts, &settings)).unwrap_or_default();
        let not_stopped = plan::not_stopped(&outcome, &settings).filter(|_| exemption.is_none());
        requested.push(RequestedAction { rule, action, correcting_tags, not_stopped });
        findings.extend(self::findings(rule, outcome, settings.severity(), exemption));
    }
    let verdict = verdict(&findings);
    let resource = resource(call, operation);
    let target = resource.arn.as_deref().or(resource.name.as_deref()).unwrap_or_default();
    let actions = plan::plan(operation, target, &requested);
    Decision {
        resource: Some(resource),
        principal: Some(principal_report(&facts, policy)),
        reason: (verdict == Verdict::Unknown).then(|| reason(&findings)),
        verdict,
        findings,
        actions,
        ..header(call)
    }
}

/// What to do about something that could not be read.
const FIND_OUT: &str = "find out why it could not be read; until then, `on-unknown` in the policy decides what happens";

/// The findings for an outcome other than a pass.
fn findings(rule: &Rule, outcome: Outcome, severity: Severity, exemption: Option<&Exemption>) -> Vec<Finding> {
    let (outcome_of_failure, note) = match exemption {
        None => (FindingOutcome::Fail, String::new()),
        Some(Exemption { until, reason, owner, .. }) => {
            (FindingOutcome::Exempted, format!("; exempted until {until}: {reason} ({owner})"))
        }
    };
    match outcome {
        Outcome::Pass | Outcome::Skip(_) => Vec::new(),
        Outcome::Fail(violations) => {
            let finding = |violation: Violation| Finding {
                rule: rule.id,
                outcome: outcome_of_failure,
                severity,
                path: violation.path,
                actual: violation.actual,
                expected: violation.expected,
                message: violation.message + &note,
                fix: violation.fix.unwrap_or_else(|| rule.fix.to_owned()),
            };
            violations.into_iter().map(finding).collect()
        }
        Outcome::Unknown(unread) => vec![Finding {
            rule: rule.id,
            outcome: FindingOutcome::Unknown,
            severity,
            path: unread.path,
            actual: None,
            expected: "a readable value".to_owned(),
            message: unread.why,
            fix: unread.fix.unwrap_or(FIND_OUT).to_owned(),
        }],
    }
}

/// Judges the JSON text of a CloudTrail record.
///
/// # Errors
/// If it is not one, with the reason.
pub fn decide_record(json: &str, policy: &Policy, evidence: &Evidence) -> Result<Decision, String> {
    let record: Value = serde_json::from_str(json).map_err(|error| format!("not JSON: {error}"))?;
    Ok(decide(&Call::read(&record)?, policy, evidence))
}

/// The decision about an EventBridge event that is not an API call.
pub fn not_a_call(event: OtherEvent) -> Decision {
    let reason = NotCovered::OtherEvent(event.detail_type.clone());
    Decision {
        event_id: event.id,
        event_time: event.time,
        event_name: event.detail_type,
        account: event.account,
        region: event.region,
        reason: Some(reason.into()),
        ..Decision::default()
    }
}

/// The decision about a record that the policy does not cover.
pub fn skipped(call: &Call, reason: impl Into<String>) -> Decision {
    let principal = PrincipalReport {
        arn: call.identity.issuer_arn.or(call.identity.arn).map(str::to_owned),
        kind: call.identity.kind.map(str::to_owned),
        tags: Tags::default(),
        tags_from: "unknown",
        tags_as_of: None,
    };
    Decision { principal: Some(principal), reason: Some(reason.into()), ..header(call) }
}

fn header(call: &Call) -> Decision {
    Decision {
        event_id: call.event_id.map(str::to_owned),
        event_time: call.event_time.map(str::to_owned),
        event_name: call.event_name.to_owned(),
        account: call.account.map(str::to_owned),
        region: call.region.map(str::to_owned),
        ..Decision::default()
    }
}

fn verdict(findings: &[Finding]) -> Verdict {
    let any = |outcome| findings.iter().any(|finding| finding.outcome == outcome);
    if any(FindingOutcome::Fail) {
        Verdict::Violation
    } else if any(FindingOutcome::Unknown) {
        Verdict::Unknown
    } else {
        Verdict::Compliant
    }
}

/// What could not be read, without repetition.
fn reason(findings: &[Finding]) -> String {
    let mut reasons: Vec<String> = Vec::new();
    for finding in findings.iter().filter(|finding| finding.outcome == FindingOutcome::Unknown) {
        let reason = format!("`{}`: {}", finding.path, finding.message);
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons.join("; ")
}

/// The resource that a call created or is about, as far as the record shows it.
pub fn resource(call: &Call, operation: &Operation) -> Resource {
    let in_request = |path| find(call.request.as_ref().ok()?, path).first()?.text().ok()?;
    let arn = operation.arn(call);
    let name = operation.resource_name.and_then(in_request).or_else(|| arn::name(arn?));
    let of_arn = arn.and_then(arn::kind).filter(|_| operation.only_tags());
    let kind = of_arn.and_then(|kind| Operation::all().find(|known| known.kind == kind));
    Resource { kind: kind.unwrap_or(operation).kind, name: name.map(str::to_owned), arn: arn.map(str::to_owned) }
}

fn principal_report(facts: &Facts, policy: &Policy) -> PrincipalReport {
    let caller = &facts.caller;
    PrincipalReport {
        arn: caller.arn.as_deref().map(str::to_owned),
        kind: facts.call.identity.kind.map(str::to_owned),
        tags: caller.known_tags(),
        tags_from: match caller.tag(&policy.abac.tag) {
            Ok(Some((_, source))) => source.as_str(),
            Ok(None) => "none",
            Err(_) => "unknown",
        },
        tags_as_of: caller.tag_as_of(&policy.abac.tag).map(|time| time.to_string()),
    }
}
