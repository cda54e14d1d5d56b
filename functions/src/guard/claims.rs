//! Claims: which invocation processes an event, and whether it was processed.

use tagwarden::record::Call;

use super::attempt::{ATTEMPTS, Processed, Unprocessed};
use super::setup::Guard;
use crate::ports::{Claim, Enforce, Grace, LookUp};

/// The attempt number if no claim can be stored: no attempt follows that is known to follow.
const UNCLAIMED: u64 = u64::MAX;

/// As what an event, or the end of its grace, is claimed.
pub(super) fn claimed_as(call: &Call<'_>, grace: Option<Grace>) -> Option<String> {
    call.event_id.map(|event_id| grace.map_or_else(|| event_id.to_owned(), |_| after_grace(event_id)))
}

/// The name of what an event leads to when its grace is over.
pub(super) fn after_grace(event_id: &str) -> String {
    format!("{event_id} after its grace")
}

impl<P: LookUp + Enforce> Guard<P> {
    /// Claims the event, which is delivered for the attempt `delivered`, and returns the attempt number, and whether an earlier
    /// attempt failed: the claim knows it. `None` if the event was processed before.
    pub(super) async fn claim_attempt(
        &self,
        call: &Call<'_>,
        delivered: u64,
    ) -> Result<Option<(u64, bool)>, Unprocessed> {
        let Some(event_id) = call.event_id else { return Ok(Some((ATTEMPTS, false))) };
        match self.claim(event_id).await {
            Claim::Acquired(attempt) => Ok(Some((attempt.max(delivered), attempt > 1 && attempt != UNCLAIMED))),
            Claim::Processed => Ok(None),
            Claim::InProgress => Err(Unprocessed::Waits("another invocation is processing this event")),
        }
    }

    /// Claims the end of the grace of an event, as an attempt that waits for nothing. `None` if it was processed before.
    pub(super) async fn claim_after_grace(&self, call: &Call<'_>) -> Result<Option<(u64, bool)>, Unprocessed> {
        let Some(event_id) = call.event_id else { return Ok(Some((ATTEMPTS, false))) };
        match self.claim(&after_grace(event_id)).await {
            Claim::Acquired(attempt) => Ok(Some((ATTEMPTS, attempt > 1 && attempt != UNCLAIMED))),
            Claim::Processed => Ok(None),
            Claim::InProgress => Err("another invocation is processing the end of this grace".into()),
        }
    }

    /// Claims an event or a creation. If the claim cannot be stored, the guard acts as in the last attempt: acting twice is
    /// better than not acting.
    pub(super) async fn claim(&self, claimed: &str) -> Claim {
        self.ports.claim(claimed).await.unwrap_or_else(|failure| {
            tracing::warn!(claimed, %failure, "could not store the claim: acting without it");
            Claim::Acquired(UNCLAIMED)
        })
    }

    /// Completes the claim after a success, and gives it back after a failure or while the guard waits.
    pub(super) async fn release_claim(&self, claimed: Option<&str>, processed: Processed) -> Processed {
        let Some(claimed) = claimed else { return processed };
        let released = match &processed {
            Ok(_) => self.ports.complete(claimed).await,
            Err(Unprocessed::Failed(_)) => self.ports.give_back(claimed).await,
            Err(Unprocessed::Waits(_)) => self.ports.put_off(claimed).await,
        };
        match (released, &processed) {
            (Ok(()), _) => {}
            (Err(failure), Ok(_)) => {
                tracing::warn!(claimed, %failure, "could not complete the claim: a duplicate event may be processed");
            }
            (Err(failure), Err(_)) => {
                tracing::warn!(claimed, %failure, "could not give the claim back: it will expire");
            }
        }
        processed
    }
}
