//! The rules that keep Amazon SageMaker inside an organisation's ABAC policy.
//!
//! Data flows one way: bytes → [`Call`](record::Call) → [`Facts`](facts::Facts) → [`Outcome`](rules::Outcome)s →
//! [`Decision`], which holds the plan. The crate is pure: no I/O, no clock, no environment; what was looked up comes in as
//! [`Evidence`].

pub mod decide;
pub mod evidence;
pub mod facts;
pub mod instance_types;
pub mod operations;
pub mod policy;
pub mod record;
pub mod render;
pub mod rules;
pub mod settings;
pub mod statement;
pub mod terms;

pub use decide::{Decision, Finding, PlannedAction, Verdict, decide, decide_record};
pub use evidence::Evidence;
pub use operations::Operation;
pub use policy::Policy;
pub use record::Call;
pub use rules::{RULES, Rule};
