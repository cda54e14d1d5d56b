//! Laws that hold for any input: no panic, no pass without evidence, and no verdict that depends on how the input is written.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value, json};
use tagwarden::decide::{Decision, Verdict, decide_record};
use tagwarden::evidence::Evidence;
use tagwarden::operations::Operation;
use tagwarden::policy::{self, Policy};
use tagwarden::record::documents::{self, Item};
use tagwarden_tests::{event, events, price_list, strict_policy};

fn strict() -> Policy {
    let text = strict_policy();
    Policy::parse(&text).unwrap_or_else(|errors| panic!("{text}\n{errors:?}"))
}

/// Judges everything in `texts`, as `tagwarden check` does: first learn from all, then decide. In the order of the input.
fn judge(texts: &[String], policy: &Policy) -> Vec<Result<Decision, String>> {
    let mut evidence = Evidence::new("");
    let mut records = Vec::new();
    for text in texts {
        documents::split(text, &mut |_, item| match item {
            Ok(Item::AuthorizationDetails(details) | Item::ResourceTags(details)) => drop(evidence.add_page(&details)),
            Ok(Item::Record(record)) => {
                evidence.learn(record.call);
                records.push(record.json.to_owned());
            }
            Ok(Item::Prices(list)) => drop(evidence.prices.add_list(list)),
            Ok(Item::OtherEvent(_) | Item::Neighbour(_)) | Err(_) => {}
        });
    }
    records.iter().map(|json| decide_record(json, policy, &evidence)).collect()
}

fn samples() -> Vec<Value> {
    events().iter().map(|name| serde_json::from_str(&event(name)).expect(name)).collect()
}

/// IAM's data and list prices.
fn known() -> String {
    format!("{}\n{}", event("iam.json"), price_list())
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        select(vec![
            "",
            "Project",
            "atlas",
            "ml.m5.xlarge",
            "arn:aws:iam::111122223333:role/x",
            "true",
            "alias/aws/s3"
        ])
        .prop_map(Value::from),
        Just(json!({"omitted": true})),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let keys = select(vec!["a", "tags", "key", "value", "resourceConfig", "instanceType", "omitted", "vpcConfig"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((keys, inner), 0..4).prop_map(|pairs| Value::Object(
                pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
            )),
        ]
    })
}

/// Any operation that launches or changes something. Whoever sets a tag that nobody protects need not be known.
fn any_operation() -> impl Strategy<Value = &'static Operation> {
    select(Operation::all().filter(|operation| !operation.only_tags()).collect::<Vec<_>>())
}

/// Puts a value where the path of a slot leads, through objects and lists of one that are made where they are missing.
fn put(place: &mut Value, path: &str, value: &Value) {
    let Some((segment, rest)) = path.split_once('.').or(Some((path, ""))).filter(|(segment, _)| !segment.is_empty())
    else {
        *place = value.clone();
        return;
    };
    if !place.is_object() {
        *place = json!({});
    }
    let mut member = &mut place[segment.trim_end_matches(['[', ']', '?'])];
    if segment.ends_with("[]") {
        if !member.is_array() {
            *member = json!([null]);
        }
        member = &mut member[0];
    }
    put(member, rest, value);
}

