//! The rules' examples of violating requests, as records and policies that `tagwarden check` reads.

use std::fs;

use serde_json::{Value, json};
use tagwarden::operations::Operation;
use tagwarden::policy::Policy;
use tagwarden::rules::Rule;
use tagwarden_tests::{Ran, price_list, tagwarden_with_input};

/// A request that violates a rule, and a policy in which that rule is on.
pub struct Example {
    /// The operation that the request is of.
    pub operation: &'static str,
    /// The tables of the policy.
    pub policy: String,
    input: String,
}

impl Example {
    /// The example of a rule: a call by a role of the project `atlas`.
    pub fn of(rule: &Rule) -> Self {
        let request: Value = serde_json::from_str(rule.example).expect(rule.id);
        let names = |path: Option<&str>| path.is_some_and(|path| request.get(path).is_some());
        let is_meant = |operation: &&Operation| {
            let creates = operation.name.starts_with("Create") && names(operation.resource_name);
            rule.applies_to(operation) && (creates || operation.name == "AddTags" && names(operation.resource_arn))
        };
        let operation = Operation::all().find(is_meant).expect(rule.id).name;
        let mut records = vec![record(operation, request)];
        if rule.id == "noncompliant-endpoint-config" {
            // What the endpoint uses.
            let variants = json!([{"instanceType": "ml.m5.xlarge"}]);
            let config = json!({"endpointConfigName": "churn-without-volume-key", "productionVariants": variants});
            records.push(record("CreateEndpointConfig", config));
        }
        let project = (rule.id != "untagged-principal").then_some("atlas");
        let iam = json!({"RoleDetailList": [
            role("Caller", project), role("ml/atlas-train", Some("atlas")), role("AmazonSageMaker-ExecutionRole", None),
            role("ml/borealis/train", Some("borealis")),
        ], "Policies": [full_access()]});
        let resources = json!({"ResourceTagMappingList": [{
            "ResourceARN": "arn:aws:sagemaker:us-east-1:111122223333:model/borealis-churn",
            "Tags": [{"Key": "Project", "Value": "borealis"}],
        }]});
        let lines: Vec<_> = records.iter().chain([&iam, &resources]).map(Value::to_string).collect();
        Self { operation, policy: policy(rule), input: format!("{}\n{}", lines.join("\n"), price_list()) }
    }

    /// Runs `tagwarden check` on it.
    pub fn check(&self, options: &[&str]) -> Ran {
        let text = format!("version = 1\n{}", self.policy);
        Policy::parse(&text).expect(&text);
        let folder = tempfile::tempdir().expect("a folder");
        let policy = folder.path().join("policy.toml");
        fs::write(&policy, &text).expect("written");
        let args = [&["check", "--policy", policy.to_str().expect("UTF-8")], options, &["-"]].concat();
        tagwarden_with_input(&args, self.input.as_bytes())
    }
}

fn record(operation: &str, request: Value) -> Value {
    json!({
        "eventSource": "sagemaker.amazonaws.com", "eventName": operation, "eventTime": "2026-03-02T09:00:00Z",
        "awsRegion": "us-east-1", "recipientAccountId": "111122223333", "requestParameters": request,
        "userIdentity": {"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/Caller/ana"},
    })
}

fn role(path: &str, project: Option<&str>) -> Value {
    let name = path.rsplit('/').next().expect("a name");
    let tags: Vec<_> = project.iter().map(|project| json!({"Key": "Project", "Value": project})).collect();
    let full_access = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess";
    json!({
        "Arn": format!("arn:aws:iam::111122223333:role/{path}"), "RoleName": name, "Tags": tags,
        "AttachedManagedPolicies": [{"PolicyName": "AmazonSageMakerFullAccess", "PolicyArn": full_access}],
        "AssumeRolePolicyDocument": {"Statement": {
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"},
        }},
    })
}

/// The part of the policy `AmazonSageMakerFullAccess` that rules find.
fn full_access() -> Value {
    let to_sagemaker = json!({"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}});
    let document = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sagemaker:*", "Resource": "*"},
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::*sagemaker*"},
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::*:role/*", "Condition": to_sagemaker},
    ]});
    json!({
        "Arn": "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess",
        "PolicyVersionList": [{"IsDefaultVersion": true, "Document": document}],
    })
}

/// The tables that turn a rule on with the examples of its options, and those of the policy that it needs beside them.
fn policy(rule: &Rule) -> String {
    let beside = match rule.id {
        "unknown-project" => "\n[abac]\nprojects = [\"atlas\", \"borealis\"]\n",
        "missing-tag" => "\n[tags.CostCenter]\nrequired = true\ndefault = \"principal\"\n",
        "foreign-tag" => "\n[tags.CostCenter]\nmatch = \"principal\"\n",
        "unapproved-tag-value" => "\n[tags.CostCenter]\nvalues = [\"CC-*\"]\n",
        "noncompliant-endpoint-config" => "[rules.unencrypted-volume]\n",
        "persona-overreach" => "\n[personas.data-scientist]\noperations = [\"CreateTrainingJob\"]\n",
        _ => "",
    };
    rule.example_table() + beside
}
