//! The AWS Lambda functions that enforce a Tagwarden policy: gather → decide → act.
//!
//! They decide with the core that `tagwarden check` uses. [`ports`] says what they need from AWS, one trait a verb;
//! [`aws`] does it with the AWS SDK. [`audit`] judges the past of a whole organisation.

pub mod act;
pub mod alert;
pub mod audit;
pub mod aws;
pub mod config;
pub mod guard;
#[cfg(test)]
pub mod memory;
pub mod permissions;
pub mod policy_file;
pub mod ports;
pub mod resource;
pub mod sweep;
pub mod telemetry;
pub mod trigger;
