//! Reports that reached some channels, but not all.

use std::collections::BTreeSet;
use std::future::Future;

use super::error::AwsResult;

/// Remembers which channels a report has reached, so that a retry does not send it there again.
pub trait TrackReports {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["dynamodb:GetItem", "dynamodb:UpdateItem"];

    /// The channels that earlier attempts reached. None if the first attempt reached all.
    fn reached(&self, report: &str) -> impl Future<Output = AwsResult<BTreeSet<String>>> + Send;

    /// Records that the report has reached a channel.
    fn record_reached(&self, report: &str, channel: &str) -> impl Future<Output = AwsResult<()>> + Send;
}
