//! The Lambda functions: the real binaries against a Runtime API.

use std::fs;

use serde_json::{Value, json};
use tagwarden_tests::emulator::Emulator;
use tagwarden_tests::runtime_api::Function;
use tagwarden_tests::{essence, event, events, list, tagwarden, tagwarden_with_input};

/// The account of the sample events.
const ACCOUNT: &str = "111122223333";

/// A function that may not ask IAM knows what `check` knows without `--iam`.
#[test]
fn decides_as_check_does_without_iam_data() {
    let emulator = Emulator::start();
    for action in ["ListRoleTags", "ListUserTags", "ListAttachedRolePolicies", "GetRole"] {
        emulator.fault(json!({"service": "iam", "action": action, "kind": "error", "status": 403,
            "code": "AccessDenied", "message": "not allowed"}));
    }
    let function = Function::start("guard-training", ACCOUNT, &emulator.environment("guard-training"));
    for name in events() {
        let answer = function.invoke(&event(&name)).expect(&name);
        let answer: Value = serde_json::from_str(&answer).expect(&name);
        let checked = tagwarden(&["check", "--format", "json", &format!("events/{name}")]).json_lines();
        let decisions = list(&answer).iter().map(essence).collect::<Vec<_>>();
        assert_eq!(decisions, checked.iter().map(essence).collect::<Vec<_>>(), "{name}");
    }
    let log = function.stop();
    let records: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let decisions = records.iter().filter(|record| record["verdict"].is_string());
    assert_eq!(decisions.count(), events().len(), "one decision record an event:\n{log}");
    for line in log.lines() {
        assert!(!line.contains("LOG_LEVEL") && !line.contains("max_depth"), "the log repeats the request: {line}");
    }
}

#[test]
fn an_event_that_cannot_be_read_fails_the_invocation() {
    let emulator = Emulator::start();
    let function = Function::start("guard-training", ACCOUNT, &emulator.environment("guard-training"));
    for unreadable in ["7", "{}", r#"{"detail-type":"AWS API Call via CloudTrail","detail":7}"#] {
        let error = function.invoke(unreadable).expect_err(unreadable);
        assert!(error.contains("errorMessage"), "{error}");
    }
    function.invoke(&event("CreateTrainingJob.compliant.json")).expect("the function goes on");
}

#[test]
fn applies_the_policy_that_it_is_given() {
    let folder = tempfile::tempdir().expect("a folder");
    let policy = folder.path().join("policy.toml");
    fs::write(&policy, "version = 1\n[rules.on-demand-training]\n").expect("written");
    let emulator = Emulator::start();
    let mut environment = emulator.environment("guard-training");
    environment.push(("TAGWARDEN_POLICY".to_owned(), policy.to_str().expect("UTF-8").to_owned()));
    let function = Function::start("guard-training", ACCOUNT, &environment);
    let event = event("CreateTrainingJob.console-empties.json");
    let answer: Value = serde_json::from_str(&function.invoke(&event).expect("an answer")).expect("JSON");
    let checked = tagwarden_with_input(
        &["check", "--policy", policy.to_str().expect("UTF-8"), "--format", "json", "-"],
        event.as_bytes(),
    );
    assert_eq!(list(&answer)[0], checked.json_lines()[0]);
    assert_eq!(answer[0]["findings"][0]["rule"], "on-demand-training");

    fs::write(&policy, "version = 1\n[rules.on-demand]\n").expect("written");
    let function = Function::start("guard-training", ACCOUNT, &environment);
    let complaint = function.fail();
    assert!(complaint.contains("policy.toml:2:8: unknown rule `on-demand`"), "{complaint}");
}
