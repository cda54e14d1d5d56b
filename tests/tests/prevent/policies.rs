//! What the rendered policies beside the rules allow and deny.

use serde_json::{Value, json};
use tagwarden::evidence::{Evidence, GrantSources, IamEntity};
use tagwarden::grants::PolicyDocument;
use tagwarden::policy::Policy;
use tagwarden_tests::simulator::Simulator;
use tagwarden_tests::tagwarden;

use crate::cases::{ACCOUNT, record};

const POLICY: &str = "tests/data/preventable.toml";

/// The documents that `tagwarden render` prints.
fn render(args: &[&str]) -> Vec<Value> {
    let limit: &[&str] = if args[0] == "scp" { &["--max-chars", "10240"] } else { &[] };
    let ran = tagwarden(&[&["render"], args, &["--policy", POLICY], limit].concat());
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    serde_json::Deserializer::from_str(&ran.stdout).into_iter().map(|document| document.expect("JSON")).collect()
}

/// Somebody who asks, and what for.
struct Request {
    role: &'static str,
    tags: Value,
    question: Value,
}

fn raw(action: &str, resource: &str, context: Value) -> Request {
    let question = json!({"request": {"action": action, "resource": resource, "context": context}});
    Request { role: "role/ml/Atlas", tags: json!({"Project": "atlas", "Persona": "lead"}), question }
}

fn create(operation: &str, request: &Value) -> Request {
    Request { question: json!({"record": record(operation, request)}), ..raw("", "", Value::Null) }
}

impl Request {
    fn by(self, role: &'static str) -> Self {
        Self { role, ..self }
    }

    fn tagged(self, tags: Value) -> Self {
        Self { tags, ..self }
    }
}

/// Asks for all of these under one set of policies.
fn assert_allowed(policies: Value, requests: Vec<(Request, bool)>) {
    let mut define = json!({"define": "p"});
    define.as_object_mut().expect("an object").extend(policies.as_object().expect("policies").clone());
    let mut simulator = Simulator::start();
    assert_eq!(simulator.ask(&[define]), [json!({"defined": "p"})]);
    for (request, expected) in requests {
        let mut question = request.question;
        question["id"] = json!(0);
        question["policies"] = json!("p");
        question["principal"] =
            json!({"arn": format!("arn:aws:iam::{ACCOUNT}:{}", request.role), "tags": request.tags});
        let answers = simulator.ask(std::slice::from_ref(&question));
        let answer = &answers[0];
        assert!(answer["error"].is_null(), "{question:#}\n{answer:#}");
        // Keys and roles have policies of their own, which these say nothing of.
        let is_denied = |denied: &Value| denied["implicit"] != json!(["other-account"]);
        let allowed = !answer["denied"].as_array().expect("a list").iter().any(is_denied);
        assert_eq!(allowed, expected, "{question:#}\n{answer:#}");
    }
}

const JOB: &str = "arn:aws:sagemaker:eu-west-1:111122223333:training-job/churn";
const CONFIG: &str = "arn:aws:sagemaker:eu-west-1:111122223333:endpoint-config/churn";

fn training(tags: Value, role: &str) -> Request {
    let request = json!({
        "trainingJobName": "churn", "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/{role}"), "tags": tags,
        "outputDataConfig": {"s3OutputPath": "s3://atlas/out"}, "resourceConfig": {"instanceType": "ml.m5.xlarge"},
    });
    create("CreateTrainingJob", &request)
}

fn tag(key: &str, value: &str) -> Value {
    json!([{"key": key, "value": value}])
}

fn tagging(tags: &[(&str, &str)], with_creation: bool) -> Value {
    let mut context = json!({"aws:TagKeys": tags.iter().map(|(key, _)| key).collect::<Vec<_>>()});
    for (key, value) in tags {
        context[format!("aws:RequestTag/{key}")] = json!(value);
    }
    if with_creation {
        context["sagemaker:TaggingAction"] = json!("CreateTrainingJob");
    }
    context
}

fn of_project(project: &str) -> Value {
    json!({"aws:ResourceTag/Project": project})
}

