//! A run of the sweep, and its result.

use jiff::Timestamp;
use serde::Serialize;

/// The result of a sweep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Swept {
    /// How many resources were listed.
    pub listed: usize,
    /// How many of them no event had reported.
    pub unknown: usize,
    /// How many roles were judged.
    pub roles: usize,
    /// Whether it ran out of time. The next sweep continues from the checkpoint.
    pub unfinished: bool,
}

/// A run of the sweep.
#[derive(Clone, Copy, Debug)]
pub struct SweepRun<'a> {
    /// When it was due.
    pub due: Timestamp,
    /// When it has to stop.
    pub deadline: Timestamp,
    /// ARN of the function, which contains the account and the region.
    pub function_arn: &'a str,
}
