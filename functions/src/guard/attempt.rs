//! When and how a guard comes to know of a call.

use jiff::Timestamp;

/// How often Lambda tries an event: once, and again after one and after two more minutes (Lambda developer guide,
/// "Asynchronous invocation", with the two retries that the template asks for).
pub(super) const ATTEMPTS: u64 = 3;

/// What told of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trigger {
    /// CloudTrail's record of it.
    Record,
    /// The state of what it created.
    StateChange,
    /// What it created was there.
    Sweep,
}

/// When and how a guard comes to know of a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt {
    pub(super) trigger: Trigger,
    /// The so-many-th attempt at it, from one.
    pub(super) number: u64,
    pub(super) now: Timestamp,
}
