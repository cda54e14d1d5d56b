//! The Lambda functions, from event to action: the real binaries with an emulated AWS account.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tagwarden::operations::{Operation, Stop};
use tagwarden_functions::aws::Aws;
use tagwarden_functions::permissions::{GUARDS, functions, operations};
use tagwarden_functions::resource::request::{NOT_DESCRIBED, is_recoverable};
use tagwarden_tests::emulator::REGION;
use tagwarden_tests::runtime_api::{Answer, Function};
use tagwarden_tests::world::{
    ACCOUNT, World, alert_record, called, capitalised, creation, in_this_account, just_now, make_possible, request,
};
use tagwarden_tests::{list, price_list, samples, strict_policy};

const TRAINING: &str = "guard-training";
const HOSTING: &str = "guard-hosting";
/// A policy that every operation violates.
const NO_REGION: &str = "[rules.unapproved-region]\nallow = ['us-east-1']\n";
/// The setting for tests that are not about sessions.
const NO_SESSIONS: &str = "[abac]\nsession-tags = 'none'\n";

#[test]
fn a_missing_tag_is_added_and_reported() {
    let world = World::new(TRAINING, &format!("{NO_SESSIONS}[rules.missing-project-tag]"));
    let event = world.launch("CreateTrainingJob.missing-tag");
    world.deliver(&event).expect("handled");
    assert_eq!(world.tags(&event, "trainingJobArn"), ["CostCenter=4711", "Project=atlas"]);
    assert_eq!(world.status(&event), "InProgress");
    let alerts = world.emulator.alerts();
    assert_eq!(alerts.len(), 1);
    let record = alert_record(&alerts[0]);
    assert_eq!((&record["verdict"], &record["deeds"][0]["action"]), (&json!("violation"), &json!("add-tags")));
    let attributes = &alerts[0]["MessageAttributes"];
    for (name, value) in [
        ("severity", "medium"),
        ("verdict", "violation"),
        ("project", "atlas"),
        ("account", ACCOUNT),
        ("region", REGION),
        ("rule", "missing-project-tag"),
    ] {
        assert_eq!(attributes[name]["Value"], value, "{name}");
    }
}

/// At list prices from S3. A broken file leaves the previous prices in force.
#[test]
fn what_a_job_costs_is_judged_at_list_prices() {
    let mut world = World::new(TRAINING, &format!("{NO_SESSIONS}[rules.excessive-cost]\nmax-usd = 1\naction = 'stop'"));
    world.environment.push(("TAGWARDEN_PRICES".to_owned(), "s3://policies/prices.json".to_owned()));
    world.environment.push(("TAGWARDEN_POLICY_MAX_AGE".to_owned(), "0".to_owned()));
    world.restart();
    let launch = |name: &str| {
        let mut event = in_this_account("CreateTrainingJob.compliant");
        event["detail"]["eventID"] = json!(name);
        event["detail"]["awsRegion"] = json!(REGION);
        let request = &mut event["detail"]["requestParameters"];
        request["trainingJobName"] = json!(name);
        request["resourceConfig"] = json!({"instanceType": "ml.m5.xlarge", "instanceCount": 2});
        request["stoppingCondition"] = json!({"maxRuntimeInSeconds": 36_000});
        event["detail"]["responseElements"] =
            json!({"trainingJobArn": format!("arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/{name}")});
        world.create_training_job(&json!(name), &[]);
        let decisions: Value = serde_json::from_str(&world.deliver(&event).expect("handled")).expect("JSON");
        (event, decisions[0].clone())
    };
    let (_, decision) = launch("without-prices");
    assert_eq!(
        (&decision["verdict"], &decision["findings"][0]["message"]),
        (&json!("unknown"), &json!("no list prices are known"))
    );
    for (name, prices) in [("priced", price_list()), ("broken", "{".to_owned())] {
        world.emulator.put_object("policies", "prices.json", prices);
        let (event, decision) = launch(name);
        let message = "2 × ml.m5.xlarge × 10 h × $0.256 = $5.12, more than $1";
        assert_eq!(decision["findings"][0]["message"], message, "{name}");
        assert_eq!(world.status(&event), "Stopped");
    }
}

/// The job is reported at once, and stopped when its grace is over, unless somebody has tagged it.
#[test]
fn a_stop_waits_for_its_grace() {
    let rule = "[rules.missing-project-tag]\naction = 'stop'\ngrace-minutes = 30\n";
    let world = World::new(TRAINING, &format!("{NO_SESSIONS}{rule}"));
    for (name, is_mended) in [("left", false), ("mended", true)] {
        let mut event = in_this_account("CreateTrainingJob.missing-tag");
        event["detail"]["eventID"] = json!(name);
        event["detail"]["requestParameters"]["trainingJobName"] = json!(name);
        let arn = format!("arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/{name}");
        event["detail"]["responseElements"] = json!({"trainingJobArn": arn});
        world.create_training_job(&json!(name), &[]);
        world.deliver(&event).expect("handled");
        assert_eq!((world.status(&event), world.emulator.alerts().len()), (json!("InProgress"), 1), "{name}");
        // A message can wait for a quarter of an hour.
        world.redeliver(900);
        let (delays, mut messages) = world.emulator.postponed();
        assert_eq!(delays, [900]);
        let now = Timestamp::now();
        let over = format!("{}/{}", now - SignedDuration::from_mins(30), now);
        messages["Records"][0]["messageAttributes"]["grace"]["stringValue"] = json!(over);
        if is_mended {
            let tags = json!([{"Key": "Project", "Value": "atlas"}]);
            world.emulator.sagemaker("AddTags", &json!({"ResourceArn": arn, "Tags": tags}));
        }
        for _ in 0..2 {
            let answer = world.deliver(&messages).expect("an answer");
            assert_eq!(answer, json!({"batchItemFailures": []}).to_string());
        }
        let expected = if is_mended { ("InProgress", 0) } else { ("Stopped", 1) };
        assert_eq!((world.status(&event).as_str().expect("text"), world.emulator.alerts().len()), expected, "{name}");
    }
}

/// Two of four tags, by one call, and an alert that says whose cost centre it is.
#[test]
fn all_missing_tags_are_set_in_one_call() {
    let tags = "[tags.CostCenter]\nrequired = true\nmatch = 'principal'\ndefault = 'principal'\n\
        [tags.Environment]\nrequired = true\nvalues = ['dev', 'prod']\ndefault = 'dev'\n[tags.Owner]\nrequired = true\n";
    let rules = "[rules.missing-project-tag]\n[rules.missing-tag]\n[rules.foreign-tag]\n[rules.unapproved-tag-value]\n";
    let world = World::new(TRAINING, &format!("{NO_SESSIONS}{rules}{tags}"));
    let launch = |tags: &[(&str, &str)]| {
        let mut event = in_this_account("CreateTrainingJob.missing-tag");
        let request = &mut event["detail"]["requestParameters"];
        let tag = |keys: [&str; 2]| tags.iter().map(|(key, value)| json!({keys[0]: key, keys[1]: value})).collect();
        let (called, made): (Vec<Value>, Vec<Value>) = (tag(["key", "value"]), tag(["Key", "Value"]));
        request["tags"] = json!(called);
        world.create_training_job(&request["trainingJobName"], &made);
        world.deliver(&event).expect("handled");
        event
    };
    let event = launch(&[("Project", "atlas"), ("Owner", "ana")]);
    let expected = ["CostCenter=4711", "Environment=dev", "Owner=ana", "Project=atlas"];
    assert_eq!(world.tags(&event, "trainingJobArn"), expected);
    assert_eq!(world.calls(TRAINING, "tagging:TagResources"), 1);
    let alerts = world.emulator.alerts();
    let record = alert_record(&alerts[0]);
    let missing: Vec<_> = list(&record["findings"]).iter().map(|finding| finding["message"].clone()).collect();
    assert_eq!(missing, ["the request carries no tag `CostCenter`", "the request carries no tag `Environment`"]);
    assert_eq!(alerts[0]["MessageAttributes"]["tag.CostCenter"]["Value"], "4711");
}

