//! Audits the log archive of an organisation in the account of its bucket. `audit-extract` extracts what matters from one batch of
//! log files. `audit-judge` merges the extracts and judges the launches. A Step Functions state machine (`audit.yaml`) runs many
//! extractions at once, and then one judgement.
//!
//! Both share their code with `tagwarden audit`.

mod bounds;
pub mod extract;
pub mod judge;
mod limits;
mod locations;
mod manifests;
mod merge;
mod read;

pub use limits::Limits;
pub use locations::Locations;
