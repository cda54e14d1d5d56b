//! Audits of CloudTrail archives: the bytes of log files become extracts, extracts become decisions, a summary and a
//! page.
//!
//! The command line runs it over files, and Lambda functions run it over a bucket: they decide where the bytes come
//! from.

pub mod athena;
mod calls;
mod coaching;
mod cost;
pub mod encoding;
mod error;
mod extract;
mod gather;
pub mod iam;
mod judge;
pub mod layout;
pub mod log_file;
pub mod page;
mod period;
mod policy_source;
mod problems;
mod records;
mod sessions;
mod spool;
pub mod stored;
mod summary;
mod table;
mod written;

pub use calls::{Calls, MadeCalls, RecordDay};
pub use coaching::{CoachedRule, Coaching};
pub use cost::{Costs, StoppedJobs};
pub use error::AuditError;
pub use extract::{Denied, Extract, Launch};
pub use gather::Gathered;
pub use judge::{Audit, Outputs};
pub use log_file::{LogFiles, Scanned};
pub use page::Page;
pub use period::Period;
pub use policy_source::PolicySource;
pub use problems::{AllProblems, Problems};
pub use sessions::PackedSessions;
pub use summary::{
    Changed, Comparison, DeniedCount, FindingLine, Input, RuleCount, Summary, Unknown, Verdicts, project,
};
pub use written::Written;
