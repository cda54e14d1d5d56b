//! Checkpoints of sweeps.

use std::future::Future;

use jiff::Timestamp;

use super::error::AwsResult;

/// How far the sweep of one kind of resource has got.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// The due time of the last sweep that finished.
    pub finished: Option<Timestamp>,
    /// The token of the next page, if a sweep is unfinished.
    pub next: Option<String>,
}

/// Stores the checkpoints of sweeps.
pub trait SaveCheckpoint {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["dynamodb:GetItem", "dynamodb:UpdateItem"];

    /// The checkpoint of the resources that the operation `list` lists.
    fn checkpoint(&self, list: &str) -> impl Future<Output = AwsResult<Checkpoint>> + Send;

    /// Saves their checkpoint.
    fn save_checkpoint(&self, list: &str, checkpoint: &Checkpoint) -> impl Future<Output = AwsResult<()>> + Send;
}
