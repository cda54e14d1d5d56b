//! What the functions need from AWS: one trait for each verb, which names the IAM actions that it takes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::Future;

use jiff::{SignedDuration, Timestamp};
use tagwarden::evidence::{AttachedPolicy, Key, Model, Session, Tags};
use tagwarden::record::Identity;

use crate::group::{Group, Waiting, Window};
use crate::target::Target;

/// Why AWS did not do what it was asked for: the action, and the error's code and message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(pub String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

/// What a call to AWS comes to.
pub type Answer<T> = Result<T, Failure>;

/// Reads the tags of an IAM role or user.
pub trait ReadTags {
    /// The IAM actions that it takes.
    const ACTIONS: &'static [&'static str] = &["iam:ListRoleTags", "iam:ListUserTags"];

    /// The tags of the role or user `arn`.
    fn tags(&self, arn: &str) -> impl Future<Output = Answer<Tags>> + Send;
}

/// Reads which policies a role has.
pub trait ReadAttachedPolicies {
    /// The IAM actions that it takes.
    const ACTIONS: &'static [&'static str] = &["iam:ListAttachedRolePolicies"];

    /// The managed policies attached to the role `arn`.
    fn attached_policies(&self, arn: &str) -> impl Future<Output = Answer<Vec<AttachedPolicy>>> + Send;
}

/// Reads whom a role trusts.
pub trait ReadTrustPolicy {
    /// The IAM actions that it takes.
    const ACTIONS: &'static [&'static str] = &["iam:GetRole"];

    /// The trust policy of the role `arn`.
    fn trust_policy(&self, arn: &str) -> impl Future<Output = Answer<serde_json::Value>> + Send;
}

/// Reads what kind of key a KMS key is.
pub trait DescribeKey {
    /// The IAM actions that it takes.
    const ACTIONS: &'static [&'static str] = &["kms:DescribeKey"];

    /// The key that `arn`, its own or an alias's, stands for.
    fn key(&self, arn: &str) -> impl Future<Output = Answer<Key>> + Send;
}

/// Reads the network settings of a model.
pub trait DescribeModel {
    /// The IAM actions that it takes.
    const ACTIONS: &'static [&'static str] = &["sagemaker:DescribeModel"];

    /// The model `name`.
    fn model(&self, name: &str) -> impl Future<Output = Answer<Model>> + Send;
}

/// Why SageMaker did not carry out an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The error's code, where the service answered.
    pub code: Option<String>,
    /// The operation, and the error's code and message.
    pub failure: Failure,
}

impl Refused {
    /// Whether the service answered with one of these error codes.
    pub fn is_one_of(&self, codes: &[&str]) -> bool {
        self.code.as_deref().is_some_and(|code| codes.contains(&code))
    }
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self { code: None, failure }
    }
}

/// Calls SageMaker's operations on one resource: those that describe it, and those that stop or delete it. The IAM action that
/// one takes has its name.
pub trait CallSageMaker {
    /// Calls `operation` on the resource. Its answer, as the API's JSON.
    fn call(&self, operation: &str, target: &Target)
    -> impl Future<Output = Result<serde_json::Value, Refused>> + Send;
}

/// Reads the tags of a resource, where the record of the call that created it does not tell.
pub trait DescribeResource: CallSageMaker {
    /// The IAM actions that it takes, beside those of the operations that describe.
    const ACTIONS: &'static [&'static str] = &["sagemaker:ListTags"];

    /// The tags of the resource `arn`, as the API's JSON list.
    fn tags_of(&self, arn: &str) -> impl Future<Output = Answer<serde_json::Value>> + Send;
}

/// Which resources a list is to have.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which<'a> {
    /// Those made or changed after this, where the operation can tell.
    pub since: Option<Timestamp>,
    /// Those that use the resource of this name, where the operation can tell.
    pub of: Option<&'a str>,
    /// Those that follow the page before, by what that said of its next one.
    pub page: Option<&'a str>,
    /// So many at most.
    pub most: i32,
}

/// A page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// What the operation tells of each resource, as the API's JSON.
    pub summaries: Vec<serde_json::Value>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

/// Lists resources. The IAM action that a list takes has the operation's name.
pub trait ListResources {
    /// A page of what `operation` lists.
    fn list(&self, operation: &str, which: Which<'_>) -> impl Future<Output = Result<Page, Refused>> + Send;
}

/// A policy file that was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Its text.
    pub text: String,
    /// What S3 calls this version of it.
    pub etag: Option<String>,
}

