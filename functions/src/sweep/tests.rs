//! The sweep of an account in memory.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tagwarden::operations::Operation;
use tagwarden::policy::Policy;

use super::*;
use crate::alert::notes::{CALLER_UNKNOWN, FOUND_BY_SWEEP, SESSION_UNKNOWN};
use crate::guard::Guard;
use crate::memory::Account;
use crate::policy_file::PolicyFile;
use crate::ports::{AwsError, Checkpoint, ListPage, SageMakerError};
use crate::resource::request::is_recoverable;

const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:sweep";
const CALLER: &str = "arn:aws:iam::111122223333:role/DataScientist-atlas";
const HOUR: SignedDuration = SignedDuration::from_hours(1);

fn now() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().expect("a time")
}

fn arn(number: usize) -> String {
    format!("arn:aws:sagemaker:eu-west-1:111122223333:training-job/churn-{number}")
}

/// A job without a network of its own, created so long ago.
fn job(number: usize, age: SignedDuration) -> Value {
    json!({"TrainingJobName": format!("churn-{number}"), "TrainingJobArn": arn(number), "TrainingJobStatus": "InProgress",
        "CreationTime": (now() - age).as_second(), "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1}})
}

/// CloudTrail's record of the creation of a job.
fn record(number: usize, age: SignedDuration) -> String {
    json!({"eventID": format!("event-{number}"), "eventTime": (now() - age).to_string(),
        "eventSource": "sagemaker.amazonaws.com", "eventName": "CreateTrainingJob",
        "userIdentity": {"type": "AssumedRole", "principalId": "AROA:ana", "sessionContext": {"sessionIssuer": {"arn": CALLER}}},
        "responseElements": {"trainingJobArn": arn(number)}})
    .to_string()
}

/// An account with these pages of jobs, of which CloudTrail's history tells the creators.
fn account(pages: &[&[(usize, SignedDuration)]]) -> Account {
    const LISTS: [&str; 3] = ["ListTrainingJobs", "ListTrainingJobs 2", "ListTrainingJobs 3"];
    let account = Account::default();
    let mut state = account.state();
    state.tags.insert(CALLER.to_owned(), [("Project", "atlas")].into_iter().collect());
    for (number, (jobs, list)) in pages.iter().zip(LISTS).enumerate() {
        let next = (number + 1 < pages.len()).then(|| (number + 2).to_string());
        let summaries = jobs.iter().map(|(number, age)| job(*number, *age)).collect();
        state.lists.insert(list, Ok(ListPage { summaries, next }));
        state.history.extend(jobs.iter().map(|(number, age)| record(*number, *age)));
    }
    drop(state);
    account
}

fn guard(rules: &str, account: Account) -> Guard<Account> {
    let policy = Policy::parse(&format!("version = 1\n{rules}")).expect("a valid policy");
    Guard::new("sweep".to_owned(), PolicyFile::fixed(policy), account, |_| ())
}

async fn sweep_at(guard: &Guard<Account>, due: Timestamp) -> Result<Swept, String> {
    sweep(guard, SweepRun { due, deadline: Timestamp::MAX, function_arn: FUNCTION }).await
}

/// What was done since this was last asked for, of these verbs.
fn done(guard: &Guard<Account>, verbs: &[&str]) -> Vec<String> {
    let journal = std::mem::take(&mut guard.ports().state().journal);
    let cut = |entry: String| if entry.starts_with("publish") { "publish".to_owned() } else { entry };
    journal.into_iter().filter(|entry| verbs.iter().any(|verb| entry.starts_with(verb))).map(cut).collect()
}

fn effects(guard: &Guard<Account>) -> Vec<String> {
    done(guard, &["stop", "add-tags", "publish"])
}

const NO_VPC: &str = "[abac]\nsession-tags = 'none'\n[rules.missing-vpc]\n[rules.untagged-principal]";

#[tokio::test]
async fn what_no_event_told_of_is_judged_once_and_its_creator_known() {
    let guard = guard(NO_VPC, account(&[&[(1, HOUR)]]));
    let swept = sweep_at(&guard, now()).await.expect("swept");
    assert_eq!(swept, Swept { listed: 1, unknown: 1, unfinished: false });
    assert_eq!(effects(&guard), ["stop StopTrainingJob churn-1", "publish"]);
    let message = guard.ports().state().messages[0].clone();
    let [text, record] = ["email", "sqs"].map(|protocol| {
        message.texts.iter().find(|(of, _)| *of == protocol).map(|(_, text)| text.as_str()).expect(protocol)
    });
    assert!(text.contains(CALLER) && text.contains(FOUND_BY_SWEEP) && !text.contains(CALLER_UNKNOWN), "{text}");
    assert!(record.contains(r#""event_id":"event-1""#), "{record}");
    let swept = sweep_at(&guard, now() + HOUR).await.expect("swept");
    assert_eq!((swept.listed, swept.unknown), (1, 0));
    assert_eq!(effects(&guard), [""; 0]);
}

#[tokio::test]
async fn where_nobody_knows_the_creator_what_holds_for_all_callers_is_done() {
    let guard = guard(NO_VPC, account(&[&[(1, HOUR)]]));
    guard.ports().state().history.clear();
    sweep_at(&guard, now()).await.expect("swept");
    assert_eq!(effects(&guard), ["stop StopTrainingJob churn-1", "publish"]);
    assert!(guard.ports().state().messages[0].texts[0].1.contains(CALLER_UNKNOWN));
}

#[tokio::test]
async fn a_session_that_is_remembered_no_more_condemns_nobody() {
    let rules = "[rules.foreign-project-tag]\n[rules.missing-vpc]\naction = 'alert'";
    let guard = guard(rules, account(&[&[(1, HOUR)]]));
    // The job's project is `atlas`, and so may the session's have been.
    let other = [("Project", "borealis")].into_iter().collect();
    guard.ports().state().tags.insert(CALLER.to_owned(), other);
    sweep_at(&guard, now()).await.expect("swept");
    assert_eq!(effects(&guard), ["publish"]);
    let text = guard.ports().state().messages[0].texts[0].1.clone();
    assert!(text.contains(CALLER) && text.contains("[unknown] foreign-project-tag"), "{text}");
    assert!(text.contains(SESSION_UNKNOWN), "{text}");
}

#[tokio::test]
async fn a_history_that_cannot_be_read_is_no_answer() {
    let guard = guard(NO_VPC, account(&[&[(1, HOUR)]]));
    guard.ports().state().failing.insert("history");
    sweep_at(&guard, now()).await.expect_err("it is tried again");
    assert_eq!(effects(&guard), [""; 0]);
    guard.ports().state().failing.clear();
    sweep_at(&guard, now()).await.expect("swept");
    assert_eq!(effects(&guard), ["stop StopTrainingJob churn-1", "publish"]);
}

#[tokio::test]
async fn what_was_created_in_a_minute_is_looked_up_at_once() {
    let jobs: Vec<_> = (1..30).map(|number| (number, HOUR)).collect();
    let guard = guard(NO_VPC, account(&[&jobs]));
    sweep_at(&guard, now()).await.expect("swept");
    assert_eq!(done(&guard, &["history"]), ["history CreateTrainingJob"]);
}

#[tokio::test]
async fn what_is_new_is_left_to_its_events_and_what_is_over_to_itself() {
    let minutes = SignedDuration::from_mins(5);
    let guard = guard(NO_VPC, account(&[&[(1, minutes), (2, HOUR)]]));
    for page in guard.ports().state().lists.values_mut().flatten() {
        page.summaries[1]["TrainingJobStatus"] = json!("Completed");
    }
    assert_eq!(sweep_at(&guard, now()).await, Ok(Swept::default()));
    assert_eq!(sweep_at(&guard, now() + HOUR).await.expect("swept").unknown, 1);
    assert_eq!(effects(&guard), ["stop StopTrainingJob churn-1", "publish"]);
}

#[tokio::test]
async fn what_has_been_there_for_long_is_told_not_stopped() {
    let guard = guard(NO_VPC, account(&[&[(1, SignedDuration::from_hours(25))]]));
    sweep_at(&guard, now()).await.expect("swept");
    assert_eq!(effects(&guard), ["publish"]);
    assert!(guard.ports().state().messages[0].texts[0].1.contains("Not stopped: it has existed for more than a day"));
    let of_history = SignedDuration::from_hours(91 * 24);
    let guard = self::guard(NO_VPC, account(&[&[(1, of_history)]]));
    sweep_at(&guard, now()).await.expect("swept");
    assert_eq!(done(&guard, &["history"]), [""; 0], "CloudTrail keeps 90 days");
}

fn refused(list: &'static str, code: &str) -> (&'static str, Result<ListPage, SageMakerError>) {
    let failure = AwsError(format!("sagemaker:ListTrainingJobs failed: {code}"));
    (list, Err(SageMakerError { code: Some(code.to_owned()), error: failure }))
}

fn throttled(list: &'static str) -> (&'static str, Result<ListPage, SageMakerError>) {
    refused(list, "ThrottlingException")
}

#[tokio::test]
async fn a_region_without_a_kind_is_swept() {
    let guard = guard(NO_VPC, account(&[&[(1, HOUR)]]));
    guard.ports().state().lists.extend([refused("ListMlflowApps", "UnknownOperationException")]);
    assert_eq!(sweep_at(&guard, now()).await.map(|swept| swept.unknown), Ok(1));
    guard.ports().state().lists.extend([refused("ListMlflowApps", "AccessDeniedException")]);
    sweep_at(&guard, now() + HOUR).await.expect_err("nobody may list them");
}

const STOPS_AND_LISTS: [&str; 2] = ["stop", "list ListTrainingJobs"];

#[tokio::test]
async fn it_goes_on_where_it_failed() {
    let guard = guard(NO_VPC, account(&[&[(1, HOUR)], &[(2, HOUR)], &[(3, HOUR)]]));
    let third = guard.ports().state().lists.remove("ListTrainingJobs 3");
    guard.ports().state().lists.extend([throttled("ListTrainingJobs 3")]);
    let error = sweep_at(&guard, now()).await.expect_err("throttled");
    assert_eq!(error, "ListTrainingJobs: sagemaker:ListTrainingJobs failed: ThrottlingException");
    let begun = [
        "list ListTrainingJobs",
        "stop StopTrainingJob churn-1",
        "list ListTrainingJobs 2",
        "stop StopTrainingJob churn-2",
    ];
    let journal = done(&guard, &["stop", "list"]);
    assert_eq!(journal[..4], begun);
    assert_eq!(journal.len(), 5 + operations().count() - 1, "the other kinds are swept");
    // The function is invoked again for the same event.
    guard.ports().state().lists.extend(third.map(|page| ("ListTrainingJobs 3", page)));
    sweep_at(&guard, now()).await.expect("swept");
    assert_eq!(done(&guard, &["stop", "list"]), ["list ListTrainingJobs 3", "stop StopTrainingJob churn-3"]);
    // The next event.
    assert_eq!(sweep_at(&guard, now() + HOUR).await.map(|swept| (swept.listed, swept.unknown)), Ok((3, 0)));
}

#[tokio::test]
async fn it_goes_on_where_its_time_was_over() {
    let guard = guard(NO_VPC, account(&[&[(1, HOUR)], &[(2, HOUR)]]));
    guard.ports().state().lists.extend([throttled("ListTrainingJobs 2")]);
    sweep_at(&guard, now()).await.expect_err("throttled");
    guard.ports().state().lists.remove("ListTrainingJobs 2");
    let over = SweepRun { due: now() + HOUR, deadline: Timestamp::MIN, function_arn: FUNCTION };
    let swept = sweep(&guard, SweepRun { due: now(), ..over }).await.expect("swept");
    assert!(!swept.unfinished, "there was nothing to do");
    done(&guard, &[]);
    assert!(sweep(&guard, over).await.expect("swept").unfinished);
    assert_eq!(done(&guard, &["list"]), ["list ListTrainingJobs"]);
}

#[tokio::test]
async fn a_page_that_is_known_no_more_begins_the_list_again() {
    let guard = guard(NO_VPC, account(&[&[(1, HOUR)]]));
    let checkpoint = Checkpoint { finished: None, next: Some("old".to_owned()) };
    guard.ports().state().checkpoints.insert("ListTrainingJobs".to_owned(), checkpoint);
    guard.ports().state().lists.extend([refused("ListTrainingJobs old", "ValidationException")]);
    sweep_at(&guard, now()).await.expect("swept");
    let expected = ["list ListTrainingJobs old", "list ListTrainingJobs", "stop StopTrainingJob churn-1"];
    assert_eq!(done(&guard, &STOPS_AND_LISTS), expected);
}

#[tokio::test]
async fn what_could_not_be_stopped_is_found_again() {
    let guard = guard(NO_VPC, account(&[&[(1, HOUR), (2, HOUR)]]));
    guard.ports().state().failing.insert("stop");
    let error = sweep_at(&guard, now()).await.expect_err("they run");
    assert_eq!(error.matches("stop failed").count(), 2, "{error}");
    guard.ports().state().failing.clear();
    guard.ports().state().history.clear();
    done(&guard, &[]);
    sweep_at(&guard, now()).await.expect("swept");
    let stopped = ["list ListTrainingJobs", "stop StopTrainingJob churn-1", "stop StopTrainingJob churn-2"];
    assert_eq!(done(&guard, &STOPS_AND_LISTS), stopped);
    let text = guard.ports().state().messages.last().expect("told").texts[0].1.clone();
    assert!(text.contains(CALLER), "the caller was remembered: {text}");
}

/// What can be created, run and described is swept, or there is a reason why not.
#[test]
fn whatever_runs_is_swept() {
    const PARTS: &str = "it runs nothing; what uses it is judged when it does";
    let not_swept = BTreeMap::from([
        ("CreateAIWorkloadConfig", PARTS),
        ("CreateAlgorithm", PARTS),
        ("CreateAutoMLJob", "swept with those of CreateAutoMLJobV2"),
        ("CreateDataQualityJobDefinition", "its schedule is swept"),
        ("CreateFlowDefinition", PARTS),
        ("CreateHub", PARTS),
        ("CreateImage", PARTS),
        ("CreateJob", "its list asks for a category, of which there is no list"),
        ("CreateModelBiasJobDefinition", "its schedule is swept"),
        ("CreateModelCard", PARTS),
        ("CreateModelExplainabilityJobDefinition", "its schedule is swept"),
        ("CreateModelPackage", PARTS),
        ("CreateModelQualityJobDefinition", "its schedule is swept"),
        ("CreatePipeline", PARTS),
    ]);
    let swept: Vec<_> = operations().map(|operation| operation.name).collect();
    let creates = |operation: &&Operation| operation.name.starts_with("Create") && is_recoverable(operation);
    for operation in Operation::all().filter(creates) {
        let (is_swept, is_not) = (swept.contains(&operation.name), not_swept.contains_key(operation.name));
        assert!(is_swept != is_not, "{}: swept: {is_swept}, not swept: {is_not}", operation.name);
    }
}
