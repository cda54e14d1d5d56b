//! Random policies, and random requests near the bounds that they draw.

use fastrand::Rng;
use serde_json::{Value, json};
use tagwarden::operations::{Field, Operation};
use tagwarden::settings::Abac;
use tagwarden::statement::condition_keys;

/// A call, and what is known of its caller.
#[derive(Clone, Debug)]
pub struct Case {
    /// The CloudTrail record.
    pub record: Value,
    /// ARN of the caller's role or user.
    pub principal: String,
    /// The caller's tags.
    pub tags: Vec<(String, String)>,
    /// Which names of the KMS condition keys requests carry: `old`, `new` or `both`.
    pub kms: &'static str,
    /// The ARN and the project of the existing resource that the call is about, if it is about one.
    pub owned: Option<(String, String)>,
}

pub const ACCOUNT: &str = "111122223333";
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/0d1e0000-0000-4000-8000-000000000001";
const OTHER_KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/0d1e0000-0000-4000-8000-000000000002";

/// Models that are known to the rules: name, isolated, in the approved VPC.
pub const MODELS: [(&str, bool, bool); 2] = [("isolated", true, true), ("open", false, false)];

fn pick<T: Clone>(rng: &mut Rng, choices: &[T]) -> T {
    choices[rng.usize(..choices.len())].clone()
}

fn some<T: Clone>(rng: &mut Rng, choices: &[T]) -> Vec<T> {
    let mut chosen: Vec<_> = choices.iter().filter(|_| rng.u8(..3) == 0).cloned().collect();
    if chosen.is_empty() {
        chosen.push(pick(rng, choices));
    }
    chosen
}

fn one_in(rng: &mut Rng, n: u32) -> bool {
    rng.u32(..n) == 0
}

/// A policy file with some rules on, overrides and exemptions.
pub fn policy(rng: &mut Rng) -> String {
    let tag = if one_in(rng, 6) { "cost-centre" } else { "Project" };
    let mut text = format!("version = 1\n[abac]\ntag = '{tag}'\n");
    if rng.bool() {
        text.push_str("projects = ['atlas', 'borealis']\n");
    }
    text.push_str(pick(rng, &["", "shared = ['nova']\n", "administrators = ['arn:aws:iam::*:role/BreakGlass']\n"]));
    for further in &FURTHER[..pick(rng, &[0, 0, 1, 2, 3, 4])] {
        text.push_str(&further_tag(rng, further));
    }
    let mut on = Vec::new();
    for rule in tagwarden::rules::RULES {
        if !one_in(rng, 3) {
            on.push(rule.id);
            text.push_str(&format!("[rules.{}]\n", rule.id));
            for (option, value) in options(rng, rule.id, true) {
                text.push_str(&format!("{option} = {value}\n"));
            }
            if one_in(rng, 20) {
                text.push_str("mode = 'observe'\n");
            }
            if !one_in(rng, 3) {
                text.push_str(pick(
                    rng,
                    &["prevent = 'deny'\n", "prevent = 'deny'\n", "prevent = 'deny'\n", "prevent = 'off'\n"],
                ));
            }
        }
    }
    text.push_str(
        "[personas.lead]\noperations = ['CreateTrainingJob', 'CreateEndpointConfig', 'CreateNotebookInstance']\n\
        [personas.scientist]\noperations = ['CreateTrainingJob']\n[personas.ops]\noperations = ['CreateEndpointConfig']\n",
    );
    for _ in 0..rng.u8(..3) {
        let Some(rule) = (!on.is_empty()).then(|| pick(rng, &on)) else { break };
        let mut settings = options(rng, rule, false);
        if settings.is_empty() || one_in(rng, 4) {
            let setting =
                pick(rng, &[("mode", "'observe'"), ("prevent", "'off'"), ("prevent", "'deny'"), ("action", "'alert'")]);
            settings.push((setting.0, setting.1.to_owned()));
        }
        text.push_str(&format!("[[overrides]]\nwhen = {{ {} }}\n", when(rng)));
        for (option, value) in settings {
            text.push_str(&format!("rules.{rule}.{option} = {value}\n"));
        }
    }
    for _ in 0..rng.u8(..3) {
        if on.is_empty() {
            break;
        }
        let principals = pick(rng, &["role/BreakGlass", "role/ml/*", "user/eve"]);
        let until = pick(rng, &["2026-03-01", "2026-03-02", "2026-03-03"]);
        text.push_str(&format!(
            "[[exemptions]]\nprincipals = ['arn:aws:iam::{ACCOUNT}:{principals}']\nrules = {}\nuntil = {until}\nreason = 'r'\nowner = 'o'\n",
            json!(some(rng, &on))
        ));
    }
    text
}

