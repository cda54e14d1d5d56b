//! Carries out the actions of a decision.

use std::time::Instant;

use serde::Serialize;
use tagwarden::decide::{Decision, PlannedAction, Verb, mark};
use tagwarden::terms::MARK;

use super::brake::{Brake, Limit};
use super::roll_back::{UPDATE, roll_back};
use super::stop::{StopOutcome, stop};
use super::subject::Subject;
use super::tag::{self, tag};
use crate::ports::{AwsResult, Enforce};

/// The result of an action.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ActionResult {
    /// The action's name.
    pub action: String,
    /// What was done, or what went wrong.
    pub result: String,
    /// Whether the action failed.
    pub failed: bool,
    /// Whether it waits until a grace is over.
    #[serde(skip)]
    pub waits: bool,
    /// Whether it stopped or deleted the resource.
    #[serde(skip)]
    pub stopped: bool,
    /// The tags that it set.
    #[serde(skip)]
    pub tagged: Vec<(String, String)>,
    /// The configuration that it gave back to an endpoint.
    #[serde(skip)]
    pub rolled_back_to: Option<String>,
    /// How many stops there were in this hour, if the brake prevented this one.
    #[serde(skip)]
    pub braked: Option<u64>,
    /// How long it took.
    pub milliseconds: u64,
}

impl ActionResult {
    /// Whether anything was changed.
    pub fn is_change(&self) -> bool {
        self.stopped || !self.tagged.is_empty()
    }
}

/// Carries out all actions except the alert on the resource of a call.
pub async fn act(decision: &Decision, subject: &Subject<'_>, limit: Limit, ports: &impl Enforce) -> Vec<ActionResult> {
    let mut results = Vec::new();
    for action in &decision.actions {
        let started = Instant::now();
        let outcome = match &action.action {
            Verb::PublishAlert => continue,
            Verb::AddTags(tags) => add_tags(subject, tags, ports).await,
            Verb::Stop(operation) => undo(operation, action, subject, limit, ports).await,
        };
        let result = outcome.unwrap_or_else(|failure| ActionResult {
            result: failure.to_string(),
            failed: true,
            ..Default::default()
        });
        let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        results.push(ActionResult { action: action.action.name(), milliseconds, ..result });
    }
    results
}

/// The resource still exists, and runs if it did before.
fn left(result: String) -> ActionResult {
    ActionResult { result, ..Default::default() }
}

fn left_alone(reason: &str) -> ActionResult {
    left(format!("left alone: {reason}"))
}

async fn add_tags(subject: &Subject<'_>, tags: &tag::Tags, ports: &impl Enforce) -> AwsResult<ActionResult> {
    if let Some(reason) = tag(subject, tags, ports).await? {
        return Ok(left_alone(&reason));
    }
    let set: Vec<_> = tags.iter().map(|(key, value)| format!("`{key}` = `{value}`")).collect();
    Ok(ActionResult { tagged: tags.to_vec(), ..left(format!("tagged with {}", set.join(", "))) })
}

async fn undo(
    operation: &str,
    action: &PlannedAction,
    subject: &Subject<'_>,
    limit: Limit,
    ports: &impl Enforce,
) -> AwsResult<ActionResult> {
    let mut braked = None;
    let may_change = async || match limit.may_stop(ports).await? {
        Brake::Released => Ok(Ok(())),
        Brake::On { stops, allowed } => {
            braked = Some(stops);
            Ok(Err(format!("the brake is on: it would be stop {stops} in this hour, and the policy allows {allowed}")))
        }
    };
    let (outcome, rolled_back_to) = if operation == UPDATE {
        let arn = subject.arn.as_deref().unwrap_or_default();
        let known = ports.entries(&[arn]).await?;
        roll_back(subject, known.get(arn), may_change, ports).await?
    } else {
        (stop(operation, subject, may_change, ports).await?, None)
    };
    let result = match outcome {
        StopOutcome::Stopped => ActionResult { stopped: true, ..left(format!("done by {operation}")) },
        StopOutcome::AlreadyEnded => left("it had ended before".to_owned()),
        StopOutcome::LeftAlone(reason) => left_alone(&reason),
        StopOutcome::InUse(users) => {
            let marked = add_tags(subject, &[(MARK.to_owned(), mark(&action.because))], ports).await?;
            let result = format!("left alone, because it is in use by {}; {}", users.join(", "), marked.result);
            ActionResult { result, ..marked }
        }
    };
    let result = match &rolled_back_to {
        Some(config) => ActionResult { result: format!("rolled back to the configuration `{config}`"), ..result },
        None => result,
    };
    Ok(ActionResult { rolled_back_to, braked, ..result })
}
