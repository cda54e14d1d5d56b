//! `tagwarden check`, as a user runs it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tagwarden_tests::{essence, event, events, list, price_list, root, tagwarden, tagwarden_with_input};

/// What is expected of each sample event, beside the others in `events/`.
fn expectations() -> BTreeMap<String, Value> {
    let text = fs::read_to_string(root().join("tests/data/expected.json")).expect("the file");
    serde_json::from_str(&text).expect("JSON")
}

fn rules_with(decision: &Value, outcome: &str) -> Vec<String> {
    let findings = list(&decision["findings"]).iter().filter(|finding| finding["outcome"] == outcome);
    let mut rules: Vec<_> = findings.map(|finding| finding["rule"].as_str().expect("a rule").to_owned()).collect();
    rules.sort();
    rules.dedup();
    rules
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("in memory");
    encoder.finish().expect("in memory")
}

fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> String {
    let path = folder.join(name);
    fs::write(&path, bytes).expect("written");
    path.to_str().expect("UTF-8").to_owned()
}

fn record(name: &str) -> Value {
    let envelope: Value = serde_json::from_str(&event(name)).expect("JSON");
    envelope["detail"].clone()
}

#[test]
fn every_sample_event_comes_to_what_is_expected() {
    let ran = tagwarden(&["check", "--format", "json", "events"]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let (decisions, expectations) = (ran.json_lines(), expectations());
    assert_eq!(events(), expectations.keys().cloned().collect::<Vec<_>>(), "each sample has its expectation");
    assert!(events().len() >= 25);
    assert_eq!(decisions.len(), events().len());
    for (name, decision) in events().iter().zip(&decisions) {
        let expected = &expectations[name];
        let actions: Vec<_> = list(&decision["actions"]).iter().map(|action| action["action"].clone()).collect();
        let mut found = json!({
            "verdict": decision["verdict"],
            "fail": rules_with(decision, "fail"),
            "unknown": rules_with(decision, "unknown"),
            "actions": actions,
        });
        if expected.get("tags_from").is_some() {
            found["tags_from"] = decision["principal"]["tags_from"].clone();
        }
        assert_eq!(&found, expected, "{name}");
    }
}

#[test]
fn json_keeps_the_contract() {
    let ran = tagwarden(&["check", "--format", "json", "events"]);
    for decision in ran.json_lines() {
        let mut keys: Vec<_> = decision.as_object().expect("an object").keys().map(String::as_str).collect();
        keys.sort_unstable();
        let verdict = decision["verdict"].as_str().expect("a verdict");
        let with_reason = ["skipped", "unknown"].contains(&verdict);
        let expected = ["account", "actions", "event_id", "event_name", "event_time", "findings", "principal"]
            .into_iter()
            .chain(with_reason.then_some("reason"))
            .chain(["region", "resource", "verdict"]);
        assert_eq!(keys, expected.collect::<Vec<_>>(), "{verdict}");
        for finding in list(&decision["findings"]) {
            for key in ["rule", "outcome", "severity", "path", "expected", "message", "fix"] {
                assert!(finding[key].as_str().is_some_and(|text| !text.is_empty()), "{key} of {finding}");
            }
        }
        if verdict == "violation" {
            assert_eq!(list(&decision["actions"]).last().expect("an action")["action"], "publish-alert");
        }
    }
}

/// All decisions about the samples are as the schema says, and a decision that lacks something is not.
#[test]
fn decisions_are_as_their_schema_says() {
    let schema = fs::read_to_string(root().join("docs/decision.schema.json")).expect("the schema");
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).expect("JSON")).expect("a schema");
    let decisions = tagwarden(&["check", "--format", "json", "events"]).json_lines();
    for decision in &decisions {
        let problems: Vec<_> = schema.iter_errors(decision).map(|problem| problem.to_string()).collect();
        assert!(problems.is_empty(), "{problems:?}: {decision}");
        for key in decision.as_object().expect("an object").keys() {
            let mut less = decision.clone();
            less.as_object_mut().expect("an object").remove(key);
            assert!(!schema.is_valid(&less), "without `{key}`: {decision}");
        }
    }
    assert!(decisions.iter().any(|decision| decision["principal"]["tags_from"] == "session"));
}

