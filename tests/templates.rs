//! The templates deploy what the functions are, with the permissions that they use.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::{Value, json};
use tagwarden::operations::Operation;
use tagwarden_functions::permissions::{AUDIT, FUNCTIONS};
use tagwarden_tests::template::{functions, statements, template, texts};
use tagwarden_tests::{list, root};

/// What Lambda itself does with the function's role: writing the log, and handing over what failed for good.
const OF_LAMBDA: [&str; 3] = ["logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage"];

#[test]
fn each_function_has_the_permissions_that_it_uses_and_no_others() {
    for (name, deployed, of_lambda) in [
        ("template.yaml", FUNCTIONS, OF_LAMBDA.as_slice()),
        // Nothing is handed over of what was invoked by somebody who waits.
        ("audit.yaml", AUDIT, &OF_LAMBDA[..2]),
    ] {
        let template = template(name);
        let names: Vec<_> = functions(&template).into_iter().map(|(binary, ..)| binary).collect();
        assert_eq!(names, deployed.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        for ((binary, id, _), (_, actions)) in functions(&template).iter().zip(deployed) {
            let granted: BTreeSet<_> = statements(&template, id)
                .iter()
                .flat_map(|statement| texts(&statement["Action"]).collect::<Vec<_>>())
                .collect();
            let used: BTreeSet<_> =
                actions.concat().iter().chain(of_lambda).map(|action| (*action).to_owned()).collect();
            assert_eq!(granted, used, "{binary}");
        }
    }
}

/// `sam build` calls cargo in `CodeUri`. At the root of the workspace that would be for the command line alone.
#[test]
fn each_function_is_built_where_cargo_finds_its_binary() {
    let mut cargo = Command::new(env!("CARGO"));
    let metadata = cargo.args(["metadata", "--no-deps", "--format-version", "1", "--offline"]).current_dir(root());
    let metadata = metadata.output().expect("cargo starts");
    let metadata: Value = serde_json::from_slice(&metadata.stdout).expect("JSON");
    for template in ["template.yaml", "audit.yaml"].map(template) {
        let folder = template["Globals"]["Function"]["CodeUri"].as_str().expect("a folder");
        let manifest = root().join(folder).join("Cargo.toml");
        let package = list(&metadata["packages"]).iter().find(|package| package["manifest_path"] == json!(manifest));
        let targets = list(&package.expect(folder)["targets"]);
        for (binary, ..) in functions(&template) {
            assert!(targets.iter().any(|target| target["name"] == *binary), "{folder} has no binary {binary}");
        }
    }
}

#[test]
fn permissions_on_everything_are_those_that_know_no_resources() {
    for (template, (binary, id, _)) in ["template.yaml", "audit.yaml"]
        .map(template)
        .iter()
        .flat_map(|template| functions(template).into_iter().map(move |function| (template, function)))
    {
        for statement in statements(template, &id) {
            if statement["Resource"].is_array() && list(&statement["Resource"]).contains(&json!("*")) {
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
    let template = template("template.yaml");
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
fn guards_know_each_other() {
    let template = template("template.yaml");
    let guards = functions(&template).into_iter().filter(|(binary, ..)| binary.starts_with("guard-"));
    let mut roles: Vec<_> = guards.map(|(_, id, _)| json!({"Fn::GetAtt": [format!("{id}Role"), "Arn"]})).collect();
    let join = &template["Globals"]["Function"]["Environment"]["Variables"]["TAGWARDEN_ROLES"]["Fn::Join"];
    let mut known = list(&join[1]).to_vec();
    for list in [&mut roles, &mut known] {
        list.sort_by_key(Value::to_string);
    }
    assert_eq!((&join[0], known), (&json!(","), roles));
}

#[test]
fn sessions_are_delivered_although_their_calls_only_read() {
    let template = template("template.yaml");
    let (_, _, recorder) = functions(&template).pop().expect("record-sessions is the last");
    let events = recorder["Events"].as_object().expect("events");
    for event in events.values() {
        assert_eq!(event["Properties"]["State"], "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS");
    }
}
