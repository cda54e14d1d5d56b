//! The second trigger: SageMaker's own event that a created resource has started. So a creation is judged even if CloudTrail's
//! event was lost, and stopped even if it could not be stopped before.
//!
//! A guard reads only the ARN of the resource from such an event. It asks SageMaker for the rest. Sources: "Amazon SageMaker AI
//! events" (Amazon EventBridge Events Reference) lists the events, "Events that Amazon SageMaker AI sends to Amazon EventBridge"
//! (Amazon SageMaker AI Developer Guide) shows their contents.

use serde_json::Value;
use tagwarden::operations::{Operation, StateEvent};
use tagwarden::record::documents::OtherEvent;

use super::record::creation_of_arn;
use crate::resource::names::noun;

/// An event that announces a created resource.
#[derive(Clone, Debug)]
pub struct StateChange {
    event_id: Option<String>,
    operation: &'static Operation,
    arn: String,
}

impl StateChange {
    /// Reads an event. `None` if it is a different event, or reports a different state.
    ///
    /// # Errors
    /// If the event does not contain the ARN of the resource.
    pub fn read(event: &OtherEvent) -> Result<Option<Self>, String> {
        let announced = Operation::all().filter_map(|operation| Some((operation, operation.event?)));
        let is_it = |(_, announcing): &(_, StateEvent)| announcing.detail_type == event.detail_type;
        let Some((operation, StateEvent { states, .. })) = announced.into_iter().find(is_it) else { return Ok(None) };
        let detail: Value =
            serde_json::from_str(&event.detail).map_err(|error| format!("the event is not JSON: {error}"))?;
        let member = |what: &str| detail.get(format!("{}{what}", noun(operation.name))).and_then(Value::as_str);
        if !states.is_empty() && !member("Status").is_some_and(|state| states.contains(&state)) {
            return Ok(None);
        }
        let arn = member("Arn").ok_or_else(|| format!("`{}`: the detail names no ARN", event.detail_type))?;
        Ok(Some(Self { event_id: event.id.clone(), operation, arn: arn.to_owned() }))
    }

    /// The record of the creation, as far as the event shows it.
    pub fn record(&self) -> Value {
        creation_of_arn(self.operation, &self.arn, self.event_id.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(detail_type: &str, detail: &str) -> Result<Option<StateChange>, String> {
        let detail_type = format!("SageMaker {detail_type} State Change");
        StateChange::read(&OtherEvent {
            id: None,
            time: None,
            detail_type,
            account: None,
            region: None,
            detail: detail.into(),
        })
    }

    #[test]
    fn only_the_states_of_interest_announce_a_resource() {
        for (kind, detail, announces) in [
            ("Training Job", r#"{"TrainingJobArn":"a","TrainingJobStatus":"InProgress"}"#, true),
            ("Training Job", r#"{"TrainingJobArn":"a","TrainingJobStatus":"Completed"}"#, false),
            ("Training Job", r#"{"TrainingJobArn":"a"}"#, false),
            ("Endpoint", r#"{"EndpointArn":"a","EndpointStatus":"IN_SERVICE"}"#, true),
            ("Endpoint", r#"{"EndpointArn":"a","EndpointStatus":"CREATING"}"#, false),
            ("Endpoint Config", r#"{"EndpointConfigArn":"a"}"#, true),
            ("Feature Group", r#"{"FeatureGroupArn":"a"}"#, false),
        ] {
            assert_eq!(read(kind, detail).map(|change| change.is_some()), Ok(announces), "{kind} {detail}");
        }
        assert!(read("Model", r#"{"ModelName":"m"}"#).is_err());
    }
}