/// The ledger knows with which value the job was created.
#[test]
fn a_further_tag_that_is_changed_is_reported() {
    let tags = "[tags.CostCenter]\nmatch = 'principal'\n";
    let world = World::new("guard-studio", &format!("{NO_SESSIONS}[rules.changed-project-tag]\n{tags}"));
    let created = Function::start(TRAINING, ACCOUNT, &world.environment);
    created.invoke(&world.launch("CreateTrainingJob.compliant").to_string()).expect("handled");
    let mut event = in_this_account("AddTags.another-project");
    for (value, reported) in [("4711", 0), ("0815", 1)] {
        event["detail"]["requestParameters"]["tags"] = json!([{"key": "CostCenter", "value": value}]);
        event["detail"]["eventID"] = json!(value);
        world.deliver(&event).expect("handled");
        let alerts = world.emulator.alerts();
        assert_eq!(alerts.len(), reported, "{value}");
        let messages = alerts.iter().map(|alert| alert_record(alert)["findings"][0]["message"].clone());
        let expected = (reported > 0).then(|| json!("`CostCenter` is changed from `4711` to `0815`"));
        assert_eq!(messages.collect::<Vec<_>>(), expected.into_iter().collect::<Vec<_>>());
    }
}

#[test]
fn a_wrong_value_is_reported_and_left() {
    let tags = "[tags.CostCenter]\nmatch = 'principal'\nvalues = ['47*']\n";
    let rules = "[rules.foreign-tag]\n[rules.unapproved-tag-value]\n";
    let world = World::new(TRAINING, &format!("{NO_SESSIONS}{rules}{tags}"));
    let mut event = in_this_account("CreateTrainingJob.missing-tag");
    event["detail"]["requestParameters"]["tags"] = json!([{"key": "CostCenter", "value": "0815"}]);
    world.create_training_job(
        &event["detail"]["requestParameters"]["trainingJobName"],
        &[json!({"Key": "CostCenter", "Value": "0815"})],
    );
    world.deliver(&event).expect("handled");
    let record = alert_record(&world.emulator.alerts()[0]);
    let rules: Vec<_> = list(&record["findings"]).iter().map(|finding| finding["rule"].clone()).collect();
    assert_eq!((rules, &record["deeds"]), (vec![json!("foreign-tag"), json!("unapproved-tag-value")], &json!([])));
    assert_eq!(world.tags(&event, "trainingJobArn"), ["CostCenter=0815"]);
}

#[test]
fn violations_are_stopped_and_reported() {
    let rules = "[rules.foreign-project-tag]\n[rules.unapproved-instance-type]\nallow = ['ml.m5.*']\n[rules.unencrypted-volume]\n[rules.network-isolation-off]\n";
    let world = World::new(TRAINING, &format!("{NO_SESSIONS}{rules}"));
    for (sample, rule) in [
        ("foreign-tag", "foreign-project-tag"),
        ("unapproved-instance-type", "unapproved-instance-type"),
        ("no-volume-key", "unencrypted-volume"),
        ("isolation-off", "network-isolation-off"),
    ] {
        let event = world.launch(&format!("CreateTrainingJob.{sample}"));
        world.deliver(&event).expect(sample);
        assert_eq!(world.status(&event), "Stopped", "{sample}");
        let alerts = world.emulator.alerts();
        assert_eq!(alerts.len(), 1, "{sample}");
        assert_eq!(alert_record(&alerts[0])["findings"][0]["rule"], rule);
        let subject = alerts[0]["Subject"].as_str().expect("a subject");
        assert!(subject.is_ascii() && subject.len() <= 100 && subject.contains("stopped"), "{subject}");
    }
}

#[test]
fn a_compliant_call_leaves_a_log_line_and_no_trace() {
    let mut world = World::new(TRAINING, "[rules.foreign-project-tag]\n[rules.missing-vpc]");
    let event = world.launch("CreateTrainingJob.compliant");
    world.deliver(&event).expect("handled");
    assert_eq!(world.status(&event), "InProgress");
    assert_eq!(world.emulator.alerts(), [] as [Value; 0]);
    let changes: Vec<_> =
        world.emulator.journal(TRAINING).into_iter().filter(|call| !call.starts_with("dynamodb:")).collect();
    assert_eq!(changes, ["iam:GetRole"]);
    let log = world.guard.take().expect("it runs").stop();
    assert_eq!(log.lines().count(), 1, "{log}");
}

#[test]
fn observe_only_reports_and_changes_nothing() {
    let world = World::new(TRAINING, &format!("[defaults]\nmode = 'observe'\n{NO_SESSIONS}[rules.missing-vpc]"));
    let event = world.launch("CreateTrainingJob.no-vpc");
    world.deliver(&event).expect("handled");
    assert_eq!(world.status(&event), "InProgress");
    assert_eq!(world.emulator.alerts().len(), 1);
}

/// No event reported the configuration. Only SageMaker describes it.
#[test]
fn an_endpoint_is_judged_by_the_configuration_that_it_uses() {
    for (is_made, is_marked, expected) in [
        (true, false, "violates `unencrypted-volume`"),
        // A mark that Tagwarden did not set says nothing.
        (true, true, "violates `unencrypted-volume`"),
        (false, false, "sagemaker:DescribeEndpointConfig failed"),
    ] {
        let world = World::new(
            HOSTING,
            &format!("{NO_SESSIONS}[rules.noncompliant-endpoint-config]\n[rules.unencrypted-volume]"),
        );
        let event = in_this_account("UpdateEndpoint.noncompliant-config");
        let config = &event["detail"]["requestParameters"]["endpointConfigName"];
        if is_made {
            world.create_endpoint_config(config);
        }
        if is_marked {
            let arn =
                format!("arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint-config/{}", config.as_str().expect("text"));
            let mark = json!([{"Key": "tagwarden:violation", "Value": "missing-vpc"}]);
            world.emulator.sagemaker("AddTags", &json!({"ResourceArn": arn, "Tags": mark}));
        }
        world.deliver(&event).expect("handled");
        let alerts = world.emulator.alerts();
        assert_eq!(alerts.len(), 1);
        let record = alert_record(&alerts[0]);
        let [finding] = list(&record["findings"]) else { panic!("{record}") };
        assert_eq!(finding["rule"], "noncompliant-endpoint-config");
        assert!(finding["message"].as_str().expect("text").contains(expected), "{finding}");
        let results: Vec<_> = list(&record["deeds"]).iter().map(|deed| deed["result"].clone()).collect();
        assert_eq!(results, if is_made { vec![json!("it had ended before")] } else { Vec::new() }, "no such endpoint");
    }
}

#[test]
fn tags_that_a_guard_set_are_not_judged() {
    let mut world = World::new(TRAINING, &format!("{NO_SESSIONS}[rules.changed-project-tag]"));
    let mut event = in_this_account("AddTags.another-project");
    world.deliver(&event).expect("handled");
    assert_eq!(alert_record(&world.emulator.alerts()[0])["findings"][0]["rule"], "changed-project-tag");

    let caller = format!("arn:aws:iam::{ACCOUNT}:role/DataScientist");
    world.environment.push(("TAGWARDEN_ROLES".to_owned(), format!("arn:aws:iam::{ACCOUNT}:role/Guard,{caller}")));
    world.guard = Some(Function::start(TRAINING, ACCOUNT, &world.environment));
    event["detail"]["eventID"] = json!("another");
    world.deliver(&event).expect("handled");
    assert_eq!(world.emulator.alerts(), [] as [Value; 0]);
}

