//! The AWS Lambda functions that enforce a Tagwarden policy: gather → decide → act.
//!
//! They decide with the core that `tagwarden check` uses. [`ports`] says what they need from AWS, one trait a verb;
//! [`aws`] does it with the AWS SDK. [`audit`] judges the past of a whole organisation.

pub mod act;
pub mod alert;
pub mod audit;
pub mod aws;
pub mod config;
pub mod creation;
pub mod digest;
pub mod gather;
pub mod group;
pub mod guard;
pub mod history;
#[cfg(test)]
pub mod memory;
pub mod permissions;
pub mod policy_file;
pub mod ports;
pub mod recover;
pub mod schedule;
pub mod sessions;
pub mod state_change;
pub mod stop;
pub mod sweep;
pub mod target;
pub mod telemetry;
