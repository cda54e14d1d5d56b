//! The gate before every change: is this the very resource that the decision is about, and is it still as the call left it?
//!
//! Names are given again, and every event can be late. Whatever leads to an action, the resource is described first. If it is not
//! certainly the one, nothing is done.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tagwarden::evidence::carrier;
use tagwarden::operations::{Field, Operation, Slot};
use tagwarden::record::json::{self, find};

use super::subject::Subject;
use crate::ports::{AwsResult, CLOCK_TOLERANCE, CallSageMaker};
use crate::resource::description::created;
use crate::resource::names::{describing, noun};
use crate::resource::request::as_request;
use crate::resource::state::{has_ended, is_gone, status};

/// What the description of a resource shows.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Examined {
    /// It is the very resource.
    TheOne(Description),
    /// It has ended.
    Ended,
    /// It does not exist any more.
    Gone,
    /// It is not certainly the resource, or not as the call left it, for this reason.
    Another(String),
}

/// What SageMaker says about a resource.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Description {
    pub(super) status: Option<String>,
    /// All of it, in CloudTrail's form.
    pub(super) members: Value,
}

/// Describes the resource of a call, and compares it with the call. `operation` describes it, or is one of the same resource.
///
/// # Errors
/// If the resource cannot be described.
pub(super) async fn examine(subject: &Subject<'_>, operation: &str, ports: &impl CallSageMaker) -> AwsResult<Examined> {
    if let Some(reason) = too_old(subject) {
        return Ok(Examined::Another(reason));
    }
    let described = match ports.call(&describing(operation), &subject.target).await {
        Ok(described) => described,
        Err(gone) if is_gone(&gone) => return Ok(Examined::Gone),
        Err(other) => return Err(other.error),
    };
    let status = status(noun(operation), &described).map(str::to_owned);
    let described = as_request(&format!("Create{}", noun(operation)), described);
    if let Some(reason) = another_arn(subject, &described).or_else(|| another_time(subject, &described)) {
        return Ok(Examined::Another(reason));
    }
    if status.as_deref().is_some_and(has_ended) {
        return Ok(Examined::Ended);
    }
    match mended(subject, &described) {
        Some(reason) => Ok(Examined::Another(reason)),
        None => Ok(Examined::TheOne(Description { status, members: described })),
    }
}

/// When the resource that a call tags was created. `None` if it does not exist any more, or cannot be described.
///
/// # Errors
/// If SageMaker does not answer.
pub async fn created_at(subject: &Subject<'_>, ports: &impl CallSageMaker) -> AwsResult<Option<Timestamp>> {
    for by in subject.described_by() {
        match ports.call(&describing(by.name), &subject.target).await {
            Ok(described) => return Ok(created(&as_request(by.name, described))),
            Err(gone) if is_gone(&gone) => {}
            Err(other) => return Err(other.error),
        }
    }
    Ok(None)
}

/// How long after a call its resource may be changed: longer than events are late. Whatever is older may hold somebody's work.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(24);

/// Whether the call was made too long ago.
fn too_old(subject: &Subject) -> Option<String> {
    match subject.time {
        None => Some("the record does not say when the call was made".to_owned()),
        Some(called) if subject.now.duration_since(called) > MAX_AGE => {
            Some("the call was made more than a day ago, and the resource may hold somebody's work".to_owned())
        }
        Some(_) => None,
    }
}

/// Whether the description has another ARN.
fn another_arn(subject: &Subject, described: &Value) -> Option<String> {
    let now = described.get(subject.arn_member?)?.as_str()?;
    let expected = subject.arn.as_deref()?;
    (carrier(now) != carrier(expected)).then(|| format!("the name was given again: it is `{now}` now"))
}

/// Whether the resource was created at another time than the call says.
fn another_time(subject: &Subject, described: &Value) -> Option<String> {
    let (Some(created), Some(called)) = (created(described), subject.time) else {
        return Some("it is not known when it was created, so it may be another one of the same name".to_owned());
    };
    let late = created.duration_since(called);
    let is_it = if subject.is_creation() { late.abs() <= CLOCK_TOLERANCE } else { late <= CLOCK_TOLERANCE };
    (!is_it).then(|| given_again(created, called))
}

fn given_again(created: Timestamp, called: Timestamp) -> String {
    format!("the name was given again: this one was created at {created}, and the call was made at {called}")
}

/// What a description repeats as the request says it.
const REPEATED: [Field; 4] = [Field::EndpointConfig, Field::InstanceType, Field::RootAccess, Field::InternetAccess];

/// Whether somebody has changed since what the call set.
fn mended(subject: &Subject, described: &Value) -> Option<String> {
    let request = subject.call.request.as_ref().ok()?;
    let now = json::borrowed(described).ok()?;
    let kind = subject.operation.kind;
    let updates = || Operation::all().filter(|update| update.kind == kind && !update.creates());
    let can_change = |slot: &&Slot| updates().flat_map(Operation::slots).any(|other| other.path == slot.path);
    let slots = subject.operation.slots().filter(|slot| REPEATED.contains(&slot.field)).filter(can_change);
    slots.into_iter().find_map(|slot| {
        let texts =
            |found: Vec<json::Found>| found.iter().filter_map(|one| one.text().ok()?.map(str::to_owned)).collect();
        let (set, is): (Vec<String>, Vec<String>) = (texts(find(request, slot.path)), texts(find(&now, slot.path)));
        let is_changing = slot.field == Field::EndpointConfig && is_on_its_way(described, &set);
        (!set.is_empty() && !is.is_empty() && set != is && !is_changing).then(|| {
            format!("it was mended: `{}` is `{}` now, no longer `{}`", slot.path, is.join("`, `"), set.join("`, `"))
        })
    })
}

/// Whether an endpoint is being updated to this configuration (SageMaker API reference, `PendingDeploymentSummary`).
fn is_on_its_way(described: &Value, config: &[String]) -> bool {
    let pending = described.get("pendingDeploymentSummary").and_then(|pending| pending.get("endpointConfigName"));
    pending.and_then(Value::as_str).is_some_and(|pending| config == [pending])
}
