//! The channels, end to end: real binaries, with an emulator that validates as AWS does.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use tagwarden_tests::emulator::{Emulator, REGION, python};
use tagwarden_tests::runtime_api::Function;
use tagwarden_tests::world::{ACCOUNT, World};
use tagwarden_tests::{list, root, tagwarden};

const TRAINING: &str = "guard-training";
const NO_VPC: &str =
    "[abac]\nsession-tags = 'none'\n[rules.missing-vpc]\n[rules.network-isolation-off]\naction = 'alert'\n";

fn is_valid(schema: &str, value: &Value) {
    let schema: Value =
        serde_json::from_str(&fs::read_to_string(root().join(schema)).expect("the schema")).expect("JSON");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let problems: Vec<_> = schema.iter_errors(value).map(|problem| problem.to_string()).collect();
    assert!(problems.is_empty(), "{problems:?}: {value}");
}

/// The details of the events with this detail type.
fn details<'e>(events: &'e [Value], kind: &str) -> Vec<&'e Value> {
    events.iter().filter(|event| event["detail-type"] == kind).map(|event| &event["detail"]).collect()
}

fn import(hub: &Function, events: &[Value]) -> Value {
    let message = |(number, event): (usize, &Value)| json!({"messageId": number.to_string(), "eventSource": "aws:sqs", "body": event.to_string()});
    let messages: Vec<_> = events.iter().enumerate().map(message).collect();
    let answer = hub.invoke(&json!({"Records": messages}).to_string()).expect("handled");
    serde_json::from_str(&answer).expect("JSON")
}

fn hub(emulator: &Emulator) -> Function {
    let mut environment = emulator.environment("import-findings");
    environment.push(("TAGWARDEN_SECURITY_HUB".to_owned(), "on".to_owned()));
    Function::start("import-findings", ACCOUNT, &environment)
}

/// The rules with findings in this record state.
fn rules(emulator: &Emulator, state: &str) -> Vec<String> {
    let filters = json!({"Filters": {"RecordState": [{"Value": state, "Comparison": "EQUALS"}]}});
    let found = emulator.rest("securityhub", "POST", "/findings", &filters);
    let mut rules: Vec<_> = list(&found["Findings"])
        .iter()
        .map(|one| one["ProductFields"]["tagwarden/rule"].as_str().expect("a rule").to_owned())
        .collect();
    rules.sort();
    rules
}

#[test]
fn a_violation_reaches_every_channel() {
    let world = World::new(TRAINING, NO_VPC);
    let event = world.launch("CreateTrainingJob.no-vpc");
    world.deliver(&event).expect("handled");
    assert_eq!(world.status(&event), "Stopped");
    assert_eq!(world.emulator.alerts().len(), 1);
    let events = world.emulator.events();
    let ([decision], [alert]) = (&details(&events, "Tagwarden Decision")[..], &details(&events, "Tagwarden Alert")[..])
    else {
        panic!("{events:?}")
    };
    is_valid("docs/decision.schema.json", decision);
    is_valid("tests/data/chat.schema.json", &alert["chat"]);
    assert_eq!((&decision["resolved"], &decision["deeds"][0]["failed"]), (&json!(["missing-vpc"]), &json!(false)));
    let text = alert["chat"]["content"]["description"].as_str().expect("a text");
    assert!(text.contains("missing-vpc") && text.contains("CreateTrainingJob"), "{text}");
}

