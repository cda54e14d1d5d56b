//! The preventive half of a policy: IAM policies and service control policies that deny requests which the rules would
//! report afterwards.

mod abac;
mod abbreviate;
mod activities;
mod assumptions;
mod boundary;
mod bounds;
mod data_account;
mod execution_role;
mod gap;
mod guardrails;
mod identity;
mod images;
mod keys;
mod output;
mod pack;
mod persona;
mod preventive;
mod readers;
mod registry;
mod role_path;
mod scp;
mod simplify;
mod storage;
mod studio;
mod tag_policy;
mod text;

pub use assumptions::Assumption;
pub use boundary::Boundary;
pub use data_account::DataAccount;
pub use execution_role::{ExecutionRole, Purpose};
pub use gap::{Gap, GapKind};
pub use guardrails::{Guardrail, GuardrailContext};
pub use identity::IdentityPolicy;
pub use output::{Attachment, File, Format, OrganizationPolicy, PolicyDocument, Rendered, RenderedPolicy};
pub use pack::SizeLimits;
pub use persona::{PersonaPolicy, names as persona_names};
pub use preventive::{PreventiveStatements, RuleStatement, preventive_statements};
pub use readers::Readers;
pub use registry::Registry;
pub use scp::Scp;
pub use tag_policy::tag_policy;
pub use text::Style;
