//! Acts on a resource: tags, stops or deletes it.

mod plan;
mod stop;
mod users;

pub use plan::{ActionResult, act};
pub use users::{UserKind, users};