#[test]
fn findings_follow_what_happens() {
    let world = World::new(TRAINING, &NO_VPC.replace("[rules.missing-vpc]", "[rules.missing-vpc]\naction = 'alert'"));
    let hub = hub(&world.emulator);
    let launch = world.launch("CreateTrainingJob.no-vpc");
    world.deliver(&launch).expect("handled");
    let decided = world.emulator.events();
    // Without Security Hub, nothing is imported, and nothing fails.
    assert_eq!(import(&hub, &decided)["batchItemFailures"], json!([]));
    world.emulator.rest("securityhub", "POST", "/accounts", &json!({}));
    assert_eq!(import(&hub, &decided)["batchItemFailures"], json!([]));
    assert_eq!(rules(&world.emulator, "ACTIVE"), ["missing-vpc"]);
    // Somebody deletes the job.
    let mut gone = launch.clone();
    gone["time"] = json!("2100-01-01T00:00:00Z");
    gone["detail"]["eventName"] = json!("DeleteTrainingJob");
    gone["detail"]["requestParameters"] =
        json!({"trainingJobName": launch["detail"]["requestParameters"]["trainingJobName"]});
    gone["detail"]["responseElements"] = Value::Null;
    assert_eq!(import(&hub, &[gone])["batchItemFailures"], json!([]));
    assert_eq!(
        (rules(&world.emulator, "ACTIVE"), rules(&world.emulator, "ARCHIVED")),
        (Vec::new(), vec!["missing-vpc".to_owned()])
    );
}

/// The function is invoked again, with the same event, and only the channel that failed gets the report.
#[test]
fn each_channel_gets_a_report_once_whatever_fails() {
    let throttled = |service: &str, action: &str| json!({"service": service, "action": action, "kind": "error", "status": 400, "code": "ThrottlingException", "message": "slow down"});
    for failing in
        [vec![("sns", "Publish")], vec![("events", "PutEvents")], vec![("sns", "Publish"), ("events", "PutEvents")]]
    {
        let world = World::new(TRAINING, NO_VPC);
        let event = world.launch("CreateTrainingJob.no-vpc");
        failing.iter().for_each(|(service, action)| world.emulator.fault(throttled(service, action)));
        world.deliver(&event).expect_err("a channel failed");
        world.emulator.clear_faults();
        world.deliver(&event).expect("handled");
        world.deliver(&event).expect("handled");
        let counts = (world.emulator.alerts().len(), details(&world.emulator.events(), "Tagwarden Decision").len());
        assert_eq!(counts, (1, 1), "{failing:?}");
    }
}

/// Refused findings come back, with status 200 from Security Hub.
#[test]
fn a_refused_finding_is_tried_again() {
    let emulator = Emulator::start();
    emulator.rest("securityhub", "POST", "/accounts", &json!({}));
    let hub = hub(&emulator);
    let decision = |account: &str| {
        let arn = format!("arn:aws:sagemaker:{REGION}:{account}:training-job/j");
        json!({"source": "tagwarden", "detail-type": "Tagwarden Decision", "time": "2026-03-02T09:00:00Z", "detail": {
            "event_id": "e", "event_time": "2026-03-02T09:00:00Z", "event_name": "CreateTrainingJob", "account": account,
            "region": REGION, "resource": {"kind": "training-job", "name": "j", "arn": arn}, "findings": [
            {"rule": "missing-vpc", "outcome": "fail", "severity": "high", "message": "m", "fix": "f"}]}})
    };
    let failed = import(&hub, &[decision(ACCOUNT), decision("444455556666")]);
    assert_eq!(failed["batchItemFailures"], json!([{"itemIdentifier": "1"}]));
}

/// Offline: the findings of an archive, by the service model of another SDK.
#[test]
fn the_findings_of_an_audit_are_in_the_format() {
    let printed = tagwarden(&["audit", "--format", "asff", "--exit-zero", "events"]).stdout;
    let findings: Value = serde_json::from_str(&printed).expect("an array");
    assert!(list(&findings).len() > 20, "{findings}");
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), &printed).expect("written");
    let validate = "import json, sys; from botocore.session import get_session; from botocore.validate import ParamValidator\n\
        shape = get_session().get_service_model('securityhub').operation_model('BatchImportFindings').input_shape\n\
        findings = json.load(open(sys.argv[1]))\n\
        print(ParamValidator().validate({'Findings': findings}, shape).generate_report())";
    let output = Command::new(python()).args(["-c", validate]).arg(file.path()).output().expect("Python runs");
    let reported = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && reported.trim().is_empty(),
        "{reported}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut ids: Vec<_> = list(&findings).iter().map(|finding| finding["Id"].clone()).collect();
    ids.dedup();
    assert_eq!(ids.len(), list(&findings).len(), "each id once");
}
