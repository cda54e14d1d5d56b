//! The documents say what is true.

use std::fs;

use serde_json::Value;
use tagwarden::operations::Operation;
use tagwarden::policy::Policy;
use tagwarden::rules::{RULES, markdown_matrix, markdown_table};
use tagwarden_tests::{root, tagwarden_with_input};

#[test]
fn the_readmes_tables_are_current() {
    let path = root().join("README.md");
    let mut readme = fs::read_to_string(&path).expect("README.md");
    for (name, table) in [("rules", markdown_table()), ("operations", markdown_matrix())] {
        let begin =
            format!("<!-- {name}: generated, `UPDATE=1 cargo test --workspace --test documentation` renews it -->\n");
        let end = format!("<!-- end of {name} -->\n");
        let (before, rest) = readme.split_once(&begin).expect("the beginning of the table");
        let (written, after) = rest.split_once(&end).expect("the end of the table");
        let current = format!("\n{table}\n");
        if std::env::var_os("UPDATE").is_some() {
            readme = format!("{before}{begin}{current}{end}{after}");
        } else {
            assert_eq!(written, current, "renew the table as the comment above it says");
        }
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, readme).expect("written");
    }
}

/// A rule's example of a violating request does violate it.
#[test]
fn every_example_violates_its_rule() {
    for rule in RULES {
        let request: Value = serde_json::from_str(rule.example).expect(rule.id);
        let names = |path: Option<&str>| path.is_some_and(|path| request.get(path).is_some());
        let is_meant = |operation: &&Operation| {
            let creates = operation.name.starts_with("Create") && names(operation.resource_name);
            rule.applies_to(operation) && (creates || operation.name == "AddTags" && names(operation.resource_arn))
        };
        let operation = Operation::all().find(is_meant).expect(rule.id).name;
        let record = serde_json::json!({
            "eventSource": "sagemaker.amazonaws.com", "eventName": operation, "eventTime": "2026-03-02T09:00:00Z",
            "awsRegion": "eu-west-1", "recipientAccountId": "111122223333", "requestParameters": request,
            "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/Caller/ana"},
        });
        let role = |path: &str, project: Option<&str>| {
            let name = path.rsplit('/').next().expect("a name");
            serde_json::json!({
                "Arn": format!("arn:aws:iam::111122223333:role/{path}"), "RoleName": name,
                "Tags": project.map(|project| vec![serde_json::json!({"Key": "Project", "Value": project})]).unwrap_or_default(),
                "AttachedManagedPolicies": [{"PolicyName": "AmazonSageMakerFullAccess", "PolicyArn": "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"}],
                "AssumeRolePolicyDocument": {"Statement": {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}}},
            })
        };
        let project = (rule.id != "untagged-principal").then_some("atlas");
        let iam = serde_json::json!({"RoleDetailList": [
            role("Caller", project), role("ml/atlas-train", Some("atlas")), role("AmazonSageMaker-ExecutionRole", None),
            role("ml/borealis/train", Some("borealis")),
        ]});
        let settings = match rule.id {
            "unknown-project" => "[abac]\nprojects = ['atlas', 'borealis']",
            "unapproved-instance-type" => "allow = ['ml.m5.*']",
            "unapproved-bucket" => "allow = ['atlas-*']",
            "unapproved-image" => "allow = ['111122223333.dkr.ecr.*']",
            "unapproved-region" => "allow = ['us-east-1']",
            "unapproved-subnet" => "allow = ['subnet-0aaa']",
            "unapproved-security-group" => "allow = ['sg-0aaa']",
            "excessive-instance-count" => "max = 8",
            "excessive-runtime" => "max-hours = 24",
            "noncompliant-endpoint-config" => "[rules.unencrypted-volume]",
            "persona-overreach" => "[personas.data-scientist]\noperations = ['CreateTrainingJob']",
            _ => "",
        };
        let folder = tempfile::tempdir().expect("a folder");
        let policy = folder.path().join("policy.toml");
        let text = format!("version = 1\n[rules.{}]\n{settings}\n", rule.id);
        Policy::parse(&text).expect(&text);
        fs::write(&policy, &text).expect("written");
        // What the example's endpoint uses.
        let mut config = record.clone();
        config["eventName"] = serde_json::json!("CreateEndpointConfig");
        config["requestParameters"] = serde_json::json!({
            "endpointConfigName": "churn-without-volume-key", "productionVariants": [{"instanceType": "ml.m5.xlarge"}],
        });
        let input = format!("{record}\n{config}\n{iam}");
        let args = ["check", "--format", "json", "--policy", policy.to_str().expect("UTF-8"), "-"];
        let ran = tagwarden_with_input(&args, input.as_bytes());
        assert_eq!(ran.status, 1, "{}: {}{}", rule.id, ran.stdout, ran.stderr);
        assert_eq!(ran.json_lines()[0]["findings"][0]["rule"], rule.id);
    }
}
