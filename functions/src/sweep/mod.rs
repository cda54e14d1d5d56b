//! `sweep`: finds what no event told of, page by page through what SageMaker lists, and has it judged.
//!
//! What was dealt with is remembered for a week, and passed over. So whatever is there is judged again once a week, as it is
//! then.

mod all;
mod history;
mod kind_sweep;
mod kinds;
mod report;
mod run;
#[cfg(test)]
mod tests;

pub use all::sweep;
pub use kinds::operations;
pub use run::{SweepRun, Swept};
