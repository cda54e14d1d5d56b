//! What roles may do, what they did, and what they need: for the command line.

pub mod actions;
mod compared;
pub mod given;
mod report;

pub use compared::{NewAccess, new_access};
pub use report::{Kind, RoleReport};
