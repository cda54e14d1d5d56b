//! What is remembered of creations.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use jiff::{SignedDuration, Timestamp};

use super::error::AwsResult;

/// How long it is remembered what was dealt with: longer than EventBridge and Lambda try.
pub const RETENTION: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How far apart the times of one creation may be: CloudTrail's, in whole seconds, and the one that the resource tells.
pub const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_secs(5);

/// What is known of the creation of a resource. A name may be given again, and so may its ARN: the time tells which creation it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Creation {
    /// When it was created.
    pub time: Timestamp,
    /// Whether it was dealt with. Otherwise something failed, and is to be tried again.
    pub is_processed: bool,
    /// The caller that CloudTrail told, as `userIdentity`, where something failed.
    pub caller: Option<String>,
    /// What was found and done about it before CloudTrail told of it.
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

/// Remembers the creation of resources, which more than one event may tell of.
pub trait RememberCreation {
    /// The IAM actions that it takes.
    const ACTIONS: &'static [&'static str] = &["dynamodb:GetItem", "dynamodb:UpdateItem"];

    /// What is remembered of the newest creation of the resource `arn`.
    fn creation(&self, arn: &str) -> impl Future<Output = AwsResult<Option<Creation>>> + Send;

    /// Remembers a creation, unless a later one is remembered.
    fn remember(&self, arn: &str, creation: &Creation) -> impl Future<Output = AwsResult<()>> + Send;
}

/// Tells of many creations at once.
pub trait RememberCreations {
    /// The IAM actions that it takes.
    const ACTIONS: &'static [&'static str] = &["dynamodb:BatchGetItem"];

    /// What is remembered of the newest creations of these resources, a hundred at most, by ARN. It may be less than there is.
    fn creations(&self, arns: &[&str]) -> impl Future<Output = AwsResult<BTreeMap<String, Creation>>> + Send;
}
