//! When a function that takes minutes has to stop.

use jiff::{SignedDuration, Timestamp};
use lambda_runtime::Context;

/// The time at the end of an invocation that is reserved for work in progress.
const RESERVE: SignedDuration = SignedDuration::from_secs(60);

/// When no more work may begin in this invocation.
pub fn deadline(context: &Context) -> Timestamp {
    let deadline = Timestamp::try_from(context.deadline()).unwrap_or(Timestamp::MAX);
    deadline.saturating_sub(RESERVE).unwrap_or(deadline)
}
