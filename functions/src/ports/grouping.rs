//! Groups of alerts. A faulty script can violate the same rule a thousand times. The first alert of a group is sent at once and
//! opens a window. Alerts that follow within the window wait for the digest at its end.

use std::collections::BTreeMap;
use std::future::Future;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tagwarden::decide::Decision;

use super::alerts::Attributes;
use super::error::AwsResult;

/// What the alerts of a group have in common: the principal, and every attribute that a filter policy can read. So a digest
/// reaches the same subscribers as its alerts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertGroup {
    /// ARN of the IAM role or user, if known.
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

    /// An id that is unique, and short enough for a key of DynamoDB.
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
    /// What was done to it, in one or two words.
    pub done: String,
}

impl PendingAlert {
    /// The alert about `decision`, with the outcome `done`. `None` if the event has no id to recognise it by.
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

/// How many alerts of a window are kept in full; the others are only counted. A DynamoDB item has room for more, but the price
/// of each write depends on the size of the whole item.
pub const LISTED: u64 = 50;

/// A window: the alert that opened it, and the alerts that have been waiting since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertWindow {
    /// The group.
    pub group: AlertGroup,
    /// The id of the event that opened it.
    pub first: String,
    /// How many digests were sent.
    pub sent: u64,
    /// The time of the last event that was reported.
    pub since: String,
    /// The time of the last event that waits, or of the last reported event if none waits.
    pub last: String,
    /// How many alerts wait, by outcome.
    pub done: BTreeMap<String, u64>,
    /// The first alerts that wait.
    pub listed: Vec<PendingAlert>,
}

impl AlertWindow {
    /// How many alerts wait.
    pub fn waiting(&self) -> u64 {
        self.done.values().sum()
    }
}

/// When an alert is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertTiming {
    /// At once, because it is the first of its group.
    Immediate,
    /// With the next digest.
    InDigest,
}

/// Groups alerts.
pub trait GroupAlerts {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["dynamodb:UpdateItem"];

    /// Adds an alert to the open window of its group, or opens a window until `ends`. A retry for the same event gets the same
    /// answer and is not counted twice, unless the list was full and the alert was only counted.
    fn add_alert(
        &self,
        group: &AlertGroup,
        alert: &PendingAlert,
        ends: Timestamp,
    ) -> impl Future<Output = AwsResult<AlertTiming>> + Send;
}

/// Finds the alerts that wait for a digest.
pub trait DigestAlerts {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] =
        &["dynamodb:Query", "dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"];

    /// Ids of the windows that have ended, the oldest first.
    fn ended_windows(&self, now: Timestamp) -> impl Future<Output = AwsResult<Vec<String>>> + Send;

    /// The window, if it has ended.
    fn window(&self, id: &str, now: Timestamp) -> impl Future<Output = AwsResult<Option<AlertWindow>>> + Send;

    /// Records that the alerts in `window` were sent in a digest, and extends the window until `ends`.
    fn record_digest(
        &self,
        id: &str,
        window: &AlertWindow,
        ends: Timestamp,
    ) -> impl Future<Output = AwsResult<()>> + Send;

    /// Closes the window, unless an alert waits in it.
    fn close(&self, id: &str) -> impl Future<Output = AwsResult<()>> + Send;
}
