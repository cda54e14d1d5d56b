//! `sweep`: lists the resources of SageMaker page by page, and judges every resource that no event reported.
//!
//! Processed creations are remembered for a week, and skipped. So each resource is judged again once a week, as it is then.

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
