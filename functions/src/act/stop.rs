//! Stops a resource, or deletes it if nothing uses it. A resource that has ended or does not exist counts as stopped.

use super::users::find_users;
use crate::ports::{AwsError, AwsResult, CallSageMaker, ListResources, Target};
use crate::resource::names::{describing, noun};
use crate::resource::state::{has_ended, is_gone, status};

/// The outcome of an attempt to stop a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopOutcome {
    /// It was stopped or deleted.
    Stopped,
    /// It had ended before, or did not exist.
    AlreadyEnded,
    /// It was left alone, because these resources use it.
    InUse(Vec<String>),
}

/// Error codes that can mean that the resource has ended or does not exist: SageMaker answers with a validation error in both
/// cases. The description of the resource shows what the error means.
const PERHAPS_ENDED: [&str; 4] = ["ValidationException", "ResourceNotFound", "ConflictException", "ResourceInUse"];

/// Stops or deletes the resource with `operation`.
///
/// # Errors
/// If it is still running.
pub async fn stop(
    operation: &str,
    target: &Target,
    ports: &(impl CallSageMaker + ListResources),
) -> AwsResult<StopOutcome> {
    let users = find_users(operation, target, ports).await?;
    if !users.is_empty() {
        return Ok(StopOutcome::InUse(users));
    }
    let Err(refused) = ports.call(operation, target).await else { return Ok(StopOutcome::Stopped) };
    if !refused.is_one_of(&PERHAPS_ENDED) {
        return Err(refused.error);
    }
    match ports.call(&describing(operation), target).await {
        Ok(described) => match status(noun(operation), &described) {
            Some(status) if has_ended(status) => Ok(StopOutcome::AlreadyEnded),
            Some(status) => Err(AwsError(format!("{}; it is `{status}`", refused.error))),
            None => Err(refused.error),
        },
        Err(gone) if is_gone(&gone) => Ok(StopOutcome::AlreadyEnded),
        Err(other) => Err(other.error),
    }
}
