//! The templates deploy the functions with the permissions that they use.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::{Value, json};
use tagwarden::evidence::{TEACHING, TagChange};
use tagwarden::operations::Operation;
use tagwarden::policy::{DEFAULT, Policy};
use tagwarden::terms::MARK;
use tagwarden_functions::aws::{Aws, S3};
use tagwarden_functions::permissions::{GUARDS, audit, functions as deployed, in_arn, operations};
use tagwarden_functions::sweep;
use tagwarden_tests::pattern::matches;
use tagwarden_tests::template::{functions, statements, template, texts};
use tagwarden_tests::{event, list, root};

/// The actions that Lambda takes with the role of a function: it writes the log, and sends failed events to a queue.
const OF_LAMBDA: [&str; 3] = ["logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage"];

/// The actions that Lambda takes with the role of a function that a queue invokes (Lambda developer guide, "Using Lambda with Amazon
/// SQS").
const TO_POLL: [&str; 3] = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"];

#[test]
fn each_function_has_the_permissions_that_it_uses_and_no_others() {
    for (name, deployed) in [("template.yaml", deployed::<Aws>()), ("audit.yaml", audit::<S3>())] {
        let template = template(name);
        let names: Vec<_> = functions(&template).into_iter().map(|(binary, ..)| binary).collect();
        assert_eq!(names, deployed.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        for ((binary, id, _), (_, actions)) in functions(&template).iter().zip(&deployed) {
            let granted: BTreeSet<_> = statements(&template, id)
                .iter()
                .flat_map(|statement| texts(&statement["Action"]).collect::<Vec<_>>())
                .collect();
            // A failed event is not kept if the caller waits for the response, or if a schedule invokes the function again.
            // What a queue brings goes back to the queue.
            let of_others = ["canary", "import-findings", "send-digests", "sweep"];
            let hands_over = name == "template.yaml" && !of_others.contains(&binary.as_str());
            let of_lambda = if hands_over { &OF_LAMBDA[..] } else { &OF_LAMBDA[..2] };
            let is_polled = binary.starts_with("guard-") || binary == "import-findings";
            let polls = if is_polled { &TO_POLL[..] } else { &[] };
            let of_lambda = of_lambda.iter().chain(polls).map(|action| (*action).to_owned());
            let used: BTreeSet<_> = actions.iter().cloned().chain(of_lambda).collect();
            assert_eq!(granted, used, "{binary}");
        }
    }
}

/// Each alarm has a section of the runbook, and a light on the dashboard.
#[test]
fn people_know_what_to_do_about_each_alarm() {
    let template = template("template.yaml");
    let resources = template["Resources"].as_object().expect("resources");
    let of_type = |kind: &str| {
        let ids = resources.iter().filter(|(_, resource)| resource["Type"] == kind).map(|(id, _)| id.as_str());
        ids.collect::<BTreeSet<_>>()
    };
    let alarms = of_type("AWS::CloudWatch::Alarm");
    let runbook = std::fs::read_to_string(root().join("docs/runbook.md")).expect("the page");
    assert_eq!(runbook.lines().filter_map(|line| line.strip_prefix("## ")).collect::<BTreeSet<_>>(), alarms);

    let body = &template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"];
    // A light of an alarm that exists only under a condition is there under the same one.
    let light = &body[1]["CanaryLight"]["Fn::If"];
    assert_eq!((&light[0], &light[2]), (&template["Resources"]["CanaryAlarm"]["Condition"], &json!("")));
    let light = light[1]["Fn::Sub"].as_str().expect("a text");
    let body = body[0].as_str().expect("a text").replace("${CanaryLight}", light);
    let names: BTreeSet<_> = body.split("${").skip(1).filter_map(|rest| rest.split(['.', '}']).next()).collect();
    let lit: BTreeSet<_> = names.iter().copied().filter(|name| alarms.contains(name)).collect();
    assert_eq!(lit, alarms);
    assert!(names.iter().all(|name| name.starts_with("AWS::") || resources.contains_key(*name)), "{names:?}");
    let body: Value = serde_json::from_str(&body).expect("JSON");
    assert!(list(&body["widgets"]).iter().all(|widget| widget["properties"]["title"].is_string()));
}

/// A function reads the price file if it judges what jobs cost, and only if there is one.
#[test]
fn prices_are_read_where_jobs_are_judged() {
    let template = template("template.yaml");
    let guards = GUARDS.iter().map(|(name, areas)| (*name, operations(areas).collect::<Vec<_>>()));
    for (binary, operations) in guards.chain([("sweep", sweep::operations().collect())]) {
        let functions = functions(&template);
        let (_, id, properties) = functions.iter().find(|(name, ..)| name == binary).expect("it is deployed");
        let judges = operations.iter().any(|operation| operation.charge.is_some());
        let prices = &properties["Environment"]["Variables"]["TAGWARDEN_PRICES"];
        let location = json!({"Fn::If": ["HasPriceFile", {"Fn::Sub": "s3://${PolicyBucket}/${PriceFile}"}, ""]});
        assert_eq!(*prices, if judges { location } else { Value::Null }, "{binary}");
        let file = json!({"Fn::If": [
            "HasPriceFile", {"Fn::Sub": "arn:${AWS::Partition}:s3:::${PolicyBucket}/${PriceFile}"}, {"Ref": "AWS::NoValue"},
        ]});
        let reads: Vec<_> = statements(&template, id)
            .into_iter()
            .filter(|statement| statement["Resource"].as_array().is_some_and(|resources| resources.contains(&file)))
            .map(|statement| statement["Action"].clone())
            .collect();
        assert_eq!(reads, if judges { vec![json!(["s3:GetObject"])] } else { Vec::new() }, "{binary}");
    }
}

/// A stack whose owner chose nothing stops nobody's job.
#[test]
fn functions_act_only_if_somebody_chose_so() {
    let template = template("template.yaml");
    let mode = &template["Parameters"]["Mode"];
    assert_eq!((&mode["Default"], &mode["AllowedValues"]), (&json!("observe"), &json!(["observe", "policy"])));
    for (binary, _, properties) in functions(&template) {
        // The canary expects of the guards what the mode lets them do.
        let needs_mode = binary.starts_with("guard-") || ["canary", "sweep"].contains(&binary.as_str());
        let passed = &properties["Environment"]["Variables"]["TAGWARDEN_MODE"];
        assert_eq!(*passed, if needs_mode { json!({"Ref": "Mode"}) } else { Value::Null }, "{binary}");
    }
}

/// `sam build` calls cargo in `CodeUri`. At the root of the workspace, cargo would build only the command line.
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
fn only_actions_without_resource_level_permissions_are_granted_on_everything() {
    for (template, (binary, id, _)) in ["template.yaml", "audit.yaml"]
        .map(template)
        .iter()
        .flat_map(|template| functions(template).into_iter().map(move |function| (template, function)))
    {
        for statement in statements(template, &id) {
            if statement["Resource"].is_array() && list(&statement["Resource"]).contains(&json!("*")) {
                let has_none = |action: &str| {
                    ["tag:GetResources", "tag:TagResources", "cloudtrail:LookupEvents", "iam:ListRoles"]
                        .contains(&action)
                        || action.starts_with("sagemaker:List") && action.ends_with('s')
                };
                assert!(texts(&statement["Action"]).all(|action| has_none(&action)), "{binary}: {statement}");
            }
        }
    }
}

/// The text of a statement with its parameters at their longest.
fn longest(statement: &Value) -> String {
    let known = [
        ("${AWS::Partition}", "aws-us-gov"),
        ("${AWS::Region}", "ap-southeast-1"),
        ("${AWS::AccountId}", "111122223333"),
    ];
    known.iter().fold(statement.to_string(), |text, (name, value)| text.replace(name, value))
}

#[test]
fn a_function_acts_on_the_kinds_of_resources_that_it_judges() {
    let template = template("template.yaml");
    let guards = GUARDS.iter().map(|(name, areas)| (*name, operations(areas).collect::<Vec<_>>()));
    for (binary, operations) in guards.chain([("sweep", sweep::operations().collect())]) {
        let functions = functions(&template);
        let (_, id, _) = functions.iter().find(|(name, ..)| name == binary).expect("it is deployed");
        // Operations on tags apply to any kind.
        let kinds = operations.iter().filter(|operation| !operation.only_tags());
        let kinds: BTreeSet<_> = kinds.map(|operation| format!("{}/*", in_arn(operation.kind))).collect();
        let statements = statements(&template, id);
        let acting = statements
            .iter()
            .find(|statement| texts(&statement["Action"]).any(|action| action == "sagemaker:ListTags"));
        let granted: BTreeSet<_> = list(&acting.expect("one")["Resource"])
            .iter()
            .filter_map(|arn| arn["Fn::Sub"].as_str()?.splitn(6, ':').nth(5).map(str::to_owned))
            .collect();
        let granted: BTreeSet<_> = granted
            .iter()
            .map(|arn| arn.rsplit_once("AWS::AccountId}:").map_or(arn.as_str(), |(_, kind)| kind).to_owned())
            .collect();
        assert_eq!(granted, kinds, "{binary}");
    }
}

/// "The maximum aggregate policy size for inline policies of a role is 10,240 characters", white space not counted (IAM User
/// Guide, "IAM and AWS STS quotas").
#[test]
fn policies_fit() {
    for name in ["template.yaml", "audit.yaml"] {
        let template = template(name);
        for (binary, id, _) in functions(&template) {
            let size: usize = statements(&template, &id).iter().map(|statement| longest(statement).len() + 1).sum();
            assert!(size < 10_240, "{binary}: {size}");
        }
    }
}

/// The patterns of a function's rules: those for calls, or those for other events.
fn patterns(properties: &Value, of_calls: bool) -> Vec<&Value> {
    let events = properties["Events"].as_object().expect("events").values();
    let patterns = events.map(|event| &event["Properties"]["Pattern"]).filter(|pattern| pattern.is_object());
    let are_calls = |pattern: &&Value| pattern["detail-type"] == json!(["AWS API Call via CloudTrail"]);
    patterns.filter(|pattern| are_calls(pattern) == of_calls).collect()
}

/// Both triggers of a creation invoke the same guard. Other states do not cost an invocation.
#[test]
fn state_changes_are_delivered_to_the_guard_of_the_creation() {
    let template = template("template.yaml");
    for (binary, _, properties) in functions(&template).iter().filter(|(binary, ..)| binary.starts_with("guard-")) {
        let (_, areas) = GUARDS.iter().find(|(name, _)| name == binary).expect("it has operations");
        let guarded: Vec<_> =
            operations(areas).filter_map(|operation| Some((operation.name, operation.event?))).collect();
        let [pattern] = patterns(properties, false)[..] else { panic!("{binary}: one rule") };
        let delivered: BTreeSet<_> = texts(&pattern["detail-type"]).collect();
        assert_eq!(delivered, guarded.iter().map(|(_, event)| event.detail_type.to_owned()).collect(), "{binary}");
        let with_states: Vec<_> = guarded.iter().filter(|(_, event)| !event.states.is_empty()).collect();
        let expected: serde_json::Map<_, _> = with_states
            .iter()
            .map(|(by, event)| {
                let mut values: Vec<_> = event.states.iter().map(|state| json!(state)).collect();
                if guarded.len() > 1 {
                    values.push(json!({"exists": false}));
                }
                (format!("{}Status", by.trim_start_matches("Create")), json!(values))
            })
            .collect();
        assert_eq!(pattern["detail"], Value::Object(expected), "{binary}");
    }
}

/// Events of every rule are kept if they cannot be delivered.
#[test]
fn every_rule_may_send_to_the_queue_for_undelivered_events() {
    let template = template("template.yaml");
    let statement = &template["Resources"]["UndeliveredPolicy"]["Properties"]["PolicyDocument"]["Statement"][0];
    let allowed = list(&statement["Condition"]["ArnEquals"]["aws:SourceArn"]).iter();
    // Rules that exist only under a condition are named under the same condition.
    let mut allowed: Vec<_> =
        allowed.map(|rule| rule.get("Fn::If").map_or(rule, |choice| &choice[1]).clone()).collect();
    let functions = functions(&template);
    let mut rules: Vec<_> = functions
        .iter()
        .flat_map(|(_, id, properties)| {
            let events = properties["Events"].as_object().expect("events").iter();
            // A schedule repeats its events.
            let kept = events.filter(|(_, event)| event["Properties"]["DeadLetterConfig"].is_object());
            kept.map(move |(event, _)| json!({"Fn::GetAtt": [format!("{id}{event}"), "Arn"]}))
        })
        .collect();
    let others = template["Resources"].as_object().expect("resources").iter();
    let others = others.filter(|(_, resource)| resource["Type"] == "AWS::Events::Rule");
    for (id, rule) in others {
        let queue = &rule["Properties"]["Targets"][0]["DeadLetterConfig"]["Arn"];
        assert_eq!(*queue, json!({"Fn::GetAtt": ["Undelivered", "Arn"]}), "{id}");
        rules.push(json!({"Fn::GetAtt": [id, "Arn"]}));
    }
    for list in [&mut allowed, &mut rules] {
        list.sort_by_key(Value::to_string);
    }
    assert_eq!(allowed, rules);
}

#[test]
fn every_operation_is_delivered_to_its_guard() {
    let template = template("template.yaml");
    for (binary, _, properties) in functions(&template).iter().filter(|(binary, ..)| binary.starts_with("guard-")) {
        let mut delivered = Vec::new();
        for pattern in patterns(properties, true) {
            let size = pattern.to_string().len();
            assert!(size <= 2048, "{binary}: EventBridge takes patterns of 2,048 characters, not of {size}");
            assert_eq!(
                pattern["detail"]["errorCode"],
                json!([{"exists": false}]),
                "{binary}: failed calls cost nothing"
            );
            delivered.extend(texts(&pattern["detail"]["eventName"]));
        }
        let (_, areas) = GUARDS.iter().find(|(name, _)| name == binary).expect("it has operations");
        let mut guarded: Vec<_> = operations(areas).map(|operation| operation.name.to_owned()).collect();
        delivered.sort();
        guarded.sort();
        assert_eq!(delivered, guarded, "{binary}");
    }
}

/// Archived events can be judged again.
#[test]
fn every_operation_is_archived() {
    let template = template("template.yaml");
    let names = &template["Resources"]["Archive"]["Properties"]["EventPattern"]["detail"]["eventName"];
    let prefixes: Vec<_> = list(names).iter().filter_map(|name| name["prefix"].as_str()).collect();
    for operation in Operation::all() {
        assert!(prefixes.iter().any(|prefix| operation.name.starts_with(prefix)), "{}", operation.name);
    }
}

#[test]
fn functions_that_set_tags_know_each_other() {
    let template = template("template.yaml");
    let tags = |id: &str| {
        statements(&template, id).iter().any(|one| texts(&one["Action"]).any(|it| it == "sagemaker:AddTags"))
    };
    let taggers = functions(&template).into_iter().filter(|(_, id, _)| tags(id));
    let mut roles: Vec<_> = taggers.map(|(_, id, _)| json!({"Fn::GetAtt": [format!("{id}Role"), "Arn"]})).collect();
    let join = &template["Globals"]["Function"]["Environment"]["Variables"]["TAGWARDEN_ROLES"]["Fn::Join"];
    let mut known = list(&join[1]).to_vec();
    for list in [&mut roles, &mut known] {
        list.sort_by_key(Value::to_string);
    }
    assert_eq!((&join[0], known), (&json!(","), roles));
}

/// A guard that was taken over cannot set any tag that the stack does not name.
#[test]
fn functions_set_only_the_policys_tags_and_the_mark() {
    let template = template("template.yaml");
    assert_eq!(template["Parameters"]["AbacTag"]["Default"], Policy::parse(DEFAULT).expect("it is valid").abac.tag);
    let mut taggers = 0;
    for (binary, id, _) in functions(&template) {
        let statements = statements(&template, &id);
        let is_tagging = |statement: &&Value| texts(&statement["Action"]).any(|granted| granted == "sagemaker:AddTags");
        let tagging: Vec<_> = statements.iter().filter(is_tagging).collect();
        let Some(tags) = tagging.last() else { continue };
        taggers += 1;
        let keys = |further: &str| json!({"Fn::Sub": format!("${{AbacTag}},{MARK}{further}")});
        let keys = json!({"Fn::If": ["HasFurtherTags", keys(",${FurtherTags}"), keys("")]});
        let condition = json!({
            "ForAllValues:StringEquals": {"aws:TagKeys": {"Fn::Split": [",", keys]}},
            "Null": {"aws:TagKeys": "false"},
        });
        for statement in &tagging {
            assert_eq!(
                statement["Action"],
                json!(["sagemaker:AddTags"]),
                "{binary}: the condition is about nothing else"
            );
            assert_eq!(statement["Condition"], condition, "{binary}");
        }
        let acting = statements.iter().find(|one| texts(&one["Action"]).any(|granted| granted == "sagemaker:ListTags"));
        let acting = &acting.expect("it acts on what it tags")["Resource"];
        // The guard that judges changes of tags sets them back, on any kind of resource.
        let any = json!([{"Fn::Sub": "arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}:*"}]);
        assert_eq!(tags["Resource"], if binary == "guard-studio" { any } else { acting.clone() }, "{binary}");
    }
    assert_eq!(taggers, 4);
}

/// The logs are the record of all decisions.
#[test]
fn the_log_outlives_the_stack() {
    let template = template("template.yaml");
    let resources = template["Resources"].as_object().expect("resources");
    let kept: Vec<_> = resources.iter().filter(|(_, resource)| resource["Type"] == "AWS::Logs::LogGroup").collect();
    assert_eq!(kept.len(), functions(&template).len());
    for (id, resource) in kept {
        for policy in ["DeletionPolicy", "UpdateReplacePolicy"] {
            assert_eq!(resource[policy], "Retain", "{id}");
        }
    }
}

/// The guards judge the canary as anybody, and it can do nothing but what it is for.
#[test]
fn the_canary_touches_nothing_but_its_model() {
    let template = template("template.yaml");
    let known = &template["Globals"]["Function"]["Environment"]["Variables"]["TAGWARDEN_ROLES"];
    assert!(!known.to_string().contains("Canary"), "{known}");
    let of_canary =
        template["Resources"].as_object().expect("resources").iter().filter(|(id, _)| id.starts_with("Canary"));
    let conditions: Vec<_> = of_canary.map(|(_, resource)| resource["Condition"].clone()).collect();
    assert_eq!(conditions, vec![json!("HasCanary"); 5]);
    let statements = statements(&template, "Canary");
    let on = |action: &str| {
        let statement = statements.iter().find(|one| texts(&one["Action"]).any(|granted| granted == action));
        statement.expect("it is granted").clone()
    };
    let models = "arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}:model/tagwarden-canary-*";
    assert_eq!(on("sagemaker:DeleteModel")["Resource"], json!([{"Fn::Sub": models}]));
    let pass = on("iam:PassRole");
    assert_eq!(pass["Resource"], json!([{"Fn::GetAtt": ["CanaryExecutionRole", "Arn"]}]));
    assert_eq!(pass["Condition"], json!({"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}));
}

/// A session that is recorded late leaves its calls without tags, or with the role's.
#[test]
fn nothing_throttles_the_recording_of_sessions() {
    let template = template("template.yaml");
    assert_eq!(template["Globals"]["Function"]["ReservedConcurrentExecutions"], Value::Null, "it would be everybody's");
    for (binary, _, properties) in functions(&template) {
        let reserved = &properties["ReservedConcurrentExecutions"]["Fn::If"][1];
        let expected = if binary == "record-sessions" { Value::Null } else { json!({"Ref": "ReservedConcurrency"}) };
        assert_eq!(*reserved, expected, "{binary}");
    }
}

#[test]
fn sessions_are_delivered_although_their_calls_only_read() {
    let template = template("template.yaml");
    let recorder = functions(&template).into_iter().find(|(binary, ..)| binary == "record-sessions");
    let (_, _, recorder) = recorder.expect("it is deployed");
    assert_eq!(recorder["Events"]["Issued"]["Properties"]["State"], "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS");
}

/// A waiting event comes back to the guard that waits, and no message is lost or hidden too briefly.
#[test]
fn each_guard_has_a_delay_queue_of_its_own() {
    let template = template("template.yaml");
    let timeout = template["Globals"]["Function"]["Timeout"].as_u64().expect("seconds");
    for (binary, id, properties) in functions(&template).iter().filter(|(binary, ..)| binary.starts_with("guard-")) {
        let queue = format!("{id}Delay");
        let arn = json!({"Fn::GetAtt": [queue, "Arn"]});
        assert_eq!(properties["Environment"]["Variables"]["TAGWARDEN_DELAY_QUEUE"], json!({"Ref": queue}), "{binary}");
        let mapping = &properties["Events"]["Postponed"]["Properties"];
        assert_eq!(
            (&mapping["Queue"], &mapping["FunctionResponseTypes"][0]),
            (&arn, &json!("ReportBatchItemFailures"))
        );
        let statements = statements(&template, id);
        let postponing = statements.iter().find(|statement| statement["Sid"] == "PostponeEvents").expect("a statement");
        assert_eq!(postponing["Resource"], json!([arn]), "{binary}");
        let queue = &template["Resources"][&queue]["Properties"];
        assert!(queue["VisibilityTimeout"].as_u64().expect("seconds") >= 6 * timeout, "{binary}");
        let failures = &properties["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]["Destination"];
        assert_eq!(queue["RedrivePolicy"]["deadLetterTargetArn"], *failures, "{binary}");
        assert_eq!(queue["SqsManagedSseEnabled"], true, "{binary}");
    }
}

/// A call without tags costs no invocation. Any other call is delivered, however it passes its tags.
#[test]
fn every_session_that_may_have_tags_is_delivered() {
    let template = template("template.yaml");
    let functions = functions(&template);
    let (_, _, recorder) = functions.iter().find(|(binary, ..)| binary == "record-sessions").expect("it is deployed");
    let everything = recorder["Events"]["Issued"]["Properties"]["Pattern"].clone();
    let mut filtered = everything.clone();
    let choice = everything["detail"]["$or"]["Fn::If"].clone();
    assert_eq!((&choice[0], &choice[1]), (&json!("RecordsUntagged"), &json!({"Ref": "AWS::NoValue"})));
    filtered["detail"]["$or"] = choice[2].clone();
    let recorded = |name: &str| serde_json::from_str::<Value>(&event(&format!("{name}.json"))).expect("JSON");
    for name in [
        "AssumeRole.role-chaining",
        "AssumeRole.session-tags",
        "AssumeRole.session-tags-over-role",
        "AssumeRoleWithSAML.identity-center",
    ] {
        assert!(matches(&filtered, &recorded(name)), "{name}");
    }
    let delivered = |by: &str, request: Value| {
        let mut call = recorded("AssumeRole.session-tags");
        call["detail"]["userIdentity"]["type"] = json!(by);
        call["detail"]["requestParameters"] = request;
        matches(&filtered, &call)
    };
    let plain =
        json!({"roleArn": "arn:aws:iam::111122223333:role/Train", "roleSessionName": "s", "durationSeconds": 3600});
    let with = |name: &str, member: Value| {
        let mut request = plain.clone();
        request[name] = member;
        request
    };
    for by in ["AWSService", "IAMUser"] {
        assert!(!delivered(by, plain.clone()), "{by}: it has no tags");
        assert!(!delivered(by, with("tags", json!([]))), "{by}: it has no tags");
        assert!(delivered(by, with("tags", json!([{"key": "Project", "value": "atlas"}]))), "{by}");
        assert!(delivered(by, with("transitiveTagKeys", json!(["Project"]))), "{by}");
        for omitted in [Value::Null, json!({"omitted": true, "originalSize": 131072}), json!("omitted")] {
            assert!(delivered(by, omitted), "{by}: CloudTrail omitted the request");
        }
    }
    for by in ["AssumedRole", "AWSAccount", "FederatedUser"] {
        assert!(delivered(by, with("incomingTransitiveTags", json!({"Project": "atlas"}))), "{by}");
    }
    for provider in ["AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"] {
        let mut call = recorded("AssumeRoleWithSAML.identity-center");
        call["detail"]["eventName"] = json!(provider);
        call["detail"]["requestParameters"] = with("principalTags", json!({"Project": "atlas"}));
        assert!(matches(&filtered, &call), "{provider}");
        call["detail"]["errorCode"] = json!("AccessDenied");
        assert!(!matches(&filtered, &call), "a failed call issued nothing");
    }
}

/// The global template forwards what `record-sessions` would take where it was logged.
#[test]
fn global_events_are_forwarded_as_they_are_recorded() {
    let template = template("template.yaml");
    let functions = functions(&template);
    let (_, _, recorder) = functions.iter().find(|(binary, ..)| binary == "record-sessions").expect("it is deployed");
    let recorded = &recorder["Events"]["Issued"]["Properties"];
    let mut pattern = recorded["Pattern"].clone();
    pattern["detail"]["$or"] = recorded["Pattern"]["detail"]["$or"]["Fn::If"][2].clone();
    let global = tagwarden_tests::template::template("global.yaml");
    let rules = &global["Resources"]["Fn::ForEach::Rules"][2];
    let changes = &rules["Tags&{Region}"]["Properties"];
    assert_eq!(changes["EventPattern"], recorder["Events"]["Retagged"]["Properties"]["Pattern"]);
    let named: BTreeSet<_> = texts(&changes["EventPattern"]["detail"]["eventName"]).collect();
    let iam = "iam.amazonaws.com";
    let teaching = TEACHING.iter().filter(|(source, _)| *source == iam).flat_map(|(_, names)| *names);
    let of_tags = teaching.filter(|name| TagChange::is_of_principals(iam, name));
    assert_eq!(named, of_tags.map(|name| (*name).to_owned()).collect());
    let rule = &rules["Sessions&{Region}"]["Properties"];
    assert_eq!(changes["Targets"], rule["Targets"]);
    assert_eq!((&rule["EventPattern"], &rule["State"]), (&pattern, &recorded["State"]));
    let bus = "arn:${AWS::Partition}:events:${Region}:${AWS::AccountId}:event-bus/default";
    assert_eq!(rule["Targets"][0]["Arn"], json!({"Fn::Sub": bus}));
    let granted = &global["Resources"]["ForwardRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"];
    assert_eq!(granted[0]["Action"], json!(["events:PutEvents"]));
    assert_eq!(granted[0]["Resource"], json!([{"Fn::Sub": bus.replace("${Region}", "*")}]));
}
