//! What is known of a creation without CloudTrail's record of it: from the description of what was created.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tagwarden::decide::{Decision, FindingOutcome, Verdict};
use tagwarden::decide::{PlannedAction, Verb};
use tagwarden::operations::Operation;
use tagwarden::policy::Policy;
use tagwarden::record::{Call, Identity};
use tagwarden::rules::Rule;

use crate::ports::REMEMBERED;
use crate::state_change;
use crate::sweep;

/// What people are told of what a sweep found.
pub const FOUND: &str = "a sweep found it, because no event that told of it was dealt with";

/// What people are told where no CloudTrail event names the caller.
pub const UNSEEN: &str = "no CloudTrail event of this creation was seen so far, so that the caller is unknown";

/// What people are told where the caller is known, but not the tags of the session.
pub const SESSION_UNSEEN: &str = "no record of the caller's session was seen, so that the caller's tags are unknown";

/// Members of a description that name what created the resource. That was judged itself: CloudTrail tells of its children by
/// service events, which name no caller.
const PARENTS: [&str; 5] =
    ["autoMLJobArn", "labelingJobArn", "monitoringScheduleArn", "trainingJobArn", "tuningJobArn"];

/// Whether something else than CloudTrail's record may tell of what `operation` creates.
fn is_remembered(operation: &Operation) -> bool {
    let is_told = state_change::KINDS.iter().any(|(by, ..)| *by == operation.name);
    is_told || sweep::KINDS.iter().any(|kind| kind.operation == operation.name)
}

/// When a resource was created, by its description. The API's times are seconds since 1970 (AWS JSON 1.1 protocol).
pub fn created(described: &Value) -> Option<Timestamp> {
    let seconds = described.get("creationTime")?.as_f64()?;
    Timestamp::UNIX_EPOCH.checked_add(SignedDuration::try_from_secs_f64(seconds).ok()?).ok()
}

/// ARN of what created a resource, by its description.
pub fn parent<'a>(described: &'a Value, operation: &Operation) -> Option<&'a str> {
    let parents = PARENTS.iter().filter(|member| operation.resource_arn != Some(member));
    parents.filter_map(|member| described.get(*member)?.as_str()).next()
}

/// Whether a creation is so old that nobody remembers whether it was dealt with.
pub fn is_forgotten(created: Timestamp, now: Timestamp) -> bool {
    now.duration_since(created) > REMEMBERED
}

/// Leaves of a decision, whose caller is not known, what holds for every caller: nobody's work is stopped because CloudTrail is
/// late. What the caller's tags would decide is not told either; CloudTrail's record will tell it.
pub fn for_every_caller(decision: &mut Decision, policy: &Policy) {
    if decision.verdict != Verdict::Violation {
        return decision.actions.clear();
    }
    let failing = decision.findings.iter().filter(|finding| finding.outcome == FindingOutcome::Fail);
    let is_excepted = |rule| Rule::named(rule).is_none_or(|rule| policy.depends_on_caller(rule));
    let certain: BTreeSet<_> = failing.map(|finding| finding.rule).filter(|rule| !is_excepted(rule)).collect();
    let holds = |action: &PlannedAction| action.because.iter().any(|rule| certain.contains(rule));
    leave(decision, holds, "who created it is not known, and the policy makes exceptions for some callers");
}

/// How long after its creation a resource is stopped or deleted: longer than events are late. What has been there for longer may
/// be in use, and hold work that nobody wants to lose.
const NEW: SignedDuration = SignedDuration::from_hours(24);

/// Leaves of a decision about what was created a while before `now` only what takes nothing away.
pub fn spare_what_is_old(decision: &mut Decision, created: Timestamp, now: Timestamp) {
    if now.duration_since(created) > NEW {
        let takes_nothing = |action: &PlannedAction| !matches!(action.action, Verb::Stop(_));
        leave(decision, takes_nothing, "it has been there for more than a day, and may hold somebody's work");
    }
}

/// Leaves of what is planned the alert, which says why there is nothing more, and whatever `stays`.
fn leave(decision: &mut Decision, stays: impl Fn(&PlannedAction) -> bool, reason: &'static str) {
    let planned = decision.actions.len();
    decision.actions.retain(|action| action.action == Verb::PublishAlert || stays(action));
    if decision.actions.len() < planned
        && let Some(alert) = decision.actions.last_mut()
    {
        alert.not_stopped.get_or_insert(reason);
    }
}

/// What people learn from a decision: what each rule found, and what is done for it.
pub fn news(decision: &Decision) -> BTreeSet<String> {
    if decision.actions.is_empty() {
        return BTreeSet::new();
    }
    let finding = |outcome, word| {
        let found = decision.findings.iter().filter(move |finding| finding.outcome == outcome);
        found.map(move |finding| format!("{word} {}", finding.rule))
    };
    let actions = decision.actions.iter().filter(|action| action.action != Verb::PublishAlert);
    let actions =
        actions.flat_map(|action| action.because.iter().map(|rule| format!("{} {rule}", action.action.name())));
    finding(FindingOutcome::Fail, "fail").chain(finding(FindingOutcome::Unknown, "unknown")).chain(actions).collect()
}

/// A caller as `userIdentity`, of which only what is read is kept.
pub fn user_identity(identity: &Identity) -> Value {
    json!({
        "type": identity.kind,
        "principalId": identity.principal_id,
        "arn": identity.arn,
        "accountId": identity.account,
        "accessKeyId": identity.access_key_id,
        "invokedBy": identity.invoked_by,
        "sessionContext": {
            "sessionIssuer": {"arn": identity.issuer_arn},
            "attributes": {"creationDate": identity.session_created},
        },
    })
}

/// The creation that a CloudTrail record tells of: its ARN and its time.
pub fn of<'a>(call: &Call<'a>, operation: &Operation) -> Option<(&'a str, Timestamp)> {
    operation.arn(call).filter(|_| is_remembered(operation)).zip(call.time())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_read_back_as_it_was() {
        let identity = Identity {
            kind: Some("AssumedRole"),
            principal_id: Some("AROA:ana"),
            arn: Some("arn:aws:sts::111122223333:assumed-role/Train/ana"),
            account: Some("111122223333"),
            access_key_id: Some("ASIA1"),
            invoked_by: None,
            issuer_arn: Some("arn:aws:iam::111122223333:role/Train"),
            session_created: Some("2026-03-02T09:00:00Z"),
        };
        let record =
            json!({"eventSource": "s", "eventName": "n", "userIdentity": user_identity(&identity)}).to_string();
        let record: tagwarden::record::json::Value = serde_json::from_str(&record).expect("JSON");
        let read = Call::read(&record).expect("a record").identity;
        assert_eq!(user_identity(&read), user_identity(&identity));
    }

    #[test]
    fn a_child_has_a_parent_and_a_job_is_not_its_own() {
        let operation = |name| Operation::named(name).expect("it is judged");
        let job = json!({"trainingJobArn": "job"});
        assert_eq!(parent(&job, operation("CreateTrainingJob")), None);
        assert_eq!(parent(&job, operation("CreateProcessingJob")), Some("job"));
        let child = json!({"trainingJobArn": "job", "tuningJobArn": "tuning"});
        assert_eq!(parent(&child, operation("CreateTrainingJob")), Some("tuning"));
    }
}
