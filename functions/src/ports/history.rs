//! CloudTrail's event history.

use std::future::Future;

use jiff::Timestamp;

use super::error::AwsResult;

/// Reads CloudTrail's event history.
pub trait ReadEventHistory {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["cloudtrail:LookupEvents"];

    /// The records of all calls of `operation` between two points in time.
    fn history(
        &self,
        operation: &str,
        from: Timestamp,
        until: Timestamp,
    ) -> impl Future<Output = AwsResult<Vec<String>>> + Send;
}
