//! The AWS Lambda functions that enforce a Tagwarden policy: gather → decide → act.
//!
//! They decide with the same core as `tagwarden check`. [`ports`] declares what they need from AWS, with one trait for each task, and
//! [`aws`] implements it with the AWS SDK. [`audit`] judges the log archive of an organisation.

pub mod act;
pub mod alert;
pub mod audit;
pub mod aws;
pub mod canary;
pub mod channels;
pub mod config;
pub mod findings;
pub mod guard;
#[cfg(test)]
mod histories;
#[cfg(test)]
pub mod memory;
pub mod permissions;
pub mod policy_file;
pub mod ports;
pub mod price_file;
pub mod refreshed;
pub mod resource;
pub mod sweep;
pub mod telemetry;
pub mod trigger;
