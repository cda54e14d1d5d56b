//! The template deploys what the functions are, with the permissions that they use.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::{Value, json};
use tagwarden::operations::Operation;
use tagwarden_functions::permissions::FUNCTIONS;
use tagwarden_tests::emulator::python;
use tagwarden_tests::{list, root};

/// What Lambda itself does with the function's role: writing the log, and handing over what failed for good.
const OF_LAMBDA: [&str; 3] = ["logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage"];

/// The template as JSON. It has no YAML tags, so that any parser reads it.
fn template() -> Value {
    let convert = "import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout, default=str)";
    let output =
        Command::new(python()).args(["-c", convert]).arg(root().join("template.yaml")).output().expect("Python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// The functions of the template: binary, logical id, properties.
fn functions(template: &Value) -> Vec<(String, String, Value)> {
    let resources = template["Resources"].as_object().expect("resources").iter();
    let functions = resources.filter(|(_, resource)| resource["Type"] == "AWS::Serverless::Function");
    let mut functions: Vec<_> = functions
        .map(|(id, resource)| {
            let binary = resource["Metadata"]["BuildProperties"]["Binary"].as_str().expect("a binary").to_owned();
            (binary, id.clone(), resource["Properties"].clone())
        })
        .collect();
    functions.sort_by(|(one, ..), (other, ..)| one.cmp(other));
    functions
}

/// The statements of a function's role, conditional ones included.
fn statements(template: &Value, id: &str) -> Vec<Value> {
    let policies = &template["Resources"][format!("{id}Role")]["Properties"]["Policies"];
    let statements = list(policies).iter().flat_map(|policy| list(&policy["PolicyDocument"]["Statement"]));
    statements.map(|statement| statement.get("Fn::If").map_or(statement, |choice| &choice[1]).clone()).collect()
}

fn texts(value: &Value) -> impl Iterator<Item = String> + '_ {
    list(value).iter().map(|text| text.as_str().expect("text").to_owned())
}

#[test]
fn each_function_has_the_permissions_that_it_uses_and_no_others() {
    let template = template();
    let names: Vec<_> = functions(&template).into_iter().map(|(binary, ..)| binary).collect();
    assert_eq!(names, FUNCTIONS.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    for ((binary, id, _), (_, actions)) in functions(&template).iter().zip(FUNCTIONS) {
        let granted: BTreeSet<_> = statements(&template, id)
            .iter()
            .flat_map(|statement| texts(&statement["Action"]).collect::<Vec<_>>())
            .collect();
        let used: BTreeSet<_> = actions.concat().into_iter().chain(OF_LAMBDA).map(str::to_owned).collect();
        assert_eq!(granted, used, "{binary}");
    }
}

#[test]
fn permissions_on_everything_are_those_that_know_no_resources() {
    let template = template();
    for (binary, id, _) in functions(&template) {
        for statement in statements(&template, &id) {
            if list(&statement["Resource"]).contains(&json!("*")) {
                let allowed = ["tag:TagResources", "sagemaker:ListEndpoints"];
                assert!(
                    texts(&statement["Action"]).all(|action| allowed.contains(&action.as_str())),
                    "{binary}: {statement}"
                );
            }
        }
    }
}

#[test]
fn delivered_operations_are_judged_by_one_guard() {
    let template = template();
    let mut delivered = Vec::new();
    for (binary, _, properties) in functions(&template).iter().filter(|(binary, ..)| binary.starts_with("guard-")) {
        for event in properties["Events"].as_object().expect("events").values() {
            let detail = &event["Properties"]["Pattern"]["detail"];
            assert_eq!(detail["errorCode"], json!([{"exists": false}]), "{binary}: failed calls cost nothing");
            delivered.extend(texts(&detail["eventName"]));
        }
    }
    delivered.sort();
    assert!(delivered.is_sorted_by(|one, other| one < other), "an operation is delivered twice: {delivered:?}");
    assert!(delivered.iter().all(|name| Operation::named(name).is_some()), "{delivered:?}");
}

#[test]
fn sessions_are_delivered_although_their_calls_only_read() {
    let template = template();
    let (_, _, recorder) = functions(&template).pop().expect("record-sessions is the last");
    let events = recorder["Events"].as_object().expect("events");
    for event in events.values() {
        assert_eq!(event["Properties"]["State"], "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS");
    }
}
