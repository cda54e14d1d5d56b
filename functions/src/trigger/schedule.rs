//! Events of EventBridge schedules.

use jiff::Timestamp;
use serde_json::Value;

/// The scheduled time, in whole seconds. The current time, if the event has none.
pub fn time(event: &Value) -> Timestamp {
    let time = event.get("time").and_then(|time| time.as_str()?.parse().ok());
    let time: Timestamp = time.unwrap_or_else(Timestamp::now);
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}
