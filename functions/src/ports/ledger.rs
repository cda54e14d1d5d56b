//! The ledger: what Tagwarden knows of each resource.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use jiff::{SignedDuration, Timestamp};
use tagwarden::evidence::{Standing, Tags};

use super::error::AwsResult;

/// How long processed events are remembered, and after how long a sweep judges a resource again: longer than EventBridge and Lambda
/// retry.
pub const RETENTION: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How long a resource is remembered after its last change.
pub const LEDGER_RETENTION: SignedDuration = SignedDuration::from_hours(400 * 24);

/// How far two times of the same creation may differ: CloudTrail rounds to whole seconds, and SageMaker keeps a time of its own.
pub const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_secs(5);

/// What is known about a resource. A deleted resource's name and ARN can be used again; the time of creation distinguishes two
/// such resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    /// Its creation.
    pub creation: Creation,
    /// The changes of its mark and of its tags that must equal the caller's since. Those that were certainly unlawful are
    /// left out.
    pub changes: Vec<KnownChange>,
    /// The configurations that an endpoint has used, oldest first.
    pub configs: Vec<UsedConfig>,
}

/// What is known about the creation of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Creation {
    /// When it was created.
    pub time: Timestamp,
    /// When it was judged last.
    pub judged: Timestamp,
    /// Whether it was processed. If not, something failed and must be retried.
    pub is_processed: bool,
    /// Whether nothing has shown the caller so far. CloudTrail's history may.
    pub is_caller_unknown: bool,
    /// The caller as CloudTrail's `userIdentity`, kept for the retry if something failed.
    pub caller: Option<String>,
    /// The findings and actions that were reported.
    pub reported: BTreeSet<String>,
    /// The tags that the request gave it, of those that the policy is about. `None`: no request was seen.
    pub tags: Option<Tags>,
    /// What was known about the caller.
    pub creator: Standing,
    /// The configuration that an endpoint was created with.
    pub config: Option<UsedConfig>,
}

/// A change of a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownChange {
    /// When it was made.
    pub at: Timestamp,
    /// The tag's key.
    pub key: String,
    /// Its new value. `None`: removed.
    pub value: Option<String>,
    /// ARN of the IAM role or user who made it.
    pub author: Option<String>,
    /// What was known about them.
    pub standing: Standing,
}

/// A configuration that an endpoint used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedConfig {
    /// From when on.
    pub at: Timestamp,
    /// Its name.
    pub name: String,
    /// Whether a rule found fault with the call that used it, or may have if the caller was known.
    pub is_at_fault: bool,
}

/// The most changes of a resource that are kept. Nobody needs so many.
pub const MOST_CHANGES: i64 = 100;

impl LedgerEntry {
    /// The changes of this resource, and not of earlier ones of this ARN.
    pub fn since_creation(created: Timestamp, changes: Vec<KnownChange>) -> Vec<KnownChange> {
        changes.into_iter().filter(|change| change.at.duration_since(created) >= -CLOCK_TOLERANCE).collect()
    }

    /// Whether it needs no sweep at `now`: it was processed and its caller is known, or it was judged a short time ago.
    pub fn is_settled(&self, now: Timestamp) -> bool {
        let Creation { is_processed, is_caller_unknown, judged, .. } = self.creation;
        is_processed && !is_caller_unknown && now.duration_since(judged) <= RETENTION
    }
}

impl Creation {
    /// A creation at `time` that was processed at `judged`, of which nothing else is known and nothing was reported.
    pub fn processed(time: Timestamp, judged: Timestamp) -> Self {
        Self {
            time,
            judged,
            is_processed: true,
            is_caller_unknown: false,
            caller: None,
            reported: BTreeSet::new(),
            tags: None,
            creator: Standing::Unknown,
            config: None,
        }
    }

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

/// Reads the ledger.
pub trait ReadLedger {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["dynamodb:BatchGetItem"];

    /// The entries of these resources, by ARN as given. It takes at most 100 ARNs, and may return only some of the entries.
    fn entries(&self, arns: &[&str]) -> impl Future<Output = AwsResult<BTreeMap<String, LedgerEntry>>> + Send;
}

/// Writes the ledger.
pub trait WriteLedger {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["dynamodb:UpdateItem"];

    /// Stores a creation, unless a later one is stored. What is known about an earlier resource of this ARN is forgotten. Returns the
    /// records of changes that could not be judged while the creation was not known.
    fn remember(&self, arn: &str, creation: &Creation) -> impl Future<Output = AwsResult<Vec<String>>> + Send;

    /// Adds a change of a resource. Its creation may become known later: `record` is to be judged then.
    fn add_change(
        &self,
        arn: &str,
        change: &KnownChange,
        record: Option<&str>,
    ) -> impl Future<Output = AwsResult<()>> + Send;

    /// Forgets the records that `remember` returned.
    fn forget_records(&self, arn: &str) -> impl Future<Output = AwsResult<()>> + Send;

    /// Adds a configuration of the endpoint that was created at `created`, unless another resource of this ARN is stored.
    fn add_config(
        &self,
        arn: &str,
        created: Timestamp,
        config: &UsedConfig,
    ) -> impl Future<Output = AwsResult<()>> + Send;
}

/// Counts what Tagwarden stops.
pub trait CountStops {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["dynamodb:UpdateItem"];

    /// Counts one more stop in the hour that begins at `hour`, and returns how many there are with it.
    fn count_stop(&self, hour: Timestamp) -> impl Future<Output = AwsResult<u64>> + Send;
}
