//! The sweep: the real binary with an emulated AWS account. It finds resources that no event reported.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde_json::{Value, json};
use tagwarden::operations::Stop;
use tagwarden_functions::aws::Aws;
use tagwarden_functions::permissions::functions;
use tagwarden_functions::sweep::operations;
use tagwarden_tests::runtime_api::Function;
use tagwarden_tests::world::{ACCOUNT, World, alert_record, just_now, scheduled_in};

const SWEEP: &str = "sweep";

/// A policy that every creation violates, regardless of the caller.
const NO_REGION: &str = "[abac]\nsession-tags = 'none'\n[rules.unapproved-region]\nallow = ['us-east-1']\n";

/// The event of the schedule after this number of hours.
fn after(hours: i64) -> Value {
    scheduled_in(SignedDuration::from_hours(hours))
}

/// Delivers an event of the schedule, and returns the result of the sweep.
fn sweep(world: &World, event: &Value) -> Value {
    serde_json::from_str(&world.deliver(event).expect("swept")).expect("JSON")
}

/// How many resources no event had reported.
fn unknown(swept: &Value) -> u64 {
    swept["unknown"].as_u64().expect("a number")
}

/// An alert.
#[derive(Debug, PartialEq, Eq)]
struct Alert {
    operation: String,
    resource: String,
    /// The action that was taken.
    done: String,
    /// Whether it names the caller.
    names_caller: bool,
    text: String,
}

fn alerts(world: &World) -> Vec<Alert> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let alerts = world.emulator.alerts();
    let read = |alert: &Value| {
        let record = alert_record(alert);
        Alert {
            operation: text(&record["event_name"]),
            resource: text(&record["resource"]["name"]),
            done: text(&record["deeds"][0]["result"]),
            names_caller: record["principal"]["arn"].is_string(),
            text: record.to_string(),
        }
    };
    alerts.iter().map(read).collect()
}

/// Every kind is found, its creator is looked up, and it is stopped if possible. The next sweep has nothing to do.
#[test]
fn unreported_resources_are_found_and_processed_once() {
    let world = World::new(SWEEP, NO_REGION);
    for operation in operations() {
        world.make(operation, &format!("lost-{}", operation.name.to_lowercase()));
    }
    let swept = sweep(&world, &after(1));
    let alerts = alerts(&world);
    for operation in operations() {
        let of_it: Vec<_> = alerts.iter().filter(|alert| alert.operation == operation.name).collect();
        assert!(!of_it.is_empty() && of_it.iter().all(|alert| alert.names_caller), "{}: {of_it:?}", operation.name);
        let expected = match operation.stop {
            Stop::By(undo) => format!("done by {undo}"),
            Stop::Never(_) => String::new(),
        };
        assert!(of_it.iter().all(|alert| alert.done == expected), "{}: {of_it:?}", operation.name);
    }
    assert_eq!(unknown(&swept), alerts.len() as u64);
    let swept = sweep(&world, &after(2));
    assert_eq!(self::alerts(&world), []);
    assert_eq!(swept["unfinished"], false);

    // It uses the permissions of its role. The tests of the guards cover refused stops and resources in use.
    let (called, functions) = (world.emulator.journal(SWEEP), functions::<Aws>());
    let (_, allowed) = functions.iter().find(|(name, _)| *name == SWEEP).expect("it is deployed");
    let of_its_own = |action: &&String| ["sagemaker:", "cloudtrail:"].iter().any(|service| action.starts_with(service));
    let unused: Vec<_> = allowed.iter().filter(of_its_own).filter(|action| !called.contains(action)).collect();
    assert_eq!(unused, ["sagemaker:AddTags", "sagemaker:DescribeAutoMLJob"]);
}

