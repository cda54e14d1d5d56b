//! The SAM templates, as JSON.

use std::process::Command;

use serde_json::Value;

use crate::emulator::python;
use crate::{list, root};

/// A template. It has no YAML tags, so any parser can read it.
pub fn template(name: &str) -> Value {
    let convert = "import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout, default=str)";
    let output = Command::new(python()).args(["-c", convert]).arg(root().join(name)).output().expect("Python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// The functions of the template: binary, logical id, properties.
pub fn functions(template: &Value) -> Vec<(String, String, Value)> {
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
pub fn statements(template: &Value, id: &str) -> Vec<Value> {
    let policies = &template["Resources"][format!("{id}Role")]["Properties"]["Policies"];
    let statements = list(policies).iter().flat_map(|policy| list(&policy["PolicyDocument"]["Statement"]));
    statements.map(|statement| statement.get("Fn::If").map_or(statement, |choice| &choice[1]).clone()).collect()
}

/// The elements of a list of strings.
pub fn texts(value: &Value) -> impl Iterator<Item = String> + '_ {
    list(value).iter().map(|text| text.as_str().expect("text").to_owned())
}
