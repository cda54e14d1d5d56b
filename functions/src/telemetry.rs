//! Logs and metrics: one record for each decision, which CloudWatch also reads as metrics (embedded metric format).

use std::io::Write;

use jiff::Timestamp;
use serde_json::{Value, json};
use tagwarden::decide::{Decision, FindingOutcome, Verdict};

use crate::act::ActionResult;

/// Writes a record.
pub type Log = fn(&Value);

/// The record of a decision of `function`, with the results of its actions and the metrics.
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
        // How long the resource existed: from the call to its end.
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

/// The violations of each rule, as metrics.
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

/// Writes one line of JSON to standard output, which Lambda sends to CloudWatch Logs. A failure is ignored, because it must not keep
/// a guard from stopping a job.
pub fn write(record: &Value) {
    let _ = writeln!(std::io::stdout(), "{record}");
}
