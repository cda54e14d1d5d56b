//! Carries out the actions of a decision.

use std::time::Instant;

use serde::Serialize;
use tagwarden::decide::{Decision, PlannedAction, Verb, mark};
use tagwarden::terms::MARK;

use super::stop::{self, StopOutcome};
use crate::ports::{AwsError, AwsResult, Enforce, Target};

/// The result of an action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActionResult {
    /// The action's name.
    pub action: String,
    /// What was done, or what went wrong.
    pub result: String,
    /// Whether the action failed.
    pub failed: bool,
    /// Whether it stopped or deleted the resource.
    #[serde(skip)]
    pub stopped: bool,
    /// How long it took.
    pub milliseconds: u64,
}

/// What an action did.
struct Outcome {
    stopped: bool,
    result: String,
}

impl Outcome {
    /// The resource still exists, and runs if it did before.
    fn left(result: String) -> Self {
        Self { stopped: false, result }
    }
}

/// Carries out all actions except the alert on the resource `target`.
pub async fn act(decision: &Decision, target: &Target, ports: &impl Enforce) -> Vec<ActionResult> {
    let mut results = Vec::new();
    for action in &decision.actions {
        let started = Instant::now();
        let outcome = match &action.action {
            Verb::PublishAlert => continue,
            Verb::AddTags(tags) => add_tags(decision, tags, ports).await,
            Verb::Stop(operation) => stop(decision, operation, action, target, ports).await,
        };
        let failed = outcome.is_err();
        let Outcome { stopped, result } = outcome.unwrap_or_else(|failure| Outcome::left(failure.to_string()));
        let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        results.push(ActionResult { action: action.action.name(), result, failed, stopped, milliseconds });
    }
    results
}

async fn add_tags(decision: &Decision, tags: &[(String, String)], ports: &impl Enforce) -> AwsResult<Outcome> {
    let arn = decision.resource.as_ref().and_then(|resource| resource.arn.as_deref());
    let Some(arn) = arn else { return Err(AwsError("the record does not have the ARN of the resource".to_owned())) };
    ports.add_tags(arn, tags).await?;
    let tags: Vec<_> = tags.iter().map(|(key, value)| format!("`{key}` = `{value}`")).collect();
    Ok(Outcome::left(format!("tagged with {}", tags.join(", "))))
}

async fn stop(
    decision: &Decision,
    operation: &str,
    action: &PlannedAction,
    target: &Target,
    ports: &impl Enforce,
) -> AwsResult<Outcome> {
    match stop::stop(operation, target, ports).await? {
        StopOutcome::Stopped => Ok(Outcome { stopped: true, result: format!("done by {operation}") }),
        StopOutcome::AlreadyEnded => Ok(Outcome::left("it had ended before".to_owned())),
        StopOutcome::InUse(users) => {
            let tags = [(MARK.to_owned(), mark(&action.because))];
            let tagged = add_tags(decision, &tags, ports).await?.result;
            Ok(Outcome::left(format!("left alone, because it is in use by {}; {tagged}", users.join(", "))))
        }
    }
}