/// A further tag: its key, its usual value, and what its values may be.
struct Further {
    key: &'static str,
    usual: &'static str,
    values: &'static str,
}

const FURTHER: [Further; 4] = [
    Further { key: "CostCenter", usual: "CC-1", values: "['CC-*']" },
    Further { key: "environment", usual: "dev", values: "['dev', 'prod']" },
    Further { key: "Data Class", usual: "internal", values: "['public', '*nal', 'a?b']" },
    Further { key: "team:owner", usual: "ana", values: "['*']" },
];

/// A table of `[tags]`.
fn further_tag(rng: &mut Rng, Further { key, values, .. }: &Further) -> String {
    let mut text = format!("[tags.'{key}']\nrequired = {}\n", rng.bool());
    for (line, often) in [
        ("match = 'principal'".to_owned(), 2),
        (format!("values = {values}"), 2),
        ("operations = ['CreateTrainingJob', 'CreateModel', 'AddTags']".to_owned(), 5),
    ] {
        if one_in(rng, often) {
            text.push_str(&format!("{line}\n"));
        }
    }
    text
}

/// The usual values of the policy's further tags.
fn usual(abac: &Abac) -> impl Iterator<Item = (&str, &'static str)> {
    let usual = |key: &str| match key {
        "Environment" => "dev",
        "DataClassification" => "internal",
        "Owner" => "ana",
        key => FURTHER.iter().find(|further| further.key == key).expect(key).usual,
    };
    abac.tags.iter().map(move |tag| (tag.key.as_str(), usual(&tag.key)))
}

/// Gives a request, and its caller, the policy's further tags.
fn add_further(case: &mut Case, abac: &Abac) {
    if let Some(tags) = case.record["requestParameters"]["tags"].as_array_mut() {
        tags.extend(usual(abac).map(|(key, value)| json!({"key": key, "value": value})));
    }
    case.tags.extend(usual(abac).map(|(key, value)| (key.to_owned(), value.to_owned())));
}

/// Changes a further tag of the request or of its caller.
fn change_further(rng: &mut Rng, case: &mut Case, abac: &Abac) {
    let keys: Vec<_> = usual(abac).map(|(key, _)| key).collect();
    if keys.is_empty() {
        return;
    }
    let key = pick(rng, &keys);
    let other = pick(rng, &["", "CC-2", "cc-1", "dev", "prod", "Dev", "public", "a?b", "axb", "dev ", " dev", "bob"]);
    if one_in(rng, 3) {
        let Some(place) = case.tags.iter().position(|(known, _)| known == key) else { return };
        match rng.u8(..3) {
            0 => drop(case.tags.remove(place)),
            1 => case.tags[place].0 = key.to_uppercase(),
            _ => case.tags[place].1 = other.to_owned(),
        }
        return;
    }
    let Some(tags) = case.record["requestParameters"]["tags"].as_array_mut() else { return };
    let Some(place) = tags.iter().position(|tag| tag["key"] == key) else { return };
    let alike = if key == key.to_uppercase() { key.to_lowercase() } else { key.to_uppercase() };
    match rng.u8(..6) {
        0 => drop(tags.remove(place)),
        1 => tags[place]["key"] = json!(pick(rng, &[alike, format!("{key} ")])),
        // Which of two values a condition key would hold is not documented.
        2 => tags.push(json!({"key": alike, "value": tags[place]["value"]})),
        _ => tags[place]["value"] = json!(other),
    }
}

