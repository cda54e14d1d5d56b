//! Storms: the real binaries with an emulated AWS account. Each violation is stopped, and a few alerts report all of them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tagwarden_functions::aws::Aws;
use tagwarden_functions::permissions::functions;
use tagwarden_tests::emulator::{Emulator, REGION};
use tagwarden_tests::event;
use tagwarden_tests::runtime_api::Function;
use tagwarden_tests::world::{ACCOUNT, alert_record, just_now, scheduled_in, training_job};

const GUARD: &str = "guard-training";
const DIGESTS: &str = "send-digests";

/// The length of a window in seconds: longer than a test.
const INTERVAL: i64 = 3600;

/// A storm in an account.
struct Storm {
    emulator: Emulator,
    guard: Vec<(String, String)>,
    _policy: tempfile::NamedTempFile,
}

impl Storm {
    fn new() -> Self {
        let policy = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(&policy, "version = 1\n[abac]\nsession-tags = 'none'\n[rules.missing-vpc]\n").expect("written");
        let emulator = Emulator::start();
        let mut guard = environment(&emulator, GUARD);
        guard.push(("TAGWARDEN_POLICY".to_owned(), policy.path().to_str().expect("UTF-8").to_owned()));
        Self { emulator, guard, _policy: policy }
    }

    fn guard(&self) -> Function {
        Function::start(GUARD, ACCOUNT, &self.guard)
    }

    fn digests(&self) -> Function {
        Function::start(DIGESTS, ACCOUNT, &environment(&self.emulator, DIGESTS))
    }

    /// Launches one of many jobs of a faulty script, and returns the event.
    fn launch(&self, number: usize) -> String {
        self.emulator.sagemaker("CreateTrainingJob", &training_job(&json!(name(number))));
        let text = event("CreateTrainingJob.no-vpc.json")
            .replace("111122223333", ACCOUNT)
            .replace("DataScientist-atlas", "DataScientist")
            .replace("churn-no-vpc", &name(number));
        let mut event: Value = serde_json::from_str(&text).expect("JSON");
        event["detail"]["eventID"] = json!(format!("{number:036}"));
        just_now(event).to_string()
    }

    fn is_stopped(&self, number: usize) -> bool {
        let job = self.emulator.sagemaker("DescribeTrainingJob", &json!({"TrainingJobName": name(number)}));
        job["TrainingJobStatus"] == "Stopped"
    }

    /// The alerts as subscribers of protocol `sqs` receive them.
    fn alerts(&self) -> Vec<Value> {
        self.emulator.alerts().iter().map(alert_record).collect()
    }

    /// How often a function made a call, as `service:Action`.
    fn calls(&self, function: &str, call: &str) -> usize {
        self.emulator.journal(function).iter().filter(|made| *made == call).count()
    }
}

fn name(number: usize) -> String {
    format!("churn-{number}")
}

fn environment(emulator: &Emulator, function: &str) -> Vec<(String, String)> {
    let mut environment = emulator.environment(function);
    environment.retain(|(name, _)| name != "TAGWARDEN_ALERT_INTERVAL");
    environment.push(("TAGWARDEN_ALERT_INTERVAL".to_owned(), INTERVAL.to_string()));
    environment
}

/// The event of the schedule after this number of intervals.
fn after(intervals: i64) -> String {
    scheduled_in(jiff::SignedDuration::from_secs(INTERVAL * intervals + 60)).to_string()
}

/// Runs `send-digests` after this number of intervals. Returns the number of digests.
fn send(digests: &Function, intervals: i64) -> usize {
    digests.invoke(&after(intervals)).expect("sent").parse().expect("a number")
}

/// How many violations a message reports.
fn count(record: &Value) -> u64 {
    record["count"].as_u64().unwrap_or(1)
}

