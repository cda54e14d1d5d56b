//! Claims: which invocation processes an event, and whether it was processed.

use tagwarden::record::Call;

use super::attempt::ATTEMPTS;
use super::setup::Guard;
use crate::ports::{Claim, Enforce, LookUp};

impl<P: LookUp + Enforce> Guard<P> {
    /// Claims the event, and returns the attempt number. `None` if the event was processed before.
    pub(super) async fn claim_attempt(&self, call: &Call<'_>) -> Result<Option<u64>, String> {
        let Some(event_id) = call.event_id else { return Ok(Some(ATTEMPTS)) };
        match self.claim(event_id).await {
            Claim::Acquired(attempt) => Ok(Some(attempt)),
            Claim::Processed => Ok(None),
            Claim::InProgress => Err("another invocation is processing this event".to_owned()),
        }
    }

    /// Claims an event or a creation. If the claim cannot be stored, the guard acts as in the last attempt: acting twice is
    /// better than not acting.
    pub(super) async fn claim(&self, claimed: &str) -> Claim {
        self.ports.claim(claimed).await.unwrap_or_else(|failure| {
            tracing::warn!(claimed, %failure, "could not store the claim: acting without it");
            Claim::Acquired(ATTEMPTS)
        })
    }

    /// Completes the claim after a success, and gives it back after a failure.
    pub(super) async fn release_claim<T>(
        &self,
        claimed: Option<&str>,
        processed: Result<T, String>,
    ) -> Result<T, String> {
        let Some(claimed) = claimed else { return processed };
        let released = match &processed {
            Ok(_) => self.ports.complete(claimed).await,
            Err(_) => self.ports.give_back(claimed).await,
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