#[test]
fn the_identity_policy_keeps_projects_apart() {
    let own_role = "ml/atlas/train";
    assert_allowed(
        json!({"identity": render(&["identity"])}),
        vec![
            (training(tag("Project", "atlas"), own_role), true),
            (training(tag("Project", "borealis"), own_role), false),
            (training(tag("project", "atlas"), own_role), false),
            (training(json!([]), own_role), false),
            (training(tag("Project", "atlas"), "ml/borealis/train"), false),
            (training(tag("Project", "atlas"), "admin"), false),
            (raw("sagemaker:StopTrainingJob", JOB, of_project("atlas")), true),
            (raw("sagemaker:StopTrainingJob", JOB, of_project("borealis")), false),
            (raw("sagemaker:StopTrainingJob", JOB, json!({})), false),
            (raw("sagemaker:DescribeTrainingJob", JOB, of_project("atlas")), true),
            (raw("sagemaker:ListTrainingJobs", "*", json!({})), true),
            (raw("sagemaker:AddTags", JOB, with(&of_project("atlas"), &tagging(&[("Team", "x")], false))), true),
            (
                raw("sagemaker:AddTags", JOB, with(&of_project("atlas"), &tagging(&[("project", "borealis")], false))),
                false,
            ),
            (
                raw(
                    "sagemaker:DeleteTags",
                    JOB,
                    with(&of_project("atlas"), &json!({"aws:TagKeys": ["tagwarden:violation"]})),
                ),
                false,
            ),
            // An endpoint of the own project with another project's configuration.
            (
                raw(
                    "sagemaker:CreateEndpoint",
                    CONFIG,
                    with(&of_project("borealis"), &tagging(&[("Project", "atlas")], false)),
                ),
                false,
            ),
            (raw("sagemaker:ListTrainingJobs", "*", json!({})).tagged(json!({})), false),
            (raw("sagemaker:StopTrainingJob", JOB, of_project("")).tagged(json!({"Project": ""})), false),
        ],
    );
}

/// What must be the caller's is compared with each tag of the caller, when something is created and when tags are changed.
#[test]
fn the_identity_policy_compares_every_tag_that_must_be_the_callers() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("policy.toml");
    std::fs::write(&path, crate::compare::every_rule()).expect("written");
    let ran = tagwarden(&["render", "identity", "--policy", path.to_str().expect("UTF-8")]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    let documents = serde_json::Deserializer::from_str(&ran.stdout).into_iter::<Value>();
    let documents: Vec<_> = documents.map(|document| document.expect("JSON")).collect();
    let own = json!({"Project": "atlas", "CostCenter": "CC-1", "DataClassification": "internal"});
    let training = |tags: &[(&str, &str)]| {
        let tags = tags.iter().map(|(key, value)| json!({"key": key, "value": value})).collect();
        training(tags, "ml/atlas/train").tagged(own.clone())
    };
    let (project, cost) = (("Project", "atlas"), ("CostCenter", "CC-1"));
    let add = |tags: &[(&str, &str)]| {
        let before = json!({"aws:ResourceTag/Project": "atlas", "aws:ResourceTag/CostCenter": "CC-1"});
        raw("sagemaker:AddTags", JOB, with(&before, &tagging(tags, false))).tagged(own.clone())
    };
    assert_allowed(
        json!({"identity": documents}),
        vec![
            (training(&[project, cost]), true),
            (training(&[project, cost, ("DataClassification", "internal")]), true),
            (training(&[project, cost, ("DataClassification", "public")]), false),
            (training(&[project, ("CostCenter", "CC-2")]), false),
            (training(&[project]), false),
            (training(&[cost]), false),
            (training(&[project, cost]).tagged(json!({"Project": "atlas"})), false),
            (add(&[("CostCenter", "CC-1")]), true),
            (add(&[("CostCenter", "CC-2")]), false),
            (add(&[("Environment", "prod")]), true),
        ],
    );
}

fn with(one: &Value, other: &Value) -> Value {
    let mut both = one.clone();
    both.as_object_mut().expect("an object").extend(other.as_object().expect("an object").clone());
    both
}

