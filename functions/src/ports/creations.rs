//! Records of created resources.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use jiff::{SignedDuration, Timestamp};

use super::error::AwsResult;

/// How long processed events and creations are remembered: longer than EventBridge and Lambda retry.
pub const RETENTION: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How far two times of the same creation may differ: CloudTrail rounds to whole seconds, and SageMaker keeps a time of its own.
pub const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_secs(5);

/// What is known about the creation of a resource. A deleted resource's name and ARN can be used again; the time
/// distinguishes two such creations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Creation {
    /// When it was created.
    pub time: Timestamp,
    /// Whether it was processed. If not, something failed and must be retried.
    pub is_processed: bool,
    /// The caller as CloudTrail's `userIdentity`, kept for the retry if something failed.
    pub caller: Option<String>,
    /// The findings and actions that were reported before CloudTrail's event arrived.
    pub reported: BTreeSet<String>,
}

impl Creation {
    /// Whether this is the creation at `time`.
    pub fn is_at(&self, time: Timestamp) -> bool {
        self.time.duration_since(time).abs() <= CLOCK_TOLERANCE
    }

    /// Whether this is the creation at `time`, or a later one.
    pub fn covers(&self, time: Timestamp) -> bool {
        self.time >= time || self.is_at(time)
    }

    /// The caller as JSON.
    pub fn user_identity(&self) -> Option<serde_json::Value> {
        serde_json::from_str(self.caller.as_deref()?).ok()
    }
}

/// Remembers created resources. More than one event may report the same creation.
pub trait RememberCreation {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["dynamodb:GetItem", "dynamodb:UpdateItem"];

    /// The record of the newest creation of the resource `arn`.
    fn creation(&self, arn: &str) -> impl Future<Output = AwsResult<Option<Creation>>> + Send;

    /// Stores a creation, unless a later one is stored.
    fn remember(&self, arn: &str, creation: &Creation) -> impl Future<Output = AwsResult<()>> + Send;
}

/// Reads many creations at once.
pub trait RememberCreations {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["dynamodb:BatchGetItem"];

    /// The newest creations of these resources, by ARN. It takes at most 100 ARNs, and may return only some of the records.
    fn creations(&self, arns: &[&str]) -> impl Future<Output = AwsResult<BTreeMap<String, Creation>>> + Send;
}
