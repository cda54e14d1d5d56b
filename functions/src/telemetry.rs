//! Logs and metrics: one decision record an event, which CloudWatch reads as metrics too (embedded metric format).

use std::io::Write;

use jiff::Timestamp;
use serde_json::{Value, json};
use tagwarden::decide::{Decision, FindingOutcome, Verdict};

use crate::act::ActionResult;

/// Where records go.
pub type Log = fn(&Value);

/// The record of a decision that `function` made, of what was done, and its metrics.
pub fn record(function: &str, decision: &Decision, results: &[ActionResult], now: Timestamp) -> Value {
    let happened: Option<Timestamp> = decision.event_time.as_deref().and_then(|time| time.parse().ok());
    let mut members = json!({
        "_aws": {
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [
                metric_set(&["Function"], &[("Unknown", "Count"), ("ActionLatency", "Milliseconds"), ("ExposureTime", "Milliseconds")]),
                metric_set(&["Function", "Verdict"], &[("Decisions", "Count")]),
            ],
        },
        "Function": function,
        "Verdict": decision.verdict,
        "Decisions": 1,
        "Unknown": u8::from(decision.verdict == Verdict::Unknown),
        "deeds": results,
    });
    if !results.is_empty() {
        let latency: u64 = results.iter().map(|result| result.milliseconds).sum();
        merge(&mut members, json!({"ActionLatency": latency}));
    }
    if let (true, Some(happened)) = (results.iter().any(|result| result.stopped), happened) {
        // How long the resource lived: from the call to its end.
        let exposure = now.duration_since(happened).as_millis().max(0);
        merge(&mut members, json!({"ExposureTime": exposure}));
    }
    let mut record = json!(decision);
    merge(&mut record, members);
    record
}

fn merge(object: &mut Value, more: Value) {
    if let (Value::Object(object), Value::Object(more)) = (object, more) {
        object.extend(more);
    }
}

/// A count of violations of one rule, for CloudWatch.
pub fn violations<'a>(function: &'a str, decision: &'a Decision, now: Timestamp) -> impl Iterator<Item = Value> + 'a {
    let mut rules: Vec<_> = decision
        .findings
        .iter()
        .filter(|finding| finding.outcome == FindingOutcome::Fail)
        .map(|finding| finding.rule)
        .collect();
    rules.dedup();
    rules.into_iter().map(move |rule| {
        json!({
            "_aws": {
                "Timestamp": now.as_millisecond(),
                "CloudWatchMetrics": [metric_set(&["Function", "Rule"], &[("Violations", "Count")])],
            },
            "Function": function,
            "Rule": rule,
            "Violations": 1,
        })
    })
}

fn metric_set(dimensions: &[&str], metrics: &[(&str, &str)]) -> Value {
    let metrics: Vec<_> = metrics.iter().map(|(name, unit)| json!({"Name": name, "Unit": unit})).collect();
    json!({"Namespace": "Tagwarden", "Dimensions": [dimensions], "Metrics": metrics})
}

/// Writes one line of JSON to standard output, which Lambda hands to CloudWatch Logs. A log that cannot be written must not
/// keep a job from being stopped, so failing here is no error.
pub fn write(record: &Value) {
    let _ = writeln!(std::io::stdout(), "{record}");
}