/// Settings of a rule's options. `usual` ones let the usual request pass most of the time.
fn options(rng: &mut Rng, rule: &str, usual: bool) -> Vec<(&'static str, String)> {
    match rule {
        "unapproved-instance-type" => {
            let allow = list(
                rng,
                usual,
                "ml.m5.*",
                &["ml.m5.xlarge", "ml.g5.*", "ml.c5.2xlarge", "ml.*.xlarge", "ml.p4d.24xlarge"],
            );
            let mut options = vec![("allow", allow)];
            if one_in(rng, 3) {
                options.push(("serverless", "'deny'".to_owned()));
            }
            options
        }
        "excessive-cost" => vec![("max-usd", pick(rng, &["1", "100.50", "10000"]).to_owned())],
        "excessive-instance-count" => vec![("max", pick(rng, &["1", "2", "8"]).to_owned())],
        "excessive-runtime" => vec![("max-hours", pick(rng, &["0.5", "12", "24", "25", "72"]).to_owned())],
        "unapproved-kms-key" if one_in(rng, 3) => Vec::new(),
        "unapproved-kms-key" => {
            let others = [
                OTHER_KEY,
                "alias/atlas",
                "arn:aws:kms:*:111122223333:alias/*",
                "arn:aws:kms:*:111122223333:key/*",
                "0d1e0000-0000-4000-8000-000000000001",
            ];
            vec![("allow", list(rng, usual, KEY, &others))]
        }
        "unapproved-subnet" => vec![("allow", list(rng, usual, "subnet-1", &["subnet-2", "subnet-a*", "subnet-?"]))],
        "unapproved-security-group" => vec![("allow", list(rng, usual, "sg-1", &["sg-2", "sg-a*"]))],
        "unapproved-region" => vec![("allow", list(rng, usual, "eu-west-1", &["eu-*", "us-east-1"]))],
        "unapproved-image" | "unapproved-bucket" => vec![("allow", "['*']".to_owned())],
        _ => Vec::new(),
    }
}

fn list(rng: &mut Rng, usual: bool, common: &str, others: &[&str]) -> String {
    let mut values = some(rng, others);
    if usual && !one_in(rng, 8) {
        values.push(common);
    }
    json!(values).to_string()
}

fn when(rng: &mut Rng) -> String {
    let lists = [
        ("projects", json!(some(rng, &["atlas", "borealis", "nova"]))),
        ("personas", json!(some(rng, &["lead", "scientist"]))),
        ("tags.CostCenter", json!(some(rng, &["CC-1", "CC-2"]))),
        ("accounts", json!(some(rng, &[ACCOUNT, "444455556666"]))),
        (
            "principals",
            json!(some(rng, &["arn:aws:iam::111122223333:role/BreakGlass", "arn:aws:iam::111122223333:role/ml/*"])),
        ),
        ("operations", json!(some(rng, &["CreateTrainingJob", "CreateEndpointConfig"]))),
    ];
    let chosen = some(rng, &lists);
    chosen.iter().map(|(name, list)| format!("{name} = {list}")).collect::<Vec<_>>().join(", ")
}

/// A request that most policies let pass, with up to three changes.
pub fn case(rng: &mut Rng, abac: &Abac) -> Case {
    let tag = abac.tag.as_str();
    let mut case = match rng.u8(..15) {
        0 => notebook(tag),
        12 | 14 => retagging(rng, abac),
        13 => on_existing(rng, tag),
        1..=3 => training(rng, tag),
        4..=6 => endpoint_config(rng, tag),
        _ => any_operation(rng, tag),
    };
    case.kms = pick(rng, &["old", "new", "both"]);
    add_further(&mut case, abac);
    let changes = pick(rng, &[0, 1, 1, 2, 2, 3]);
    for _ in 0..changes {
        if !abac.tags.is_empty() && one_in(rng, 4) {
            change_further(rng, &mut case, abac);
        } else {
            change(rng, &mut case, abac, changes == 1);
        }
    }
    if let Some((arn, _)) = &mut case.owned {
        let place = ["awsRegion", "recipientAccountId"].map(|name| case.record[name].as_str().expect(name));
        *arn = arn.replace("PLACE", &place.join(":"));
    }
    // What is tagged is where the call is made.
    if case.record["requestParameters"]["resourceArn"].is_string() {
        let place = ["awsRegion", "recipientAccountId"].map(|name| case.record[name].as_str().expect(name));
        let arn = format!("arn:aws:sagemaker:{}:training-job/churn", place.join(":"));
        case.record["requestParameters"]["resourceArn"] = json!(arn);
    }
    case
}

