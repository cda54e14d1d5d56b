//! A guard: claim → gather → decide → act → alert, for each event that EventBridge delivers.

mod alerts;
mod attempt;
mod caution;
mod claims;
mod creations;
mod gather;
mod grace;
mod handle;
mod judge;
mod location;
mod lookup_cache;
mod recover;
mod remembered;
mod reported;
mod roles;
mod setup;
#[cfg(test)]
mod testing;

pub use handle::Handled;
pub use reported::{names_action, names_failure};
pub use setup::Guard;