/// Every place in a JSON value, as a JSON pointer.
fn places(value: &Value) -> Vec<String> {
    fn collect(value: &Value, at: &str, found: &mut Vec<String>) {
        found.push(at.to_owned());
        match value {
            Value::Array(elements) => {
                elements
                    .iter()
                    .enumerate()
                    .for_each(|(index, element)| collect(element, &format!("{at}/{index}"), found));
            }
            Value::Object(members) => {
                members.iter().for_each(|(key, member)| collect(member, &format!("{at}/{key}"), found))
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(value, "", &mut found);
    found
}

/// The same value with the members of its objects in another order, and members that nobody knows.
fn disguise(value: &Value, seed: u64) -> String {
    match value {
        Value::Object(members) => {
            let mut texts: Vec<_> = members
                .iter()
                .map(|(key, member)| format!("{}:{}", Value::from(key.as_str()), disguise(member, seed / 3)))
                .collect();
            let middle = usize::try_from(seed).unwrap_or(0) % texts.len().max(1);
            texts.rotate_left(middle);
            // Maps of names to values, and what tells the document's shape, take no unknown members.
            let has_free_keys = members.values().all(Value::is_string) || members.contains_key("omitted");
            if seed.is_multiple_of(2) && !has_free_keys {
                texts.push(r#""zzz-unknown":{"omitted":false}"#.to_owned());
            }
            format!("{{{}}}", texts.join(", "))
        }
        Value::Array(elements) => {
            let texts: Vec<_> = elements.iter().map(|element| disguise(element, seed / 3)).collect();
            format!("[ {} ]", texts.join(","))
        }
        leaf => leaf.to_string(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_json_yields_a_verdict_or_a_reason(value in any_json(), operation in any_operation()) {
        let name = operation.name;
        let record = json!({"eventSource": "sagemaker.amazonaws.com", "eventName": name, "userIdentity": {"type": "Unknown"},
            "requestParameters": value});
        let decisions = judge(&[record.to_string(), value.to_string()], &strict());
        let decision = decisions[0].as_ref().expect("a record");
        // Of whose resources nothing is known, nothing is said.
        let may_pass = operation.only_ownership;
        prop_assert!(may_pass || decision.verdict != Verdict::Compliant, "nothing is known of the caller");
        prop_assert_ne!(decision.verdict, Verdict::Skipped);
    }

    /// Whatever stands where the table looks: no panic, and nothing passes of which nothing is known.
    #[test]
    fn any_json_in_any_slot_is_judged(operation in any_operation(), values in prop::collection::vec((any::<Index>(), any_json()), 1..9)) {
        let paths: Vec<_> = operation.slots().map(|slot| slot.path).collect();
        let mut request = json!({"x": 1});
        if !paths.is_empty() {
            values.iter().for_each(|(slot, value)| put(&mut request, paths[slot.index(paths.len())], value));
        }
        let record = json!({"eventSource": "sagemaker.amazonaws.com", "eventName": operation.name, "requestParameters": request,
            "eventTime": "2026-03-02T09:00:00Z", "recipientAccountId": "111122223333", "awsRegion": "eu-west-1"});
        let decisions = judge(&[record.to_string(), known()], &strict());
        let decision = decisions[0].as_ref().expect("a record");
        let passes = [Verdict::Compliant, Verdict::Skipped].contains(&decision.verdict);
        prop_assert!(!passes || operation.only_ownership, "nothing is known of the caller");
        for policy in [policy::DEFAULT.to_owned(), policy::DEFAULT.replace("on-unknown = \"alert\"", "on-unknown = \"stop\"")] {
            judge(&[record.to_string(), known()], &Policy::parse(&policy).expect("valid"));
        }
    }

    #[test]
    fn any_bytes_are_taken_apart(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        judge(&[String::from_utf8_lossy(&bytes).into_owned()], &strict());
    }

    /// Whatever is put in the place of whatever part of an event: no panic, and what makes a compliant event unreadable does
    /// not leave it compliant.
    #[test]
    fn any_mutation_of_a_sample_is_judged(sample in any::<Index>(), place in any::<Index>(), replacement in any_json()) {
        let mut samples = samples();
        let index = sample.index(samples.len());
        let mutated = &mut samples[index];
        let places = places(mutated);
        let place = &places[place.index(places.len())];
        *mutated.pointer_mut(place).expect("a place") = replacement;
        let texts: Vec<_> = samples.iter().map(Value::to_string).chain([known()]).collect();
        for policy in [strict(), Policy::parse(policy::DEFAULT).expect("valid")] {
            judge(&texts, &policy);
        }
    }

    /// A fact that a rule needs, replaced by something of a wrong type, makes the verdict unknown or a violation.
    #[test]
    fn what_could_not_be_read_is_not_compliant(
        path in select(vec![
            "/resourceConfig", "/resourceConfig/instanceType", "/resourceConfig/instanceCount", "/resourceConfig/volumeKmsKeyId",
            "/roleArn", "/tags", "/tags/0", "/tags/0/key", "/enableNetworkIsolation", "/vpcConfig", "/vpcConfig/subnets",
            "/vpcConfig/subnets/0", "/vpcConfig/securityGroupIds", "/stoppingCondition", "/stoppingCondition/maxRuntimeInSeconds",
            "/outputDataConfig", "/outputDataConfig/kmsKeyId", "/outputDataConfig/s3OutputPath", "/enableManagedSpotTraining",
            "/algorithmSpecification/trainingImage", "/inputDataConfig", "/inputDataConfig/0/dataSource/s3DataSource/s3Uri", "",
        ]),
        wrong in select(vec![json!({"omitted": true}), json!({"a": 1}), json!(-1.5), json!([[1]]), json!([7])]),
    ) {
        let mut event: Value = serde_json::from_str(&event("CreateTrainingJob.compliant.json")).expect("JSON");
        let texts = |event: &Value| vec![event.to_string(), known()];
        let before = judge(&texts(&event), &strict());
        prop_assert_eq!(before[0].as_ref().expect("a record").verdict, Verdict::Compliant);
        *event.pointer_mut(&format!("/detail/requestParameters{path}")).expect(path) = wrong;
        let after = judge(&texts(&event), &strict());
        prop_assert_ne!(after[0].as_ref().expect("a record").verdict, Verdict::Compliant, "{}", path);
    }

    /// The verdicts do not depend on the order of the records, the order of members, unknown members or the wrapping.
    #[test]
    fn writing_does_not_change_the_verdict(order in Just(samples()).prop_shuffle(), seed in any::<u64>(), wrapping in 0..5) {
        let by_id = |decisions: Vec<Result<Decision, String>>| {
            let mut decisions: Vec<_> = decisions.into_iter().map(|decision| decision.expect("a record")).collect();
            decisions.sort_by(|one, other| one.event_id.cmp(&other.event_id));
            decisions
        };
        let policy = Policy::parse(policy::DEFAULT).expect("valid");
        let plain: Vec<_> = samples().iter().map(Value::to_string).chain([known()]).collect();
        let disguised: Vec<_> = order.iter().map(|event| disguise(event, seed)).collect();
        let records = || order.iter().filter(|event| event["detail"].get("eventName").is_some()).map(|event| disguise(&event["detail"], seed));
        let texts = match wrapping {
            0 => disguised.into_iter().chain([known()]).collect(),
            1 => vec![known(), records().collect::<Vec<_>>().join("\n")],
            2 => vec![format!("[{}]", disguised.join(",")), known()],
            3 => vec![format!("{{\"Records\":[{}]}}", records().collect::<Vec<_>>().join(",")), known()],
            _ => std::iter::once(known()).chain(records()).collect(),
        };
        prop_assert_eq!(by_id(judge(&plain, &policy)), by_id(judge(&texts, &policy)));
    }
}

#[test]
fn disguises_keep_the_meaning() {
    let value = json!({"a": [1, {"b": null}], "c": Map::new()});
    let disguised: Value = serde_json::from_str(&disguise(&value, 27)).expect("JSON");
    assert_eq!(disguised, value);
}