#[test]
fn nothing_secret_is_repeated() {
    for format in ["text", "json"] {
        let printed = tagwarden(&["check", "--format", format, "events"]).stdout;
        for secret in ["LOG_LEVEL", "SAGEMAKER_PROGRAM", "max_depth", "binary:logistic", "sessionToken", "ASIA"] {
            assert!(!printed.contains(secret), "{format} repeats `{secret}`");
        }
    }
}

/// By `check` and by `audit`, which keeps no values: in all that they print and write.
#[test]
fn a_credential_is_named_and_not_repeated() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let mut launch = record("CreateTrainingJob.compliant.json");
    launch["requestParameters"]["environment"] = json!({"REPOSITORY": "https://ana:hunter2@git.example.com/churn"});
    let launch = write(folder.path(), "launch.json", launch.to_string());
    let (findings, page) = (path("findings.jsonl"), path("page.html"));
    let mut printed = Vec::new();
    for args in [
        vec!["check"],
        vec!["check", "--format", "json"],
        vec!["audit"],
        vec!["audit", "--format", "json", "--findings", &findings, "--html", &page],
    ] {
        let ran = tagwarden(&[args.as_slice(), &["--iam", "events/iam.json", &launch]].concat());
        assert_eq!(ran.status, 1, "{args:?}: {}", ran.stderr);
        assert!(ran.stdout.contains("secret-in-request"), "{args:?}: {}", ran.stdout);
        printed.extend([ran.stdout, ran.stderr]);
    }
    printed.extend([&findings, &page].map(|file| fs::read_to_string(file).expect("written")));
    let [.., lines, page] = printed.as_slice() else { panic!("two files") };
    for text in [lines, page] {
        assert!(text.contains("`REPOSITORY` holds a credential: password in a URL"), "{text}");
    }
    assert!(printed.iter().all(|text| !text.contains("hunter2")));
}

#[test]
fn text_is_for_people() {
    let ran = tagwarden(&["check", "--exit-zero", "events"]);
    assert_eq!(ran.status, 0);
    assert!(!ran.stdout.contains('\u{1b}'), "no colour in a pipe");
    let summary = ran.stdout.lines().last().expect("a summary");
    assert_eq!(summary, "61 records: 35 violations, 4 unknown, 12 compliant, 10 skipped; 0 not readable");
    let names = ["at", "actual", "expected", "fix"];
    for name in names {
        assert!(ran.stdout.contains(&format!("           {name:9}")), "{name}");
    }
}

#[test]
fn a_resource_name_cannot_steer_the_terminal() {
    let hostile = event("CreateTrainingJob.no-vpc.json").replace("churn-no-vpc", "\\u001b[2Jgone\\u202e");
    let ran = tagwarden_with_input(&["check", "-"], hostile.as_bytes());
    assert!(ran.stdout.contains("gone") && !ran.stdout.contains(['\u{1b}', '\u{202e}']), "{}", ran.stdout);
}

#[test]
fn the_exit_status_tells_the_worst() {
    let status = |names: &[&str]| {
        let paths: Vec<_> = names.iter().map(|name| format!("events/CreateTrainingJob.{name}.json")).collect();
        let args: Vec<_> =
            ["check", "--iam", "events/iam.json"].into_iter().chain(paths.iter().map(String::as_str)).collect();
        tagwarden(&args).status
    };
    assert_eq!(status(&["compliant", "access-denied"]), 0);
    assert_eq!(status(&["compliant", "unknown-role"]), 3);
    assert_eq!(status(&["no-vpc", "unknown-role"]), 1);
    assert_eq!(status(&["no-vpc", "not-there"]), 2);
    assert_eq!(tagwarden(&["check", "--exit-zero", "events/CreateTrainingJob.not-there.json"]).status, 2);
    assert_eq!(tagwarden(&["check"]).status, 2, "no path");
}

