//! Acts on a resource: tags it, stops it, or deletes it.

mod plan;
mod stop;
mod users;

pub use plan::{ActionResult, act};
pub use users::{UserKind, users};
