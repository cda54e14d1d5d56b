//! Logs and metrics: one record for each decision, which CloudWatch also reads as metrics (embedded metric format).

use std::io::Write;

use jiff::Timestamp;
use serde_json::{Value, json};
use tagwarden::decide::{Decision, FindingOutcome, Verdict};

use crate::act::ActionResult;

/// Writes a record.
pub type Log = fn(&Value);

/// The record of a decision of `function`, with the results of its actions. It has metrics only where they say something, because
/// each metric is billed for the hours in which it is sent (Amazon CloudWatch pricing).
pub fn record(function: &str, decision: &Decision, results: &[ActionResult], now: Timestamp) -> Value {
    let happened: Option<Timestamp> = decision.event_time.as_deref().and_then(|time| time.parse().ok());
    let mut metrics = Vec::new();
    if decision.verdict == Verdict::Unknown {
        metrics.push(("Unknown", "Count", 1));
    }
    if decision.is_exempted() {
        metrics.push(("Exempted", "Count", 1));
    }
    if !results.is_empty() {
        let latency: u64 = results.iter().map(|result| result.milliseconds).sum();
        metrics.push(("ActionLatency", "Milliseconds", i128::from(latency)));
    }
    if let (true, Some(happened)) = (results.iter().any(|result| result.stopped), happened) {
        // How long the resource existed: from the call to its end.
        metrics.push(("ExposureTime", "Milliseconds", now.duration_since(happened).as_millis().max(0)));
    }
    let mut record = json!(decision);
    merge(&mut record, json!({"Function": function, "deeds": results}));
    if decision.is_exempted() {
        merge(&mut record, json!({"exempted": true}));
    }
    if !metrics.is_empty() {
        let names: Vec<_> = metrics.iter().map(|(name, unit, _)| (*name, *unit)).collect();
        merge(&mut record, json!({"_aws": metadata(now, &[], &names)}));
    }
    for (name, _, value) in metrics {
        merge(&mut record, json!({name: value}));
    }
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
            "_aws": metadata(now, &["Rule"], &[("Violations", "Count")]),
            "Function": function,
            "Rule": rule,
            "Violations": 1,
        })
    })
}

/// The record of a new version of the policy or of the prices that is not in force, with a metric.
pub fn file_refused(problem: &str, now: Timestamp) -> Value {
    json!({
        "_aws": metadata(now, &[], &[("PolicyRefused", "Count")]),
        "PolicyRefused": 1,
        "level": "ERROR",
        "message": "could not refresh a file: its previous version stays in force",
        "problem": problem,
    })
}

/// The record of a run of the canary that took so many seconds, with a metric: 1 if it passed, 0 if there is a problem.
pub fn canary(model: &str, seconds: i64, problem: Option<&str>, now: Timestamp) -> Value {
    let (level, message) = match problem {
        None => ("INFO", "the canary passed"),
        Some(_) => ("ERROR", "the canary failed"),
    };
    json!({
        "_aws": metadata(now, &[], &[("CanaryPassed", "Count")]),
        "CanaryPassed": u8::from(problem.is_none()),
        "level": level,
        "message": message,
        "model": model,
        "seconds": seconds,
        "problem": problem,
    })
}

/// What tells CloudWatch to read members of a record as metrics, with their units.
fn metadata(now: Timestamp, dimensions: &[&str], metrics: &[(&str, &str)]) -> Value {
    let metrics: Vec<_> = metrics.iter().map(|(name, unit)| json!({"Name": name, "Unit": unit})).collect();
    let set = json!({"Namespace": "Tagwarden", "Dimensions": [dimensions], "Metrics": metrics});
    json!({"Timestamp": now.as_millisecond(), "CloudWatchMetrics": [set]})
}

/// Writes one line of JSON to standard output, which Lambda sends to CloudWatch Logs. A failure is ignored, because it must not keep
/// a guard from stopping a job.
pub fn write(record: &Value) {
    let _ = writeln!(std::io::stdout(), "{record}");
}

#[cfg(test)]
mod tests {
    use tagwarden::decide::decide;
    use tagwarden::evidence::Evidence;
    use tagwarden::policy::Policy;
    use tagwarden::record::Call;

    use super::*;

    /// A stack in which nothing happens but compliant launches costs no metric.
    #[test]
    fn metrics_are_sent_only_where_they_say_something() {
        let recorded = |request: &str, rules: &str| {
            let call = format!(
                r#"{{"eventSource":"sagemaker.amazonaws.com","eventName":"CreateTrainingJob","eventTime":"2026-03-02T09:00:00Z",
                "userIdentity":{{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/ana"}},"requestParameters":{request}}}"#
            );
            let call = serde_json::from_str(&call).expect("JSON");
            let policy = Policy::parse(&format!("version = 1\n{rules}")).expect("a valid policy");
            let decision = decide(&Call::read(&call).expect("a call"), &policy, &Evidence::new(""));
            record("guard-training", &decision, &[], Timestamp::UNIX_EPOCH)
        };
        let vpc = r#"{"trainingJobName":"churn","vpcConfig":{"subnets":["s"],"securityGroupIds":["g"]}}"#;
        assert_eq!(recorded(vpc, "[rules.missing-vpc]")["_aws"], Value::Null);
        let exemption = "[[exemptions]]\nprincipals = ['*']\nrules = ['missing-vpc']\nuntil = 2999-12-31\nreason = 'r'\nowner = 'o'";
        let exempted = recorded(r#"{"trainingJobName":"churn"}"#, &format!("[rules.missing-vpc]\n{exemption}"));
        assert_eq!((&exempted["Exempted"], &exempted["exempted"]), (&json!(1), &json!(true)), "{exempted}");
        assert_eq!(exempted["findings"][0]["severity"], "high", "it keeps its rule's severity");
        let unknown = recorded(vpc, "[rules.untagged-principal]");
        assert_eq!(unknown["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([[]]));
        assert_eq!(unknown["Unknown"], json!(1));
    }
}