#[test]
fn every_shape_gives_the_same_decision() {
    let folder = tempfile::tempdir().expect("a folder");
    let record = record("CreateTrainingJob.no-volume-key.json");
    let envelope: Value = serde_json::from_str(&event("CreateTrainingJob.no-volume-key.json")).expect("JSON");
    let compact = record.to_string();
    let shapes = [
        envelope.to_string(),
        compact.clone(),
        serde_json::to_string_pretty(&record).expect("JSON"),
        json!({"Records": [record]}).to_string(),
        json!([record]).to_string(),
        json!([envelope]).to_string(),
        json!({"version": "1.0", "requestContext": {"condition": "RetriesExhausted"}, "requestPayload": envelope,
            "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
            "responsePayload": {"errorMessage": "stop failed"}})
        .to_string(),
        format!("{compact}\r\n"),
        format!("\u{feff}{compact}"),
    ];
    let mut decisions = Vec::new();
    for (index, shape) in shapes.iter().enumerate() {
        let plain = write(folder.path(), &format!("{index}.json"), shape);
        let gzipped = write(folder.path(), &format!("{index}.gz"), gzip(shape.as_bytes()));
        let members = [gzip(&shape.as_bytes()[..9]), gzip(&shape.as_bytes()[9..])].concat();
        let several = write(folder.path(), &format!("{index}.several"), members);
        for path in [plain, gzipped, several] {
            let ran = tagwarden(&["check", "--format", "json", "--iam", "events/iam.json", &path]);
            assert_eq!(ran.status, 1, "shape {index}: {}", ran.stderr);
            decisions.extend(ran.json_lines());
        }
    }
    assert_eq!(decisions.len(), shapes.len() * 3);
    assert!(decisions.windows(2).all(|pair| essence(&pair[0]) == essence(&pair[1])));
    let lines = format!("{compact}\n{compact}\n\n{envelope}\n");
    let ran = tagwarden_with_input(&["check", "--format", "json", "--iam", "events/iam.json", "-"], lines.as_bytes());
    assert_eq!(ran.json_lines(), [decisions[0].clone(), decisions[0].clone(), decisions[0].clone()]);
}

#[test]
fn iam_data_may_come_in_pages_and_after_the_records() {
    let details: Value = serde_json::from_str(&event("iam.json")).expect("JSON");
    let pages = list(&details["RoleDetailList"])
        .iter()
        .map(|role| json!({"RoleDetailList": [role], "IsTruncated": true}).to_string());
    let policies = json!({"RoleDetailList": [], "Policies": details["Policies"]}).to_string();
    let pages = pages.chain([policies]).collect::<Vec<_>>().join("\n");
    let record = record("CreateTrainingJob.compliant.json");
    for input in [format!("{pages}{record}"), format!("{record}{pages}")] {
        let ran = tagwarden_with_input(&["check", "--format", "json", "-"], input.as_bytes());
        assert_eq!(ran.status, 0, "{}{}", ran.stdout, ran.stderr);
    }
}

/// Each bad input: its name, its bytes, and what is said about it.
#[test]
fn bad_input_is_named_and_the_rest_goes_on() {
    let whole = gzip(record("CreateTrainingJob.compliant.json").to_string().as_bytes());
    let huge =
        format!(r#"{{"eventSource":"s","eventName":"n","requestParameters":{{"x":"{}"}}}}"#, "x".repeat(50 << 20));
    let half_a_line = format!("{}\n{{\"eventSource\":", record("CreateTrainingJob.compliant.json"));
    for (name, bytes, complaint) in [
        ("empty.json", Vec::new(), ":1: empty"),
        ("truncated.json.gz", whole[..whole.len() / 2].to_vec(), "the gzip file is truncated"),
        ("corrupt.json.gz", [&whole[..10], &[0xff; 40]].concat(), "the gzip file is corrupt"),
        ("numbers.json", b"[1,2]".to_vec(), ":1: `[0]`: expected an object, found a number (2 times, here first)"),
        ("huge.json", huge.into_bytes(), ":1: the record has 50 MB, but CloudTrail delivers at most 1 MB"),
        ("picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), "not JSON, gzip or CSV"),
        ("half.jsonl", half_a_line.into_bytes(), ":2: the JSON ends too early"),
        ("latin1.jsonl", b"{\"eventSource\":\"\xe4\"}\n".to_vec(), ":1: not UTF-8"),
        (
            "other.json",
            br#"{"hello":"world"}"#.to_vec(),
            "not a CloudTrail record: `eventSource` and `eventName` are missing, and no record is inside: an object with `hello`",
        ),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), name, bytes);
        write(folder.path(), "zz-good.json", event("CreateTrainingJob.compliant.json"));
        let ran = tagwarden(&["check", "--iam", "events/iam.json", folder.path().to_str().expect("UTF-8")]);
        assert_eq!(ran.status, 2, "{name}: {}", ran.stderr);
        let named = ran.stderr.lines().any(|line| line.contains(name) && line.contains(complaint));
        assert!(named, "{name}: {}", ran.stderr);
        assert!(ran.stdout.contains("compliant  CreateTrainingJob churn-compliant"), "{name}: the rest goes on");
    }
}