/// The next sweep and the retry of this one continue where it was killed.
#[test]
fn a_killed_sweep_is_continued() {
    const JOBS: usize = 104;
    let mut world = World::new(SWEEP, &format!("{NO_REGION}action = 'alert'\n"));
    for number in 0..JOBS {
        world.create_training_job(&json!(format!("job-{number}")), &[]);
    }
    // No resource of the second page can be described. The newest fault counts first.
    for (seconds, times) in [(60, Value::Null), (0, json!(100))] {
        world.emulator.fault(json!({"service": "sagemaker", "action": "DescribeTrainingJob", "kind": "delay",
            "seconds": seconds, "times": times}));
    }
    let event = after(1);
    world.begin(&event);
    while world.calls(SWEEP, "sagemaker:DescribeTrainingJob") <= 100 {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    world.restart();
    world.emulator.clear_faults();
    let before = world.calls(SWEEP, "sagemaker:ListTrainingJobs");
    sweep(&world, &event);
    assert_eq!(world.calls(SWEEP, "sagemaker:ListTrainingJobs"), before + 1, "the first page is not listed again");
    let alerts = alerts(&world);
    let reported: BTreeSet<_> = alerts.iter().map(|alert| &alert.resource).collect();
    assert_eq!((reported.len(), alerts.len()), (JOBS, JOBS), "none is lost, and none is reported twice");
}

/// Throttling ends the sweep of a kind. The retry continues there.
#[test]
fn a_throttled_sweep_is_continued() {
    let world = World::new(SWEEP, NO_REGION);
    for number in 0..3 {
        world.create_training_job(&json!(format!("job-{number}")), &[]);
    }
    let event = after(1);
    for action in ["ListTrainingJobs", "StopTrainingJob"] {
        world.emulator.fault(json!({"service": "sagemaker", "action": action, "kind": "error", "status": 400,
            "code": "ThrottlingException", "message": "Rate exceeded"}));
        let error = world.deliver(&event).expect_err(action);
        assert!(error.contains(&format!("{action} failed: ThrottlingException")), "{error}");
        world.emulator.clear_faults();
    }
    assert_eq!(unknown(&sweep(&world, &event)), 3);
    let done: Vec<_> = alerts(&world).into_iter().map(|alert| alert.done).collect();
    assert_eq!(done.iter().filter(|done| *done == "done by StopTrainingJob").count(), 3, "{done:?}");
    assert!(world.calls(SWEEP, "sagemaker:ListModels") == 1, "what was swept is not swept again");
}

#[test]
fn without_a_history_only_actions_for_any_caller_are_taken() {
    let rules = "[rules.missing-vpc]\n[rules.untagged-principal]\naction = 'stop'\n";
    let world = World::new(SWEEP, &format!("[abac]\nsession-tags = 'none'\n{rules}"));
    world.create_training_job(&json!("nobodys"), &[]);
    world.emulator.forget_history();
    sweep(&world, &after(1));
    let [alert] = &alerts(&world)[..] else { panic!("one alert") };
    assert_eq!((alert.done.as_str(), alert.names_caller), ("done by StopTrainingJob", false));
    assert!(alert.text.contains("no CloudTrail event of this creation was seen so far"), "{}", alert.text);
}

/// When Tagwarden is deployed to an account, it reports existing resources, and does not stop them.
#[test]
fn existing_resources_are_reported_and_not_stopped() {
    let world = World::new(SWEEP, NO_REGION);
    world.create_training_job(&json!("old"), &[]);
    world.create_endpoint_config(&json!("old"));
    world.emulator.sagemaker("CreateEndpoint", &json!({"EndpointName": "old", "EndpointConfigName": "old"}));
    sweep(&world, &after(25));
    let alerts = alerts(&world);
    assert_eq!(alerts.len(), 4, "{alerts:?}");
    assert!(alerts.iter().all(|alert| !alert.done.starts_with("done")), "{alerts:?}");
    assert!(alerts[0].text.contains("the call was made more than a day ago"), "{}", alerts[0].text);
    assert_eq!(
        world.emulator.sagemaker("DescribeEndpoint", &json!({"EndpointName": "old"}))["EndpointStatus"],
        "InService"
    );
}

/// A role that may read another project's data is reported, although nothing passes it.
#[test]
fn a_role_is_judged_without_a_launch() {
    let rules = "[rules.unbounded-data-access]\n[rules.unapproved-bucket]\nallow = ['borealis-data']\n";
    let world = World::new(SWEEP, rules);
    assert_eq!(sweep(&world, &after(1))["roles"], 1);
    let [alert] = &alerts(&world)[..] else { panic!("one alert") };
    assert_eq!((alert.operation.as_str(), alert.resource.as_str()), ("IAM role", "atlas-train"));
    for part in ["`s3:GetObject`", "arn:aws:s3:::atlas-data/", "`data`"] {
        assert!(alert.text.contains(part), "{part}: {}", alert.text);
    }
    assert_eq!(sweep(&world, &after(2))["roles"], 0);
    assert_eq!(sweep(&world, &after(7 * 24 + 1))["roles"], 1);
    assert_eq!(self::alerts(&world), []);
}

/// A sweep skips what a guard has processed. The late event of a swept resource leads to no second alert.
#[test]
fn guards_and_sweeps_share_what_was_processed() {
    let world = World::new("guard-training", NO_REGION);
    let judged = world.launch("CreateTrainingJob.compliant");
    world.deliver(&just_now(judged)).expect("handled");
    let lost = world.launch("CreateTrainingJob.no-vpc");
    world.emulator.alerts();
    let mut environment = world.environment.clone();
    for (name, value) in &mut environment {
        if name == "AWS_ACCESS_KEY_ID" {
            SWEEP.clone_into(value);
        }
    }
    let sweeper = Function::start(SWEEP, ACCOUNT, &environment);
    let swept: Value = serde_json::from_str(&sweeper.invoke(&after(1).to_string()).expect("swept")).expect("JSON");
    assert_eq!((unknown(&swept), alerts(&world).len()), (1, 1));
    world.deliver(&just_now(lost)).expect("handled");
    assert_eq!(alerts(&world), []);
}
