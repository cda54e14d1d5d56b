//! Sessions that are remembered.

use std::future::Future;

use jiff::Timestamp;
use tagwarden::call::Identity;
use tagwarden::evidence::Session;

use super::error::AwsResult;

/// Finds the session behind a call.
pub trait FindSession {
    /// The IAM actions that it takes.
    const ACTIONS: &'static [&'static str] = &["dynamodb:GetItem"];

    /// The sessions recorded for this caller: by access key, or by principal and time of issue.
    fn sessions(&self, identity: &Identity<'_>) -> impl Future<Output = AwsResult<Vec<Session>>> + Send;
}

/// Remembers a session.
pub trait RecordSession {
    /// The IAM actions that it takes.
    const ACTIONS: &'static [&'static str] = &["dynamodb:PutItem"];

    /// Records a session so that both of its links find it, until `expires`.
    fn record(&self, session: &Session, expires: Timestamp) -> impl Future<Output = AwsResult<()>> + Send;
}
