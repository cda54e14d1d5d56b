//! What roles may do, what they did, and what they need: for the command line.

pub mod actions;
mod compared;
pub mod events;
pub mod given;
mod launches;
mod report;
mod usage;

pub use compared::{NewAccess, new_access};
pub use launches::{Launches, PassedRole};
pub use report::{Kind, RoleReport};
pub use usage::{AssumedBy, Records, RoleInQuestion, Unseen, Usage, Used};
