//! Denied calls explained: what kind of policy denied a call, which rules' statements deny such a call, and how to put it
//! right.

mod advice;
mod denied_call;
mod explain;
mod message;
mod policy_type;
mod statements;

pub use denied_call::{DeniedCall, DenyingRule, Effect};
pub use explain::Explainer;
pub use message::{DenialMessage, messages};
pub use policy_type::PolicyType;
pub use statements::Statements;
