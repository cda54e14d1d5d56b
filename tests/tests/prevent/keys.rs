//! The table of which condition key holds which slot is as the projection of requests has it, which was written apart from it.

use std::collections::BTreeSet;

use serde_json::json;
use tagwarden::operations::Operation;
use tagwarden::statement::slot_keys::condition_key;
use tagwarden_tests::simulator::Simulator;

use crate::cases::{put, record, values};
use crate::compare::define;

#[test]
fn condition_keys_hold_what_the_table_says() {
    let mut slots = Vec::new();
    for operation in Operation::all() {
        let keyed = operation.slots().filter_map(|slot| Some((slot, condition_key(operation, slot)?)));
        slots.extend(keyed.map(|(slot, names)| (operation.name, slot, names)));
    }
    let every_name: BTreeSet<_> = slots.iter().flat_map(|(_, _, names)| names.iter().copied()).collect();
    let mut lines = vec![define("p", &[])];
    for (operation, slot, _) in &slots {
        let mut request = json!({});
        let value = values(slot.field, slot.path).map_or(json!("ml.m5.xlarge"), |values| values[0].clone());
        put(&mut request, slot.path, 0, value);
        lines.push(json!({"id": 0, "policies": "p", "principal": {"arn": "arn:aws:iam::111122223333:role/r"},
            "record": record(operation, &request), "explain": true}));
    }
    let answers = Simulator::start().ask(&lines);
    let mut wrong = Vec::new();
    for ((operation, slot, names), answer) in slots.iter().zip(&answers[1..]) {
        // Operations newer than the Service Authorization Reference are no actions yet.
        let is_no_action = answer["error"].as_str().is_some_and(|error| error.contains("has no action"));
        assert!(is_no_action || answer["error"].is_null(), "{operation} {}: {answer}", slot.path);
        let requests = answer["requests"].as_array();
        let held = requests
            .into_iter()
            .flatten()
            .flat_map(|request| request["context"].as_object().expect("a context").keys());
        let held: BTreeSet<_> = held.map(String::as_str).filter(|key| every_name.contains(key)).collect();
        if held != names.iter().copied().collect() {
            wrong.push(format!("{operation} {}: {names:?} by the table, {held:?} by the projection", slot.path));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(slots.len() > 200, "only {} slots", slots.len());
}