/// Pages of resources add up, among the paths or by `--iam`, and only the account and region that they are of is known.
#[test]
fn the_owners_of_resources_come_from_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut record = record("CreateEndpointConfig.foreign-model.json");
    record["requestParameters"]["productionVariants"][0]["modelName"] = json!("fraud");
    record["requestParameters"]["kmsKeyId"] = Value::Null;
    let record = write(folder.path(), "record.json", record.to_string());
    let policy = write(folder.path(), "policy.toml", "version = 1\n[rules.foreign-resource]\nunowned = 'alert'\n");
    let page = |name: &str, arn: &str, project: &str| {
        let tags = json!([{"Key": "Project", "Value": project}]);
        let page = json!({"PaginationToken": "", "ResourceTagMappingList": [{"ResourceARN": arn, "Tags": tags}]});
        write(folder.path(), name, page.to_string())
    };
    let arn = |name: &str| format!("arn:aws:sagemaker:eu-west-1:111122223333:model/{name}");
    let (own, foreign) = (page("own", &arn("fraud"), "borealis"), page("foreign", &arn("fraud"), "atlas"));
    let another = page("another", &arn("other"), "atlas");
    let elsewhere = page("elsewhere", "arn:aws:sagemaker:us-east-1:111122223333:model/fraud", "atlas");
    let check = |args: &[&str]| {
        let ran = tagwarden(&[&["check", "--policy", &policy, "--iam", "events/iam.json", &record], args].concat());
        (ran.status, ran.stdout)
    };
    assert_eq!(check(&[&own]).0, 0);
    assert_eq!(check(&["--iam", &own, &another]).0, 0);
    for args in [&[&*foreign][..], &["--iam", &foreign], &[&another, &foreign]] {
        let (status, printed) = check(args);
        assert_eq!(status, 1);
        assert!(printed.contains("`fraud`, which belongs to project `atlas`"), "{printed}");
    }
    let (status, printed) = check(&[&another]);
    assert!(status == 1 && printed.contains("`fraud` has no tag `Project`"), "{printed}");
    assert_eq!(check(&[&elsewhere]).0, 0, "nothing is known about it");
    assert_eq!(check(&[]).0, 0, "nothing is known about it");
}