fn training(rng: &mut Rng, tag: &str) -> Case {
    let instances = pick(rng, &[1, 2, 2]);
    call(
        "CreateTrainingJob",
        tag,
        json!({
            "trainingJobName": "churn",
            "roleArn": "arn:aws:iam::111122223333:role/ml/atlas/train",
            "algorithmSpecification": {"trainingImage": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/churn:1", "trainingInputMode": "File"},
            "outputDataConfig": {"s3OutputPath": "s3://atlas/out", "kmsKeyId": KEY},
            "resourceConfig": {"instanceType": "ml.m5.xlarge", "instanceCount": instances, "volumeSizeInGB": 50, "volumeKmsKeyId": KEY},
            "stoppingCondition": {"maxRuntimeInSeconds": 1800},
            "enableNetworkIsolation": true,
            "enableInterContainerTrafficEncryption": true,
            "vpcConfig": {"subnets": ["subnet-1"], "securityGroupIds": ["sg-1"]},
        }),
    )
}

fn endpoint_config(rng: &mut Rng, tag: &str) -> Case {
    let mut request = json!({
        "endpointConfigName": "churn",
        "kmsKeyId": KEY,
        "productionVariants": [{"variantName": "a", "instanceType": "ml.m5.xlarge", "initialInstanceCount": 1}],
    });
    if rng.bool() {
        request["productionVariants"][0]["modelName"] = json!(pick(rng, &["isolated", "isolated", "isolated", "open"]));
    } else {
        request["executionRoleArn"] = json!("arn:aws:iam::111122223333:role/ml/atlas/serve");
        request["enableNetworkIsolation"] = json!(true);
        request["vpcConfig"] = json!({"subnets": ["subnet-1"], "securityGroupIds": ["sg-1"]});
    }
    call("CreateEndpointConfig", tag, request)
}

fn notebook(tag: &str) -> Case {
    call(
        "CreateNotebookInstance",
        tag,
        json!({
            "notebookInstanceName": "churn",
            "instanceType": "ml.m5.xlarge",
            "roleArn": "arn:aws:iam::111122223333:role/ml/atlas/train",
            "subnetId": "subnet-1",
            "securityGroupIds": ["sg-1"],
            "kmsKeyId": KEY,
            "directInternetAccess": "Disabled",
            "rootAccess": "Disabled",
        }),
    )
}

fn notebook_setting(rng: &mut Rng, request: &mut Value) {
    let switch = [json!("Enabled"), json!("Disabled"), json!("")];
    match rng.u8(..6) {
        0 => set(rng, request, "directInternetAccess", &switch),
        1 => set(rng, request, "rootAccess", &switch),
        2 => request["instanceType"] = json!(pick(rng, &["ml.c5.2xlarge", "ml.g5.xlarge", "ml.t3.medium"])),
        3 => key(rng, request, "kmsKeyId"),
        4 => set(rng, request, "subnetId", &[json!("subnet-2"), json!("subnet-a1")]),
        _ => set(rng, request, "securityGroupIds", &[json!(["sg-1", "sg-2"]), json!(["sg-2"]), json!([])]),
    }
}

/// A call that changes the tags of what is there.
fn retagging(rng: &mut Rng, abac: &Abac) -> Case {
    let tag = abac.tag.as_str();
    let mut case = call("AddTags", tag, json!({"resourceArn": ""}));
    if one_in(rng, 6) {
        case.tags[0] = ("Team".to_owned(), "x".to_owned());
    }
    if rng.bool() {
        let keys = [tag.to_owned(), tag.to_uppercase(), "tagwarden:violation".to_owned(), "Team".to_owned()];
        let further = usual(abac).flat_map(|(key, _)| [key.to_owned(), key.to_uppercase()]);
        let mut keys = some(rng, &keys.into_iter().chain(further).collect::<Vec<_>>());
        if one_in(rng, 4) {
            keys = vec!["Team".to_owned()];
        }
        case.record = record("DeleteTags", &json!({"resourceArn": "", "tagKeys": keys}));
    } else if one_in(rng, 3) {
        case.record["requestParameters"]["tags"] = tags(rng, tag);
    } else if one_in(rng, 4) {
        let mark = json!({"key": "tagwarden:violation", "value": ""});
        case.record["requestParameters"]["tags"].as_array_mut().expect("a list").push(mark);
    }
    case
}

/// A call on something that exists, and that may be somebody else's. That is all that is judged.
fn on_existing(rng: &mut Rng, tag: &str) -> Case {
    let (operation, path, kind) = pick(
        rng,
        &[
            ("DeleteEndpoint", "endpointName", "endpoint"),
            ("StopTrainingJob", "trainingJobName", "training-job"),
            ("CreatePresignedNotebookInstanceUrl", "notebookInstanceName", "notebook-instance"),
        ],
    );
    let mut case = call(operation, tag, json!({}));
    case.record["requestParameters"] = json!({path: "Churn"});
    let project = pick(rng, &["atlas", "borealis", "nova", "Atlas", ""]);
    case.owned = Some((format!("arn:aws:sagemaker:PLACE:{kind}/churn"), project.to_owned()));
    case
}

/// A call of any operation that creates something; the more its requests can say, the more often.
fn any_operation(rng: &mut Rng, tag: &str) -> Case {
    let by_slot: Vec<_> = creating().flat_map(|operation| operation.slots().map(move |_| operation)).collect();
    with_everything(pick(rng, &by_slot), tag)
}

/// The operations that create something and take tags.
fn creating() -> impl Iterator<Item = &'static Operation> {
    Operation::all().filter(|operation| {
        operation.name.starts_with("Create") && condition_keys::applies("aws:TagKeys", operation.name)
    })
}

