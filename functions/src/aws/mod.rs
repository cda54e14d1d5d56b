//! The ports, implemented with the AWS SDK: a file for each service, or for each task of a service.

mod capture;
mod checkpoints;
mod claims;
mod client;
mod errors;
mod eventbridge;
mod files;
mod grants;
mod grouping;
mod history;
mod iam;
mod items;
mod kms;
mod ledger;
mod lists;
mod models;
mod objects;
mod operations;
mod policy_versions;
mod reports;
mod security_hub;
mod sessions;
mod sns;
mod sqs;
mod tag_changes;
mod tagging;

pub use client::Aws;
pub use objects::S3;
