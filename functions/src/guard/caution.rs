//! Caution where something of the caller is not known. Events come out of order, and nobody's job should be stopped for that.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use tagwarden::call::Call;
use tagwarden::decide::{Decision, FindingOutcome, Verdict, decide};
use tagwarden::evidence::Evidence;
use tagwarden::plan::{PlannedAction, Verb};
use tagwarden::policy::{Policy, SessionTags};
use tagwarden::rules::Rule;

use super::attempt::{Attempt, Trigger};
use crate::alert::notes::{CALLER_UNKNOWN, FOUND_BY_SWEEP, SESSION_UNKNOWN};
use crate::policy_file::LoadedPolicy;
use crate::ports::RETENTION;

/// What would be decided whatever the caller's session is, which no record has told of yet; `None` where that could not change what is
/// to be done.
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
    let cautious = || decide(call, &loaded.requiring_session_tags, evidence);
    match loaded.policy.abac.session_tags {
        SessionTags::None => None,
        SessionTags::Required => (decision.verdict == Verdict::Unknown).then(cautious),
        SessionTags::Optional => (decision.verdict == Verdict::Violation)
            .then(cautious)
            .filter(|cautious| strongest(cautious) != strongest(decision)),
    }
}

fn strongest(decision: &Decision) -> Option<&Verb> {
    decision.actions.first().map(|action| &action.action)
}

/// Minds what nobody can tell of a creation without its record: what the caller's tags or the caller could change is not done,
/// and neither is what a long time could have made harmful. `without_session` is what would be decided without the caller's session,
/// which no record will tell of any more.
pub(super) fn limit_to_known(
    decision: Decision,
    without_session: Option<Decision>,
    call: &Call,
    policy: &Policy,
    attempt: Attempt,
) -> Decision {
    let unseen = match (call.identity.kind, &without_session) {
        (None, _) => Some(CALLER_UNKNOWN),
        (Some(_), Some(_)) => Some(SESSION_UNKNOWN),
        (Some(_), None) => None,
    };
    let mut decision = without_session.unwrap_or(decision);
    if unseen.is_some() {
        keep_actions_for_any_caller(&mut decision, policy);
    }
    let found = (attempt.trigger == Trigger::Sweep).then_some(FOUND_BY_SWEEP);
    let reasons: Vec<_> = found.into_iter().chain(unseen).chain(decision.reason.as_deref()).collect();
    decision.reason = (!reasons.is_empty()).then(|| reasons.join("; "));
    if let Some(created) = call.time() {
        drop_stop_if_old(&mut decision, created, attempt.now);
    }
    decision
}

/// Whether a creation is so old that nobody remembers whether it was dealt with.
pub(super) fn is_past_retention(created: Timestamp, now: Timestamp) -> bool {
    now.duration_since(created) > RETENTION
}

/// Leaves of a decision, whose caller is not known, what holds for every caller: nobody's work is stopped because CloudTrail is
/// late. What the caller's tags would decide is not told either; CloudTrail's record will tell it.
fn keep_actions_for_any_caller(decision: &mut Decision, policy: &Policy) {
    if decision.verdict != Verdict::Violation {
        return decision.actions.clear();
    }
    let failing = decision.findings.iter().filter(|finding| finding.outcome == FindingOutcome::Fail);
    let is_excepted = |rule| Rule::named(rule).is_none_or(|rule| policy.depends_on_caller(rule));
    let certain: BTreeSet<_> = failing.map(|finding| finding.rule).filter(|rule| !is_excepted(rule)).collect();
    let holds = |action: &PlannedAction| action.because.iter().any(|rule| certain.contains(rule));
    retain_actions(decision, holds, "who created it is not known, and the policy makes exceptions for some callers");
}

/// How long after its creation a resource is stopped or deleted: longer than events are late. What has been there for longer may
/// be in use, and hold work that nobody wants to lose.
const MAX_AGE_TO_STOP: SignedDuration = SignedDuration::from_hours(24);

/// Leaves of a decision about what was created a while before `now` only what takes nothing away.
fn drop_stop_if_old(decision: &mut Decision, created: Timestamp, now: Timestamp) {
    if now.duration_since(created) > MAX_AGE_TO_STOP {
        let takes_nothing = |action: &PlannedAction| !matches!(action.action, Verb::Stop(_));
        retain_actions(decision, takes_nothing, "it has been there for more than a day, and may hold somebody's work");
    }
}

/// Leaves of what is planned the alert, which says why there is nothing more, and whatever `stays`.
fn retain_actions(decision: &mut Decision, stays: impl Fn(&PlannedAction) -> bool, reason: &'static str) {
    let planned = decision.actions.len();
    decision.actions.retain(|action| action.action == Verb::PublishAlert || stays(action));
    if decision.actions.len() < planned
        && let Some(alert) = decision.actions.last_mut()
    {
        alert.not_stopped.get_or_insert(reason);
    }
}

#[cfg(test)]
mod tests {
    use tagwarden::evidence::Session;

    use crate::guard::attempt::ATTEMPTS;
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
    async fn a_launch_that_the_roles_tag_alone_condemns_waits_for_the_session() {
        let event = event("CreateTrainingJob.foreign-tag", "borealis", "borealis");
        let guard_ = guard("[rules.foreign-project-tag]");
        for _ in 1..ATTEMPTS {
            guard_.handle(&event, FUNCTION).await.expect_err("it waits");
        }
        assert_eq!(done(&guard_), [""; 0]);
        guard_.handle(&event, FUNCTION).await.expect("the last attempt decides");
        assert_eq!(done(&guard_), ["stop StopTrainingJob churn-foreign-tag", "publish"]);

        let guard_ = guard("[rules.foreign-project-tag]");
        guard_.handle(&event, FUNCTION).await.expect_err("it waits");
        guard_.ports.state().sessions.add(session(&access_key(&event), "borealis"));
        let decisions = guard_.handle(&event, FUNCTION).await.expect("the session is known");
        assert_eq!(decisions[0].verdict, Verdict::Compliant);
        assert_eq!(done(&guard_), [""; 0]);
    }

    #[tokio::test]
    async fn what_no_session_could_change_does_not_wait() {
        let guard = guard("[rules.foreign-project-tag]\n[rules.missing-vpc]");
        guard.handle(&event(NO_VPC, "no-vpc", "no-vpc"), FUNCTION).await.expect("handled");
        assert_eq!(done(&guard), ["stop StopTrainingJob churn-no-vpc", "publish"]);
    }

    #[tokio::test]
    async fn where_sessions_must_carry_tags_the_last_attempt_decides_as_unknown() {
        let event = event("CreateTrainingJob.compliant", "atlas", "atlas");
        let guard = guard("[abac]\nsession-tags = 'required'\n[rules.foreign-project-tag]");
        for _ in 1..ATTEMPTS {
            guard.handle(&event, FUNCTION).await.expect_err("it waits");
        }
        let decisions = guard.handle(&event, FUNCTION).await.expect("the last attempt decides");
        assert_eq!(decisions[0].verdict, Verdict::Unknown);
        assert_eq!(done(&guard), ["publish"]);
    }
}
