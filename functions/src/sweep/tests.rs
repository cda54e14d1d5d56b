//! The sweep of an account in memory.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tagwarden::asff;
use tagwarden::evidence::{GrantSources, IamEntity};
use tagwarden::grants::PolicyDocument;
use tagwarden::operations::Operation;
use tagwarden::policy::Policy;

use super::*;
use crate::alert::notes::{CALLER_UNKNOWN, FOUND_BY_SWEEP, SESSION_UNKNOWN};
use crate::guard::Guard;
use crate::memory::Account;
use crate::policy_file::PolicyFile;
use crate::ports::{AwsError, BusEvent, Checkpoint, ListPage, RoleGrants, SageMakerError};
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
        "eventSource": "sagemaker.amazonaws.com", "eventName": "CreateTrainingJob", "awsRegion": "eu-west-1",
        "recipientAccountId": "111122223333", "userIdentity": {"type": "AssumedRole", "principalId": "AROA:ana", "sessionContext": {"sessionIssuer": {"arn": CALLER}}},
        "responseElements": {"trainingJobArn": arn(number)}})
    .to_string()
}

/// An account with these pages of jobs. CloudTrail's history contains their creators.
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
async fn an_unreported_resource_is_judged_once_and_its_creator_looked_up() {
    let guard = guard(NO_VPC, account(&[&[(1, HOUR)]]));
    let swept = sweep_at(&guard, now()).await.expect("swept");
    assert_eq!(swept, Swept { listed: 1, unknown: 1, ..Swept::default() });
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
async fn without_a_known_creator_only_actions_for_any_caller_are_taken() {
    let guard = guard(NO_VPC, account(&[&[(1, HOUR)]]));
    guard.ports().state().history.clear();
    sweep_at(&guard, now()).await.expect("swept");
    assert_eq!(effects(&guard), ["stop StopTrainingJob churn-1", "publish"]);
    assert!(guard.ports().state().messages[0].texts[0].1.contains(CALLER_UNKNOWN));
}

#[tokio::test]
async fn an_expired_session_leads_to_no_violation() {
    let rules = "[rules.foreign-project-tag]\n[rules.missing-vpc]\naction = 'alert'";
    let guard = guard(rules, account(&[&[(1, HOUR)]]));
    // The job's project is `atlas`, and so may the session's have been.
    let (own, other) = ([("Project", "atlas")].into_iter().collect(), [("Project", "borealis")].into_iter().collect());
    guard.ports().state().resource_tags.insert(arn(1), own);
    guard.ports().state().tags.insert(CALLER.to_owned(), other);
    sweep_at(&guard, now()).await.expect("swept");
    assert_eq!(effects(&guard), ["publish"]);
    let text = guard.ports().state().messages[0].texts[0].1.clone();
    assert!(text.contains(CALLER) && text.contains("[unknown] foreign-project-tag"), "{text}");
    assert!(text.contains(SESSION_UNKNOWN), "{text}");
}

#[tokio::test]
async fn an_unreadable_history_is_retried() {
    let guard = guard(NO_VPC, account(&[&[(1, HOUR)]]));
    guard.ports().state().failing.insert("history");
    sweep_at(&guard, now()).await.expect_err("it is tried again");
    assert_eq!(effects(&guard), [""; 0]);
    guard.ports().state().failing.clear();
    sweep_at(&guard, now()).await.expect("swept");
    assert_eq!(effects(&guard), ["stop StopTrainingJob churn-1", "publish"]);
}

#[tokio::test]
async fn creations_of_the_same_minute_need_one_lookup() {
    let jobs: Vec<_> = (1..30).map(|number| (number, HOUR)).collect();
    let guard = guard(NO_VPC, account(&[&jobs]));
    sweep_at(&guard, now()).await.expect("swept");
    assert_eq!(done(&guard, &["history"]), ["history CreateTrainingJob"]);
}

#[tokio::test]
async fn new_and_ended_resources_are_skipped() {
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
async fn an_old_resource_is_reported_and_not_stopped() {
    let guard = guard(NO_VPC, account(&[&[(1, SignedDuration::from_hours(25))]]));
    sweep_at(&guard, now()).await.expect("swept");
    assert_eq!(effects(&guard), ["publish"]);
    assert!(
        guard.ports().state().messages[0].texts[0]
            .1
            .contains("not done: left alone: the call was made more than a day ago")
    );
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
async fn a_region_that_lacks_an_operation_is_swept() {
    let guard = guard(NO_VPC, account(&[&[(1, HOUR)]]));
    guard.ports().state().lists.extend([refused("ListMlflowApps", "UnknownOperationException")]);
    assert_eq!(sweep_at(&guard, now()).await.map(|swept| swept.unknown), Ok(1));
    guard.ports().state().lists.extend([refused("ListMlflowApps", "AccessDeniedException")]);
    sweep_at(&guard, now() + HOUR).await.expect_err("the function may not list them");
}

const STOPS_AND_LISTS: [&str; 2] = ["stop", "list ListTrainingJobs"];

#[tokio::test]
async fn a_sweep_continues_where_it_failed() {
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
async fn a_sweep_continues_where_it_ran_out_of_time() {
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
async fn an_expired_page_token_restarts_the_list() {
    let guard = guard(NO_VPC, account(&[&[(1, HOUR)]]));
    let checkpoint = Checkpoint { finished: None, next: Some("old".to_owned()) };
    guard.ports().state().checkpoints.insert("ListTrainingJobs".to_owned(), checkpoint);
    guard.ports().state().lists.extend([refused("ListTrainingJobs old", "ValidationException")]);
    sweep_at(&guard, now()).await.expect("swept");
    let expected = ["list ListTrainingJobs old", "list ListTrainingJobs", "stop StopTrainingJob churn-1"];
    assert_eq!(done(&guard, &STOPS_AND_LISTS), expected);
}

#[tokio::test]
async fn a_resource_that_could_not_be_stopped_is_found_again() {
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
    let text = guard.ports().state().messages.last().expect("an alert").texts[0].1.clone();
    assert!(text.contains(CALLER), "the caller was remembered: {text}");
}

/// What can be created, run and described is swept, or there is a reason why not.
#[test]
fn every_kind_that_runs_is_swept() {
    const PARTS: &str = "it runs nothing; what uses it is judged when it does";
    let not_swept = BTreeMap::from([
        ("CreateAIWorkloadConfig", PARTS),
        ("CreateAlgorithm", PARTS),
        ("CreateAutoMLJob", "swept with those of CreateAutoMLJobV2"),
        ("CreateDataQualityJobDefinition", "its schedule is swept"),
        ("CreateFlowDefinition", PARTS),
        ("CreateHub", PARTS),
        ("CreateImage", PARTS),
        ("CreateJob", "its list needs a category, and no operation lists the categories"),
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

const ESCALATING: &str = "[rules.escalating-execution-role]";
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Adds a role that this service may assume, and that may call this action.
fn add_role(account: &Account, name: &str, service: &str, action: &str) {
    let document = |statement: Value| PolicyDocument::read(&json!({ "Statement": statement }));
    let trust = json!({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"});
    let inline = document(json!({"Effect": "Allow", "Action": action, "Resource": "*"}));
    let grants = Ok(GrantSources { inline: vec![("inline".to_owned(), inline)], ..GrantSources::default() });
    let created = "2020-01-01T00:00:00Z".parse().ok();
    let role = IamEntity { created, trust_policy: document(trust), grants, ..IamEntity::default() };
    let arn = format!("arn:aws:iam::111122223333:role/{name}");
    account.state().roles.insert(arn, RoleGrants { role, managed: BTreeMap::new() });
}

fn with_roles() -> Account {
    let account = account(&[]);
    add_role(&account, "admin", "sagemaker.amazonaws.com", "iam:*");
    add_role(&account, "aws-service-role/sagemaker.amazonaws.com/own", "sagemaker.amazonaws.com", "iam:*");
    add_role(&account, "function", "lambda.amazonaws.com", "iam:*");
    add_role(&account, "harmless", "sagemaker.amazonaws.com", "s3:GetObject");
    account
}

#[tokio::test]
async fn a_role_is_judged_each_week_and_reported_once() {
    let guard = guard(ESCALATING, with_roles());
    let mut swept = Vec::new();
    for hours in [0, 1, 7 * 24 - 1, 7 * 24] {
        swept.push(sweep_at(&guard, now() + HOUR * hours).await.expect("swept").roles);
    }
    assert_eq!(swept, [2, 0, 0, 2]);
    let messages = guard.ports().state().messages.clone();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].subject, "Tagwarden high: IAM role admin (nothing changed): escalating-execution-role");
    let text = &messages[0].texts[0].1;
    assert!(
        text.starts_with("SageMaker may assume the role `admin`") && text.contains("by statement 1 of `inline`"),
        "{text}"
    );
    // It is mended, and then as before.
    for (weeks, action, alerts) in [(2, "s3:GetObject", 1), (3, "iam:*", 2), (4, "iam:*", 2)] {
        add_role(guard.ports(), "admin", "sagemaker.amazonaws.com", action);
        sweep_at(&guard, now() + WEEK * weeks).await.expect("swept");
        assert_eq!(guard.ports().state().messages.len(), alerts, "week {weeks}");
    }
}

#[tokio::test]
async fn roles_are_only_listed_if_a_rule_judges_them() {
    let guard = guard(NO_VPC, with_roles());
    assert_eq!(sweep_at(&guard, now()).await.expect("swept").roles, 0);
    assert_eq!(done(&guard, &["roles", "grants"]), [""; 0]);
}

#[tokio::test]
async fn an_interrupted_check_of_roles_is_continued() {
    let guard = guard(ESCALATING, with_roles());
    guard.ports().state().failing.insert("publish");
    sweep_at(&guard, now()).await.expect_err("no alert");
    guard.ports().state().failing = BTreeSet::from(["roles"]);
    sweep_at(&guard, now() + HOUR).await.expect_err("no list");
    guard.ports().state().failing.clear();
    assert_eq!(sweep_at(&guard, now() + HOUR * 2).await.expect("swept").roles, 2);
    assert_eq!(guard.ports().state().messages.len(), 1);
    assert_eq!(sweep_at(&guard, now() + HOUR * 3).await.expect("swept").roles, 0);
}

/// While the bus fails, each role still has its own alert, and a retry of the same sweep repeats none.
#[tokio::test]
async fn reports_about_roles_are_told_apart() {
    let guard = guard(ESCALATING, with_roles());
    add_role(guard.ports(), "other", "sagemaker.amazonaws.com", "iam:*");
    for failing in [BTreeSet::from(["put-events"]), BTreeSet::new()] {
        guard.ports().state().failing.clone_from(&failing);
        assert_eq!(sweep_at(&guard, now()).await.is_err(), !failing.is_empty());
        assert_eq!(guard.ports().state().messages.len(), 2, "{failing:?}");
    }
    let is_decision = |event: &&BusEvent| event.detail_type == crate::alert::DECISION;
    assert_eq!(guard.ports().state().events.iter().filter(is_decision).count(), 2);
}

#[tokio::test]
async fn a_role_that_cannot_be_read_is_unknown() {
    let guard = guard(ESCALATING, with_roles());
    guard.ports().state().failing.insert("grants");
    sweep_at(&guard, now()).await.expect("swept");
    let messages = guard.ports().state().messages.clone();
    assert_eq!(messages.len(), 2);
    assert!(messages[0].texts[0].1.contains("[unknown] escalating-execution-role"), "{:?}", messages[0].texts[0]);
}

/// The findings about what is gone or was put right do not stay, and what is still wrong is not reported again.
#[tokio::test]
async fn findings_are_checked_once_a_day() {
    let guard = guard(
        "[rules.missing-vpc]\naction = 'alert'\n[rules.untagged-principal]",
        account(&[&[(1, HOUR), (2, HOUR), (3, HOUR)]]),
    );
    sweep_at(&guard, now()).await.expect("swept");
    let import = |number| {
        let event = guard.ports().state().events.iter().find(|event| event.resources == [arn(number)]).cloned();
        let findings = asff::of_json(&event.expect("a decision").detail, "2026-03-02T09:00:00Z").expect("a decision");
        let findings: Vec<_> = findings.into_iter().map(|finding| (finding.id.clone(), finding)).collect();
        guard.ports().state().findings.extend(findings);
    };
    (1..=3).for_each(import);
    guard.ports().state().events.clear();
    effects(&guard);
    // The first job is gone, the second has ended, and the third got a network.
    let gone = SageMakerError { code: Some("ValidationException".to_owned()), error: AwsError("gone".to_owned()) };
    for (number, described) in [
        (1, Err(gone)),
        (2, Ok(json!({"TrainingJobStatus": "Stopped", "CreationTime": (now() - HOUR).as_second()}))),
        (3, Ok(job(3, HOUR))),
    ] {
        let mut described = described;
        if let Ok(described) = &mut described {
            described["TrainingJobName"] = json!(format!("churn-{number}"));
            described["TrainingJobArn"] = json!(arn(number));
            described["VpcConfig"] = json!({"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]});
        }
        guard.ports().state().described.insert(format!("churn-{number}"), described);
    }
    sweep_at(&guard, now() + HOUR).await.expect("swept");
    assert_eq!(done(&guard, &["archive"]), [""; 0], "the last check was an hour ago");
    sweep_at(&guard, now() + HOUR * 25).await.expect("swept");
    assert_eq!(done(&guard, &["archive", "stop", "publish"]), [1, 2].map(|number| format!("archive {}", arn(number))));
    let events = guard.ports().state().events.clone();
    let [resolved] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((&resolved.resources, &resolved.detail["resolved"]), (&vec![arn(3)], &json!(["missing-vpc"])));
    assert_eq!(guard.ports().state().ledger[&arn(3)].creation.reported, BTreeSet::new());
}
