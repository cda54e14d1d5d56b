//! Events that trigger the functions.

mod record;
pub mod schedule;
pub mod sessions;
mod state_change;

pub use record::{read_record, user_identity};
pub use state_change::StateChange;
