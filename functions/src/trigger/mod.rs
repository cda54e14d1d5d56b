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
pub use record::{creation_of_arn, read_record, user_identity};
pub use state_change::StateChange;
