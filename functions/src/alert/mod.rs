//! Alerts and digests for the security team.

mod brake;
mod brief;
mod console;
mod decision;
pub mod digest;
mod event;
mod message;
pub mod notes;
mod text;

pub use brake::brake;
pub use brief::brief;
pub use decision::{alert, done};
pub use event::{DECISION, alert_event, decision_event, resolved_by};