/// A call with everything in its request that the table of operations knows of.
fn with_everything(operation: &Operation, tag: &str) -> Case {
    let mut request = json!({});
    if let Some(path) = operation.resource_name {
        put(&mut request, path, 0, json!("churn"));
    }
    for slot in operation.slots() {
        if let Some(values) = values(slot.field, slot.path) {
            put(&mut request, slot.path, 0, values[0].clone());
        }
    }
    call(operation.name, tag, request)
}

/// Calls of every operation that creates something, in each of which one slot says something else than usual, or nothing.
pub fn one_change_each(abac: &Abac) -> Vec<Case> {
    let mut cases = Vec::new();
    for operation in creating() {
        let mut usual = with_everything(operation, &abac.tag);
        add_further(&mut usual, abac);
        for slot in operation.slots() {
            for value in
                values(slot.field, slot.path).into_iter().flat_map(|values| [vec![Value::Null], values].concat())
            {
                let mut case = usual.clone();
                put(&mut case.record["requestParameters"], slot.path, 0, value);
                cases.push(case);
            }
        }
    }
    cases
}

/// Changes what one slot says, or leaves it away; `is_alone` if nothing else changes. Of what is in a list, there may then be two.
fn change_slot(rng: &mut Rng, request: &mut Value, operation: &Operation, is_alone: bool) {
    let slots: Vec<_> = operation.slots().filter(|slot| values(slot.field, slot.path).is_some()).collect();
    if let Some(slot) = (!slots.is_empty()).then(|| pick(rng, &slots)) {
        let values = values(slot.field, slot.path).expect("it has some");
        // The API refuses compute without an instance type: it is left away alone, or statements about its part do not apply.
        let is_unset = one_in(rng, 3) && (is_alone || slot.field != Field::InstanceType);
        let value = if is_unset { Value::Null } else { pick(rng, &values) };
        let element = usize::from(one_in(rng, 3) && repeat(request, slot.path));
        put(request, slot.path, element, value);
    }
}

/// What a slot may say: first what most policies let pass.
pub fn values(field: Field, path: &str) -> Option<Vec<Value>> {
    // What the service chose itself is in no request.
    if path.contains("selectedInstance") {
        return None;
    }
    let role = |project: &str| json!(format!("arn:aws:iam::{ACCOUNT}:role/ml/{project}/run"));
    Some(match field {
        Field::ExecutionRole => vec![role("atlas"), role("borealis")],
        Field::InstanceType => {
            ["ml.m5.xlarge", "ml.m5.large", "ml.g5.xlarge", "ml.c5.2xlarge", "ml.p5.48xlarge"].map(Value::from).into()
        }
        Field::InstanceCount => vec![json!(2), json!(1)],
        Field::MaxRuntime => [1800, 1801, 43_201, 86_401].map(Value::from).into(),
        Field::VolumeKey | Field::StorageKey | Field::OutputKey | Field::ContentKey => {
            let by_id = KEY.rsplit('/').next().expect("an id");
            let others = ["alias/aws/s3", "arn:aws:kms:eu-west-1:444455556666:alias/atlas", by_id];
            [&[KEY, OTHER_KEY], &others[..]].concat().into_iter().map(Value::from).collect()
        }
        Field::OutputUri | Field::InputUri => vec![json!("s3://atlas/x")],
        Field::NetworkIsolation | Field::TrafficEncryption | Field::StorageSwitch => vec![json!(true), json!(false)],
        Field::Subnet => ["subnet-1", "subnet-2", "subnet-abc"].map(Value::from).into(),
        Field::SecurityGroup => ["sg-1", "sg-2", "sg-abc"].map(Value::from).into(),
        Field::Model => vec![json!("isolated"), json!("open")],
        Field::RemoteAccess => vec![json!("DISABLED"), json!("ENABLED")],
        Field::RootAccess => vec![json!("Disabled"), json!("Enabled")],
        Field::InternetAccess if path.ends_with("appNetworkAccessType") => {
            vec![json!("VpcOnly"), json!("PublicInternetOnly")]
        }
        Field::InternetAccess => vec![json!("Disabled"), json!("Enabled")],
        _ => return None,
    })
}

