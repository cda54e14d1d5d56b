//! Rolls an endpoint back to the configuration that it used before an update.

use super::gate::{Examined, examine};
use super::stop::StopOutcome;
use super::subject::Subject;
use crate::ports::{AwsError, AwsResult, CLOCK_TOLERANCE, CallSageMaker, LedgerEntry, Target, UsedConfig};
use crate::resource::description::{created, to_cloudtrail_form};
use crate::resource::state::is_gone;

/// The operation that updates an endpoint. It undoes itself.
pub(super) const UPDATE: &str = "UpdateEndpoint";

/// What an endpoint has while it is updated (SageMaker API reference, `DescribeEndpoint`).
const CHANGING: [&str; 4] = ["Creating", "Updating", "SystemUpdating", "RollingBack"];

/// Updates the endpoint to the configuration that it used before the call. It returns that configuration's name if it did.
///
/// # Errors
/// If the endpoint is still being updated, or a call failed.
pub(super) async fn roll_back(
    subject: &Subject<'_>,
    known: Option<&LedgerEntry>,
    may_change: impl AsyncFnOnce() -> AwsResult<Result<(), String>>,
    ports: &impl CallSageMaker,
) -> AwsResult<(StopOutcome, Option<String>)> {
    let left = |reason: String| Ok((StopOutcome::LeftAlone(reason), None));
    let now = match examine(subject, UPDATE, ports).await? {
        Examined::TheOne(now) => now,
        Examined::Ended | Examined::Gone => return Ok((StopOutcome::AlreadyEnded, None)),
        Examined::Another(reason) => return left(reason),
    };
    let known = known.filter(|known| created(&now.members).is_some_and(|created| known.creation.is_at(created)));
    let before = match known.and_then(|known| before(known, subject)) {
        None => return left("which configuration the endpoint used before is not known".to_owned()),
        Some(UsedConfig { name, is_at_fault: true, .. }) => {
            return left(format!("the configuration that it used before, `{name}`, was at fault as well"));
        }
        Some(before) => before,
    };
    if let Some(reason) = unusable(before, ports).await? {
        return left(reason);
    }
    if let Some(status) = now.status.filter(|status| CHANGING.contains(&status.as_str())) {
        return Err(AwsError(format!(
            "the endpoint is `{status}`, and SageMaker does not take another update meanwhile"
        )));
    }
    if let Err(reason) = may_change().await? {
        return left(reason);
    }
    let name = subject.target.member("endpointName").unwrap_or_default();
    let target = Target::named("endpointName", name).and("endpointConfigName", &before.name);
    ports.call(UPDATE, &target).await.map_err(|refused| refused.error)?;
    Ok((StopOutcome::Stopped, Some(before.name.clone())))
}

/// The configuration that the endpoint used before the call.
fn before<'a>(known: &'a LedgerEntry, subject: &Subject) -> Option<&'a UsedConfig> {
    let time = subject.time?;
    let updated_to = subject.target.member("endpointConfigName");
    known.configs.iter().rev().find(|used| used.at < time && Some(used.name.as_str()) != updated_to)
}

/// Why the configuration cannot be used again: it is not the one that the endpoint used.
async fn unusable(UsedConfig { at, name, .. }: &UsedConfig, ports: &impl CallSageMaker) -> AwsResult<Option<String>> {
    match ports.call("DescribeEndpointConfig", &Target::named("endpointConfigName", name)).await {
        Ok(described) => {
            let created = created(&to_cloudtrail_form(described));
            let is_it = created.is_some_and(|created| created <= *at + CLOCK_TOLERANCE);
            Ok((!is_it).then(|| format!("the configuration that it used before, `{name}`, is not the same any more")))
        }
        Err(gone) if is_gone(&gone) => {
            Ok(Some(format!("the configuration that it used before, `{name}`, was deleted")))
        }
        Err(other) => Err(other.error),
    }
}
