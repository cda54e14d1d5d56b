//! Every operation: sample events made from the shapes of SageMaker's requests, judged by the real program.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};
use tagwarden::decide::{Verdict, decide_record};
use tagwarden::evidence::Evidence;
use tagwarden::operations::{Absence, Field, Operation};
use tagwarden::policy::Policy;
use tagwarden::record::documents::{self, Item};
use tagwarden_functions::resource::names::describing;
use tagwarden_functions::resource::request::{NOT_DESCRIBED, RENAMED, is_recoverable};
use tagwarden_tests::{list, price_list, samples, shapes, strict_policy, tagwarden, tagwarden_with_input};

/// The caller, the roles that requests pass, and the models and endpoint configurations that they name.
fn surroundings() -> String {
    let role = |path: &str, project: &str, policy: &str| {
        let condition = json!({"StringEquals": {"aws:SourceAccount": "111122223333"}});
        json!({
            "Arn": format!("arn:aws:iam::111122223333:role/{path}"),
            "RoleName": path.rsplit('/').next(),
            "Tags": [{"Key": "Project", "Value": project}, {"Key": "Persona", "Value": "anything"}],
            "AttachedManagedPolicies": [{"PolicyName": policy, "PolicyArn": format!("arn:aws:iam::aws:policy/{policy}")}],
            "AssumeRolePolicyDocument": {"Statement": {
                "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"},
                "Condition": condition,
            }},
        })
    };
    let managed = |name: &str, action: &str, resource: &str| {
        let document = json!({"Statement": {"Effect": "Allow", "Action": action, "Resource": resource}});
        json!({
            "Arn": format!("arn:aws:iam::aws:policy/{name}"),
            "PolicyVersionList": [{"IsDefaultVersion": true, "Document": document}],
        })
    };
    let call = |operation: &str, request: Value| {
        json!({
            "eventSource": "sagemaker.amazonaws.com", "eventName": operation, "eventTime": "2026-03-01T09:00:00Z",
            "awsRegion": "eu-west-1", "recipientAccountId": "111122223333", "requestParameters": request,
        })
    };
    let model = |name: &str, isolated: bool| {
        let vpc = json!({"subnets": ["subnet-0aaa1111bbb22222c"], "securityGroupIds": ["sg-0a11b22c33d44e55f"]});
        let vpc = if isolated { vpc } else { Value::Null };
        call("CreateModel", json!({"modelName": name, "enableNetworkIsolation": isolated, "vpcConfig": vpc}))
    };
    // A configuration is as good as its model.
    let config = |model: &str| {
        let request = json!({
            "endpointConfigName": model, "kmsKeyId": "arn:aws:kms:eu-west-1:111122223333:key/0d1e2f3a-4b5c-4d6e-8f70-112233445566",
            "productionVariants": [{"modelName": model, "instanceType": "ml.m5.xlarge", "initialInstanceCount": 1}],
            "tags": [{"key": "Project", "value": "atlas"}],
        });
        call("CreateEndpointConfig", request)
    };
    let roles = json!({"RoleDetailList": [
        role("Scientist", "atlas", "Science"), role("ml/atlas/atlas-run", "atlas", "Atlas"),
        role("ml/cygnus/cygnus-run", "cygnus", "AdministratorAccess"),
    ], "Policies": [
        managed("Atlas", "s3:GetObject", "arn:aws:s3:::atlas-data/*"), managed("AdministratorAccess", "*", "*"),
    ]});
    // What apps and model packages take their tags from.
    let owned = |operation: &str, request: Value, answer: Value| {
        let mut record = call(operation, request);
        record["requestParameters"]["tags"] = json!([{"key": "Project", "value": "atlas"}]);
        record["responseElements"] = answer;
        record
    };
    let arn = |path: &str| format!("arn:aws:sagemaker:eu-west-1:111122223333:{path}");
    let domain = owned("CreateDomain", json!({"domainName": "studio"}), json!({"domainArn": arn("domain/domainId")}));
    let group = owned(
        "CreateModelPackageGroup",
        json!({"modelPackageGroupName": "modelPackageGroupName"}),
        json!({"modelPackageGroupArn": arn("model-package-group/modelPackageGroupName")}),
    );
    let records = [model("isolated", true), model("open", false), config("isolated"), config("open"), domain, group];
    let records: Vec<_> = records.iter().map(Value::to_string).collect();
    format!("{roles}\n{}\n{}\n", price_list(), records.join("\n"))
}