#[test]
fn the_boundary_cannot_be_left() {
    let boundary = "arn:aws:iam::111122223333:policy/tagwarden-boundary";
    let own = "arn:aws:iam::111122223333:role/ml/atlas/new";
    let bounded =
        |boundary: &str| with(&json!({"iam:PermissionsBoundary": boundary}), &tagging(&[("Project", "atlas")], false));
    let documents = render(&["boundary"]);
    assert_allowed(
        json!({"boundary": documents[0]}),
        vec![
            (raw("iam:CreateRole", own, bounded(boundary)), true),
            (raw("iam:CreateRole", own, bounded("arn:aws:iam::111122223333:policy/other")), false),
            (raw("iam:CreateRole", own, tagging(&[("Project", "atlas")], false)), false),
            (
                raw("iam:CreateRole", own, with(&bounded(boundary), &json!({"aws:RequestTag/Project": "borealis"}))),
                false,
            ),
            (raw("iam:CreateRole", "arn:aws:iam::111122223333:role/ml/borealis/new", bounded(boundary)), false),
            (raw("iam:AttachRolePolicy", own, bounded(boundary)), true),
            (raw("iam:AttachRolePolicy", own, json!({})), false),
            (raw("iam:PutRolePermissionsBoundary", own, bounded("arn:aws:iam::aws:policy/AdministratorAccess")), false),
            (raw("iam:DeleteRolePermissionsBoundary", own, json!({})), false),
            (raw("iam:CreatePolicyVersion", boundary, json!({})), false),
            (raw("iam:UpdateAssumeRolePolicy", own, json!({})), false),
            (raw("iam:CreateUser", "arn:aws:iam::111122223333:user/x", json!({})), false),
            (raw("sts:AssumeRole", "arn:aws:iam::111122223333:role/admin", json!({})), false),
            (raw("iam:PassRole", own, json!({"iam:PassedToService": "sagemaker.amazonaws.com"})), true),
            (raw("iam:PassRole", own, json!({"iam:PassedToService": "lambda.amazonaws.com"})), false),
            (
                raw(
                    "iam:PassRole",
                    "arn:aws:iam::111122223333:role/ml/borealis/x",
                    json!({"iam:PassedToService": "sagemaker.amazonaws.com"}),
                ),
                false,
            ),
            (raw("s3:GetObject", "arn:aws:s3:::atlas/x", json!({})), true),
            (raw("organizations:LeaveOrganization", "*", json!({})), false),
            (training(tag("Project", "atlas"), "ml/atlas/train"), true),
            (raw("sagemaker:AddTags", JOB, tagging(&[("Project", "borealis")], false)), false),
        ],
    );
}

#[test]
fn guardrails_protect_what_the_rules_rely_on() {
    let documents = render(&[
        "scp",
        "--only",
        "remote-shell",
        "--protect-tagwarden",
        "--protect-tags",
        "--quarantine",
        "--approved-regions",
        "--protect-keys",
        "--no-escalation",
        "--trusted",
        "arn:aws:iam::*:role/Deploy",
    ]);
    let key = "arn:aws:kms:eu-west-1:111122223333:key/0d1e0000-0000-4000-8000-000000000001";
    let function = "arn:aws:lambda:eu-west-1:111122223333:function:tagwarden-GuardTraining-1A2B";
    let log = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/tagwarden-guard-training".to_owned();
    let topic = "arn:aws:sns:eu-west-1:111122223333:tagwarden-Alerts-1A2B";
    let archive = "arn:aws:events:eu-west-1:111122223333:archive/tagwarden-Archive-1A2B";
    let marked = json!({"aws:ResourceTag/tagwarden:violation": "missing-vpc"});
    let own = "arn:aws:iam::111122223333:role/ml/atlas/new";
    assert_allowed(
        json!({"scps": documents}),
        vec![
            (raw("lambda:UpdateFunctionCode", function, json!({})), false),
            (raw("lambda:UpdateFunctionConfiguration", function, json!({})), false),
            (raw("lambda:UpdateFunctionConfiguration", function, json!({})).by("role/Deploy"), true),
            (raw("lambda:UpdateFunctionConfiguration", function, json!({})).by("role/Deploy2"), false),
            (raw("lambda:GetFunction", function, json!({})), true),
            (
                raw(
                    "events:DisableRule",
                    "arn:aws:events:eu-west-1:111122223333:rule/tagwarden-GuardTrainingCreated-1A",
                    json!({}),
                ),
                false,
            ),
            (raw("logs:DeleteLogGroup", &log, json!({})), false),
            (raw("logs:DeleteLogGroup", &log.replace("tagwarden-", "another-"), json!({})), true),
            (raw("logs:DeleteLogGroup", &log, json!({})).by("role/Deploy"), true),
            (raw("sns:SetSubscriptionAttributes", topic, json!({})), false),
            (raw("sns:Unsubscribe", topic, json!({})), false),
            (raw("sns:Subscribe", topic, json!({})), true),
            (raw("events:StartReplay", archive, json!({})), false),
            (
                raw("iam:CreateRole", "arn:aws:iam::111122223333:role/tagwarden-Impostor", json!({})).tagged(json!({})),
                false,
            ),
            (raw("sagemaker:AddTags", JOB, tagging(&[("Project", "borealis")], false)), false),
            (raw("sagemaker:AddTags", JOB, tagging(&[("PROJECT", "borealis")], false)), false),
            (raw("sagemaker:AddTags", JOB, tagging(&[("Project", "atlas")], true)), true),
            (
                raw("sagemaker:AddTags", JOB, tagging(&[("Project", "atlas")], false))
                    .by("role/tagwarden-GuardTrainingRole-1A"),
                true,
            ),
            (raw("sagemaker:AddTags", JOB, tagging(&[("Team", "x")], false)), true),
            (raw("sagemaker:DeleteTags", JOB, json!({"aws:TagKeys": ["tagwarden:violation"]})), false),
            (
                raw(
                    "sts:TagSession",
                    "arn:aws:iam::111122223333:role/ml/Atlas",
                    tagging(&[("Project", "borealis")], false),
                ),
                false,
            ),
            (raw("sts:TagSession", "arn:aws:iam::111122223333:role/ml/Atlas", tagging(&[("Team", "x")], false)), true),
            (raw("iam:TagRole", own, tagging(&[("Persona", "lead")], false)), false),
            (raw("sagemaker:CreateEndpoint", CONFIG, marked.clone()), false),
            (raw("sagemaker:CreateEndpoint", CONFIG, json!({})), true),
            (raw("sagemaker:DeleteEndpointConfig", CONFIG, marked), true),
            (raw("ec2:TerminateInstances", "arn:aws:ec2:us-east-1:111122223333:instance/i-0a", json!({})), false),
            (raw("iam:GetRole", own, json!({"aws:RequestedRegion": "us-east-1"})), true),
            (raw("kms:ScheduleKeyDeletion", key, json!({})), false),
            (raw("kms:ScheduleKeyDeletion", "arn:aws:kms:eu-west-1:111122223333:key/another", json!({})), true),
            (raw("kms:Decrypt", key, json!({})), true),
            (raw("iam:CreateAccessKey", "arn:aws:iam::111122223333:user/eve", json!({})), false),
            (raw("iam:CreateAccessKey", "arn:aws:iam::111122223333:user/eve", json!({})).tagged(json!({})), true),
            (raw("iam:PutRolePolicy", own, json!({})), false),
            (
                raw(
                    "iam:PutRolePolicy",
                    own,
                    json!({"iam:PermissionsBoundary": "arn:aws:iam::111122223333:policy/tagwarden-boundary"}),
                ),
                true,
            ),
        ],
    );
}