/// The unit tests of the guard have a thousand. Here, that would take minutes.
#[test]
fn a_storm_is_stopped_and_reported_by_a_few_alerts() {
    const JOBS: usize = 200;
    let (failing, storm) = (JOBS / 2, Storm::new());
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let guard = storm.guard();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    match number {
                        JOBS.. => return,
                        // One event is delivered after the storm.
                        _ if number == failing => {}
                        _ => drop(guard.invoke(&storm.launch(number)).expect("handled")),
                    }
                }
            });
        }
    });
    let guard = storm.guard();
    let event = storm.launch(failing);
    storm.emulator.fault(json!({"service": "sagemaker", "action": "StopTrainingJob", "kind": "error", "status": 400,
        "code": "AccessDeniedException", "message": "injected"}));
    guard.invoke(&event).expect_err("it is not stopped");
    let alerts = storm.alerts();
    assert_eq!(alerts.len(), 2, "the first, and the one that failed");
    assert_eq!(alerts[1]["deeds"][0]["failed"], json!(true), "{}", alerts[1]);
    storm.emulator.clear_faults();
    guard.invoke(&event).expect("it is stopped now");
    assert!((0..JOBS).all(|number| storm.is_stopped(number)));

    let digests = storm.digests();
    assert_eq!((send(&digests, 0), storm.alerts().len()), (0, 0), "the window is open");
    assert_eq!(send(&digests, 1), 1);
    let alerts = storm.emulator.alerts();
    let [digest] = alerts.as_slice() else { panic!("{alerts:?}") };
    let record: Value = serde_json::from_str(digest["Message"].as_str().expect("a message")).expect("JSON");
    assert_eq!(count(&alerts[0]) + count(&record), JOBS as u64);
    assert_eq!(record["done"], json!({"stopped": JOBS - 1}));
    assert_eq!(record["principal"], format!("arn:aws:iam::{ACCOUNT}:role/DataScientist"));
    let listed = record["events"].as_array().expect("a list").len() as u64;
    assert_eq!((listed, record["not_listed"].as_u64()), (50, Some(count(&record) - listed)));
    let attributes = &digest["MessageAttributes"];
    for (name, value) in [
        ("severity", "high"),
        ("verdict", "violation"),
        ("project", "atlas"),
        ("account", ACCOUNT),
        ("region", REGION),
        ("rule", "missing-vpc"),
    ] {
        assert_eq!(attributes[name]["Value"], value, "{name}");
    }
    // The next interval had no alerts, so the window is closed. The next violation is reported at once.
    assert_eq!(send(&digests, 2), 0);
    guard.invoke(&storm.launch(JOBS)).expect("handled");
    assert_eq!(storm.alerts().iter().map(count).collect::<Vec<_>>(), [1]);

    // The role allows every call, and every permission is used. SNS uses those for keys.
    let functions = functions::<Aws>();
    let (_, allowed) = functions.iter().find(|(name, _)| *name == DIGESTS).expect("it is deployed");
    let mut calls = storm.emulator.journal(DIGESTS);
    calls.extend(["kms:Decrypt", "kms:GenerateDataKey"].map(str::to_owned));
    assert_eq!(calls.into_iter().collect::<std::collections::BTreeSet<_>>(), *allowed);
}

#[test]
fn a_single_violation_costs_one_more_call() {
    let storm = Storm::new();
    let guard = storm.guard();
    guard.invoke(&storm.launch(0)).expect("handled");
    // Claim, creation, group, completion.
    assert_eq!(storm.calls(GUARD, "dynamodb:UpdateItem"), 4);
    assert_eq!(storm.alerts().len(), 1);
    assert_eq!(storm.calls(DIGESTS, "dynamodb:Query"), 0);
    send(&storm.digests(), 1);
    assert_eq!(storm.emulator.journal(DIGESTS), ["dynamodb:Query", "dynamodb:GetItem", "dynamodb:DeleteItem"]);
}

#[test]
fn without_the_table_each_alert_is_sent() {
    let storm = Storm::new();
    storm.emulator.fault(json!({"service": "dynamodb", "action": "UpdateItem", "kind": "error", "status": 400,
        "code": "AccessDeniedException", "message": "injected"}));
    let guard = storm.guard();
    for number in 0..3 {
        guard.invoke(&storm.launch(number)).expect("handled");
    }
    assert_eq!(storm.alerts().iter().map(count).collect::<Vec<_>>(), [1, 1, 1]);
}

/// A guard that dies before it completes its claim gets the event again.
#[test]
fn a_retried_event_is_not_counted_twice() {
    let storm = Storm::new();
    let guard = storm.guard();
    let events: Vec<_> = (0..3).map(|number| storm.launch(number)).collect();
    storm.emulator.fault(json!({"service": "sns", "action": "Publish", "kind": "error", "status": 403,
        "code": "AuthorizationError", "message": "injected"}));
    guard.invoke(&events[0]).expect_err("no alert was sent");
    storm.emulator.clear_faults();
    for event in &events {
        guard.invoke(event).expect("handled");
    }
    for (number, event) in events.iter().enumerate().skip(1) {
        let claim = json!({"TableName": "tagwarden", "Key": {"id": {"S": format!("event#{number:036}")}}});
        storm.emulator.call("dynamodb", "DynamoDB_20120810.DeleteItem", &claim);
        guard.invoke(event).expect("handled");
    }
    assert_eq!(storm.calls(GUARD, "sagemaker:StopTrainingJob"), 3, "the ledger remembers them");
    assert_eq!(send(&storm.digests(), 1), 1);
    assert_eq!(storm.alerts().iter().map(count).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn a_digest_that_is_killed_before_it_is_recorded_is_sent_again() {
    let storm = Storm::new();
    let guard = storm.guard();
    for number in 0..4 {
        guard.invoke(&storm.launch(number)).expect("handled");
    }
    assert_eq!(storm.alerts().len(), 1);
    storm.emulator.fault(json!({"service": "dynamodb", "action": "UpdateItem", "kind": "drop"}));
    let digests = storm.digests();
    digests.begin(&after(1));
    let published = (0..200).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        storm.calls(DIGESTS, "sns:Publish") > 0
    });
    assert!(published);
    digests.stop();
    assert_eq!(storm.alerts().iter().map(count).collect::<Vec<_>>(), [3]);
    storm.emulator.clear_faults();
    let digests = storm.digests();
    assert_eq!((send(&digests, 1), send(&digests, 1)), (1, 0));
    assert_eq!(storm.alerts().iter().map(count).collect::<Vec<_>>(), [3]);
}
