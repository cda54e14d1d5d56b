//! What EventBridge tells a function that a schedule invokes.

use jiff::Timestamp;
use serde_json::Value;

/// When the schedule wanted it to happen, in whole seconds; now, where the event does not tell.
pub fn time(event: &Value) -> Timestamp {
    let time = event.get("time").and_then(|time| time.as_str()?.parse().ok());
    let time: Timestamp = time.unwrap_or_else(Timestamp::now);
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}
