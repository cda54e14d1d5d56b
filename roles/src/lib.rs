//! What roles may do, what they did, and what they need: for the command line.

pub mod actions;
mod compared;
mod documents;
pub mod events;
pub mod given;
mod launches;
mod page;
mod proposal;
mod report;
mod usage;

pub use compared::{NewAccess, new_access};
pub use documents::{Documents, WrittenPolicy};
pub use launches::{Launches, PassedRole};
pub use page::RolesPage;
pub use proposal::{Proposal, ProposedPolicy, least_role};
pub use report::{Kind, RoleReport};
pub use usage::{AssumedBy, Records, RoleInQuestion, Unseen, Usage, Used};