/// Fetches the policy file from S3.
pub trait FetchPolicy {
    /// The IAM actions that it takes.
    const ACTIONS: &'static [&'static str] = &["s3:GetObject"];

    /// The object, unless it is still the version `known`.
    fn fetch_policy(
        &self,
        bucket: &str,
        key: &str,
        known: Option<&str>,
    ) -> impl Future<Output = Answer<Option<Fetched>>> + Send;
}

/// Finds the session behind a call.
pub trait FindSession {
    /// The IAM actions that it takes.
    const ACTIONS: &'static [&'static str] = &["dynamodb:GetItem"];

    /// The sessions recorded for this caller: by access key, or by principal and time of issue.
    fn sessions(&self, identity: &Identity<'_>) -> impl Future<Output = Answer<Vec<Session>>> + Send;
}

/// Remembers a session.
pub trait RecordSession {
    /// The IAM actions that it takes.
    const ACTIONS: &'static [&'static str] = &["dynamodb:PutItem"];

    /// Records a session so that both of its links find it, until `expires`.
    fn record(&self, session: &Session, expires: Timestamp) -> impl Future<Output = Answer<()>> + Send;
}

/// What became of an attempt to claim an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The event is ours; this is the so-many-th attempt, from one.
    Ours(u64),
    /// It was dealt with before.
    Done,
    /// Another invocation is at it.
    Busy,
}

/// Claims events, so that each is dealt with once although it is delivered at least once.
pub trait ClaimEvent {
    /// The IAM actions that it takes.
    const ACTIONS: &'static [&'static str] = &["dynamodb:UpdateItem"];

    /// Claims the event. A claim that was neither completed nor given back is over after a while, because whoever held it
    /// is gone.
    fn claim(&self, event_id: &str) -> impl Future<Output = Answer<Claim>> + Send;

    /// Says that the event was dealt with.
    fn complete(&self, event_id: &str) -> impl Future<Output = Answer<()>> + Send;

    /// Gives the event back, for the next attempt.
    fn give_back(&self, event_id: &str) -> impl Future<Output = Answer<()>> + Send;
}

/// How long it is remembered what was dealt with: longer than EventBridge and Lambda try.
pub const REMEMBERED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How far apart the times of one creation may be: CloudTrail's, in whole seconds, and the one that the resource tells.
pub const TOLERANCE: SignedDuration = SignedDuration::from_secs(5);

/// What is known of the creation of a resource. A name may be given again, and so may its ARN: the time tells which creation it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Creation {
    /// When it was created.
    pub time: Timestamp,
    /// Whether it was dealt with. Otherwise something failed, and is to be tried again.
    pub is_dealt_with: bool,
    /// The caller that CloudTrail told, as `userIdentity`, where something failed.
    pub caller: Option<String>,
    /// What was found and done about it before CloudTrail told of it.
    pub told: BTreeSet<String>,
}

impl Creation {
    /// Whether this is the creation at `time`.
    pub fn is_at(&self, time: Timestamp) -> bool {
        self.time.duration_since(time).abs() <= TOLERANCE
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
    fn creation(&self, arn: &str) -> impl Future<Output = Answer<Option<Creation>>> + Send;

    /// Remembers a creation, unless a later one is remembered.
    fn remember(&self, arn: &str, creation: &Creation) -> impl Future<Output = Answer<()>> + Send;
}

/// Tells of many creations at once.
pub trait RememberCreations {
    /// The IAM actions that it takes.
    const ACTIONS: &'static [&'static str] = &["dynamodb:BatchGetItem"];

    /// What is remembered of the newest creations of these resources, a hundred at most, by ARN. It may be less than there is.
    fn creations(&self, arns: &[&str]) -> impl Future<Output = Answer<BTreeMap<String, Creation>>> + Send;
}

/// How far a sweep of one kind of resource has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// When the last sweep that was finished was due.
    pub finished: Option<Timestamp>,
    /// Where the next page of an unfinished one begins.
    pub next: Option<String>,
}

/// Keeps how far a sweep has come.
pub trait KeepPlace {
    /// The IAM actions that it takes.
    const ACTIONS: &'static [&'static str] = &["dynamodb:GetItem", "dynamodb:UpdateItem"];

    /// How far the sweep of what `list` lists has come.
    fn place(&self, list: &str) -> impl Future<Output = Answer<Place>> + Send;

    /// Notes how far it has come.
    fn keep(&self, list: &str, place: &Place) -> impl Future<Output = Answer<()>> + Send;
}

