//! Acts on a resource: tags, stops or deletes it, or rolls it back.
//!
//! Everything goes through the gate first: only the very resource of the decision is changed, and only if it still is as the call left
//! it.

mod brake;
mod gate;
mod plan;
mod roll_back;
mod stop;
mod subject;
mod tag;
mod users;

pub use brake::Limit;
pub use gate::created_at;
pub use plan::{ActionResult, act};
pub use subject::Subject;
pub use users::{UserKind, users};
