//! The second trigger: SageMaker's own events tell that what was created has come to life. So a creation is judged although
//! CloudTrail's event of it is lost, and acted upon although it could not be stopped when that came.
//!
//! Such an event tells which resource it is, and nothing else of it is believed: SageMaker describes the resource. Sources:
//! "Amazon SageMaker AI events" (Amazon EventBridge Events Reference) lists the events, "Events that Amazon SageMaker AI sends to
//! Amazon EventBridge" (Amazon SageMaker AI Developer Guide) shows what they say.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tagwarden::arn;
use tagwarden::call::{Call, Identity};
use tagwarden::decide::{Decision, FindingOutcome, Verdict};
use tagwarden::documents::OtherEvent;
use tagwarden::operations::Operation;
use tagwarden::plan::Verb;
use tagwarden::policy::Policy;
use tagwarden::rules::Rule;

use crate::ports::{Creation, REMEMBERED, TOLERANCE};
use crate::stop::noun;

/// What people are told where no CloudTrail event names the caller.
pub const UNSEEN: &str = "no CloudTrail event of this creation was seen so far, so that the caller is unknown";

/// A kind of event: the operation that creates what it is about, its `detail-type`, and the states of interest. Models and
/// configurations have no state: their events tell of creation and deletion.
pub const KINDS: [(&str, &str, &[&str]); 8] = [
    ("CreateTrainingJob", "SageMaker Training Job State Change", &["InProgress"]),
    ("CreateHyperParameterTuningJob", "SageMaker HyperParameter Tuning Job State Change", &["InProgress"]),
    ("CreateProcessingJob", "SageMaker Processing Job State Change", &["InProgress"]),
    ("CreateTransformJob", "SageMaker Transform Job State Change", &["InProgress"]),
    ("CreateModel", "SageMaker Model State Change", &[]),
    ("CreateEndpointConfig", "SageMaker Endpoint Config State Change", &[]),
    // The events of endpoints have a spelling of their own.
    ("CreateEndpoint", "SageMaker Endpoint State Change", &["IN_SERVICE"]),
    ("CreateNotebookInstance", "SageMaker Notebook Instance State Change", &["InService"]),
];

/// Members of a description that name what created the resource. That was judged itself: CloudTrail tells of its children by
/// service events, which name no caller.
const PARENTS: [&str; 5] =
    ["autoMLJobArn", "labelingJobArn", "monitoringScheduleArn", "trainingJobArn", "tuningJobArn"];

/// An event that tells of a creation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateChange {
    event_id: Option<String>,
    operation: &'static str,
    arn: String,
}

impl StateChange {
    /// What an event tells of; `None` where it is another event, or of another state.
    ///
    /// # Errors
    /// Where it does not tell which resource it is about.
    pub fn read(event: &OtherEvent) -> Result<Option<Self>, String> {
        let kind = KINDS.iter().find(|(_, detail_type, _)| *detail_type == event.detail_type);
        let Some((operation, _, states)) = kind else { return Ok(None) };
        let detail: Value = serde_json::from_str(event.detail).map_err(|error| format!("no JSON: {error}"))?;
        let member = |what: &str| detail.get(format!("{}{what}", noun(operation))).and_then(Value::as_str);
        if !states.is_empty() && !member("Status").is_some_and(|state| states.contains(&state)) {
            return Ok(None);
        }
        let arn = member("Arn").ok_or_else(|| format!("`{}`: the detail names no ARN", event.detail_type))?;
        Ok(Some(Self { event_id: event.id.clone(), operation, arn: arn.to_owned() }))
    }

    /// The record of the creation, as far as it is known without asking.
    pub fn record(&self) -> Value {
        let path = Operation::named(self.operation).and_then(|operation| operation.resource_arn).unwrap_or_default();
        json!({
            "eventSource": "sagemaker.amazonaws.com",
            "eventName": self.operation,
            "eventID": self.event_id,
            "awsRegion": arn::region(&self.arn),
            "recipientAccountId": arn::account(&self.arn),
            "responseElements": {path: self.arn},
        })
    }
}

/// Whether there is an event of what `operation` creates.
pub fn is_told(operation: &Operation) -> bool {
    KINDS.iter().any(|(by, ..)| *by == operation.name)
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

/// Whether a remembered creation is the one at `time`.
pub fn is_same(remembered: &Creation, time: Timestamp) -> bool {
    remembered.time.duration_since(time).abs() <= TOLERANCE
}

/// Why a resource is left alone whose creator might have been allowed to create it.
const PERHAPS_ALLOWED: &str = "who created it is not known, and the policy makes exceptions for some callers";

/// Leaves of a decision, whose caller is not known, what holds for every caller: nobody's work is stopped because CloudTrail is
/// late. What the caller's tags would decide is not told either; CloudTrail's record will tell it.
pub fn for_every_caller(decision: &mut Decision, policy: &Policy) {
    if decision.verdict != Verdict::Violation {
        return decision.actions.clear();
    }
    let Decision { findings, actions, .. } = decision;
    let fails = |rule| findings.iter().any(|finding| finding.rule == rule && finding.outcome == FindingOutcome::Fail);
    let is_excepted = |rule| Rule::named(rule).is_none_or(|rule| policy.depends_on_caller(rule));
    let is_certain = |rule: &&'static str| fails(*rule) && !is_excepted(rule);
    let planned = actions.len();
    actions.retain(|action| action.action == Verb::PublishAlert || action.because.iter().any(is_certain));
    if actions.len() < planned
        && let Some(alert) = actions.last_mut()
    {
        alert.not_stopped.get_or_insert(PERHAPS_ALLOWED);
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
pub fn creation<'a>(call: &Call<'a>, operation: &Operation) -> Option<(&'a str, Timestamp)> {
    operation.arn(call).filter(|_| is_told(operation)).zip(call.time())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(detail_type: &str, detail: &str) -> Result<Option<StateChange>, String> {
        let detail_type = format!("SageMaker {detail_type} State Change");
        StateChange::read(&OtherEvent { id: None, time: None, detail_type, account: None, region: None, detail })
    }

    #[test]
    fn only_what_came_to_life_tells_of_a_creation() {
        for (kind, detail, tells) in [
            ("Training Job", r#"{"TrainingJobArn":"a","TrainingJobStatus":"InProgress"}"#, true),
            ("Training Job", r#"{"TrainingJobArn":"a","TrainingJobStatus":"Completed"}"#, false),
            ("Training Job", r#"{"TrainingJobArn":"a"}"#, false),
            ("Endpoint", r#"{"EndpointArn":"a","EndpointStatus":"IN_SERVICE"}"#, true),
            ("Endpoint", r#"{"EndpointArn":"a","EndpointStatus":"CREATING"}"#, false),
            ("Endpoint Config", r#"{"EndpointConfigArn":"a"}"#, true),
            ("Feature Group", r#"{"FeatureGroupArn":"a"}"#, false),
        ] {
            assert_eq!(read(kind, detail).map(|change| change.is_some()), Ok(tells), "{kind} {detail}");
        }
        assert!(read("Model", r#"{"ModelName":"m"}"#).is_err());
    }

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
        let record: tagwarden::json::Value = serde_json::from_str(&record).expect("JSON");
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
