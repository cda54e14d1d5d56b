//! The sweep, through the real binary against an emulated AWS account: it finds what no event told of.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde_json::{Value, json};
use tagwarden::operations::Stop;
use tagwarden_functions::aws::Aws;
use tagwarden_functions::permissions::functions;
use tagwarden_functions::sweep::operations;
use tagwarden_tests::runtime_api::Function;
use tagwarden_tests::world::{ACCOUNT, World, just_now, scheduled_in, told};

const SWEEP: &str = "sweep";

/// What every creation violates, whoever made it.
const NO_REGION: &str = "[abac]\nsession-tags = 'none'\n[rules.unapproved-region]\nallow = ['us-east-1']\n";

/// What the schedule delivers, so many hours from now.
fn after(hours: i64) -> Value {
    scheduled_in(SignedDuration::from_hours(hours))
}

/// Delivers an event of the schedule, and returns what the sweep says of itself.
fn sweep(world: &World, event: &Value) -> Value {
    serde_json::from_str(&world.deliver(event).expect("swept")).expect("JSON")
}

/// How many resources no event had told of.
fn unknown(swept: &Value) -> u64 {
    swept["unknown"].as_u64().expect("a number")
}

/// An alert.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    operation: String,
    resource: String,
    /// What was done.
    done: String,
    /// Whether it names the caller.
    names_caller: bool,
    text: String,
}

fn alerts(world: &World) -> Vec<Told> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let alerts = world.emulator.alerts();
    let read = |alert: &Value| {
        let record = told(alert);
        Told {
            operation: text(&record["event_name"]),
            resource: text(&record["resource"]["name"]),
            done: text(&record["deeds"][0]["result"]),
            names_caller: record["principal"]["arn"].is_string(),
            text: record.to_string(),
        }
    };
    alerts.iter().map(read).collect()
}

/// Every kind is found, its creator asked for, and what may be stopped is. Then there is nothing to do.
#[test]
fn what_no_event_told_of_is_found_and_dealt_with_once() {
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

    // What its role allows it, it does. A stop that is refused, and what is in use, are guards' tests.
    let (called, functions) = (world.emulator.journal(SWEEP), functions::<Aws>());
    let (_, allowed) = functions.iter().find(|(name, _)| *name == SWEEP).expect("it is deployed");
    let of_its_own = |action: &&String| ["sagemaker:", "cloudtrail:"].iter().any(|service| action.starts_with(service));
    let unused: Vec<_> = allowed.iter().filter(of_its_own).filter(|action| !called.contains(action)).collect();
    assert_eq!(unused, ["sagemaker:AddTags", "sagemaker:DescribeAutoMLJob"]);
}

/// The next sweep, and Lambda's retry of this one, go on where it was killed.
#[test]
fn a_sweep_that_is_killed_is_gone_on_with() {
    const JOBS: usize = 104;
    let mut world = World::new(SWEEP, &format!("{NO_REGION}action = 'alert'\n"));
    for number in 0..JOBS {
        world.create_training_job(&json!(format!("job-{number}")), &[]);
    }
    // Of the second page, nothing is described: the newest fault counts first.
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
    let told: BTreeSet<_> = alerts.iter().map(|alert| &alert.resource).collect();
    assert_eq!((told.len(), alerts.len()), (JOBS, JOBS), "none is lost, and none told twice");
}

/// Throttling ends the sweep of a kind. The retry goes on where it was.
#[test]
fn a_sweep_that_is_throttled_is_gone_on_with() {
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
fn without_its_history_only_what_holds_for_every_caller_is_done() {
    let rules = "[rules.missing-vpc]\n[rules.untagged-principal]\naction = 'stop'\n";
    let world = World::new(SWEEP, &format!("[abac]\nsession-tags = 'none'\n{rules}"));
    world.create_training_job(&json!("nobodys"), &[]);
    world.emulator.forget_history();
    sweep(&world, &after(1));
    let [alert] = &alerts(&world)[..] else { panic!("one alert") };
    assert_eq!((alert.done.as_str(), alert.names_caller), ("done by StopTrainingJob", false));
    assert!(alert.text.contains("no CloudTrail event of this creation was seen so far"), "{}", alert.text);
}

/// The day that Tagwarden comes to an account, it tells of what is there, and takes nothing away.
#[test]
fn what_was_there_before_is_told_not_stopped() {
    let world = World::new(SWEEP, NO_REGION);
    world.create_training_job(&json!("old"), &[]);
    world.create_endpoint_config(&json!("old"));
    world.emulator.sagemaker("CreateEndpoint", &json!({"EndpointName": "old", "EndpointConfigName": "old"}));
    sweep(&world, &after(25));
    let alerts = alerts(&world);
    assert_eq!(alerts.len(), 4, "{alerts:?}");
    assert!(alerts.iter().all(|alert| alert.done.is_empty()), "{alerts:?}");
    assert!(alerts[0].text.contains("it has existed for more than a day"), "{}", alerts[0].text);
    assert_eq!(
        world.emulator.sagemaker("DescribeEndpoint", &json!({"EndpointName": "old"}))["EndpointStatus"],
        "InService"
    );
}

/// What a guard has dealt with, a sweep leaves alone; and the late event of what a sweep dealt with tells nothing new.
#[test]
fn guards_and_sweeps_know_what_was_dealt_with() {
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
