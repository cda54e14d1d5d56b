//! Stops a resource, or deletes it where nothing uses it. What has ended, or is gone, is as good as stopped.

use super::users::find_users;
use crate::ports::{AwsError, AwsResult, CallSageMaker, ListResources, Target};
use crate::resource::names::{describing, noun};
use crate::resource::state::{has_ended, is_gone, status};

/// What became of an attempt to stop a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StopOutcome {
    /// It was stopped, or deleted.
    Stopped,
    /// It had ended, or was gone, before.
    AlreadyEnded,
    /// It was left alone, because these resources use it.
    InUse(Vec<String>),
}

/// Error codes that may mean that there is nothing left to stop. What they mean, the resource's description tells: jobs that
/// have ended are refused as invalid, and so are names that do not exist.
const PERHAPS_ENDED: [&str; 4] = ["ValidationException", "ResourceNotFound", "ConflictException", "ResourceInUse"];

/// Stops or deletes the resource by `operation`.
///
/// # Errors
/// Where it is still there and runs.
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
