//! The rules that keep Amazon SageMaker inside an organisation's ABAC policy.
//!
//! Data flows one way: bytes → [`Call`](call::Call) → [`Facts`](facts::Facts) → [`Outcome`](rules::Outcome)s →
//! [`Decision`](decide::Decision), which holds the plan. The crate is pure: no I/O, no clock, no environment; what was
//! looked up comes in as [`Evidence`](evidence::Evidence).

pub mod arn;
pub mod audit;
pub mod call;
pub mod caller;
pub mod decide;
pub mod documents;
pub mod evidence;
pub mod facts;
pub mod gather;
pub mod instance_types;
pub mod json;
pub mod kms;
pub mod operation_names;
pub mod operations;
pub mod plan;
pub mod policy;
pub mod render;
pub mod rules;
pub mod statement;
