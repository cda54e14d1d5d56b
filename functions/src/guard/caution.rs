//! Caution if the caller or the caller's session is unknown. Events arrive out of order, and that must not stop a job.

use std::collections::BTreeSet;

use jiff::Timestamp;
use tagwarden::decide::{Decision, FindingOutcome, PlannedAction, Verb, Verdict, decide};
use tagwarden::evidence::Evidence;
use tagwarden::facts::session_tags;
use tagwarden::policy::Policy;
use tagwarden::record::Call;
use tagwarden::rules::Rule;
use tagwarden::terms::SessionTags;

use super::attempt::{Attempt, Trigger};
use crate::alert::notes::{CALLER_UNKNOWN, FOUND_BY_SWEEP, SESSION_UNKNOWN, TAGS_OF_TODAY};
use crate::policy_file::LoadedPolicy;
use crate::ports::RETENTION;

/// The decision without the tags of the caller's session, if no record has reported the session yet. `None` if the session could
/// not change the action.
pub(super) fn without_session(
    call: &Call,
    loaded: &LoadedPolicy,
    evidence: &Evidence,
    decision: &Decision,
) -> Option<Decision> {
    let is_session = matches!(call.identity.kind, Some("AssumedRole" | "FederatedUser"));
    if !is_session || evidence.sessions.tags(&call.identity) != Ok(None) {
        return None;
    }
    let decide_without_tags = || decide(call, &loaded.requiring_session_tags, evidence);
    match session_tags(&call.identity, loaded.policy.abac.session_tags) {
        SessionTags::None => None,
        SessionTags::Required => (decision.verdict == Verdict::Unknown).then(decide_without_tags),
        SessionTags::Optional => (decision.verdict == Verdict::Violation)
            .then(decide_without_tags)
            .filter(|without_tags| strongest(without_tags) != strongest(decision)),
    }
}

/// The first action, which is the strongest.
fn strongest(decision: &Decision) -> Option<&Verb> {
    decision.actions.first().map(|action| &action.action)
}

/// Limits the decision about a creation that CloudTrail has not reported. It drops every action that the caller or the caller's
/// tags could prevent. `without_session` is the decision without the tags of the caller's session, which no record will report any
/// more.
pub(super) fn limit_to_known(
    decision: Decision,
    without_session: Option<Decision>,
    call: &Call,
    policy: &Policy,
    attempt: Attempt<'_>,
) -> Decision {
    let unknown = match (call.identity.kind, &without_session) {
        (None, _) => Some(CALLER_UNKNOWN),
        (Some(_), Some(_)) => Some(SESSION_UNKNOWN),
        (Some(_), None) => None,
    };
    let mut decision = without_session.unwrap_or(decision);
    if unknown.is_some() {
        keep_actions_for_any_caller(&mut decision, policy);
    }
    let found = (attempt.trigger == Trigger::Sweep).then_some(FOUND_BY_SWEEP);
    let reasons: Vec<_> = found.into_iter().chain(unknown).chain(decision.reason.as_deref()).collect();
    decision.reason = (!reasons.is_empty()).then(|| reasons.join("; "));
    decision
}

/// Keeps only the actions that the resource's tags cannot prevent, because its tags are those of today: anybody who may tag it can
/// have changed them. `without_tags` is the decision if its tags are not known.
pub(super) fn keep_actions_for_any_tags(decision: &mut Decision, without_tags: &Decision) {
    let failing = |decision: &Decision| -> BTreeSet<_> {
        let failing = decision.findings.iter().filter(|finding| finding.outcome == FindingOutcome::Fail);
        failing.map(|finding| finding.rule).collect()
    };
    let (failed, certain) = (failing(decision), failing(without_tags));
    if failed == certain {
        return;
    }
    for finding in &mut decision.findings {
        if finding.outcome == FindingOutcome::Fail && !certain.contains(finding.rule) {
            finding.outcome = FindingOutcome::Unknown;
            finding.message.push_str("; ");
            finding.message.push_str(TAGS_OF_TODAY);
        }
    }
    if certain.is_empty() {
        decision.verdict = Verdict::Unknown;
    }
    let applies = |action: &PlannedAction| action.because.iter().any(|rule| certain.contains(rule));
    retain_actions(decision, applies, "its tags are those of today, and somebody may have changed them");
    let reasons = decision.reason.as_deref().into_iter().chain([TAGS_OF_TODAY]);
    decision.reason = Some(reasons.collect::<Vec<_>>().join("; "));
}