#[test]
fn nobody_takes_over_another_projects_resource() {
    let arn = "arn:aws:sagemaker:eu-west-1:111122223333:training-job/churn";
    let tag = |before: &str, after: &str| {
        let tags =
            json!({"aws:ResourceTag/Project": before, "aws:RequestTag/Project": after, "aws:TagKeys": ["Project"]});
        raw("sagemaker:AddTags", arn, tags)
    };
    assert_allowed(
        json!({"scps": render(&["scp"])}),
        vec![
            (tag("atlas", "atlas"), true),
            (tag("borealis", "atlas"), false),
            (tag("atlas", "borealis"), false),
            (tag("borealis", "atlas").tagged(json!({})), true),
        ],
    );
}

#[test]
fn execution_roles_are_passed_within_a_project() {
    let documents = render(&["scp", "--role-path", "ml/{project}/"]);
    let pass = |role: &str| {
        raw(
            "iam:PassRole",
            &format!("arn:aws:iam::111122223333:role/{role}"),
            json!({"iam:PassedToService": "sagemaker.amazonaws.com"}),
        )
    };
    assert_allowed(
        json!({"scps": documents}),
        vec![
            (pass("ml/atlas/train"), true),
            (pass("ml/borealis/train"), false),
            (pass("ml/atlas-2/train"), false),
            (pass("train"), false),
            (pass("ml/borealis/train").tagged(json!({})), true),
        ],
    );
}

