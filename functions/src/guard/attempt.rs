//! Attempts to process a call.

use jiff::Timestamp;

/// How often Lambda invokes a guard for an event: once, and again after one minute and after two more (Lambda developer guide,
/// "Asynchronous invocation", with the two retries that the template sets).
pub(super) const ATTEMPTS: u64 = 3;

/// What made a guard judge a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trigger {
    /// CloudTrail's record of the call.
    Record,
    /// SageMaker's event about the created resource.
    StateChange,
    /// A sweep that found the created resource.
    Sweep,
}

/// One attempt to process a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    pub(super) trigger: Trigger,
    /// The attempt number, from 1.
    pub(super) number: u64,
    pub(super) now: Timestamp,
}