#[test]
fn an_iam_file_must_be_one() {
    let ran = tagwarden(&["check", "--iam", "events/CreateTrainingJob.compliant.json", "events"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("not the output of `aws iam get-account-authorization-details`"), "{}", ran.stderr);
}

#[test]
fn exemptions_count_by_the_day_of_the_event() {
    let folder = tempfile::tempdir().expect("a folder");
    let decide = |until: &str| {
        let policy = format!(
            "version = 1\n[rules.missing-vpc]\n[[exemptions]]\nprincipals = ['arn:aws:iam::111122223333:role/DataScientist-*']\n\
            rules = ['missing-vpc']\nuntil = {until}\nreason = 'SEC-1'\nowner = 'secops@example.com'\n"
        );
        let policy = write(folder.path(), "policy.toml", policy);
        let args = ["check", "--policy", &policy, "--format", "json", "events/CreateTrainingJob.no-vpc.json"];
        let decision = tagwarden(&args).json_lines().remove(0);
        let finding = &decision["findings"][0];
        (
            decision["verdict"].clone(),
            finding["outcome"].clone(),
            decision["actions"][0]["action"].clone(),
            finding["message"].clone(),
        )
    };
    let (verdict, outcome, action, message) = decide("2026-03-02");
    assert_eq!((verdict, outcome, action), (json!("compliant"), json!("exempted"), json!("publish-alert")));
    assert!(message.as_str().expect("text").contains("exempted until 2026-03-02: SEC-1 (secops@example.com)"));
    let (verdict, outcome, action, _) = decide("2026-03-01");
    assert_eq!((verdict, outcome, action), (json!("violation"), json!("fail"), json!("stop-training-job")));
}

#[test]
fn overrides_and_modes_decide_what_is_done() {
    let folder = tempfile::tempdir().expect("a folder");
    let actions = |policy: &str| {
        let policy = write(folder.path(), "policy.toml", format!("version = 1\n{policy}"));
        let args = [
            "check",
            "--policy",
            &policy,
            "--format",
            "json",
            "--iam",
            "events/iam.json",
            "events/CreateTrainingJob.too-long.json",
        ];
        let decision = tagwarden(&args).json_lines().remove(0);
        list(&decision["actions"])
            .iter()
            .map(|action| action["action"].as_str().expect("text").to_owned())
            .collect::<Vec<_>>()
    };
    let rule = "[rules.excessive-runtime]\nmax-hours = 24\n";
    assert_eq!(actions(rule), ["stop-training-job", "publish-alert"]);
    assert_eq!(actions(&format!("{rule}mode = 'observe'")), ["publish-alert"]);
    assert_eq!(actions(&format!("[defaults]\nmode = 'observe'\n{rule}")), ["publish-alert"]);
    assert_eq!(
        actions(&format!("[defaults]\nmode = 'observe'\n{rule}mode = 'enforce'")),
        ["stop-training-job", "publish-alert"]
    );
    assert_eq!(actions(&format!("{rule}action = 'tag'")), ["add-tags", "publish-alert"]);
    let raised = "[[overrides]]\nwhen = { projects = ['atlas'], operations = ['CreateTrainingJob'] }\nrules.excessive-runtime.max-hours = 168\n";
    assert_eq!(actions(&format!("{rule}{raised}")), [""; 0]);
    assert_eq!(
        actions(&format!("{rule}{}", raised.replace("atlas", "borealis"))),
        ["stop-training-job", "publish-alert"]
    );
    let unknown = "[rules.unapproved-kms-key]\n";
    assert_eq!(actions(unknown), ["publish-alert"]);
    assert_eq!(actions(&format!("[defaults]\non-unknown = 'stop'\n{unknown}")), ["stop-training-job", "publish-alert"]);
}

/// A stop says when it would be done. An update is rolled back at once.
#[test]
fn a_grace_is_part_of_the_plan() {
    let folder = tempfile::tempdir().expect("a folder");
    let check = |rules: &str, format: &str, sample: &str| {
        let policy =
            write(folder.path(), "policy.toml", format!("version = 1\n[abac]\nsession-tags = 'none'\n{rules}"));
        let sample = format!("events/{sample}.json");
        tagwarden(&["check", "--policy", &policy, "--format", format, "--iam", "events/iam.json", &sample])
    };
    let rule = "[rules.excessive-runtime]\nmax-hours = 24\ngrace-minutes = 30\n";
    let (job, endpoint) = ("CreateTrainingJob.too-long", "UpdateEndpoint.noncompliant-config");
    let decision = check(rule, "json", job).json_lines().remove(0);
    assert_eq!(decision["actions"][0]["after_minutes"], 30);
    assert_eq!(decision["actions"][1].get("after_minutes"), None, "the alert does not wait");
    let schema = fs::read_to_string(root().join("docs/decision.schema.json")).expect("the schema");
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).expect("JSON")).expect("a schema");
    assert!(schema.is_valid(&decision), "{decision}");
    let text = check(rule, "text", job).stdout;
    assert!(text.contains(" after 30 min, unless it is mended because of excessive-runtime"), "{text}");
    let raised = "[[overrides]]\nwhen = { projects = ['atlas'] }\nrules.excessive-runtime.grace-minutes = 60\n";
    let decision = check(&format!("{rule}{raised}"), "json", job).json_lines().remove(0);
    assert_eq!(decision["actions"][0]["after_minutes"], 60);
    let rules = "[rules.noncompliant-endpoint-config]\ngrace-minutes = 30\n[rules.unapproved-region]\nallow = []\ngrace-minutes = 30\n";
    let decision = check(rules, "json", endpoint).json_lines().remove(0);
    assert_eq!(decision["actions"][0]["action"], "update-endpoint");
    assert_eq!(decision["actions"][0].get("after_minutes"), None);
}

