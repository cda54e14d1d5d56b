//! The second trigger: SageMaker's own events tell that what was created has come to life. So a creation is judged although
//! CloudTrail's event of it is lost, and acted upon although it could not be stopped when that came.
//!
//! Such an event tells which resource it is, and nothing else of it is believed: SageMaker describes the resource. Sources:
//! "Amazon SageMaker AI events" (Amazon EventBridge Events Reference) lists the events, "Events that Amazon SageMaker AI sends to
//! Amazon EventBridge" (Amazon SageMaker AI Developer Guide) shows what they say.

use serde_json::{Value, json};
use tagwarden::operations::Operation;
use tagwarden::record::arn;
use tagwarden::record::documents::OtherEvent;

use crate::stop::noun;

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
}
