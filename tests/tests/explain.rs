//! `tagwarden explain`, as a user runs it.

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tagwarden_tests::{event, list, tagwarden, tagwarden_with_input};

const BY_SCP: &str = "events/CreateTrainingJob.denied-by-scp.json";
const IAM: &str = "events/iam.json";
const MESSAGE: &str = "An error occurred (AccessDeniedException) when calling the CreateTrainingJob operation: User: \
    arn:aws:sts::111122223333:assumed-role/DataScientist-atlas/ana is not authorized to perform: sagemaker:CreateTrainingJob on \
    resource: arn:aws:sagemaker:eu-west-1:111122223333:training-job/x ";

fn record() -> Value {
    let envelope: Value = serde_json::from_str(&event("CreateTrainingJob.denied-by-scp.json")).expect("JSON");
    envelope["detail"].clone()
}

fn explained(args: &[&str], input: &[u8]) -> Vec<Value> {
    let ran = tagwarden_with_input(&[&["explain", "--format", "json", "--iam", IAM], args].concat(), input);
    assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    ran.json_lines()
}

#[test]
fn a_record_names_the_statement_the_place_and_the_fix() {
    let denied = explained(&[BY_SCP], b"").remove(0);
    let [rule] = list(&denied["rules"]) else { panic!("{denied}") };
    for (of, key, expected) in [
        (&denied, "event_name", json!("CreateTrainingJob")),
        (&denied, "principal", json!("arn:aws:iam::111122223333:role/DataScientist-atlas")),
        (&denied, "denied_by", json!("scp")),
        (rule, "rule", json!("unapproved-instance-type")),
        (rule, "effect", json!("denies")),
        (rule, "statements", json!(["UnapprovedInstanceType"])),
        (rule, "path", json!("requestParameters.resourceConfig.instanceType")),
        (rule, "actual", json!("ml.p5.48xlarge")),
    ] {
        assert_eq!(of[key], expected, "{key}");
    }
    assert!(
        denied["event_id"].is_string() && denied["policy_arn"].as_str().expect("an ARN").starts_with("arn:aws:org")
    );
    // The same texts as those of `check` on the same request.
    let mut allowed = record();
    allowed.as_object_mut().expect("a record").remove("errorCode");
    let checked =
        tagwarden_with_input(&["check", "--format", "json", "--iam", IAM, "-"], allowed.to_string().as_bytes());
    let finding = &checked.json_lines()[0]["findings"][0];
    for key in ["rule", "path", "actual", "expected", "message", "fix"] {
        assert_eq!(rule[key], finding[key], "{key}");
    }
}

#[test]
fn every_shape_gives_the_same_explanation() {
    let (record, expected) = (record(), explained(&[BY_SCP], b""));
    let mut gzipped = GzEncoder::new(Vec::new(), Compression::fast());
    gzipped.write_all(json!({"Records": [record]}).to_string().as_bytes()).expect("in memory");
    for (shape, bytes) in [
        ("a record", record.to_string().into_bytes()),
        ("a log file", json!({"Records": [record]}).to_string().into_bytes()),
        ("a gzipped log file", gzipped.finish().expect("in memory")),
        (
            "an array",
            json!([{"detail-type": "AWS API Call via CloudTrail", "detail": record}]).to_string().into_bytes(),
        ),
    ] {
        assert_eq!(explained(&["-"], &bytes), expected, "{shape}");
    }
    let twice = [expected.clone(), expected].concat();
    for (shape, between) in [("JSON Lines", "\n"), ("`aws cloudtrail lookup-events --output text`", "\t")] {
        assert_eq!(explained(&["-"], format!("{record}{between}{record}\n").as_bytes()), twice, "{shape}");
    }
}