/// Somebody of another project tags a configuration as their own, and marks it. Its owner does no wrong by using it.
#[test]
fn a_stolen_and_marked_configuration_makes_its_owner_no_offender() {
    let folder = tempfile::tempdir().expect("a folder");
    let record = |time: &str, operation: &str, user: &str, request: Value, response: Value| {
        json!({"eventSource": "sagemaker.amazonaws.com", "eventName": operation, "eventTime": format!("2026-03-02T{time}Z"),
            "eventID": time, "awsRegion": "eu-west-1", "recipientAccountId": "111122223333",
            "userIdentity": {"type": "IAMUser", "arn": format!("arn:aws:iam::111122223333:user/{user}")},
            "requestParameters": request, "responseElements": response})
    };
    let arn = "arn:aws:sagemaker:eu-west-1:111122223333:endpoint-config/c";
    let tags = |key: &str, value: &str| json!([{"key": key, "value": value}]);
    let variants = json!([{"variantName": "v", "modelName": "m", "instanceType": "ml.m5.xlarge"}]);
    let config = json!({"endpointConfigName": "c", "productionVariants": variants, "tags": tags("Project", "atlas")});
    let endpoint = json!({"endpointName": "e", "endpointConfigName": "c", "tags": tags("Project", "atlas")});
    let stolen = json!({"resourceArn": arn, "tags": tags("Project", "borealis")});
    let marked = json!({"resourceArn": arn, "tags": tags("tagwarden:violation", "x")});
    let records = json!([
        record("08:00:00", "CreateEndpointConfig", "ana", config, json!({"endpointConfigArn": arn})),
        record("08:10:00", "AddTags", "bob", stolen, Value::Null),
        record("08:20:00", "AddTags", "bob", marked, Value::Null),
        record("08:30:00", "CreateEndpoint", "ana", endpoint, Value::Null),
    ]);
    let user = |name: &str, project: &str| {
        json!({"UserName": name, "Arn": format!("arn:aws:iam::111122223333:user/{name}"),
            "Tags": [{"Key": "Project", "Value": project}]})
    };
    let iam = json!({"UserDetailList": [user("ana", "atlas"), user("bob", "borealis")], "RoleDetailList": []});
    let rules =
        "version = 1\n[rules.changed-project-tag]\n[rules.noncompliant-endpoint-config]\n[rules.foreign-project-tag]\n";
    let records = write(folder.path(), "records.json", records.to_string());
    let iam = write(folder.path(), "iam.json", iam.to_string());
    let policy = write(folder.path(), "policy.toml", rules);
    let ran = tagwarden(&["check", "--format", "json", "--policy", &policy, "--iam", &iam, &records]);
    let verdicts: Vec<_> = ran.json_lines().iter().map(|decision| decision["verdict"].clone()).collect();
    assert_eq!(verdicts, ["compliant", "violation", "violation", "compliant"], "{}", ran.stdout);
}

/// A training job in eu-west-1, on four of the dearest instances for five days.
fn dear_job() -> String {
    json!({
        "eventSource": "sagemaker.amazonaws.com", "eventName": "CreateTrainingJob", "eventTime": "2026-03-02T09:00:00Z",
        "awsRegion": "eu-west-1", "recipientAccountId": "111122223333", "userIdentity": {"type": "Root"},
        "requestParameters": {
            "trainingJobName": "churn", "stoppingCondition": {"maxRuntimeInSeconds": 432_000},
            "resourceConfig": {"instanceType": "ml.p5.48xlarge", "instanceCount": 4},
        },
    })
    .to_string()
}