/// Whether the record that a creation was processed may have expired.
pub(super) fn is_past_retention(created: Timestamp, now: Timestamp) -> bool {
    now.duration_since(created) > RETENTION
}

/// Keeps only the actions that apply to any caller, because a late CloudTrail event must not stop anybody's work. It also drops the
/// alert if the verdict depends on the caller's tags. CloudTrail's event will lead to that alert.
fn keep_actions_for_any_caller(decision: &mut Decision, policy: &Policy) {
    if decision.verdict != Verdict::Violation {
        return decision.actions.clear();
    }
    let failing = decision.findings.iter().filter(|finding| finding.outcome == FindingOutcome::Fail);
    let is_excepted = |rule| Rule::named(rule).is_none_or(|rule| policy.depends_on_caller(rule));
    let certain: BTreeSet<_> = failing.map(|finding| finding.rule).filter(|rule| !is_excepted(rule)).collect();
    let applies = |action: &PlannedAction| action.because.iter().any(|rule| certain.contains(rule));
    retain_actions(decision, applies, "its creator is not known, and the policy makes exceptions for some callers");
}

/// Keeps the alert and the actions for which `keep` holds. The alert gives the reason for the others.
fn retain_actions(decision: &mut Decision, keep: impl Fn(&PlannedAction) -> bool, reason: &'static str) {
    let planned = decision.actions.len();
    decision.actions.retain(|action| action.action == Verb::PublishAlert || keep(action));
    if decision.actions.len() < planned
        && let Some(alert) = decision.actions.last_mut()
    {
        alert.not_stopped.get_or_insert(reason);
    }
}

#[cfg(test)]
mod tests {
    use tagwarden::evidence::Session;

    use crate::guard::testing::*;

    use super::*;

    fn session(access_key_id: &str, project: &str) -> Session {
        let tags = Ok([("Project", project)].into_iter().collect());
        Session { access_key_id: Some(access_key_id.to_owned()), issued: None, tags }
    }

    /// The access key that signed the sample event.
    fn access_key(event: &str) -> String {
        let event: serde_json::Value = serde_json::from_str(event).expect("JSON");
        event["detail"]["userIdentity"]["accessKeyId"].as_str().expect("an access key").to_owned()
    }

    #[tokio::test]
    async fn a_violation_by_the_tags_of_the_role_alone_waits_for_the_session() {
        let event = event("CreateTrainingJob.foreign-tag", "borealis", "borealis");
        let guard_ = guard("[rules.foreign-project-tag]");
        handle_after_waiting(&guard_, &event).await.expect("the last attempt decides");
        assert_eq!(done(&guard_), ["stop StopTrainingJob churn-foreign-tag", "publish"]);

        let guard_ = guard("[rules.foreign-project-tag]");
        assert!(guard_.handle(&event, FUNCTION).await.expect("it waits").is_empty());
        guard_.ports.state().sessions.add(session(&access_key(&event), "borealis"));
        let decisions = guard_.handle(&event, FUNCTION).await.expect("the session is known");
        assert_eq!(decisions[0].verdict, Verdict::Compliant);
        assert_eq!(done(&guard_), [""; 0]);
    }

    #[tokio::test]
    async fn a_violation_that_no_session_could_change_does_not_wait() {
        let guard = guard("[rules.foreign-project-tag]\n[rules.missing-vpc]");
        guard.handle(&event(NO_VPC, "no-vpc", "no-vpc"), FUNCTION).await.expect("handled");
        assert_eq!(done(&guard), ["stop StopTrainingJob churn-no-vpc", "publish"]);
    }

    #[tokio::test]
    async fn with_required_session_tags_the_last_attempt_decides_as_unknown() {
        let event = event("CreateTrainingJob.compliant", "atlas", "atlas");
        let guard = guard("[abac]\nsession-tags = 'required'\n[rules.foreign-project-tag]");
        let decisions = handle_after_waiting(&guard, &event).await.expect("the last attempt decides");
        assert_eq!(decisions[0].verdict, Verdict::Unknown);
        assert_eq!(done(&guard), ["publish"]);
    }
}