#[test]
fn a_message_leads_to_the_rules_for_its_action() {
    let scp = format!(
        "{MESSAGE}with an explicit deny in a service control policy: arn:aws:organizations::1:policy/o-a/service_control_policy/p-b"
    );
    let log = format!(
        "Traceback (most recent call last):\n  File \"train.py\", line 7\nbotocore.exceptions.ClientError: {scp}\n"
    );
    let denied = explained(&["-"], log.as_bytes()).remove(0);
    assert_eq!((&denied["event_id"], &denied["denied_by"]), (&Value::Null, &json!("scp")));
    let rule = list(&denied["rules"]).iter().find(|rule| rule["rule"] == "unapproved-instance-type").expect("the rule");
    assert_eq!((&rule["effect"], &rule["statements"]), (&json!("may-deny"), &json!(["UnapprovedInstanceType"])));
    assert!(rule["expected"].as_str().expect("the setting").contains("`ml.m5.*`"), "{rule}");
    assert!(denied["advice"].to_string().contains("AttributeValue=CreateTrainingJob"), "{denied}");
    for text in [json!({"level": "error", "message": scp}).to_string(), format!("[10:07:01] ERROR {scp}")] {
        assert_eq!(explained(&["-"], text.as_bytes()), std::slice::from_ref(&denied), "{text}");
    }
    let both =
        format!("{scp}\n{}because no identity-based policy allows the sagemaker:CreateTrainingJob action\n", MESSAGE);
    let both: Vec<_> = explained(&["-"], both.as_bytes()).iter().map(|denied| denied["denied_by"].clone()).collect();
    assert_eq!(both, ["scp", "identity"]);
}

#[test]
fn a_rule_that_is_not_prevented_denies_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("policy.toml");
    let policy = path.to_str().expect("UTF-8");
    for (line, status, effect) in
        [("", 0, "denies"), ("prevent = 'off'", 3, "reports"), ("mode = 'observe'", 3, "reports")]
    {
        let text = format!("version = 1\n[rules.unapproved-instance-type]\nallow = ['ml.m5.*']\n{line}\n");
        fs::write(&path, text).expect("written");
        let ran = tagwarden(&["explain", "--format", "json", "--policy", policy, "--iam", IAM, BY_SCP]);
        assert_eq!((ran.status, &ran.json_lines()[0]["rules"][0]["effect"]), (status, &json!(effect)), "{line}");
    }
}

#[test]
fn the_exit_status_says_whether_all_is_explained() {
    let unexplained = "events/CreateTrainingJob.access-denied.json";
    for (paths, input, status, complaint) in [
        (&[BY_SCP, IAM][..], "", 0, ""),
        (&[BY_SCP, IAM, unexplained], "", 3, ""),
        (&[BY_SCP, "events/not-there.json", unexplained], "", 2, "events/not-there.json: cannot be read"),
        (&["events/CreateTrainingJob.compliant.json"], "", 2, "no denied call found: expected"),
        (&["events/CreateTrainingJob.compliant.json"], "", 2, "found 1 SageMaker call that IAM did not deny"),
        (&["events/AssumeRole.session-tags.json"], "", 2, "found 1 call to other services"),
        (&["-"], "all is well", 2, "found no records and no error messages"),
        (&["-"], "", 2, "no denied call found"),
    ] {
        let ran = tagwarden_with_input(&[&["explain"], paths].concat(), input.as_bytes());
        assert_eq!(ran.status, status, "{paths:?}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains(complaint), "{paths:?}: {}", ran.stderr);
    }
    let unnamed = tagwarden_with_input(&["explain", "-"], MESSAGE.as_bytes());
    assert_eq!(unnamed.status, 3, "the message names no policy: {}", unnamed.stdout);
}

#[test]
fn text_is_for_people_and_repeats_no_secrets() {
    let ran = tagwarden(&["explain", "--iam", IAM, BY_SCP]);
    assert!(!ran.stdout.contains('\u{1b}'), "no colour in a pipe");
    for says in ["denies   unapproved-instance-type: ", "Sid      UnapprovedInstanceType", "fix      ", "advice   "] {
        assert!(ran.stdout.contains(says), "{says}: {}", ran.stdout);
    }
    assert_eq!(ran.stdout.lines().last(), Some("1 denied call: 1 explained, 0 not explained; 0 not readable"));
    for format in ["text", "json"] {
        let printed = tagwarden(&["explain", "--format", format, "events"]).stdout;
        for secret in ["LOG_LEVEL", "max_depth", "binary:logistic", "sessionToken", "ASIA"] {
            assert!(!printed.contains(secret), "{format} repeats `{secret}`");
        }
    }
    let hostile = MESSAGE.replace("ana", "\u{1b}[2Jana\u{202e}");
    let ran = tagwarden_with_input(&["explain", "-"], hostile.as_bytes());
    assert!(!ran.stdout.contains(['\u{1b}', '\u{202e}']), "{}", ran.stdout);
}
