//! Audits of CloudTrail archives: the bytes of log files become extracts, extracts become decisions, a summary and a page.
//!
//! The command line runs it over files, and Lambda functions run it over a bucket: how bytes get here is theirs to know.

pub mod athena;
mod extract;
mod gather;
pub mod iam;
mod judge;
pub mod layout;
pub mod log_file;
mod page;
mod period;
mod records;
mod spool;
pub mod stored;
mod summary;
mod written;

use std::fmt;

pub use extract::{Denied, Extract, Launch};
pub use gather::Gathered;
pub use judge::{Audit, Outputs};
pub use log_file::{LogFiles, Scanned};
pub use page::Page;
pub use period::Period;
pub use summary::{
    Changed, Comparison, DeniedCount, FindingLine, Input, RuleCount, Summary, Unknown, Verdicts, project,
};
pub use written::Written;

use tagwarden::policy::Policy;

/// Why an audit cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditError(pub String);

impl fmt::Display for AuditError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for AuditError {}

/// A policy as it was loaded.
#[derive(Clone, Debug)]
pub struct LoadedPolicy {
    /// What reports call it: its file's name.
    pub name: String,
    /// Its text.
    pub text: String,
    /// What the text says.
    pub policy: Policy,
}
