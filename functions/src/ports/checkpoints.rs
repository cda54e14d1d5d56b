//! How far sweeps have come.

use std::future::Future;

use jiff::Timestamp;

use super::error::AwsResult;

/// How far a sweep of one kind of resource has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// When the last sweep that was finished was due.
    pub finished: Option<Timestamp>,
    /// Where the next page of an unfinished one begins.
    pub next: Option<String>,
}

/// Keeps how far a sweep has come.
pub trait SaveCheckpoint {
    /// The IAM actions that it takes.
    const ACTIONS: &'static [&'static str] = &["dynamodb:GetItem", "dynamodb:UpdateItem"];

    /// How far the sweep of what `list` lists has come.
    fn checkpoint(&self, list: &str) -> impl Future<Output = AwsResult<Checkpoint>> + Send;

    /// Notes how far it has come.
    fn save_checkpoint(&self, list: &str, checkpoint: &Checkpoint) -> impl Future<Output = AwsResult<()>> + Send;
}
