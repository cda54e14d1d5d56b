//! Events that trigger the functions.

pub mod ended;
mod envelope;
pub mod queue;
mod record;
pub mod schedule;
pub mod sessions;
mod state_change;
mod tag_changes;

pub use envelope::{Event, events};
pub use record::{read_record, user_identity};
pub use state_change::StateChange;
