//! Events for the bus of decisions.

use std::future::Future;

use super::error::AwsResult;

/// The source of all events (EventBridge API reference, `PutEventsRequestEntry`).
pub const SOURCE: &str = "tagwarden";

/// An event for other programs.
#[derive(Clone, Debug, PartialEq)]
pub struct BusEvent {
    /// What kind of event it is.
    pub detail_type: &'static str,
    /// ARNs of the resources that it is about.
    pub resources: Vec<String>,
    /// The contents.
    pub detail: serde_json::Value,
}

/// Puts events on the bus.
pub trait PutEvents {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["events:PutEvents"];

    /// Puts these events on the bus: at most ten.
    fn put_events(&self, events: &[BusEvent]) -> impl Future<Output = AwsResult<()>> + Send;
}
