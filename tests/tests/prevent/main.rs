//! The two halves of each rule agree: what `check` finds in a record, the statements of `prevent` deny beforehand, as an
//! independent simulator of IAM evaluates them.
//!
//! `CASES=100000 SEED=7 cargo test --workspace --test prevent` runs more cases, or others.

mod cases;
mod compare;
mod exceptions;
mod journeys;
mod keys;
mod mutants;
mod needed;
mod organisation;
mod policies;
mod truths;