/// Sets what is at `path`, in this element of the outermost list; lists get one element.
pub fn put(request: &mut Value, path: &str, element: usize, value: Value) {
    let mut outermost = true;
    let place = path.split('.').fold(request, |object, key| {
        let key = key.trim_end_matches('?');
        match key.strip_suffix("[]").map(|key| key.trim_end_matches('?')) {
            None => &mut object[key],
            Some(key) => {
                if object[key].as_array().is_none_or(Vec::is_empty) {
                    object[key] = json!([null]);
                }
                let index = if std::mem::take(&mut outermost) { element } else { 0 };
                &mut object[key][index]
            }
        }
    });
    *place = value;
}

/// Repeats the first element of the outermost list of a path, and says whether there is one.
fn repeat(request: &mut Value, path: &str) -> bool {
    let Some((list, _)) = path.split_once("[]") else { return false };
    let list = list.replace('?', "");
    let list = list.split('.').try_fold(request, |object, key| object.get_mut(key)).and_then(Value::as_array_mut);
    let Some(list) = list else { return false };
    match list.as_slice() {
        [one] => list.push(one.clone()),
        several => return several.len() > 1,
    }
    true
}

fn call(operation: &str, tag: &str, mut request: Value) -> Case {
    request["tags"] = json!([{"key": tag, "value": "atlas"}]);
    Case {
        record: record(operation, &request),
        principal: format!("arn:aws:iam::{ACCOUNT}:role/ml/Atlas"),
        tags: vec![(tag.to_owned(), "atlas".to_owned()), ("Persona".to_owned(), "lead".to_owned())],
        kms: "both",
        owned: None,
    }
}

/// The record of a call.
pub fn record(operation: &str, request: &Value) -> Value {
    json!({
        "eventVersion": "1.11", "eventSource": "sagemaker.amazonaws.com", "eventName": operation,
        "eventTime": "2026-03-02T09:00:00Z", "eventID": "e", "awsRegion": "eu-west-1", "recipientAccountId": ACCOUNT,
        "eventType": "AwsApiCall", "readOnly": false, "requestParameters": request,
    })
}

fn change(rng: &mut Rng, case: &mut Case, abac: &Abac, is_alone: bool) {
    let tag = abac.tag.as_str();
    let operation = case.record["eventName"].as_str().expect("a name").to_owned();
    let is_training = operation == "CreateTrainingJob";
    match rng.u8(..14) {
        0 => caller(rng, case, tag),
        1 => {
            let region = pick(rng, &["us-east-1", "eu-central-1", "ap-south-1"]);
            case.record["awsRegion"] = json!(region);
        }
        2 => {
            case.record["recipientAccountId"] = json!("444455556666");
            case.principal = case.principal.replace(ACCOUNT, "444455556666");
        }
        3 | 4 if operation != "DeleteTags" => {
            let tags = tags(rng, tag);
            let further = usual(abac).map(|(key, value)| json!({"key": key, "value": value}));
            let all = tags.as_array().map(|tags| tags.iter().cloned().chain(further).collect());
            case.record["requestParameters"]["tags"] = all.map_or(Value::Null, Value::Array);
        }
        _ if operation == "CreateNotebookInstance" => {
            notebook_setting(rng, &mut case.record["requestParameters"]);
        }
        _ if !["CreateTrainingJob", "CreateEndpointConfig"].contains(&&*operation) => {
            let operation = Operation::named(&operation).expect("it is judged");
            change_slot(rng, &mut case.record["requestParameters"], operation, is_alone);
        }
        other => {
            let request = &mut case.record["requestParameters"];
            match (other, is_training) {
                (5..=7, true) => training_compute(rng, request),
                (5..=7, false) => variants(rng, request),
                (8, true) => set(
                    rng,
                    &mut request["stoppingCondition"],
                    "maxRuntimeInSeconds",
                    &[
                        json!(1799),
                        json!(1801),
                        json!(43_200),
                        json!(43_201),
                        json!(86_400),
                        json!(86_401),
                        json!(90_001),
                        json!(259_201),
                        json!(0),
                    ],
                ),
                (8, false) => set(
                    rng,
                    request,
                    "dataCaptureConfig",
                    &[json!({
                    "enableCapture": true, "destinationS3Uri": "s3://atlas/capture", "initialSamplingPercentage": 5, "captureOptions": []})],
                ),
                (9, _) => set(rng, request, "enableNetworkIsolation", &[json!(false), json!(true)]),
                (10, _) => network(rng, request),
                (11, true) => set(rng, request, "enableInterContainerTrafficEncryption", &[json!(false)]),
                (11, false) => {
                    set(rng, &mut request["productionVariants"][0], "enableSSMAccess", &[json!(true), json!(false)])
                }
                (12, true) => {
                    let place = pick(rng, &[("resourceConfig", "volumeKmsKeyId"), ("outputDataConfig", "kmsKeyId")]);
                    key(rng, &mut request[place.0], place.1);
                }
                (12, false) => key(rng, request, "kmsKeyId"),
                (_, true) => set(
                    rng,
                    request,
                    "remoteDebugConfig",
                    &[json!({"enableRemoteDebug": true}), json!({"enableRemoteDebug": false})],
                ),
                (_, false) => set(
                    rng,
                    request,
                    "shadowProductionVariants",
                    &[
                        json!([{"variantName": "s", "modelName": "isolated", "instanceType": "ml.m5.xlarge", "initialInstanceCount": 1}]),
                        json!([{"variantName": "s", "modelName": "open", "instanceType": "ml.g5.xlarge", "initialInstanceCount": 1}]),
                    ],
                ),
            }
        }
    }
}