#[test]
fn execution_roles_read_and_write_their_places_only() {
    let args = [
        "execution-role",
        "--project",
        "atlas",
        "--account",
        ACCOUNT,
        "--region",
        "eu-west-1",
        "--data",
        "atlas-data/train",
        "--read-only",
        "shared",
        "--repository",
        "churn",
        "--key",
        "arn:aws:kms:eu-west-1:111122223333:key/k",
    ];
    let documents = render(&args);
    let [permissions, trust] = documents.as_slice() else { panic!("{documents:#?}") };
    assert_allowed(
        json!({"identity": [permissions]}),
        vec![
            (raw("s3:GetObject", "arn:aws:s3:::atlas-data/train/x", json!({})), true),
            (raw("s3:PutObject", "arn:aws:s3:::atlas-data/train/x", json!({})), true),
            (raw("s3:GetObject", "arn:aws:s3:::atlas-data/trained/x", json!({})), false),
            (raw("s3:GetObject", "arn:aws:s3:::shared/x", json!({})), true),
            (raw("s3:PutObject", "arn:aws:s3:::shared/x", json!({})), false),
            (raw("s3:ListBucket", "arn:aws:s3:::atlas-data", json!({"s3:prefix": "train/2026"})), true),
            (raw("s3:ListBucket", "arn:aws:s3:::atlas-data", json!({})), false),
            (raw("ecr:GetAuthorizationToken", "*", json!({})), true),
            (raw("ecr:BatchGetImage", "arn:aws:ecr:eu-west-1:111122223333:repository/churn", json!({})), true),
            (raw("ecr:BatchGetImage", "arn:aws:ecr:eu-west-1:111122223333:repository/other", json!({})), false),
            (
                raw(
                    "kms:CreateGrant",
                    "arn:aws:kms:eu-west-1:111122223333:key/k",
                    json!({"kms:GrantIsForAWSResource": "true"}),
                ),
                true,
            ),
            (raw("kms:CreateGrant", "arn:aws:kms:eu-west-1:111122223333:key/k", json!({})), false),
        ],
    );
    // The role that is rendered is one that the rules accept.
    let role = "arn:aws:iam::111122223333:role/ml/atlas/train";
    let rules = [
        "confused-deputy-trust",
        "overprivileged-execution-role",
        "unbounded-data-access",
        "escalating-execution-role",
        "launching-execution-role",
    ];
    let rules: String = rules.iter().map(|rule| format!("[rules.{rule}]\n")).collect();
    let approved = "[rules.unapproved-bucket]\nallow = ['s3://atlas-data/train', 'shared']\n";
    let policy = Policy::parse(&format!("version = 1\n{rules}{approved}")).expect("a policy");
    let mut evidence = Evidence::new("");
    let inline = vec![("permissions".to_owned(), PolicyDocument::read(permissions))];
    *evidence.principal_mut(role) = IamEntity {
        trust_policy: PolicyDocument::read(trust),
        grants: Ok(GrantSources { inline, ..GrantSources::default() }),
        ..IamEntity::default()
    };
    let output = json!({"s3OutputPath": "s3://atlas-data/train/out"});
    let request = json!({"trainingJobName": "churn", "roleArn": role, "outputDataConfig": output});
    let record = record("CreateTrainingJob", &request).to_string();
    let decision = tagwarden::decide::decide_record(&record, &policy, &evidence).expect("a decision");
    assert_eq!(decision.findings, []);
}

#[test]
fn personas_do_what_they_are_for() {
    let endpoint_config = || {
        create(
            "CreateEndpointConfig",
            &json!({"endpointConfigName": "churn", "tags": tag("Project", "atlas"),
        "productionVariants": [{"variantName": "a", "modelName": "churn", "instanceType": "ml.m5.xlarge"}]}),
        )
    };
    let training = || training(tag("Project", "atlas"), "ml/atlas/train");
    let visible = json!({"sagemaker:SearchVisibilityCondition/Tags.Project/EqualsIfExists": "atlas"});
    let search = || raw("sagemaker:Search", "*", visible.clone());
    let read = || raw("s3:GetObject", "arn:aws:s3:::atlas-data/x", json!({}));
    for (persona, trains, serves) in [
        ("data-scientist", true, false),
        ("ml-engineer", true, false),
        ("mlops-engineer", false, true),
        ("business-analyst", false, false),
    ] {
        let documents = render(&["persona", persona, "--data", "atlas-data"]);
        assert_allowed(
            json!({"identity": documents}),
            vec![(training(), trains), (endpoint_config(), serves), (search(), true), (read(), true)],
        );
    }
    // The policy's own persona may call what the policy says, and look after what it made.
    assert_allowed(
        json!({"identity": render(&["persona", "scientist"])}),
        vec![
            (training(), true),
            (endpoint_config(), false),
            (raw("sagemaker:StopTrainingJob", JOB, of_project("atlas")), true),
            (raw("sagemaker:StopTrainingJob", JOB, of_project("borealis")), false),
            (raw("sagemaker:ListTrainingJobs", "*", json!({})), true),
            (search(), false),
        ],
    );
}