#[test]
fn an_endpoint_configuration_is_deleted_unless_it_is_in_use() {
    for in_use in [false, true] {
        let world = World::new(HOSTING, &format!("{NO_SESSIONS}[rules.unencrypted-volume]"));
        let event = in_this_account("CreateEndpointConfig.no-volume-key");
        let config = &event["detail"]["requestParameters"]["endpointConfigName"];
        world.create_endpoint_config(config);
        if in_use {
            world.emulator.sagemaker("CreateEndpoint", &json!({"EndpointName": "live", "EndpointConfigName": config}));
        }
        world.deliver(&event).expect("handled");
        let left = list(&world.emulator.sagemaker("ListEndpointConfigs", &json!({}))["EndpointConfigs"]).len();
        let alerts = world.emulator.alerts();
        assert_eq!((left, alerts.len()), (usize::from(in_use), 1));
        if in_use {
            assert_eq!(world.tags(&event, "endpointConfigArn"), ["tagwarden:violation=unencrypted-volume"]);
            assert!(
                alert_record(&alerts[0])["deeds"][0]["result"]
                    .as_str()
                    .expect("text")
                    .contains("in use by endpoint `live`")
            );
        }
    }
}

/// The caller's project is atlas.
#[test]
fn another_projects_model_is_not_used() {
    let world = World::new(HOSTING, &format!("{NO_SESSIONS}[rules.foreign-resource]"));
    let failure = json!({"service": "tagging", "action": "GetResources", "kind": "error", "status": 400,
        "code": "AccessDeniedException", "message": "injected"});
    for (number, (owner, is_found, outcome)) in
        [("atlas", true, None), ("borealis", true, Some("fail")), ("borealis", false, Some("unknown"))]
            .into_iter()
            .enumerate()
    {
        let mut event = in_this_account("CreateEndpointConfig.no-volume-key");
        let (model, config) = (json!(format!("model-{number}")), json!(format!("config-{number}")));
        world.create_model(&model);
        let arn = format!("arn:aws:sagemaker:{REGION}:{ACCOUNT}:model/model-{number}");
        let tags = json!([{"Key": "Project", "Value": owner}]);
        world.emulator.sagemaker("AddTags", &json!({"ResourceArn": arn, "Tags": tags}));
        let tags = json!([{"key": "Project", "value": owner}]);
        let created = called("CreateModel", json!({"modelName": model, "tags": tags}), Some(("modelArn", json!(arn))));
        world.deliver(&created).expect("handled");
        world.create_endpoint_config_with(&config, &model);
        let detail = &mut event["detail"];
        detail["userIdentity"] = in_this_account("CreateTrainingJob.compliant")["detail"]["userIdentity"].clone();
        detail["eventID"] = config.clone();
        detail["requestParameters"]["endpointConfigName"] = config.clone();
        detail["requestParameters"]["productionVariants"][0]["modelName"] = model;
        detail["responseElements"]["endpointConfigArn"] =
            json!(format!("arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint-config/config-{number}"));
        if !is_found {
            world.emulator.fault(failure.clone());
        }
        world.deliver(&event).expect("handled");
        let left = world.emulator.sagemaker("ListEndpointConfigs", &json!({}))["EndpointConfigs"].to_string();
        assert_eq!(left.contains(&format!("config-{number}")), outcome != Some("fail"), "{owner}: {left}");
        let alerts = world.emulator.alerts();
        assert_eq!(alerts.len(), usize::from(outcome.is_some()), "{owner}: {alerts:?}");
        if let (Some(alert), Some(outcome)) = (alerts.first(), outcome) {
            let finding = &alert_record(alert)["findings"][0];
            assert_eq!((&finding["rule"], &finding["outcome"]), (&json!("foreign-resource"), &json!(outcome)));
        }
    }
}

/// What was called on another project's resource is reported, and the resource left to its owner.
#[test]
fn stopping_another_projects_job_is_reported() {
    let world = World::new(TRAINING, &format!("{NO_SESSIONS}[rules.foreign-resource]"));
    for (name, owner, alerts) in [("ours", "atlas", 0), ("theirs", "borealis", 1)] {
        world.create_training_job(&json!(name), &[json!({"Key": "Project", "Value": owner})]);
        let tags = json!([{"key": "Project", "value": owner}]);
        let arn = json!(format!("arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/{name}"));
        let output = json!({"s3OutputPath": "s3://data/out"});
        let created = json!({"trainingJobName": name, "tags": tags, "outputDataConfig": output});
        world.deliver(&called("CreateTrainingJob", created, Some(("trainingJobArn", arn)))).expect("handled");
        let mut event = in_this_account("CreateTrainingJob.no-vpc");
        let detail = &mut event["detail"];
        detail["eventID"] = json!(name);
        detail["eventName"] = json!("StopTrainingJob");
        detail["requestParameters"] = json!({"trainingJobName": name});
        detail["responseElements"] = Value::Null;
        world.deliver(&event).expect("handled");
        let sent = world.emulator.alerts();
        assert_eq!(sent.len(), alerts, "{name}: {sent:?}");
        if let Some(alert) = sent.first() {
            let record = alert_record(alert);
            assert_eq!(record["findings"][0]["rule"], "foreign-resource");
            let why = "the resource belongs to another project, which stopping or deleting it would harm";
            assert_eq!(record["actions"][0]["not_stopped"], why);
        }
    }
    assert_eq!(world.calls(TRAINING, "sagemaker:StopTrainingJob"), 0);
}

#[test]
fn the_same_event_five_times_is_processed_once() {
    let world = World::new(TRAINING, &format!("{NO_SESSIONS}[rules.missing-vpc]"));
    let event = world.launch("CreateTrainingJob.no-vpc");
    for _ in 0..5 {
        world.deliver(&event).expect("handled");
    }
    assert_eq!(world.calls(TRAINING, "sagemaker:StopTrainingJob"), 1);
    assert_eq!(world.emulator.alerts().len(), 1);
}

#[test]
fn the_same_event_delivered_concurrently_is_processed_once() {
    let world = World::new(TRAINING, &format!("{NO_SESSIONS}[rules.missing-vpc]"));
    let event = world.launch("CreateTrainingJob.no-vpc");
    let instances: Vec<_> = (0..4).map(|_| Function::start(TRAINING, ACCOUNT, &world.environment)).collect();
    std::thread::scope(|scope| {
        for instance in instances {
            let event = event.to_string();
            // An instance that finds the event claimed fails. Lambda would retry it.
            scope.spawn(move || instance.invoke(&event));
        }
    });
    assert_eq!(world.calls(TRAINING, "sagemaker:StopTrainingJob"), 1);
    assert_eq!(world.emulator.alerts().len(), 1);
}

