//! Events that trigger the functions.

mod caller;
pub mod schedule;
pub mod sessions;
mod state_change;

pub use caller::{Creator, user_identity};
pub use state_change::StateChange;
