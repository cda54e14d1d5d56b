//! A guard: claim → gather → decide → act → tell, for each call that EventBridge delivers.

mod attempt;
mod caution;
mod claims;
mod creations;
mod gather;
mod handle;
mod judge;
mod lookup_cache;
mod news;
mod place;
mod recover;
mod remembered;
mod setup;
mod tell;
#[cfg(test)]
mod testing;

pub use setup::Guard;
