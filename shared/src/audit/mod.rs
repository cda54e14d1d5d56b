//! Judging the past: what matters is extracted from each log file, joined, judged in the order of time and summed up.
//!
//! Extracts are small and independent of each other, so that files can be read at once and in any order, on one machine or on
//! many. An extract never holds what a request says of `environment` or `hyperParameters`, nor credentials.

mod extract;
mod period;
mod records;
mod summary;

pub use extract::{Denied, Extract, Launch};
pub use period::Period;
pub use summary::{
    Changed, Comparison, DeniedCount, FindingLine, Input, RuleCount, Summary, Unknown, Verdicts, project,
};