#[test]
fn every_operation_is_judged_right() {
    let samples = samples();
    let folder = tempfile::tempdir().expect("a folder");
    let policy = folder.path().join("policy.toml");
    fs::write(&policy, strict_policy()).expect("written");
    let records: Vec<_> = samples.iter().map(|sample| sample["record"].to_string()).collect();
    let input = format!("{}{}", surroundings(), records.join("\n"));
    let args = ["check", "--format", "json", "--policy", policy.to_str().expect("UTF-8"), "-"];
    let ran = tagwarden_with_input(&args, input.as_bytes());
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    assert!(!ran.stdout.contains("hunter2"), "secrets are repeated");

    let decisions = ran.json_lines();
    // The models and configurations come first.
    let (_, decisions) = decisions.split_at(decisions.len() - samples.len());
    let mut problems = Vec::new();
    for (sample, decision) in samples.iter().zip(decisions) {
        let what = format!("{} {}", sample["operation"], sample["case"]);
        if decision["verdict"] == "skipped" {
            problems.push(format!("{what}: {}", decision["reason"]));
            continue;
        }
        let found = list(&decision["findings"]);
        let expected = list(&sample["expected"]);
        for expectation in expected {
            let (rule, path) = (&expectation[0], &expectation[1]);
            let is_found = found.iter().any(|finding| {
                finding["outcome"] == "fail" && finding["rule"] == *rule && (path.is_null() || finding["path"] == *path)
            });
            if !is_found {
                problems.push(format!("{what}: {rule} does not fail at {path}"));
            }
        }
        if expected.is_empty() && decision["verdict"] != "compliant" {
            problems.push(format!("{what}: not compliant: {found:?}"));
        }
    }
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

/// A fact that the rules need, replaced by something of a wrong type, makes a compliant request unknown or a violation.
#[test]
fn what_could_not_be_read_is_not_compliant() {
    let policy = Policy::parse(&strict_policy()).expect("valid");
    let mut evidence = Evidence::new("");
    documents::split(&surroundings(), &mut |_, item| match item.expect("readable") {
        Item::AuthorizationDetails(details) | Item::ResourceTags(details) => drop(evidence.add_page(&details)),
        Item::Prices(list) => drop(evidence.prices.add_list(list)),
        Item::Record(record) => evidence.learn(record.call),
        Item::OtherEvent(_) | Item::Neighbour(_) => {}
    });
    let verdict = |record: &Value| decide_record(&record.to_string(), &policy, &evidence).expect("a record").verdict;
    let (mut replaced, mut passed) = (0, Vec::new());
    for sample in samples().iter().filter(|sample| sample["case"] == "right") {
        let operation = Operation::named(sample["operation"].as_str().expect("a name")).expect("it is judged");
        assert_eq!(verdict(&sample["record"]), Verdict::Compliant, "{}", operation.name);
        // A switch that cannot be read changes nothing where a key is given, any serverless configuration is one, and one instance, as the
        // samples start, has nobody to talk to.
        let without = [Field::OutputSwitch, Field::StorageSwitch, Field::Serverless, Field::TrafficEncryption];
        // Where models are named, their settings count.
        let network = [Field::NetworkIsolation, Field::Vpc, Field::Subnet, Field::SecurityGroup];
        let of_models = |field: &Field| operation.has(Field::Model) && network.contains(field);
        let needed = operation.slots().filter(|slot| !without.contains(&slot.field) && !of_models(&slot.field));
        for slot in needed {
            let pointer = slot.path.replace("[]", "/0").replace('.', "/").replace('?', "");
            let mut record = sample["record"].clone();
            let Some(place) = record.pointer_mut(&format!("/requestParameters/{pointer}")) else { continue };
            *place = json!({"a": 1});
            passed.extend((verdict(&record) == Verdict::Compliant).then_some((
                operation.name,
                slot.path,
                "unreadable",
            )));
            *record.pointer_mut(&format!("/requestParameters/{pointer}")).expect("a place") = json!({"omitted": true});
            passed.extend((verdict(&record) == Verdict::Compliant).then_some((operation.name, slot.path, "omitted")));
            replaced += 1;
        }
    }
    assert!(passed.is_empty(), "{passed:#?}");
    let slots = Operation::all().flat_map(Operation::slots).count();
    assert!(replaced * 10 > slots * 9, "only {replaced} of {slots} slots stand in a sample");
}

/// Each operation of the table is among the samples, but for those whose requests say nothing that could be judged.
#[test]
fn every_operation_has_samples() {
    let sampled: BTreeSet<_> =
        samples().iter().map(|sample| sample["operation"].as_str().expect("a name").to_owned()).collect();
    for operation in Operation::all() {
        let names_others = |field| matches!(field, Field::UsedResource | Field::ChangedResource);
        let says_something = !operation.only_ownership && operation.slots().any(|slot| !names_others(slot.field));
        assert_eq!(sampled.contains(operation.name), says_something, "{}", operation.name);
        let is_launch = operation.absence == Absence::Unset && !operation.only_ownership;
        assert!(says_something || !is_launch, "{}", operation.name);
    }
}

#[test]
fn operations_are_listed_for_people_and_programs() {
    let text = tagwarden(&["rules", "--operations"]);
    let json = tagwarden(&["rules", "--operations", "--format", "json"]);
    let rows = json.json_lines();
    assert_eq!(rows.len(), Operation::all().count());
    for row in &rows {
        let name = row["operation"].as_str().expect("a name");
        assert!(text.stdout.lines().any(|line| line.starts_with(&format!("{name} "))), "{name}");
    }
    let training = rows.iter().find(|row| row["operation"] == "CreateTrainingJob").expect("a row");
    assert_eq!(training["stop"], json!({"by": "StopTrainingJob"}));
    assert_eq!(training["absent"], "unset");
    let slot = json!({"fact": "ExecutionRole", "path": "roleArn", "required": true, "default": null});
    assert!(list(&training["slots"]).contains(&slot));
    assert_eq!(tagwarden(&["rules", "--format", "json"]).status, 2);
    assert_eq!(tagwarden(&["rules", "--operations", "missing-vpc"]).status, 2);
}

/// What a guard recovers of a request that CloudTrail omitted: the rules read nothing that the description does not tell.
#[test]
fn descriptions_tell_what_the_rules_read() {
    let described = shapes("described.py");
    for operation in Operation::all().filter(|operation| is_recoverable(operation)) {
        let describe = describing(operation.name);
        let noun = describe.trim_start_matches("Describe");
        let detail = format!("{}{}Detail.", noun[..1].to_lowercase(), &noun[1..]);
        let answer = described.iter().find(|answer| answer["operation"] == describe).expect(&describe);
        let told: BTreeSet<_> =
            list(&answer["paths"]).iter().filter_map(|path| Some(path.as_str()?.replacen(&detail, "", 1))).collect();
        for slot in operation.slots().filter(|slot| slot.field != Field::Tags) {
            let path = slot.path.replace('?', "");
            // Under each of the names that it may have there.
            let renamed = RENAMED.iter().filter(|(of, ..)| *of == operation.name).filter_map(|(_, from, to)| {
                let named = from.rsplit_once('.').map_or((*to).to_owned(), |(holder, _)| format!("{holder}.{to}"));
                Some(format!("{from}{}", path.strip_prefix(&named)?))
            });
            let renamed: Vec<_> = renamed.collect();
            let is_told =
                if renamed.is_empty() { told.contains(&path) } else { renamed.iter().all(|path| told.contains(path)) };
            let left_out = NOT_DESCRIBED.iter().any(|(of, left)| *of == operation.name && path.starts_with(left));
            assert!(is_told != left_out, "{}: {path}: told: {is_told}, left out: {left_out}", operation.name);
        }
    }
}
