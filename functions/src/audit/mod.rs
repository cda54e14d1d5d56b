//! The audit of a whole organisation's archive, where it lies: `audit-extract` takes from each batch of log files what matters,
//! `audit-judge` joins the extracts and judges. A Step Functions state machine (`audit.yaml`) runs one of the first for each
//! batch, many at once, and then the second.
//!
//! Both do what `tagwarden audit` does, with its code.

mod bounds;
pub mod extract;
pub mod judge;
mod limits;

pub use limits::Limits;