/// Sets a member to one of these, or takes it away.
fn set(rng: &mut Rng, object: &mut Value, name: &str, values: &[Value]) {
    if one_in(rng, 3) {
        object.as_object_mut().and_then(|members| members.remove(name));
    } else {
        object[name] = pick(rng, values);
    }
}

fn caller(rng: &mut Rng, case: &mut Case, tag: &str) {
    match rng.u8(..4) {
        0 => {
            let value = pick(rng, &["", "borealis", "nova", "Atlas", "${aws:username}"]);
            case.tags[0].1 = value.to_owned();
        }
        1 => case.tags[0].0 = pick(rng, &[tag.to_lowercase(), tag.to_uppercase(), "Team".to_owned()]),
        2 => {
            case.tags.retain(|(key, _)| key != "Persona");
            let persona = pick(rng, &["scientist", "ops", "nobody", "Lead", ""]);
            if !one_in(rng, 4) {
                case.tags.push(("Persona".to_owned(), persona.to_owned()));
            }
        }
        _ => {
            let name =
                pick(rng, &["role/BreakGlass", "role/BreakGlass2", "role/Other", "user/eve", "role/x/BreakGlass"]);
            let account = case.record["recipientAccountId"].as_str().unwrap_or(ACCOUNT);
            case.principal = format!("arn:aws:iam::{account}:{name}");
        }
    }
}

fn tags(rng: &mut Rng, tag: &str) -> Value {
    let (lower, upper) = (tag.to_lowercase(), tag.to_uppercase());
    let other_case = if lower == tag { &upper } else { &lower };
    let odd: String =
        tag.char_indices().map(|(index, c)| if index == 1 { c.to_ascii_uppercase() } else { c }).collect();
    let one = |key: &str, value: &str| json!([{"key": key, "value": value}]);
    pick(
        rng,
        &[
            Value::Null,
            json!([]),
            one("Team", "x"),
            one(tag, ""),
            one(tag, "borealis"),
            one(tag, "nova"),
            one(tag, "Atlas"),
            one(tag, "atlas "),
            one(tag, " atlas"),
            one(tag, "atlas\u{a0}"),
            one(&lower, "atlas"),
            one(&upper, "atlas"),
            one(&odd, "atlas"),
            one(&format!("{tag} "), "atlas"),
            json!([{"key": tag, "value": "atlas"}, {"key": other_case, "value": "atlas"}]),
            json!([{"key": tag, "value": "atlas"}, {"key": odd, "value": "atlas"}]),
            json!([{"key": "Team", "value": "x"}, {"key": tag, "value": "atlas"}]),
        ],
    )
}

