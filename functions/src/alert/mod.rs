//! What the security team is told.

mod console;
mod decision;
pub mod digest;
mod message;
pub mod notes;
mod text;

pub use decision::{alert, done};
