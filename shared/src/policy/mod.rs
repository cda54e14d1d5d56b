//! The policy file: what the organisation wants.

mod cells;
mod diagnostic;
mod entries;
mod exceptions;
mod from_tag_policy;
mod looser;
mod model;
mod nearest;
mod nodes;
mod read;
mod rule_tables;
mod schema;
mod tags;

pub use cells::Cell;
pub use diagnostic::{Diagnostic, Level};
pub use from_tag_policy::from_tag_policy;
pub use model::{Exemption, Policy, When};
pub use nearest::nearest;
pub use schema::schema;

/// The default policy file, which also serves as the example.
pub const DEFAULT: &str = include_str!("../../../policy.toml");
