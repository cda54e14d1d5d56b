//! Claims on events.

use std::future::Future;

use super::error::AwsResult;

/// The result of an attempt to claim an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The caller holds the claim. The value is the attempt number, from 1: one more than attempts failed.
    Acquired(u64),
    /// The event was processed before.
    Processed,
    /// Another invocation is processing the event.
    InProgress,
}

/// Claims events, so that each event is processed once although EventBridge delivers it at least once.
pub trait ClaimEvent {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["dynamodb:UpdateItem"];

    /// Claims the event. A claim expires if it is neither completed nor given back: the invocation that held it has died.
    fn claim(&self, event_id: &str) -> impl Future<Output = AwsResult<Claim>> + Send;

    /// Marks the event as processed.
    fn complete(&self, event_id: &str) -> impl Future<Output = AwsResult<()>> + Send;

    /// Releases the event for the next attempt, after this one failed.
    fn give_back(&self, event_id: &str) -> impl Future<Output = AwsResult<()>> + Send;

    /// Releases the event for a later attempt, and does not count this one.
    fn put_off(&self, event_id: &str) -> impl Future<Output = AwsResult<()>> + Send;
}