/// Reads CloudTrail's event history.
pub trait ReadEventHistory {
    /// The IAM actions that it takes.
    const ACTIONS: &'static [&'static str] = &["cloudtrail:LookupEvents"];

    /// The records of all calls of `operation` between two points in time.
    fn history(
        &self,
        operation: &str,
        from: Timestamp,
        until: Timestamp,
    ) -> impl Future<Output = Answer<Vec<String>>> + Send;
}

/// Sets tags on a resource.
pub trait AddTags {
    /// The IAM actions that it takes: the tagging API calls the service's own with the caller's permissions.
    const ACTIONS: &'static [&'static str] = &["tag:TagResources", "sagemaker:AddTags"];

    /// Sets these tags on the resource `arn`.
    fn add_tags(&self, arn: &str, tags: &[(String, String)]) -> impl Future<Output = Answer<()>> + Send;
}

/// Attributes of a message, for subscriptions' filter policies; more than one value where a list is meant.
pub type Attributes = BTreeMap<String, Vec<String>>;

/// A message to the security team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// At most 100 printable ASCII characters.
    pub subject: String,
    /// The text for each protocol, by its name in SNS; `default` among them.
    pub texts: Vec<(&'static str, String)>,
    /// What filter policies go by.
    pub attributes: Attributes,
}

/// Tells the security team.
pub trait Publish {
    /// The IAM actions that it takes; those of KMS because the topic is encrypted.
    const ACTIONS: &'static [&'static str] = &["sns:Publish", "kms:GenerateDataKey", "kms:Decrypt"];

    /// Publishes the message.
    fn publish(&self, message: &Message) -> impl Future<Output = Answer<()>> + Send;
}

/// When an alert is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// At once: it is the first of its kind.
    First,
    /// By the digest.
    Later,
}

/// Groups alerts of one kind.
pub trait GroupAlerts {
    /// The IAM actions that it takes.
    const ACTIONS: &'static [&'static str] = &["dynamodb:UpdateItem"];

    /// Opens a window of this group until `ends` with an alert, or puts the alert into the one that is open. Asked again
    /// about the same event, it answers the same, and does not count it again, unless it is one of those beyond the list.
    fn join(&self, group: &Group, alert: &Waiting, ends: Timestamp) -> impl Future<Output = Answer<Turn>> + Send;
}

/// Finds what waits for a digest.
pub trait DigestAlerts {
    /// The IAM actions that it takes.
    const ACTIONS: &'static [&'static str] =
        &["dynamodb:Query", "dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"];

    /// Ids of windows that are over, the oldest first.
    fn over(&self, now: Timestamp) -> impl Future<Output = Answer<Vec<String>>> + Send;

    /// A window, if it is over.
    fn window(&self, id: &str, now: Timestamp) -> impl Future<Output = Answer<Option<Window>>> + Send;

    /// Says that what was waiting in `window` when it was looked at has been told. It goes on until `ends`.
    fn digested(&self, id: &str, window: &Window, ends: Timestamp) -> impl Future<Output = Answer<()>> + Send;

    /// Closes a window, unless something waits in it.
    fn close(&self, id: &str) -> impl Future<Output = Answer<()>> + Send;
}

/// What guards look up.
pub trait LookUp:
    ReadTags
    + ReadAttachedPolicies
    + ReadTrustPolicy
    + DescribeKey
    + DescribeModel
    + DescribeResource
    + FindSession
    + FetchPolicy
    + Sync
{
}

impl<P> LookUp for P where
    P: ReadTags
        + ReadAttachedPolicies
        + ReadTrustPolicy
        + DescribeKey
        + DescribeModel
        + DescribeResource
        + FindSession
        + FetchPolicy
        + Sync
{
}

/// What guards do.
pub trait Enforce:
    ClaimEvent + RememberCreation + AddTags + CallSageMaker + ListResources + GroupAlerts + Publish + Sync
{
}

impl<P> Enforce for P where
    P: ClaimEvent + RememberCreation + AddTags + CallSageMaker + ListResources + GroupAlerts + Publish + Sync
{
}

/// What a sweep takes beside that.
pub trait FindResources: ListResources + RememberCreations + KeepPlace + ReadEventHistory + Sync {}

impl<P> FindResources for P where P: ListResources + RememberCreations + KeepPlace + ReadEventHistory + Sync {}
