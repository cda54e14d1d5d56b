//! The second trigger: SageMaker's own events tell that what was created has come to life. So a creation is judged although
//! CloudTrail's event of it is lost, and acted upon although it could not be stopped when that came.
//!
//! Such an event tells which resource it is, and nothing else of it is believed: SageMaker describes the resource. Sources:
//! "Amazon SageMaker AI events" (Amazon EventBridge Events Reference) lists the events, "Events that Amazon SageMaker AI sends to
//! Amazon EventBridge" (Amazon SageMaker AI Developer Guide) shows what they say.

use serde_json::{Value, json};
use tagwarden::operations::{Operation, StateEvent};
use tagwarden::record::arn;
use tagwarden::record::documents::OtherEvent;

use crate::resource::names::noun;

/// An event that tells of a creation.
#[derive(Clone, Debug)]
pub struct StateChange {
    event_id: Option<String>,
    operation: &'static Operation,
    arn: String,
}

impl StateChange {
    /// What an event tells of; `None` where it is another event, or of another state.
    ///
    /// # Errors
    /// If it does not tell which resource it is about.
    pub fn read(event: &OtherEvent) -> Result<Option<Self>, String> {
        let announced = Operation::all().filter_map(|operation| Some((operation, operation.event?)));
        let is_it = |(_, announcing): &(_, StateEvent)| announcing.detail_type == event.detail_type;
        let Some((operation, StateEvent { states, .. })) = announced.into_iter().find(is_it) else { return Ok(None) };
        let detail: Value = serde_json::from_str(event.detail).map_err(|error| format!("no JSON: {error}"))?;
        let member = |what: &str| detail.get(format!("{}{what}", noun(operation.name))).and_then(Value::as_str);
        if !states.is_empty() && !member("Status").is_some_and(|state| states.contains(&state)) {
            return Ok(None);
        }
        let arn = member("Arn").ok_or_else(|| format!("`{}`: the detail names no ARN", event.detail_type))?;
        Ok(Some(Self { event_id: event.id.clone(), operation, arn: arn.to_owned() }))
    }

    /// The record of the creation, as far as it is known without asking.
    pub fn record(&self) -> Value {
        json!({
            "eventSource": "sagemaker.amazonaws.com",
            "eventName": self.operation.name,
            "eventID": self.event_id,
            "awsRegion": arn::region(&self.arn),
            "recipientAccountId": arn::account(&self.arn),
            "responseElements": {self.operation.resource_arn.unwrap_or_default(): self.arn},
        })
    }
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
            ("Feature AlertGroup", r#"{"FeatureGroupArn":"a"}"#, false),
        ] {
            assert_eq!(read(kind, detail).map(|change| change.is_some()), Ok(tells), "{kind} {detail}");
        }
        assert!(read("Model", r#"{"ModelName":"m"}"#).is_err());
    }
}
