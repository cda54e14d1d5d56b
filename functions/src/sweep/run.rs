//! When and where a sweep happens, and what it does.

use jiff::Timestamp;
use serde::Serialize;

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Swept {
    /// How many resources were listed.
    pub listed: usize,
    /// How many of them no event had told of.
    pub unknown: usize,
    /// Whether its time was over before its work was done: the next one goes on where it ended.
    pub unfinished: bool,
}

/// When and where a sweep happens.
#[derive(Clone, Copy, Debug)]
pub struct SweepRun<'a> {
    /// When it was due.
    pub due: Timestamp,
    /// When it has to end.
    pub deadline: Timestamp,
    /// ARN of the function, which tells the account and the region.
    pub function_arn: &'a str,
}
