//! `import-findings`: keeps the findings in Security Hub as the decisions say, and archives those about resources that are gone.

use std::collections::{BTreeMap, BTreeSet};

use aws_lambda_events::event::sqs::SqsBatchResponse;
use serde::Deserialize;
use serde_json::value::RawValue;
use tagwarden::asff::{self, AsffFinding};

use crate::alert::DECISION;
use crate::ports::{ArchiveFindings, BATCH, ImportFindings, SOURCE};
use crate::trigger::{Event, ended, events, queue};

/// What EventBridge puts around an event.
#[derive(Deserialize)]
struct Envelope<'a> {
    source: String,
    #[serde(rename = "detail-type")]
    detail_type: String,
    time: String,
    #[serde(borrow)]
    detail: &'a RawValue,
}

/// What a message asks for.
enum Asked {
    /// These findings are to be imported.
    Import(Vec<AsffFinding>),
    /// The findings about this resource are to be archived, as of this time.
    Archive(String, String),
    /// Nothing.
    Nothing,
}

/// Handles the messages of a delivery. Those that failed come back.
///
/// # Errors
/// If the payload is not a delivery of a queue.
pub async fn import(
    payload: &str,
    ports: &(impl ImportFindings + ArchiveFindings),
) -> Result<SqsBatchResponse, String> {
    let messages = queue::messages(payload).ok_or("expected messages of a queue")?;
    let mut failed = BTreeMap::new();
    // The latest finding of each id, and the messages that ask for it.
    let mut findings: BTreeMap<String, (AsffFinding, Vec<String>)> = BTreeMap::new();
    let mut gone = Vec::new();
    for message in messages {
        let id = message.message_id.unwrap_or_default();
        match asked(message.body.as_deref().unwrap_or_default()) {
            Ok(Asked::Import(asked)) => asked.into_iter().for_each(|finding| add(&mut findings, finding, &id)),
            Ok(Asked::Archive(resource, at)) => gone.push((resource, at, id)),
            Ok(Asked::Nothing) => {}
            Err(problem) => drop(failed.insert(id, problem)),
        }
    }
    let all: Vec<_> = findings.values().collect();
    for batch in all.chunks(BATCH) {
        let batch_findings: Vec<_> = batch.iter().map(|(finding, _)| finding).collect();
        let refused = ports.import(&batch_findings).await;
        for (finding, asking) in batch {
            let problem = match &refused {
                Ok(refused) => refused.get(&finding.id).cloned(),
                Err(failure) => Some(failure.to_string()),
            };
            failed.extend(
                problem.into_iter().flat_map(|problem| asking.iter().map(move |id| (id.clone(), problem.clone()))),
            );
        }
    }
    for (resource, at, id) in gone {
        if let Err(failure) = ports.archive(&resource, &at).await {
            failed.insert(id, failure.to_string());
        }
    }
    let mut response = SqsBatchResponse::default();
    for (message_id, problem) in failed {
        tracing::error!(message_id, problem, "a finding could not be imported");
        response.add_failure(message_id);
    }
    Ok(response)
}

/// Adds a finding, unless a later one of the same id is there.
fn add(findings: &mut BTreeMap<String, (AsffFinding, Vec<String>)>, finding: AsffFinding, message: &str) {
    let (known, asking) = findings.entry(finding.id.clone()).or_insert_with(|| (finding.clone(), Vec::new()));
    asking.push(message.to_owned());
    if finding.updated_at >= known.updated_at {
        *known = finding;
    }
}