#[test]
fn jobs_are_judged_at_the_list_prices_that_are_given() {
    let folder = tempfile::tempdir().expect("a folder");
    let policy = write(folder.path(), "policy.toml", "version = 1\n[rules.excessive-cost]\nmax-usd = 10000\n");
    let prices = price_list();
    let page: Value = serde_json::from_str(&prices).expect("JSON");
    // As the region's bulk file has them, and each product by itself.
    let products: Vec<Value> = list(&page["PriceList"])
        .iter()
        .map(|text| serde_json::from_str(text.as_str().expect("a text")).expect("JSON"))
        .collect();
    let by_sku = |member: fn(&Value) -> Value| {
        let each = products
            .iter()
            .map(|product| (product["product"]["sku"].as_str().expect("a SKU").to_owned(), member(product)));
        each.collect::<serde_json::Map<_, _>>()
    };
    let bulk = json!({
        "formatVersion": "v1.0", "offerCode": "AmazonSageMaker", "products": by_sku(|product| product["product"].clone()),
        "terms": {"OnDemand": by_sku(|product| product["terms"]["OnDemand"].clone()), "Reserved": {}},
    });
    let lines: Vec<_> = products.iter().map(Value::to_string).collect();
    let job = write(folder.path(), "job.json", dear_job());
    for (name, text) in
        [("page.json", prices.clone()), ("bulk.json", bulk.to_string()), ("products.jsonl", lines.join("\n"))]
    {
        let given = write(folder.path(), name, &text);
        let zipped = write(folder.path(), &format!("{name}.gz"), gzip(text.as_bytes()));
        // With `--prices`, gzipped, and among the paths.
        for args in [["--prices", &given, &job], ["--prices", &zipped, &job], ["--exit-zero", &given, &job]] {
            let ran = tagwarden(&[&["check", "--format", "json", "--policy", &policy], &args[..]].concat());
            let [decision] = ran.json_lines().try_into().expect("a decision");
            let finding = &decision["findings"][0];
            let message = "4 × ml.p5.48xlarge × 120 h × $98.32 = $47,193.60, more than $10,000";
            assert_eq!((ran.stderr.as_str(), &finding["message"]), ("", &json!(message)), "{name} {args:?}");
            assert_eq!(finding["path"], "requestParameters.stoppingCondition.maxRuntimeInSeconds");
            assert_eq!((&finding["actual"], &finding["expected"]), (&json!("$47,193.60"), &json!("at most $10,000")));
        }
    }
}

#[test]
fn what_cannot_be_priced_is_unknown_and_what_are_no_prices_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let policy = write(folder.path(), "policy.toml", "version = 1\n[rules.excessive-cost]\nmax-usd = 10000\n");
    let job = write(folder.path(), "job.json", dear_job());
    let check = |prices: Option<&str>| {
        let prices: Vec<_> = prices.iter().map(|text| write(folder.path(), "prices.json", text)).collect();
        let prices: Vec<_> = prices.iter().flat_map(|path| ["--prices", path]).collect();
        tagwarden(&[&["check", "--policy", &policy], &prices[..], &[&job]].concat())
    };
    let ran = check(None);
    assert_eq!(ran.status, 3);
    assert!(ran.stdout.contains("no list prices are known"), "{}", ran.stdout);
    let decision = tagwarden(&["check", "--format", "json", "--policy", &policy, &job]).json_lines().remove(0);
    assert!(decision["findings"][0]["fix"].as_str().is_some_and(|fix| fix.contains("`--prices`")), "{decision}");
    // Prices of another region.
    let elsewhere = price_list().replace("eu-west-1", "eu-west-2");
    assert!(
        check(Some(&elsewhere))
            .stdout
            .contains("the list price of `ml.p5.48xlarge` for training jobs in eu-west-1 is not known")
    );
    for (text, expected) in [
        (r#"{"PriceList":[]}"#, "it holds no hourly price in US dollars"),
        (&event("iam.json"), "expected the output of `aws pricing get-products"),
        (r#"{"PriceList":["{"]}"#, "prices.json:1: `PriceList[0]`: not the JSON of a product"),
        (r#"{"PriceList":["#, "prices.json:1: the JSON ends too early"),
    ] {
        let ran = check(Some(text));
        assert_eq!(ran.status, 2, "{text}: {}", ran.stdout);
        assert!(ran.stderr.contains(expected), "{text}: {}", ran.stderr);
    }
}
