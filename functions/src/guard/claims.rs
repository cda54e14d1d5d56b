//! Claims: who is at an event, and whether it was dealt with.

use tagwarden::call::Call;

use super::attempt::ATTEMPTS;
use super::setup::Guard;
use crate::ports::{Claim, Enforce, LookUp};

impl<P: LookUp + Enforce> Guard<P> {
    /// Claims the event: the so-many-th attempt at it, or `None` where it was dealt with.
    pub(super) async fn claim_attempt(&self, call: &Call<'_>) -> Result<Option<u64>, String> {
        let Some(event_id) = call.event_id else { return Ok(Some(ATTEMPTS)) };
        match self.claim(event_id).await {
            Claim::Acquired(attempt) => Ok(Some(attempt)),
            Claim::Processed => Ok(None),
            Claim::InProgress => Err("another invocation is at this event".to_owned()),
        }
    }

    /// Claims an event, or a creation. Where claims cannot be kept, acting twice is better than not at all; there is no other
    /// attempt to wait for then.
    pub(super) async fn claim(&self, claimed: &str) -> Claim {
        self.ports.claim(claimed).await.unwrap_or_else(|failure| {
            tracing::warn!(claimed, %failure, "the claim could not be made: acting all the same");
            Claim::Acquired(ATTEMPTS)
        })
    }

    /// Completes the claim on what was dealt with, and gives it back where that failed.
    pub(super) async fn release_claim<T>(
        &self,
        claimed: Option<&str>,
        processed: Result<T, String>,
    ) -> Result<T, String> {
        let Some(claimed) = claimed else { return processed };
        let settled = match &processed {
            Ok(_) => self.ports.complete(claimed).await,
            Err(_) => self.ports.give_back(claimed).await,
        };
        match (settled, &processed) {
            (Ok(()), _) => {}
            (Err(failure), Ok(_)) => {
                tracing::warn!(claimed, %failure, "the claim could not be completed: a duplicate may be acted upon");
            }
            (Err(failure), Err(_)) => {
                tracing::warn!(claimed, %failure, "the claim could not be given back: it will run out");
            }
        }
        processed
    }
}