fn instance_type(rng: &mut Rng) -> Value {
    json!(pick(
        rng,
        &[
            "ml.m5.xlarge",
            "ml.m5.large",
            "ml.m5d.xlarge",
            "ml.g5.xlarge",
            "ml.g5.2xlarge",
            "ml.c5.2xlarge",
            "ml.c5.xlarge",
            "ml.p4d.24xlarge",
            "ml.p5.48xlarge",
            "ml.z99.xlarge",
        ]
    ))
}

fn training_compute(rng: &mut Rng, request: &mut Value) {
    let types = [instance_type(rng), instance_type(rng)];
    match rng.u8(..7) {
        0 | 1 => request["resourceConfig"]["instanceType"] = types[0].clone(),
        2 => {
            request["resourceConfig"]["instanceType"] = json!("");
            request["resourceConfig"]["instanceCount"] = json!(0);
            request["resourceConfig"]["instanceGroups"] = json!([
                {"instanceGroupName": "a", "instanceType": types[0], "instanceCount": 1},
                {"instanceGroupName": "b", "instanceType": types[1], "instanceCount": 1},
            ]);
        }
        3 => request["resourceConfig"]["instanceCount"] = json!(1),
        4 => {
            request.as_object_mut().expect("a request").remove("resourceConfig");
            request["serverlessJobConfig"] = json!({"jobType": "FineTuning"});
        }
        5 => {
            request["debugRuleConfigurations"] =
                json!([{"ruleConfigurationName": "r", "ruleEvaluatorImage": "i", "instanceType": types[0]}]);
        }
        _ => {
            request["resourceConfig"]["instanceType"] = json!("");
            request["resourceConfig"]["instancePreferences"] =
                json!([{"instanceType": types[0], "instanceCount": 2}, {"instanceType": types[1], "instanceCount": 2}]);
        }
    }
}

fn variants(rng: &mut Rng, request: &mut Value) {
    let serverless = json!({"memorySizeInMB": 2048, "maxConcurrency": 5});
    let mut second = request["productionVariants"][0].clone();
    second["variantName"] = json!("b");
    match rng.u8(..6) {
        0 | 1 => request["productionVariants"][0]["instanceType"] = instance_type(rng),
        2 => {
            second["instanceType"] = instance_type(rng);
            request["productionVariants"].as_array_mut().expect("variants").push(second);
        }
        3 => {
            second["modelName"] = json!("isolated");
            request["productionVariants"].as_array_mut().expect("variants").push(second);
            set(rng, request, "enableNetworkIsolation", &[json!(false)]);
        }
        4 => {
            let variant = request["productionVariants"][0].as_object_mut().expect("a variant");
            variant.remove("instanceType");
            variant.remove("initialInstanceCount");
            variant.insert("serverlessConfig".to_owned(), serverless);
        }
        _ => {
            let variant = second.as_object_mut().expect("a variant");
            variant.remove("instanceType");
            variant.remove("initialInstanceCount");
            variant.insert("serverlessConfig".to_owned(), serverless);
            request["productionVariants"].as_array_mut().expect("variants").push(second);
        }
    }
}

fn network(rng: &mut Rng, request: &mut Value) {
    let vpc = |subnets: &[&str], groups: &[&str]| json!({"subnets": subnets, "securityGroupIds": groups});
    let configurations = [
        vpc(&[], &[]),
        vpc(&[], &["sg-1"]),
        vpc(&["subnet-1"], &[]),
        vpc(&["subnet-1", "subnet-3"], &["sg-1"]),
        vpc(&["subnet-2"], &["sg-2"]),
        vpc(&["subnet-abc"], &["sg-1", "sg-3"]),
        vpc(&["subnet-?"], &["sg-abc"]),
        json!({}),
    ];
    set(rng, request, "vpcConfig", &configurations);
}

fn key(rng: &mut Rng, object: &mut Value, name: &str) {
    let keys = [
        json!(""),
        json!(KEY),
        json!(OTHER_KEY),
        json!("arn:aws:kms:eu-west-1:444455556666:key/0d1e0000-0000-4000-8000-000000000003"),
        json!("0d1e0000-0000-4000-8000-000000000001"),
        json!("alias/atlas"),
        json!("alias/aws/s3"),
        json!("arn:aws:kms:eu-west-1:111122223333:alias/atlas"),
        json!("arn:aws:kms:eu-west-1:444455556666:alias/atlas"),
        json!("arn:aws:kms:eu-west-1:111122223333:alias/aws/sagemaker"),
    ];
    set(rng, object, name, &keys);
}
