//! Judges one call by all rules: the decision, with its findings and the plan.

mod coverage;
mod decision;
mod endpoint_configs;
#[cfg(test)]
mod evidence_law;
mod findings;
mod lookups;
mod plan;
mod role;

pub use coverage::{NotCovered, coverage};
pub use decision::{Decision, Finding, FindingOutcome, PrincipalReport, Resource, Verdict};
pub use lookups::{Lookup, further_lookups, lookups, resources};
pub use plan::{PlannedAction, Verb, mark};
pub use role::{RoleDecision, decide_role};

use findings::{findings, reason, verdict};
use plan::{RequestedAction, requested_action};

use crate::evidence::{Evidence, Tags};
use crate::facts::{Caller, Cost, Facts};
use crate::operations::Operation;
use crate::policy::Policy;
use crate::record::documents::OtherEvent;
use crate::record::json::{Read, Value, find};
use crate::record::{Call, arn};
use crate::rules::{Need, Outcome};
use crate::terms::{Action, SessionTags};

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
        let exemption = policy.exemption(rule, call.time(), &facts.caller);
        let action = if exemption.is_some() { Action::Alert } else { requested_action(&outcome, &settings) };
        let correcting_tags = rule.correcting_tags.filter(|_| action == Action::Tag);
        let correcting_tags = correcting_tags.map(|tags| tags(&facts, &settings)).unwrap_or_default();
        let not_stopped = plan::not_stopped(&outcome, &settings).filter(|_| exemption.is_none());
        let grace_minutes = settings.grace_minutes();
        requested.push(RequestedAction { rule, action, correcting_tags, grace_minutes, not_stopped });
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

/// What the job that a call of `operation` starts costs at most.
///
/// # Errors
/// See [`Facts::cost`].
pub fn cost(call: &Call, operation: &'static Operation, evidence: &Evidence) -> Read<Option<Cost>> {
    Facts::of(call, operation, Caller::of(call, evidence, SessionTags::Optional), evidence).cost()
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
