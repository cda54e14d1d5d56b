//! Recorded sessions.

use std::future::Future;

use jiff::Timestamp;
use tagwarden::evidence::Session;
use tagwarden::record::Identity;

use super::error::AwsResult;

/// Finds the session behind a call.
pub trait FindSession {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["dynamodb:GetItem"];

    /// The sessions that are recorded for this caller: by access key, or by principal and time of issue.
    fn sessions(&self, identity: &Identity<'_>) -> impl Future<Output = AwsResult<Vec<Session>>> + Send;
}

/// Records sessions.
pub trait RecordSession {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["dynamodb:UpdateItem"];

    /// Records a session until `expires`, so that its access key finds it, and so do its principal and time of issue. It does not
    /// replace what another record says of such a session.
    fn record(&self, session: &Session, expires: Timestamp) -> impl Future<Output = AwsResult<()>> + Send;
}
