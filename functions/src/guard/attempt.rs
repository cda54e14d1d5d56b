//! Attempts to process a call.

use jiff::{SignedDuration, Timestamp};
use tagwarden::decide::Decision;

use crate::ports::Grace;

/// How often a guard processes an event: once, and again after one minute and after two more. Lambda retries a failed invocation at
/// the same times (Lambda developer guide, "Asynchronous invocation", with the two retries that the template sets).
pub(super) const ATTEMPTS: u64 = 3;

/// How long a guard waits after an attempt.
pub(super) fn delay_after(attempt: u64) -> SignedDuration {
    SignedDuration::from_mins(if attempt < 2 { 1 } else { 2 })
}

/// Why an event is not processed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unprocessed {
    /// The guard waits for something that may still come.
    Waits(&'static str),
    /// Something failed.
    Failed(String),
}

impl From<String> for Unprocessed {
    fn from(problem: String) -> Self {
        Self::Failed(problem)
    }
}

impl From<&str> for Unprocessed {
    fn from(problem: &str) -> Self {
        Self::Failed(problem.to_owned())
    }
}

/// The decision about an event. `None` if the event was processed before.
pub(super) type Processed = Result<Option<Decision>, Unprocessed>;

/// What made a guard judge a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trigger {
    /// CloudTrail's record of the call.
    Record,
    /// SageMaker's event about the created resource.
    StateChange,
    /// A sweep that found the created resource.
    Sweep,
    /// A sweep that looks whether what was reported has been put right. Nothing new is reported, and nothing is changed.
    Recheck,
}

/// One attempt to process a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt<'r> {
    pub(super) trigger: Trigger,
    /// The attempt number, from 1.
    pub(super) number: u64,
    /// Whether an earlier attempt failed.
    pub(super) is_retry: bool,
    pub(super) now: Timestamp,
    /// The JSON text of CloudTrail's record, which can come again at the end of a grace.
    pub(super) record: Option<&'r str>,
    /// The grace that is over, if the call was reported before.
    pub(super) grace: Option<Grace>,
}

impl Attempt<'_> {
    /// The only attempt, which waits for nothing.
    pub(super) fn only(trigger: Trigger, now: Timestamp) -> Self {
        Self { trigger, number: ATTEMPTS, is_retry: false, now, record: None, grace: None }
    }
}