/// What a message asks for: a decision, or an event of SageMaker's that ends a resource.
fn asked(body: &str) -> Result<Asked, String> {
    let envelope: Envelope =
        serde_json::from_str(body).map_err(|error| format!("it is not an EventBridge event: {error}"))?;
    if (envelope.source.as_str(), envelope.detail_type.as_str()) == (SOURCE, DECISION) {
        let decision = serde_json::from_str(envelope.detail.get()).map_err(|error| error.to_string())?;
        return asff::of_json(&decision, &envelope.time).map(Asked::Import);
    }
    let ended: BTreeSet<String> = events(body)
        .into_iter()
        .map(|event| match event? {
            Event::Record(record) => ended::by_call(&record),
            Event::Other(event) => ended::by_state(&event),
        })
        .filter_map(Result::transpose)
        .collect::<Result<_, _>>()?;
    Ok(ended.into_iter().next().map_or(Asked::Nothing, |arn| Asked::Archive(arn, envelope.time)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use tagwarden::asff::RecordState;

    use super::*;
    use crate::memory::Account;

    const JOB: &str = "arn:aws:sagemaker:eu-west-1:111122223333:training-job/j";

    fn event(source: &str, detail_type: &str, second: u8, detail: &Value) -> Value {
        json!({"version": "0", "id": "i", "source": source, "detail-type": detail_type, "account": "111122223333",
            "time": format!("2026-03-02T09:00:{second:02}Z"), "region": "eu-west-1", "resources": [], "detail": detail})
    }

    /// The decision that rules of this outcome fail for the job, or fail no more.
    fn decision(second: u8, outcomes: &[(&str, &str)], resolved: &[&str]) -> Value {
        let finding = |(rule, outcome): &(&str, &str)| json!({"rule": rule, "outcome": outcome, "severity": "high", "path": "p", "expected": "e", "message": "m", "fix": "f"});
        let findings: Vec<_> = outcomes.iter().map(finding).collect();
        event(
            SOURCE,
            DECISION,
            second,
            &json!({"event_id": "e", "event_time": "2026-03-02T09:00:00Z",
            "event_name": "CreateTrainingJob", "account": "111122223333", "region": "eu-west-1",
            "resource": {"kind": "training-job", "name": "j", "arn": JOB}, "findings": findings, "resolved": resolved}),
        )
    }

    fn call(name: &str, request: &Value) -> Value {
        let record = json!({"eventSource": "sagemaker.amazonaws.com", "eventName": name, "awsRegion": "eu-west-1",
            "recipientAccountId": "111122223333", "requestParameters": request});
        event("aws.sagemaker", "AWS API Call via CloudTrail", 30, &record)
    }

    /// Delivers these events in one batch, and returns the numbers of those that failed.
    async fn deliver(account: &Account, events: &[Value]) -> Vec<String> {
        let message = |(number, event): (usize, &Value)| json!({"messageId": number.to_string(), "eventSource": "aws:sqs", "body": event.to_string()});
        let messages: Vec<_> = events.iter().enumerate().map(message).collect();
        let response = import(&json!({"Records": messages}).to_string(), account).await.expect("a delivery");
        response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
    }

    /// The rules with active findings.
    fn active(account: &Account) -> Vec<String> {
        let state = account.state();
        let active = state.findings.values().filter(|finding| finding.record_state == RecordState::Active);
        active.map(|finding| finding.generator_id.trim_start_matches("tagwarden/").to_owned()).collect()
    }

    #[tokio::test]
    async fn findings_live_until_their_rules_fail_no_more() {
        let account = Account::default();
        assert_eq!(
            deliver(&account, &[decision(1, &[("a", "fail"), ("b", "unknown"), ("c", "exempted")], &[])]).await,
            [""; 0]
        );
        assert_eq!(active(&account), ["a", "b"]);
        deliver(&account, &[decision(2, &[("b", "fail")], &["a"])]).await;
        assert_eq!(active(&account), ["b"]);
        // The queue may deliver out of order.
        deliver(&account, &[decision(4, &[], &["b"]), decision(3, &[("b", "fail")], &[])]).await;
        assert_eq!(active(&account), [""; 0]);
    }

    #[tokio::test]
    async fn findings_end_with_their_resource() {
        let named = json!({"trainingJobName": "j"});
        let state = |status: &str| {
            let detail = json!({"TrainingJobName": "j", "TrainingJobArn": JOB, "TrainingJobStatus": status});
            event("aws.sagemaker", "SageMaker Training Job State Change", 40, &detail)
        };
        let mut failed = call("DeleteTrainingJob", &named);
        failed["detail"]["errorCode"] = json!("ValidationException");
        for (ends, event) in [
            (true, call("DeleteTrainingJob", &named)),
            (true, call("StopTrainingJob", &named)),
            (true, state("Failed")),
            (false, failed),
            (false, state("InProgress")),
            (false, call("DeleteTags", &json!({"resourceArn": JOB, "tagKeys": ["a"]}))),
            (false, call("DeleteTrainingJob", &json!({"trainingJobName": "another"}))),
            (false, call("StopNotebookInstance", &json!({"notebookInstanceName": "j"}))),
        ] {
            let account = Account::default();
            // In one batch, in any order.
            assert_eq!(deliver(&account, &[event.clone(), decision(1, &[("a", "fail")], &[])]).await, [""; 0]);
            assert_eq!(active(&account).is_empty(), ends, "{event}");
        }
    }

    #[tokio::test]
    async fn only_the_messages_that_failed_come_back() {
        let account = Account::default();
        account.state().refused.insert(format!("tagwarden/a/{JOB}"));
        let decisions = [decision(1, &[("b", "fail")], &[]), decision(1, &[("a", "fail")], &[]), json!("?")];
        assert_eq!(deliver(&account, &decisions).await, ["1", "2"]);
        assert_eq!(active(&account), ["b"]);
        account.state().failing.insert("import");
        assert_eq!(deliver(&account, &decisions).await, ["0", "1", "2"]);
        account.state().failing = ["archive"].into();
        assert_eq!(deliver(&account, &[call("DeleteTrainingJob", &json!({"trainingJobName": "j"}))]).await, ["0"]);
        assert!(import("{}", &account).await.is_err());
    }

    #[tokio::test]
    async fn findings_are_imported_in_batches() {
        let account = Account::default();
        let rules: Vec<_> = (0..30).map(|number| format!("rule-{number}")).collect();
        let outcomes: Vec<_> = rules.iter().map(|rule| (rule.as_str(), "fail")).collect();
        let of_job = |job: usize| {
            let mut decision = decision(1, &outcomes, &[]);
            decision["detail"]["resource"]["arn"] = json!(format!("{JOB}{job}"));
            decision
        };
        let decisions: Vec<_> = (0..10).map(of_job).chain([of_job(3)]).collect();
        deliver(&account, &decisions).await;
        assert_eq!(account.state().findings.len(), 300);
        let journal = account.state().journal.clone();
        assert_eq!(journal, ["import 100", "import 100", "import 100"]);
    }
}
