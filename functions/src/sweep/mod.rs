//! `sweep`: lists the resources of SageMaker page by page, and judges every resource that no event reported.
//!
//! Once a week, it also judges all roles that SageMaker may assume. Once a day, it archives findings about resources that are gone.
//!
//! Processed creations are remembered for a week, and skipped. So each resource is judged again once a week, as it is then.

mod all;
mod findings;
mod history;
mod kind_sweep;
mod kinds;
mod report;
mod roles;
mod run;
#[cfg(test)]
mod tests;

pub use all::sweep;
pub use kinds::operations;
pub use run::{SweepRun, Swept};
