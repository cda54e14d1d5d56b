//! Claims on events.

use std::future::Future;

use super::error::AwsResult;

/// What became of an attempt to claim an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The event is ours; this is the so-many-th attempt, from one.
    Acquired(u64),
    /// It was dealt with before.
    Processed,
    /// Another invocation is at it.
    InProgress,
}

/// Claims events, so that each is dealt with once although it is delivered at least once.
pub trait ClaimEvent {
    /// The IAM actions that it takes.
    const ACTIONS: &'static [&'static str] = &["dynamodb:UpdateItem"];

    /// Claims the event. A claim that was neither completed nor given back is over after a while, because whoever held it
    /// is gone.
    fn claim(&self, event_id: &str) -> impl Future<Output = AwsResult<Claim>> + Send;

    /// Says that the event was dealt with.
    fn complete(&self, event_id: &str) -> impl Future<Output = AwsResult<()>> + Send;

    /// Gives the event back, for the next attempt.
    fn give_back(&self, event_id: &str) -> impl Future<Output = AwsResult<()>> + Send;
}
