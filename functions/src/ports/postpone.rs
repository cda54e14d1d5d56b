//! The delay queue of a guard.

use std::future::Future;

use jiff::SignedDuration;

use super::error::AwsResult;

/// The message attribute that holds the number of the attempt.
pub const ATTEMPT: &str = "attempt";

/// Puts an event off, because what it needs may still come.
pub trait PostponeEvent {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["sqs:SendMessage"];

    /// Sends the event to the function's delay queue, which delivers it after `delay` as attempt number `attempt`.
    fn postpone(&self, event: &str, attempt: u64, delay: SignedDuration) -> impl Future<Output = AwsResult<()>> + Send;
}
