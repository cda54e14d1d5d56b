//! Stops a resource, or deletes it if nothing uses it. A resource that has ended or does not exist counts as stopped.

use super::gate::{Examined, examine};
use super::subject::Subject;
use super::users::find_users;
use crate::ports::{AwsError, AwsResult, CallSageMaker, ListResources};

/// The outcome of an attempt to stop a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum StopOutcome {
    /// It was stopped or deleted.
    Stopped,
    /// It had ended before, or did not exist.
    AlreadyEnded,
    /// It was left alone, for this reason.
    LeftAlone(String),
    /// It was left alone, because these resources use it.
    InUse(Vec<String>),
}

/// Error codes that can mean that the resource has ended or does not exist: SageMaker answers with a validation error in both
/// cases. The description of the resource shows what the error means.
const PERHAPS_ENDED: [&str; 4] = ["ValidationException", "ResourceNotFound", "ConflictException", "ResourceInUse"];

/// Stops or deletes the resource with `undo`. Just before, `may_change` says whether that is allowed, or why not.
///
/// # Errors
/// If it is still running.
pub(super) async fn stop(
    undo: &str,
    subject: &Subject<'_>,
    may_change: impl AsyncFnOnce() -> AwsResult<Result<(), String>>,
    ports: &(impl CallSageMaker + ListResources),
) -> AwsResult<StopOutcome> {
    // A description by the operation of the call shows more than one by the operation that undoes it.
    let describe = if subject.operation.described { subject.operation.name } else { undo };
    match examine(subject, describe, ports).await? {
        Examined::TheOne(_) => {}
        Examined::Ended | Examined::Gone => return Ok(StopOutcome::AlreadyEnded),
        Examined::Another(reason) => return Ok(StopOutcome::LeftAlone(reason)),
    }
    let users = find_users(undo, &subject.target, ports).await?;
    if !users.is_empty() {
        return Ok(StopOutcome::InUse(users));
    }
    if let Err(reason) = may_change().await? {
        return Ok(StopOutcome::LeftAlone(reason));
    }
    let Err(refused) = ports.call(undo, &subject.target).await else { return Ok(StopOutcome::Stopped) };
    if !refused.is_one_of(&PERHAPS_ENDED) {
        return Err(refused.error);
    }
    match examine(subject, describe, ports).await? {
        Examined::Ended | Examined::Gone => Ok(StopOutcome::AlreadyEnded),
        Examined::Another(reason) => Ok(StopOutcome::LeftAlone(reason)),
        Examined::TheOne(described) => Err(match described.status {
            Some(status) => AwsError(format!("{}; it is `{status}`", refused.error)),
            None => refused.error,
        }),
    }
}
