//! What makes a function act: events of SageMaker's, and schedules.

mod caller;
pub mod schedule;
pub mod sessions;
mod state_change;

pub use caller::{Creator, user_identity};
pub use state_change::StateChange;