#[test]
fn a_session_tag_decides_in_any_order_of_events() {
    // The role's project is atlas; the session's, and the job's, is borealis.
    let of_borealis = |sample: &str| {
        let text = in_this_account(sample).to_string();
        let text = by_data_scientist(&text).replace(r#""value":"atlas""#, r#""value":"borealis""#);
        serde_json::from_str::<Value>(&text).expect("JSON")
    };
    let (launch, session) = (of_borealis("CreateTrainingJob.session-tag"), of_borealis("AssumeRole.session-tags"));
    let rules = "[rules.foreign-project-tag]\n[rules.untagged-principal]\n";
    for mode in ["optional", "required"] {
        let world = World::new(TRAINING, &format!("[abac]\nsession-tags = '{mode}'\n{rules}"));
        let recorder = Function::start("record-sessions", ACCOUNT, &world.emulator.environment("record-sessions"));
        // The launch is delivered before the session is.
        world.deliver_early(&launch);
        assert_eq!(world.calls(TRAINING, "sagemaker:StopTrainingJob"), 0);
        recorder.invoke(&session.to_string()).expect("recorded");
        let answer: Value = serde_json::from_str(&world.deliver(&launch).expect("handled")).expect("JSON");
        assert_eq!(answer[0]["verdict"], "compliant", "{mode}: {answer}");
        assert_eq!(answer[0]["principal"]["tags_from"], "session");
    }
}

/// More changes than an item holds come before the one that matters.
#[test]
fn a_caller_that_tagged_itself_is_suspected() {
    let world = World::new(TRAINING, &format!("{NO_SESSIONS}[rules.changed-project-tag]\n"));
    let recorder = Function::start("record-sessions", ACCOUNT, &world.emulator.environment("record-sessions"));
    let launch = world.launch("CreateTrainingJob.compliant");
    let launched: Timestamp = launch["detail"]["eventTime"].as_str().expect("text").parse().expect("a time");
    for minutes in (1..15).rev() {
        let event = in_this_account("TagRole.own-role").to_string().replace("ExperimentRunner", "DataScientist");
        let mut event: Value = serde_json::from_str(&event.replace("borealis", "atlas")).expect("JSON");
        event["detail"]["eventTime"] = json!((launched - SignedDuration::from_mins(minutes)).to_string());
        if minutes > 1 {
            event["detail"]["requestParameters"]["tags"] = json!([{"key": "Team", "value": minutes.to_string()}]);
        }
        assert_eq!(recorder.invoke(&event.to_string()).expect("recorded"), "1");
    }
    let answer: Value = serde_json::from_str(&world.deliver(&launch).expect("handled")).expect("JSON");
    let finding = &answer[0]["findings"][0];
    assert_eq!((&finding["rule"], &finding["outcome"]), (&json!("changed-project-tag"), &json!("fail")), "{answer}");
}

/// An event of a role that the emulated account has. A role is its name and its unique id.
fn by_data_scientist(event: &str) -> String {
    event.replace("MlopsEngineer", "DataScientist").replace("AROAN2QPKQDNER5V5TKYA", "AROAB5I7PEIXCXROSPF5Z")
}

/// Another access key signs the call, so only the principal and the time of issue lead to the session.
#[test]
fn sessions_of_one_second_do_not_hide_each_other() {
    let assumed = by_data_scientist(&in_this_account("AssumeRole.session-tags").to_string());
    let issued = |project: &str, key: &str| {
        let event = &assumed;
        let event = event.replace(r#""value":"atlas""#, &format!(r#""value":"{project}""#));
        let mut event: Value = serde_json::from_str(&event).expect("JSON");
        event["detail"]["responseElements"]["credentials"]["accessKeyId"] = json!(key);
        event["detail"]["eventID"] = json!(key);
        event
    };
    let mut launch = in_this_account("CreateTrainingJob.session-tag");
    launch["detail"]["userIdentity"]["accessKeyId"] = json!("ASIAOTHER");
    let session = &issued("atlas", "ASIA1")["detail"];
    let identity = &mut launch["detail"]["userIdentity"];
    identity["principalId"] = session["responseElements"]["assumedRoleUser"]["assumedRoleId"].clone();
    identity["sessionContext"]["attributes"]["creationDate"] = session["eventTime"].clone();
    for (second, verdict) in [("atlas", "compliant"), ("borealis", "unknown")] {
        let world = World::new(TRAINING, "[abac]\nsession-tags = 'optional'\n[rules.foreign-project-tag]\n");
        let recorder = Function::start("record-sessions", ACCOUNT, &world.emulator.environment("record-sessions"));
        for event in [issued("atlas", "ASIA1"), issued(second, "ASIA2")] {
            recorder.invoke(&event.to_string()).expect("recorded");
        }
        // A launch that depends on session tags is given back twice.
        let answers: Vec<_> = (0..3).map(|_| world.deliver(&launch)).collect();
        let answer = answers.into_iter().find_map(Result::ok).expect("handled");
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        assert_eq!(answer[0]["verdict"], verdict, "{second}: {answer}");
    }
}

#[test]
fn a_crash_between_stop_and_alert_loses_neither() {
    let world = World::new(TRAINING, &format!("{NO_SESSIONS}[rules.missing-vpc]"));
    let event = world.launch("CreateTrainingJob.no-vpc");
    world.emulator.fault(json!({"service": "sns", "action": "Publish", "kind": "drop"}));
    world.deliver(&event).expect_err("the alert cannot be sent");
    assert_eq!(world.status(&event), "Stopped");
    assert_eq!(world.emulator.alerts().len(), 0);
    world.emulator.clear_faults();
    world.deliver(&event).expect("the job has ended, and the alert is sent");
    assert_eq!(world.emulator.alerts().len(), 1);
}

#[test]
fn no_failure_loses_an_action_or_an_alert() {
    let rules = "[rules.missing-vpc]\n[rules.untagged-principal]\n[rules.unapproved-kms-key]\n[rules.overprivileged-execution-role]\n";
    let world = World::new(TRAINING, &format!("{NO_SESSIONS}{rules}"));
    let event = in_this_account("CreateTrainingJob.no-vpc");
    let name = event["detail"]["requestParameters"]["trainingJobName"].clone();
    for (round, (service, action, kind, is_stopped, is_handled)) in [
        // A failed lookup leaves a fact unknown. The job is stopped for the known facts.
        ("iam", "GetRole", "error", true, true),
        ("iam", "ListAttachedRolePolicies", "drop", true, true),
        ("kms", "DescribeKey", "error", true, true),
        ("iam", "GetRole", "delay", true, true),
        // The guard acts without the table.
        ("dynamodb", "UpdateItem", "error", true, true),
        // A failed action is reported and retried.
        ("sagemaker", "StopTrainingJob", "error", false, false),
        ("sagemaker", "StopTrainingJob", "lost-response", true, true),
        // An alert that cannot be sent is retried.
        ("sns", "Publish", "error", true, false),
    ]
    .into_iter()
    .enumerate()
    {
        let job = format!("churn-{round}");
        let text = event.to_string().replace(name.as_str().expect("text"), &job);
        let mut launched: Value = serde_json::from_str(&text).expect("JSON");
        launched["detail"]["eventID"] = json!(job);
        world.create_training_job(&json!(job), &[]);
        let mut fault = json!({"service": service, "action": action, "kind": kind});
        if kind == "error" {
            fault["status"] = json!(400);
            fault["code"] = json!("AccessDeniedException");
            fault["message"] = json!("injected");
        } else {
            fault["times"] = json!(1);
            fault["seconds"] = json!(5);
        }
        world.emulator.fault(fault);
        let answer = world.deliver(&launched);
        assert_eq!(answer.is_ok(), is_handled, "{service}:{action} {kind}: {answer:?}");
        assert_eq!(world.status(&launched) == "Stopped", is_stopped, "{service}:{action} {kind}");
        world.emulator.clear_faults();
        if !is_handled {
            world.deliver(&launched).expect("the next attempt succeeds");
        }
        assert_eq!(world.status(&launched), "Stopped", "{service}:{action} {kind}");
        assert!(!world.emulator.alerts().is_empty(), "{service}:{action} {kind}: no alert was sent");
    }
}

/// SageMaker's event about the resource that an operation created with this ARN.
fn started(operation: &str, arn: &Value) -> Value {
    static EVENTS: AtomicUsize = AtomicUsize::new(0);
    let event = Operation::named(operation).and_then(|operation| operation.event).expect("it has events");
    let noun = operation.trim_start_matches("Create");
    let mut detail = json!({format!("{noun}Arn"): arn});
    if let Some(state) = event.states.first() {
        detail[format!("{noun}Status")] = json!(state);
    }
    json!({
        "id": format!("state-{}", EVENTS.fetch_add(1, Ordering::Relaxed)),
        "detail-type": event.detail_type,
        "source": "aws.sagemaker",
        "account": ACCOUNT,
        "region": REGION,
        "time": "2026-03-02T09:00:00Z",
        "detail": detail,
    })
}

/// The first attempts at an event of SageMaker's wait for CloudTrail's event.
fn wait_for_cloudtrail(world: &World, event: &Value) {
    world.deliver_early(event);
    world.redeliver(60);
}

#[test]
fn a_creation_whose_event_is_lost_is_judged_when_it_starts() {
    for (guard, areas) in GUARDS {
        let world = World::new(guard, &format!("{NO_SESSIONS}{NO_REGION}[rules.untagged-principal]"));
        for operation in operations(areas).filter(|operation| operation.event.is_some()) {
            let lost = world.make(operation, &format!("lost-{}", operation.name.to_lowercase()));
            let arn = &lost["detail"]["responseElements"][operation.resource_arn.expect("it has one")];
            let event = started(operation.name, arn);
            wait_for_cloudtrail(&world, &event);
            world.redeliver(120);
            let alerts = world.emulator.alerts();
            assert_eq!(alerts.len(), 1, "{}", operation.name);
            let record = alert_record(&alerts[0]);
            let found: Vec<_> =
                list(&record["findings"]).iter().map(|finding| (&finding["rule"], &finding["outcome"])).collect();
            let expected =
                [(&json!("untagged-principal"), &json!("unknown")), (&json!("unapproved-region"), &json!("fail"))];
            assert_eq!(found, expected, "{record}");
            let Stop::By(undo) = operation.stop else { panic!("{} is stopped", operation.name) };
            assert_eq!(record["deeds"][0]["result"], format!("done by {undo}"));
            let reason = record["reason"].as_str().expect("a reason");
            assert!(reason.starts_with("no CloudTrail event of this creation was seen so far"), "{reason}");
            // A second event of the same state, and a late event of CloudTrail's, lead to nothing new.
            world.deliver(&started(operation.name, arn)).expect("it is processed, or does not exist");
            let late = just_now(lost);
            world.deliver(&late).expect("handled");
            let late_alerts = world.emulator.alerts();
            assert!(late_alerts.is_empty(), "{}: {late_alerts:?}", operation.name);
        }
    }
}

#[test]
fn the_first_trigger_decides_and_only_news_are_reported() {
    let rules = "[rules.missing-vpc]\n[rules.untagged-principal]\n";
    // CloudTrail's event comes first, as usual.
    let world = World::new(TRAINING, &format!("{NO_SESSIONS}{rules}"));
    let event = just_now(world.launch("CreateTrainingJob.no-vpc"));
    let state = started("CreateTrainingJob", &event["detail"]["responseElements"]["trainingJobArn"]);
    wait_for_cloudtrail(&world, &state);
    world.deliver(&event).expect("handled");
    assert_eq!(world.deliver(&state).expect("dropped"), "[]");
    assert_eq!((world.calls(TRAINING, "sagemaker:StopTrainingJob"), world.emulator.alerts().len()), (1, 1));

    // It comes after the other trigger, and names the caller, who belongs to another project.
    let world = World::new(TRAINING, &format!("{NO_SESSIONS}{rules}[rules.foreign-project-tag]"));
    let event = just_now(world.launch("CreateTrainingJob.foreign-tag"));
    let state = started("CreateTrainingJob", &event["detail"]["responseElements"]["trainingJobArn"]);
    wait_for_cloudtrail(&world, &state);
    world.redeliver(120);
    world.emulator.alerts();
    world.deliver(&event).expect("handled");
    let alerts = world.emulator.alerts();
    assert_eq!(alerts.len(), 1);
    let record = alert_record(&alerts[0]);
    assert!(list(&record["findings"]).iter().any(|finding| finding["rule"] == "foreign-project-tag"), "{record}");
}

/// `StopNotebookInstance` fails while the notebook starts, and Lambda's retries may end before that.
#[test]
fn a_notebook_that_could_not_be_stopped_yet_is_stopped_when_it_is_in_service() {
    let world = World::new("guard-studio", &format!("{NO_SESSIONS}{NO_REGION}[rules.untagged-principal]"));
    let event = just_now(world.make(Operation::named("CreateNotebookInstance").expect("it is judged"), "starting"));
    world
        .emulator
        .fault(json!({"service": "sagemaker", "action": "StopNotebookInstance", "kind": "error", "status": 400,
        "code": "ValidationException", "message": "Status (Pending) not in ([InService])"}));
    for _ in 0..3 {
        world.deliver(&event).expect_err("it is not stopped");
    }
    world.emulator.clear_faults();
    world.emulator.alerts();
    let state = started("CreateNotebookInstance", &event["detail"]["responseElements"]["notebookInstanceArn"]);
    let answer: Value = serde_json::from_str(&world.deliver(&state).expect("no need to wait")).expect("JSON");
    assert_eq!(answer[0]["principal"]["arn"], format!("arn:aws:iam::{ACCOUNT}:role/DataScientist"), "{answer}");
    let alerts = world.emulator.alerts();
    assert_eq!(alert_record(&alerts[0])["deeds"][0]["result"], "done by StopNotebookInstance");
    // It is started again or updated, which is not its creation.
    assert_eq!(
        world.deliver(&started("CreateNotebookInstance", &state["detail"]["NotebookInstanceArn"])).expect("dropped"),
        "[]"
    );
}

#[test]
fn a_recreated_configuration_is_judged_again() {
    let world = World::new(HOSTING, &format!("{NO_SESSIONS}{NO_REGION}"));
    let operation = Operation::named("CreateEndpointConfig").expect("it is judged");
    let arn = json!(format!("arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint-config/again"));
    // The first configuration of that name was created a minute ago.
    let mut first = called(operation.name, request(operation, "again"), Some(("endpointConfigArn", arn.clone())));
    first["detail"]["eventTime"] = json!((Timestamp::now() - SignedDuration::from_secs(60)).to_string());
    world.deliver(&first).expect("it does not exist any more");
    assert_eq!(world.emulator.alerts().len(), 1);
    let state = started(operation.name, &arn);
    let answer: Value = serde_json::from_str(&world.deliver(&state).expect("handled")).expect("JSON");
    assert_eq!(answer[0]["reason"], "it does not exist any more");
    // Both triggers of the second configuration.
    let second = just_now(world.make(operation, "again"));
    let state = started(operation.name, &arn);
    wait_for_cloudtrail(&world, &state);
    world.redeliver(120);
    assert_eq!(world.emulator.alerts().len(), 1);
    world.deliver(&second).expect("handled");
    assert_eq!(world.emulator.alerts().len(), 0);
    // The third configuration, after longer than two clocks may differ.
    std::thread::sleep(Duration::from_secs(6));
    world.create_endpoint_config_with(&json!("again"), &json!("model-of-again"));
    let third = called(operation.name, request(operation, "again"), Some(("endpointConfigArn", arn)));
    world.deliver(&second).expect("it is late");
    assert_eq!(list(&world.emulator.sagemaker("ListEndpointConfigs", &json!({}))["EndpointConfigs"]).len(), 1);
    world.deliver(&third).expect("handled");
    assert_eq!(world.emulator.alerts().len(), 1);
    assert_eq!(list(&world.emulator.sagemaker("ListEndpointConfigs", &json!({}))["EndpointConfigs"]).len(), 0);
}

#[test]
fn throttled_calls_are_retried() {
    let world = World::new(TRAINING, &format!("{NO_SESSIONS}[rules.missing-vpc]"));
    let event = world.launch("CreateTrainingJob.no-vpc");
    let fault = json!({"service": "sagemaker", "action": "StopTrainingJob", "kind": "error", "times": 2, "status": 400,
        "code": "ThrottlingException", "message": "Rate exceeded"});
    world.emulator.fault(fault);
    world.deliver(&event).expect("the third try succeeds");
    assert_eq!(world.status(&event), "Stopped");
}

#[test]
fn a_request_that_cloudtrail_omitted_is_read_from_the_resource() {
    let world =
        World::new(TRAINING, "[rules.missing-project-tag]\n[rules.unapproved-instance-type]\nallow = ['ml.c5.*']\n");
    let launched = world.launch("CreateTrainingJob.compliant");
    let mut event = in_this_account("CreateTrainingJob.request-omitted");
    event["detail"]["responseElements"] = launched["detail"]["responseElements"].clone();
    let answer: Value = serde_json::from_str(&world.deliver(&event).expect("handled")).expect("JSON");
    let findings: Vec<_> =
        list(&answer[0]["findings"]).iter().map(|finding| (&finding["rule"], &finding["path"])).collect();
    let path = "requestParameters.resourceConfig.instanceType";
    assert_eq!(findings, [(&json!("unapproved-instance-type"), &json!(path))], "{answer}");
    assert_eq!(world.status(&launched), "Stopped");
}

#[test]
fn a_changed_policy_in_s3_takes_effect() {
    let world = World::with_policy_in_s3(TRAINING, &format!("{NO_SESSIONS}[rules.missing-vpc]"));
    let launch = |name: &str| {
        let text = in_this_account("CreateTrainingJob.no-vpc").to_string().replace("churn-no-vpc", name);
        let mut event: Value = serde_json::from_str(&text).expect("JSON");
        event["id"] = json!(name);
        event["detail"]["eventID"] = json!(name);
        world.create_training_job(&event["detail"]["requestParameters"]["trainingJobName"], &[]);
        world.deliver(&event).expect("handled");
        world.status(&event)
    };
    assert_eq!(launch("first"), "Stopped");
    world.put_policy("version = 1\n[rules.remote-shell]");
    assert_ne!(launch("second"), "Stopped");
    world.put_policy("version = 1\n[rules.missing-vcp]");
    assert_ne!(launch("third"), "Stopped");
    world.put_policy("version = 1\n[rules.missing-vpc]");
    assert_eq!(launch("fourth"), "Stopped");
    world
        .emulator
        .fault(json!({"service": "s3", "action": "GetObject", "kind": "error", "code": "AccessDenied", "status": 403}));
    assert_eq!(launch("fifth"), "Stopped");
}

#[test]
fn every_resource_that_can_be_stopped_is_stopped() {
    for (guard, areas) in GUARDS {
        let world = World::new(guard, &format!("{NO_SESSIONS}{NO_REGION}"));
        for operation in operations(areas) {
            let Stop::By(undo) = operation.stop else { continue };
            if undo == operation.name {
                continue;
            }
            let done = format!("done by {undo}");
            for (case, expected) in
                [("runs", done.as_str()), ("ended", "it had ended before"), ("gone", "it had ended before")]
            {
                let name = format!("{}-{case}", operation.name.to_lowercase());
                let what = format!("{} {case}", operation.name);
                let event = match case {
                    "gone" => {
                        let arn = json!(format!("arn:aws:sagemaker:{REGION}:{ACCOUNT}:{}/{name}", operation.kind));
                        called(
                            operation.name,
                            request(operation, &name),
                            operation.resource_arn.map(|path| (path, arn)),
                        )
                    }
                    _ => world.make(operation, &name),
                };
                let mut members = event["detail"]["requestParameters"].clone();
                members["pipelineExecutionArn"] = event["detail"]["responseElements"]["pipelineExecutionArn"].clone();
                let members = capitalised(&members);
                if case == "ended" {
                    world.emulator.sagemaker(undo, &members);
                }
                world.deliver(&event).expect(&what);
                let alerts = world.emulator.alerts();
                assert_eq!(alerts.len(), 1, "{what}");
                assert_eq!(alert_record(&alerts[0])["deeds"][0]["result"], expected, "{what}");
                // A stopped resource cannot be stopped again.
                assert!(world.emulator.try_sagemaker(undo, &members).is_err(), "{what}: it runs");
            }
        }
    }
}

#[test]
fn a_stop_that_fails_is_retried() {
    let world = World::new("guard-studio", &format!("{NO_SESSIONS}{NO_REGION}"));
    let event = world.make(Operation::named("CreateNotebookInstance").expect("it is judged"), "pending");
    let fault = json!({"service": "sagemaker", "action": "StopNotebookInstance", "kind": "error", "times": 1, "status": 400,
        "code": "ValidationException", "message": "Status (Pending) not in ([InService])"});
    world.emulator.fault(fault);
    let error = world.deliver(&event).expect_err("it is not stopped");
    assert!(error.contains("it is `InService`"), "{error}");
    assert!(world.emulator.alerts()[0]["Subject"].as_str().expect("a subject").contains("ACTION FAILED"));
    world.deliver(&event).expect("it is stopped now");
}

#[test]
fn a_resource_in_use_is_marked_and_not_deleted() {
    let name = json!("used");
    let schedule =
        json!({"MonitoringScheduleName": "user", "MonitoringScheduleConfig": {"MonitoringJobDefinitionName": name}});
    for (operation, user, create, members) in [
        ("CreateModel", "endpoint configuration `user`", "CreateEndpointConfig", Value::Null),
        (
            "CreateModel",
            "transform job `user`",
            "CreateTransformJob",
            json!({"TransformJobName": "user", "ModelName": name}),
        ),
        (
            "CreateModel",
            "inference component `user`",
            "CreateInferenceComponent",
            json!({"InferenceComponentName": "user", "Specification": {"ModelName": name}}),
        ),
        ("CreateDataQualityJobDefinition", "monitoring schedule `user`", "CreateMonitoringSchedule", schedule.clone()),
        ("CreateModelQualityJobDefinition", "monitoring schedule `user`", "CreateMonitoringSchedule", schedule.clone()),
        ("CreateModelBiasJobDefinition", "monitoring schedule `user`", "CreateMonitoringSchedule", schedule.clone()),
        (
            "CreateModelExplainabilityJobDefinition",
            "monitoring schedule `user`",
            "CreateMonitoringSchedule",
            schedule.clone(),
        ),
    ] {
        let operation = Operation::named(operation).expect(operation);
        let guard =
            GUARDS.iter().find(|(_, areas)| operations(areas).any(|one| one.name == operation.name)).expect("one");
        let world = World::new(guard.0, &format!("{NO_SESSIONS}{NO_REGION}"));
        let event = world.make(operation, "used");
        match create {
            "CreateEndpointConfig" => world.create_endpoint_config_with(&json!("user"), &name),
            create => drop(world.emulator.sagemaker(create, &members)),
        }
        world.deliver(&event).expect("handled");
        let result = alert_record(&world.emulator.alerts()[0])["deeds"][0]["result"].clone();
        assert!(result.as_str().is_some_and(|text| text.contains(&format!("in use by {user}"))), "{user}: {result}");
        assert_eq!(
            world.tags(&event, operation.resource_arn.expect("it has one")),
            ["tagwarden:violation=unapproved-region"]
        );
    }
}

#[test]
fn a_resource_that_must_not_be_stopped_is_reported() {
    let world = World::new("guard-studio", &format!("{NO_SESSIONS}{NO_REGION}"));
    let event = world.make(Operation::named("CreateFeatureGroup").expect("it is judged"), "kept");
    world.deliver(&event).expect("handled");
    assert_eq!(world.tags(&event, "featureGroupArn"), [""; 0]);
    let alert = &world.emulator.alerts()[0];
    let message = alert["Message"].as_str().expect("a message");
    assert!(message.contains("deleting it may lose people's work"), "{message}");
}

/// A request that CloudTrail omitted is judged like the original, as far as the description shows it.
#[test]
fn requests_are_recovered() {
    let samples = samples();
    for (guard, areas) in GUARDS {
        let rules = strict_policy().replace("version = 1", "").replace("111122223333", ACCOUNT);
        let world = World::new(guard, &format!("{NO_SESSIONS}[defaults]\nmode = 'observe'\n{rules}"));
        for model in ["isolated", "open"] {
            world.create_model(&json!(model));
        }
        // The resources that the samples of endpoints name.
        for config in ["isolated", "open"] {
            world.create_endpoint_config(&json!(config));
        }
        for operation in operations(areas).filter(|operation| is_recoverable(operation)) {
            for sample in samples.iter().filter(|sample| sample["operation"] == operation.name) {
                let what = format!("{} {}", operation.name, sample["case"]);
                let text = sample["record"]
                    .to_string()
                    .replace("111122223333", ACCOUNT)
                    .replace("role/Scientist", "role/DataScientist");
                let record: Value = serde_json::from_str(&text).expect("JSON");
                let mut request = record["requestParameters"].clone();
                let name = what.to_lowercase().replace([' ', '"'], "-");
                if let Some(path) = operation.resource_name {
                    request[path] = json!(name);
                }
                make_possible(&mut request);
                let answer = world.emulator.sagemaker(&creation(operation), &capitalised(&request));
                let arns = answer.as_object().expect("an object").iter().find(|(key, _)| key.ends_with("Arn"));
                let arn = Some((operation.resource_arn.expect("it has one"), arns.expect("an ARN").1.clone()));
                let judged = |request: Value| {
                    let event = called(operation.name, request, arn.clone());
                    let mut answer: Value = serde_json::from_str(&world.deliver(&event).expect(&what)).expect("JSON");
                    answer[0]["event_id"] = Value::Null;
                    answer[0].take()
                };
                let (complete, omitted) = (judged(request), judged(Value::Null));
                if NOT_DESCRIBED.iter().any(|(name, _)| *name == operation.name) {
                    assert_ne!(omitted["verdict"], "compliant", "{what}");
                } else {
                    // With which tags it was created is not known.
                    let found = |decision: &Value, outcomes: &[&str]| {
                        let findings = list(&decision["findings"]).iter();
                        let is_one = |finding: &&Value| outcomes.iter().any(|outcome| finding["outcome"] == *outcome);
                        let names = findings.filter(is_one).map(|one| format!("{} {}", one["rule"], one["path"]));
                        names.collect::<BTreeSet<_>>()
                    };
                    let any = ["fail", "unknown"];
                    assert_eq!(found(&omitted, &any), found(&complete, &any), "{what}");
                    assert!(found(&omitted, &["fail"]).is_subset(&found(&complete, &["fail"])), "{what}");
                }
                world.emulator.alerts();
            }
        }
    }
}

/// Updates an endpoint to a configuration without a volume key, and returns what is done about it.
fn roll_back(world: &World, name: &str) -> String {
    let operation = |name: &str| Operation::named(name).expect("it is judged");
    let (before, after) = (format!("{name}-before"), format!("{name}-after"));
    let model = json!(format!("model-of-{name}"));
    world.create_model(&model);
    world.create_endpoint_config_with(&json!(after), &model);
    let variant =
        json!({"VariantName": "a", "ModelName": model, "InstanceType": "ml.m5.xlarge", "InitialInstanceCount": 1});
    let encrypted = json!({"EndpointConfigName": before, "KmsKeyId": "key", "ProductionVariants": [variant]});
    world.emulator.sagemaker("CreateEndpointConfig", &encrypted);
    world.emulator.sagemaker("CreateEndpoint", &json!({"EndpointName": name, "EndpointConfigName": before}));
    let arn = json!(format!("arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/{name}"));
    let called = |by: &str, config: &str| {
        let request = json!({"endpointName": name, "endpointConfigName": config});
        called(by, request, operation(by).resource_arn.map(|path| (path, arn.clone())))
    };
    let answer = world.deliver(&called("CreateEndpoint", &before)).expect("handled");
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    assert_eq!(answer[0]["verdict"], "compliant", "{answer}");
    world.emulator.alerts();
    std::thread::sleep(Duration::from_secs(1));
    world.emulator.sagemaker("UpdateEndpoint", &json!({"EndpointName": name, "EndpointConfigName": after}));
    world.deliver(&called("UpdateEndpoint", &after)).expect("handled");
    let now = world.emulator.sagemaker("DescribeEndpoint", &json!({"EndpointName": name}));
    assert_eq!(now["EndpointConfigName"], before);
    alert_record(&world.emulator.alerts()[0])["deeds"][0]["result"].as_str().expect("text").to_owned()
}

/// Takes resources of all kinds over, and sees that each is given back.
fn set_tags_back(world: &World) {
    world.put_policy(&format!("version = 1\n{NO_SESSIONS}[rules.changed-project-tag]\naction = 'tag'\n"));
    for operation in Operation::all().filter(|by| by.kind_takes_tags() && by.creates() && is_recoverable(by)) {
        let Some(path) = operation.resource_arn else { continue };
        let mut event = world.make(operation, &format!("taken-{}", operation.name.to_lowercase()));
        event["detail"]["requestParameters"]["tags"] = json!([{"key": "Project", "value": "atlas"}]);
        world.deliver(&event).expect(operation.name);
        let arn = event["detail"]["responseElements"][path].clone();
        let borealis = json!([{"Key": "Project", "Value": "borealis"}]);
        world.emulator.sagemaker("AddTags", &json!({"ResourceArn": arn, "Tags": borealis}));
        let tags = json!([{"key": "Project", "value": "borealis"}]);
        let taken = called("AddTags", json!({"resourceArn": arn, "tags": tags}), None);
        world.deliver(&taken).expect(operation.name);
        let record = alert_record(&world.emulator.alerts()[0]);
        assert_eq!(record["deeds"][0]["result"], "tagged with `Project` = `atlas`", "{}: {record}", operation.name);
    }
}

/// Each function uses every permission of its role in one of these cases. SNS and the tagging API use the permissions for KMS and
/// `sagemaker:AddTags` on behalf of the function.
#[test]
fn every_permission_is_used() {
    let everything = "[rules.missing-project-tag]\n[rules.untagged-principal]\n[rules.overprivileged-execution-role]\n\
        [rules.confused-deputy-trust]\n[rules.unapproved-kms-key]\n[rules.missing-vpc]\naction = 'alert'\n\
        [rules.foreign-resource]\naction = 'alert'\n";
    let functions = functions::<Aws>();
    for (guard, areas) in GUARDS {
        let world = World::with_policy_in_s3(guard, &format!("{everything}{NO_REGION}"));
        world.create_endpoint_config(&json!("live"));
        let deliver = |event: &Value| {
            // A launch that depends on session tags is given back twice.
            let answers: Vec<_> = (0..3).map(|_| world.deliver(event)).collect();
            assert!(answers.iter().any(Answer::is_ok), "{guard}: {}: {answers:?}", event["detail"]["eventName"]);
        };
        for (number, operation) in operations(areas).enumerate() {
            let mut event = match operation.stop {
                Stop::By(_) => world.make(operation, &format!("stopped-{number}")),
                Stop::Never(_) => called(operation.name, request(operation, "gone"), None),
            };
            // Only what is newer can use it.
            if let Stop::By("DeleteModel" | "DeleteEndpointConfig") = operation.stop {
                let name = format!("user-{number}");
                world.create_endpoint_config(&json!(name));
                world.emulator.sagemaker("CreateEndpoint", &json!({"EndpointName": name, "EndpointConfigName": name}));
                world.emulator.sagemaker("CreateTransformJob", &json!({"TransformJobName": name}));
                world.emulator.sagemaker("CreateInferenceComponent", &json!({"InferenceComponentName": name}));
            }
            let request = &mut event["detail"]["requestParameters"];
            // The facts that the rules look up, if the operation has them.
            if operation.resource_name != Some("modelName") {
                request["modelName"] = json!("model-of-live");
            }
            request["productionVariants"] = json!([{"modelName": "model-of-live"}]);
            request["modelVariants"] = request["productionVariants"].clone();
            request["roleArn"] = json!(format!("arn:aws:iam::{ACCOUNT}:role/atlas-train"));
            request["kmsKeyId"] = json!(format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/k"));
            request["outputDataConfig"] = json!({"kmsKeyId": request["kmsKeyId"]});
            if let Stop::By(_) = operation.stop {
                deliver(&event);
            }
            if is_recoverable(operation) {
                let mut event = world.make(operation, &operation.name.to_lowercase());
                event["detail"]["requestParameters"] = Value::Null;
                deliver(&event);
            }
        }
        let by_user = in_this_account("CreateTrainingJob.console-empties")["detail"]["userIdentity"].clone();
        let first = operations(areas).find(|operation| operation.resource_name.is_some()).expect("one");
        let mut event = called(first.name, request(first, "by-user"), None);
        event["detail"]["userIdentity"] = by_user;
        deliver(&event);
        // A missing tag alone leads to a tag, not to a stop.
        world.put_policy("version = 1\n[abac]\nsession-tags = 'none'\n[rules.missing-project-tag]\n");
        let taggable = operations(areas).find(|operation| is_recoverable(operation) && operation.kind_takes_tags());
        deliver(&world.make(taggable.expect("one"), "untagged"));

        world.emulator.alerts();
        if guard == HOSTING {
            world.put_policy(&format!(
                "version = 1\n{NO_SESSIONS}[rules.noncompliant-endpoint-config]\n[rules.unencrypted-volume]\n"
            ));
            assert_eq!(roll_back(&world, "rolled-back"), "rolled back to the configuration `rolled-back-before`");
        }
        if guard == "guard-studio" {
            set_tags_back(&world);
        }
        let used: Vec<_> =
            world.emulator.journal(guard).iter().map(|call| call.replacen("tagging:", "tag:", 1)).collect();
        let (_, actions) = functions.iter().find(|(name, _)| *name == guard).expect(guard);
        let indirect = ["kms:GenerateDataKey", "kms:Decrypt", "sagemaker:AddTags"];
        let unused: Vec<_> =
            actions.iter().filter(|action| !indirect.contains(&action.as_str()) && !used.contains(action)).collect();
        assert!(unused.is_empty(), "{guard} never calls {unused:?}");
    }
}

/// Somebody of another project tags a configuration as their own. Its owner's next endpoint is right all the same, and the tag is set back.
#[test]
fn a_stolen_configuration_remains_its_owners() {
    let rules = "[rules.changed-project-tag]\naction = 'tag'\n[rules.noncompliant-endpoint-config]\n[rules.foreign-project-tag]\n";
    let world = World::new(HOSTING, &format!("{NO_SESSIONS}{rules}"));
    let name = json!("stolen");
    let atlas = json!([{"key": "Project", "value": "atlas"}]);
    let arn = json!(format!("arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint-config/stolen"));
    let verdict = |event: &Value| {
        let answer: Value = serde_json::from_str(&world.deliver(event).expect("handled")).expect("JSON");
        answer[0]["verdict"].clone()
    };
    world.create_endpoint_config(&name);
    world.emulator.sagemaker("AddTags", &json!({"ResourceArn": arn, "Tags": [{"Key": "Project", "Value": "atlas"}]}));
    let created = called(
        "CreateEndpointConfig",
        json!({"endpointConfigName": name, "tags": atlas, "productionVariants": [{"variantName": "a", "instanceType": "ml.m5.xlarge"}]}),
        Some(("endpointConfigArn", arn.clone())),
    );
    assert_eq!(verdict(&created), "compliant");
    world
        .emulator
        .sagemaker("AddTags", &json!({"ResourceArn": arn, "Tags": [{"Key": "Project", "Value": "borealis"}]}));
    let endpoint = || {
        let request = json!({"endpointName": "owners", "endpointConfigName": name, "tags": atlas});
        let arn = json!(format!("arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/owners"));
        called("CreateEndpoint", request, Some(("endpointArn", arn)))
    };
    world.emulator.sagemaker("CreateEndpoint", &json!({"EndpointName": "owners", "EndpointConfigName": name}));
    assert_eq!(verdict(&endpoint()), "compliant", "before the theft is known");
    let borealis = json!([{"key": "Project", "value": "borealis"}]);
    assert_eq!(verdict(&called("AddTags", json!({"resourceArn": arn, "tags": borealis}), None)), "violation");
    let tags = world.emulator.sagemaker("ListTags", &json!({"ResourceArn": arn}));
    assert_eq!(tags["Tags"], json!([{"Key": "Project", "Value": "atlas"}]), "it is given back");
    assert_eq!(verdict(&endpoint()), "compliant", "afterwards");
    assert!(world.emulator.try_sagemaker("DescribeEndpoint", &json!({"EndpointName": "owners"})).is_ok());
}

/// A mistake in a policy stops a few resources, and not all.
#[test]
fn the_brake_stops_the_stopping() {
    let world = World::new(TRAINING, &format!("{NO_SESSIONS}[limits]\nstops-per-hour = 2\n[rules.missing-vpc]\n"));
    // All of it happens in one hour of the clock.
    let past = Timestamp::now().as_second().rem_euclid(3600);
    std::thread::sleep(Duration::from_secs(if past > 3540 { 3600 - past.unsigned_abs() + 1 } else { 0 }));
    let mut results = Vec::new();
    for number in 0..4 {
        let name = format!("braked-{number}");
        let text = in_this_account("CreateTrainingJob.no-vpc").to_string().replace("churn-no-vpc", &name);
        let mut event: Value = serde_json::from_str(&text).expect("JSON");
        event["detail"]["eventID"] = json!(name);
        world.create_training_job(&event["detail"]["requestParameters"]["trainingJobName"], &[]);
        world.deliver(&event).expect("handled");
        results.push(world.status(&event));
    }
    assert_eq!(results, ["Stopped", "Stopped", "InProgress", "InProgress"]);
    let alerts = world.emulator.alerts();
    let subjects: Vec<_> = alerts.iter().map(|alert| alert["Subject"].as_str().expect("a subject")).collect();
    let of_brake = subjects.iter().filter(|subject| subject.starts_with("Tagwarden critical: the brake is on")).count();
    assert_eq!((of_brake, alerts.len()), (1, 5), "{subjects:?}");
}

/// An event that somebody sends again a day later stops nothing.
#[test]
fn what_comes_a_day_late_is_reported_and_not_acted_upon() {
    let world = World::new(TRAINING, &format!("{NO_SESSIONS}[rules.missing-vpc]"));
    let mut event = world.launch("CreateTrainingJob.no-vpc");
    event["detail"]["eventTime"] = json!((Timestamp::now() - SignedDuration::from_hours(25)).to_string());
    world.deliver(&event).expect("handled");
    assert_eq!(world.status(&event), "InProgress");
    let result = alert_record(&world.emulator.alerts()[0])["deeds"][0]["result"].clone();
    assert_eq!(result, "left alone: the call was made more than a day ago, and the resource may hold somebody's work");
}
