//! Remembers created resources, because more than one event may report the same creation.

use std::collections::BTreeSet;

use jiff::Timestamp;
use tagwarden::decide::Decision;
use tagwarden::operations::Operation;
use tagwarden::record::Call;

use super::setup::Guard;
use crate::ports::{Creation, Enforce, LookUp};
use crate::trigger::user_identity;

/// Whether something other than CloudTrail's record can report what `operation` creates.
fn is_remembered(operation: &Operation) -> bool {
    operation.event.is_some() || operation.list.is_some()
}

/// The creation that a CloudTrail record reports: its ARN and its time.
pub(super) fn creation_of<'a>(call: &Call<'a>, operation: &Operation) -> Option<(&'a str, Timestamp)> {
    operation.arn(call).filter(|_| is_remembered(operation)).zip(call.time())
}

impl<P: LookUp + Enforce> Guard<P> {
    /// The record of the creation of a resource at `time`, or of a later one. If it cannot be read, the guard acts: a duplicate is
    /// better than silence.
    pub(super) async fn remembered(&self, arn: &str, time: Timestamp) -> Option<Creation> {
        let remembered = self.ports.creation(arn).await.unwrap_or_else(|failure| {
            tracing::warn!(arn, %failure, "could not read whether this creation was processed: acting as if it was not");
            None
        });
        remembered.filter(|known| known.covers(time))
    }

    /// What was reported about a creation before CloudTrail named the caller.
    pub(super) async fn already_reported(
        &self,
        call: &Call<'_>,
        operation: &Operation,
        decision: &Decision,
    ) -> BTreeSet<String> {
        let Some((arn, time)) = creation_of(call, operation) else { return BTreeSet::new() };
        if decision.actions.is_empty() {
            return BTreeSet::new();
        }
        let remembered = self.remembered(arn, time).await;
        remembered.filter(|known| known.is_at(time)).map(|known| known.reported).unwrap_or_default()
    }

    /// Remembers a creation, for other events that may report it.
    pub(super) async fn remember(
        &self,
        call: &Call<'_>,
        operation: &Operation,
        is_processed: bool,
        reported: BTreeSet<String>,
    ) {
        let Some((arn, time)) = creation_of(call, operation) else { return };
        let known_caller = call.identity.kind.filter(|_| !is_processed);
        let caller = known_caller.map(|_| user_identity(&call.identity).to_string());
        if let Err(failure) = self.ports.remember(arn, &Creation { time, is_processed, caller, reported }).await {
            tracing::warn!(arn, %failure, "could not remember the creation: another event about it may be processed");
        }
    }
}
