//! Recorded changes of the tags of roles and users.

use std::future::Future;

use jiff::Timestamp;

use super::error::AwsResult;

/// Finds the changes of a role's or user's tags.
pub trait FindTagChanges {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["dynamodb:GetItem"];

    /// The records of the changes, as JSON, in any order. `carrier` is the key of the role or user.
    fn tag_changes(&self, carrier: &str) -> impl Future<Output = AwsResult<Vec<String>>> + Send;
}

/// Records the changes of the tags of roles and users.
pub trait RecordTagChange {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["dynamodb:UpdateItem"];

    /// Records a change until `expires`. `record` is its record, as JSON. If many are recorded, they give way to this one.
    fn record_tag_change(
        &self,
        carrier: &str,
        record: &str,
        expires: Timestamp,
    ) -> impl Future<Output = AwsResult<()>> + Send;
}
