//! Storms: a script gone wrong violates the same rule a thousand times. Of alerts of one kind, the first is told at once and
//! opens a window; what follows within it waits for the digest that ends it.

use std::collections::BTreeMap;
use std::future::Future;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tagwarden::decide::Decision;

use super::alerts::Attributes;
use super::error::AwsResult;

/// What alerts of one kind have in common: who caused them, and all that subscriptions can tell them apart by. So a digest
/// reaches whoever its alerts would have reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertGroup {
    /// ARN of the IAM role or user, where it is known.
    pub principal: Option<String>,
    /// The attributes of the alerts.
    pub attributes: Attributes,
}

impl AlertGroup {
    /// The group of the alert about `decision`, which has these attributes.
    pub fn of(decision: &Decision, attributes: &Attributes) -> Self {
        let principal = decision.principal.as_ref().and_then(|principal| principal.arn.clone());
        Self { principal, attributes: attributes.clone() }
    }

    /// As JSON.
    pub fn json(&self) -> String {
        serde_json::json!(self).to_string()
    }

    /// A name that no other group has, and that is no longer than a key may be.
    pub fn id(&self) -> String {
        Sha256::digest(self.json()).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// An alert that waits for the digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingAlert {
    /// `eventID`
    pub event_id: String,
    /// `eventTime`
    pub event_time: String,
    /// `eventName`
    pub event_name: String,
    /// The name of the resource.
    pub resource: Option<String>,
    /// What was done to it, in a word or two.
    pub done: String,
}

impl PendingAlert {
    /// The alert about `decision`, about which `done` was done. `None` where the event has no id: it could not be told from
    /// others then.
    pub fn of(decision: &Decision, done: &str) -> Option<Self> {
        Some(Self {
            event_id: decision.event_id.clone()?,
            event_time: decision.event_time.clone().unwrap_or_else(|| "an unknown time".to_owned()),
            event_name: decision.event_name.clone(),
            resource: decision.resource.as_ref().and_then(|resource| resource.name.clone()),
            done: done.to_owned(),
        })
    }
}

/// How many alerts of a window are kept by name; the others are counted. An item of DynamoDB has room for more, but each
/// write is paid by the size of the whole item.
pub const LISTED: u64 = 50;

/// A window: an alert that was told, and those that wait since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertWindow {
    /// Whose alerts it groups.
    pub group: AlertGroup,
    /// The id of the event that opened it.
    pub first: String,
    /// How many digests were sent of it.
    pub sent: u64,
    /// The time of the last event that was told.
    pub since: String,
    /// The time of the last event that waits, or of the one before.
    pub last: String,
    /// How many alerts wait, by what was done.
    pub done: BTreeMap<String, u64>,
    /// The first of those that wait.
    pub listed: Vec<PendingAlert>,
}

impl AlertWindow {
    /// How many alerts wait.
    pub fn waiting(&self) -> u64 {
        self.done.values().sum()
    }
}

/// When an alert is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertTiming {
    /// At once: it is the first of its kind.
    Immediate,
    /// By the digest.
    InDigest,
}

/// Groups alerts of one kind.
pub trait GroupAlerts {
    /// The IAM actions that it takes.
    const ACTIONS: &'static [&'static str] = &["dynamodb:UpdateItem"];

    /// Opens a window of this group until `ends` with an alert, or puts the alert into the one that is open. Asked again
    /// about the same event, it answers the same, and does not count it again, unless it is one of those beyond the list.
    fn add_alert(
        &self,
        group: &AlertGroup,
        alert: &PendingAlert,
        ends: Timestamp,
    ) -> impl Future<Output = AwsResult<AlertTiming>> + Send;
}

/// Finds what waits for a digest.
pub trait DigestAlerts {
    /// The IAM actions that it takes.
    const ACTIONS: &'static [&'static str] =
        &["dynamodb:Query", "dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"];

    /// Ids of windows that are over, the oldest first.
    fn ended_windows(&self, now: Timestamp) -> impl Future<Output = AwsResult<Vec<String>>> + Send;

    /// A window, if it is over.
    fn window(&self, id: &str, now: Timestamp) -> impl Future<Output = AwsResult<Option<AlertWindow>>> + Send;

    /// Says that what was waiting in `window` when it was looked at has been told. It goes on until `ends`.
    fn record_digest(
        &self,
        id: &str,
        window: &AlertWindow,
        ends: Timestamp,
    ) -> impl Future<Output = AwsResult<()>> + Send;

    /// Closes a window, unless something waits in it.
    fn close(&self, id: &str) -> impl Future<Output = AwsResult<()>> + Send;
}
