//! Launches with everything that tells whose they are, and what an audit by the default policy must find of each.

use std::collections::HashMap;

use fastrand::Rng;
use serde_json::{Value, json};

use crate::noise::credentials;
use crate::record::{Parts, hex, id, record, session, time};
use crate::{ACCOUNTS, Place, REGIONS, Spec};

/// A record that must be in the archive.
pub struct Planned {
    pub second: i64,
    pub json: String,
}

/// All of them.
#[derive(Default)]
pub struct Plan {
    pub records: HashMap<Place, Vec<Planned>>,
    /// What must be found, launch by launch, in the order of time.
    pub truth: Vec<Value>,
    /// Attempts that were denied.
    pub denied: u64,
}

const PROJECTS: [&str; 3] = ["atlas", "borealis", "cygnus"];

/// One launch in so many records.
const RECORDS_PER_LAUNCH: u64 = 300;

/// Sessions are issued at most so many seconds before the launch.
const SESSION: i64 = 39_600;

/// Who launches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caller {
    /// A role that IAM's data gives the tag.
    TaggedRole,
    /// A session that was given the tag, found by its access key.
    TaggedSession,
    /// A session that was given the tag, found by its principal id and the time it was issued.
    FederatedSession,
    /// A role that IAM's data does not know, and whose tag was changed in the middle of the archive.
    ChangedRole,
    /// A role of which nothing is known.
    UnknownRole,
    /// A role without the tag.
    UntaggedRole,
}

const CALLERS: [Caller; 6] = [
    Caller::TaggedRole,
    Caller::TaggedSession,
    Caller::FederatedSession,
    Caller::ChangedRole,
    Caller::UnknownRole,
    Caller::UntaggedRole,
];

/// What is wrong with a launch: the rule that it violates.
const WRONGS: [&str; 9] = [
    "missing-project-tag",
    "foreign-project-tag",
    "unapproved-instance-type",
    "unencrypted-volume",
    "network-isolation-off",
    "missing-vpc",
    "unencrypted-output",
    "excessive-runtime",
    "foreign-execution-role",
];

/// How many of them an endpoint configuration can have.
const OF_ENDPOINT_CONFIGS: usize = 6;

/// IAM's data on the roles that it knows.
pub fn iam() -> String {
    let mut roles = Vec::new();
    for account in ACCOUNTS {
        let mut role = |path: &str, name: &str, tags: Value| {
            roles.push(json!({
                "Path": path, "RoleName": name, "Arn": format!("arn:aws:iam::{account}:role{path}{name}"), "Tags": tags,
                "AttachedManagedPolicies": [{"PolicyName": "MlWorkbench", "PolicyArn": format!("arn:aws:iam::{account}:policy/MlWorkbench")}],
                "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                    "Principal": {"Service": "sagemaker.amazonaws.com"}, "Condition": {"StringEquals": {"aws:SourceAccount": account}}}]},
            }));
        };
        for project in PROJECTS {
            role("/", &format!("DataScientist-{project}"), json!([{"Key": "Project", "Value": project}]));
            role("/ml/", &format!("{project}-train"), json!([{"Key": "project", "Value": project}]));
        }
        role("/", "Federated", json!([{"Key": "Team", "Value": "platform"}]));
        role("/", "Analyst", json!([]));
    }
    let policies = ACCOUNTS.map(|account| {
        let document = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::ml-data/*"},
        ]});
        json!({
            "PolicyName": "MlWorkbench", "Arn": format!("arn:aws:iam::{account}:policy/MlWorkbench"),
            "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": document}],
        })
    });
    json!({"RoleDetailList": roles, "Policies": policies}).to_string()
}

/// The principal id of a role.
fn role_id(account: &str, name: &str) -> String {
    let seed =
        account.bytes().chain(name.bytes()).fold(7, |hash: u64, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
    id(&mut Rng::with_seed(seed), "AROA")
}

pub fn plan(spec: &Spec) -> Plan {
    let mut rng = Rng::with_seed(spec.seed);
    let mut plan = Plan::default();
    let last = i64::try_from(spec.days).expect("few days") * 86_400;
    for account in 0..ACCOUNTS.len() {
        plan.tag_history(&mut rng, account, last);
    }
    let mut truth = Vec::new();
    for number in 0..(spec.records / RECORDS_PER_LAUNCH).max(1) {
        let place = (rng.usize(..ACCOUNTS.len()), rng.usize(..REGIONS.len()));
        let second = rng.i64(SESSION + 100..last);
        // The second of the change tells nothing.
        let second = second + i64::from(second == last / 2);
        truth.push((second, plan.launch(&mut rng, number, place, second, last)));
    }
    truth.sort_by_key(|(second, _)| *second);
    plan.truth = truth.into_iter().map(|(_, truth)| truth).collect();
    plan
}

impl Plan {
    fn add(&mut self, rng: &mut Rng, (account, region): (usize, usize), second: i64, parts: &Parts) -> String {
        let place = Place { account, region, day: second as u64 / 86_400 };
        let (json, event_id) = record(rng, place, second, parts);
        self.records.entry(place).or_default().push(Planned { second, json });
        event_id
    }

    /// The roles whose tags only records tell: created with one project, given to the next one half-way.
    fn tag_history(&mut self, rng: &mut Rng, account: usize, last: i64) {
        let identity = session(ACCOUNTS[account], ("Admin", "AROAADMINADMINADMIN1"), "ops", "ASIAADMINADMINADMIN1", 0);
        let call = Parts {
            identity: &identity,
            source: "iam.amazonaws.com",
            name: "",
            agent: "aws-cli/2.27.8",
            request: "",
            response: "null",
            read_only: false,
            error: "",
        };
        for (index, project) in PROJECTS.iter().enumerate() {
            let next = PROJECTS[(index + 1) % PROJECTS.len()];
            let role = format!("Pipeline-{project}");
            let created = format!(
                r#"{{"roleName":"{role}","assumeRolePolicyDocument":"{{}}","tags":[{{"key":"Team","value":"mlops"}},{{"key":"Project","value":"{project}"}}]}}"#
            );
            let changed = format!(r#"{{"roleName":"{role}","tags":[{{"key":"Project","value":"{next}"}}]}}"#);
            self.add(rng, (account, 1), 10, &Parts { name: "CreateRole", request: &created, ..call });
            self.add(rng, (account, 1), last / 2, &Parts { name: "TagRole", request: &changed, ..call });
        }
    }

    fn launch(&mut self, rng: &mut Rng, number: u64, place: (usize, usize), second: i64, last: i64) -> Value {
        let account = ACCOUNTS[place.0];
        let caller = CALLERS[rng.usize(..CALLERS.len())];
        let index = rng.usize(..PROJECTS.len());
        let (project, other) = (PROJECTS[index], PROJECTS[(index + 1) % PROJECTS.len()]);
        let is_endpoint_config = rng.u8(0..4) == 0;
        let wrong = (rng.u8(0..10) < 4)
            .then(|| WRONGS[rng.usize(..if is_endpoint_config { OF_ENDPOINT_CONFIGS } else { WRONGS.len() })]);
        // Whose tags nobody knows, or who has none, is not compared with the resource's.
        let has_project = !matches!(caller, Caller::UnknownRole | Caller::UntaggedRole);
        let wrong = wrong.filter(|wrong| has_project || !wrong.ends_with("project-tag"));

        let identity = self.caller(rng, caller, project, index, place, second, last);
        let tag = match wrong {
            Some("missing-project-tag") => None,
            Some("foreign-project-tag") => Some(other),
            _ => Some(project),
        };
        let tags = tag.map_or(String::new(), |tag| {
            format!(r#""tags":[{{"key":"CostCenter","value":"4711"}},{{"key":"Project","value":"{tag}"}}],"#)
        });
        let name = format!("{project}-{number}");
        let call = Parts {
            identity: &identity,
            source: "sagemaker.amazonaws.com",
            name: "",
            agent: "Boto3/1.40.12 md/Botocore#1.40.12",
            request: "",
            response: "null",
            read_only: false,
            error: "",
        };
        let event_id = if is_endpoint_config {
            self.endpoint_config(rng, place, second, &name, wrong, &tags, &call)
        } else {
            self.training_job(rng, place, second, (&name, tag.unwrap_or(project), other), wrong, &tags, &call)
        };

        let mut fail: Vec<_> = wrong.into_iter().collect();
        fail.extend((caller == Caller::UntaggedRole).then_some("untagged-principal"));
        fail.sort_unstable();
        let unknown =
            if caller == Caller::UnknownRole { vec!["foreign-project-tag", "untagged-principal"] } else { vec![] };
        let tags_from = match caller {
            Caller::TaggedRole | Caller::ChangedRole => "role",
            Caller::TaggedSession | Caller::FederatedSession => "session",
            Caller::UnknownRole => "unknown",
            Caller::UntaggedRole => "none",
        };
        let verdict = match (fail.is_empty(), unknown.is_empty()) {
            (false, _) => "violation",
            (true, false) => "unknown",
            (true, true) => "compliant",
        };
        json!({
            "event_id": event_id, "event_time": time(second), "account": account, "verdict": verdict, "fail": fail, "unknown": unknown,
            "project": has_project.then_some(project), "tags_from": tags_from,
        })
    }

    /// Who calls, after the record of the session where that is to tell the tags.
    #[expect(clippy::too_many_arguments, reason = "all of a launch is drawn in one place")]
    fn caller(
        &mut self,
        rng: &mut Rng,
        caller: Caller,
        project: &str,
        index: usize,
        place: (usize, usize),
        second: i64,
        last: i64,
    ) -> String {
        let account = ACCOUNTS[place.0];
        let role = match caller {
            Caller::TaggedRole => format!("DataScientist-{project}"),
            Caller::TaggedSession | Caller::FederatedSession => "Federated".to_owned(),
            // The role that has this project at this time.
            Caller::ChangedRole if second < last / 2 => format!("Pipeline-{project}"),
            Caller::ChangedRole => format!("Pipeline-{}", PROJECTS[(index + PROJECTS.len() - 1) % PROJECTS.len()]),
            Caller::UnknownRole => format!("Contractor-{}", rng.u8(0..3)),
            Caller::UntaggedRole => "Analyst".to_owned(),
        };
        let (role_id, name, key) = (role_id(account, &role), format!("s-{}", hex(rng, 8)), id(rng, "ASIA"));
        let issued = second - rng.i64(60..SESSION);
        let (operation, request) = match caller {
            Caller::TaggedSession => (
                "AssumeRole",
                format!(
                    r#"{{"roleArn":"arn:aws:iam::{account}:role/{role}","roleSessionName":"{name}","tags":[{{"key":"project","value":"{project}"}}]}}"#
                ),
            ),
            Caller::FederatedSession => (
                "AssumeRoleWithSAML",
                format!(
                    r#"{{"roleArn":"arn:aws:iam::{account}:role/{role}","principalTags":{{"Project":"{project}","Email":"x@example.com"}},"sAMLAssertionID":"_{}"}}"#,
                    hex(rng, 32)
                ),
            ),
            _ => return session(account, (&role, &role_id), &name, &key, issued),
        };
        let issued_key = if caller == Caller::FederatedSession { id(rng, "ASIA") } else { key.clone() };
        let response = credentials(rng, account, (&role, &role_id), &name, &issued_key, issued);
        let identity = r#"{"type":"SAMLUser","principalId":"x:y","userName":"y"}"#;
        let call = Parts {
            identity,
            source: "sts.amazonaws.com",
            name: operation,
            agent: "aws-cli/2.27.8",
            request: &request,
            response: &response,
            read_only: true,
            error: "",
        };
        // The global endpoint logs in us-east-1.
        self.add(rng, (place.0, 1), issued, &call);
        session(account, (&role, &role_id), &name, &key, issued)
    }

    #[expect(clippy::too_many_arguments, reason = "all of a launch is drawn in one place")]
    fn training_job(
        &mut self,
        rng: &mut Rng,
        place: (usize, usize),
        second: i64,
        (name, project, other): (&str, &str, &str),
        wrong: Option<&str>,
        tags: &str,
        call: &Parts,
    ) -> String {
        let (account, region) = (ACCOUNTS[place.0], REGIONS[place.1]);
        let is = |rule: &str| wrong == Some(rule);
        let key = format!("arn:aws:kms:{region}:{account}:key/0d1e2f3a-4b5c-4d6e-8f70-112233445566");
        let set = |is_set: bool, text: String| if is_set { text } else { String::new() };
        let role = if is("foreign-execution-role") { other } else { project };
        let instance = if is("unapproved-instance-type") { "ml.p5.48xlarge" } else { "ml.m5.xlarge" };
        let volume_key =
            set(!is("unencrypted-volume") && !is("unapproved-instance-type"), format!(r#","volumeKmsKeyId":"{key}""#));
        let output_key = set(!is("unencrypted-output"), format!(r#""kmsKeyId":"{key}","#));
        let vpc = set(!is("missing-vpc"), r#""vpcConfig":{"securityGroupIds":["sg-0a11b22c33d44e55f"],"subnets":["subnet-0aaa1111bbb22222c","subnet-0ddd3333eee44444f"]},"#.to_owned());
        let hours = if is("excessive-runtime") { 100 } else { 12 };
        let isolation = !is("network-isolation-off");
        let channels: Vec<_> = (0..rng.usize(1..4)).map(|channel| format!(r#"{{"channelName":"c{channel}","dataSource":{{"s3DataSource":{{"s3DataType":"S3Prefix","s3Uri":"s3://{project}-data/{}/","s3DataDistributionType":"FullyReplicated"}}}},"contentType":"text/csv","compressionType":"None"}}"#, hex(rng, 8))).collect();
        let request = format!(
            r#"{{"trainingJobName":"{name}","hyperParameters":{{"max_depth":"6","eta":"0.{}","password":"hunter2"}},"algorithmSpecification":{{"trainingImage":"{account}.dkr.ecr.{region}.amazonaws.com/{project}/xgboost:1.7-4","trainingInputMode":"File"}},"roleArn":"arn:aws:iam::{account}:role/ml/{role}-train","inputDataConfig":[{}],"outputDataConfig":{{{output_key}"s3OutputPath":"s3://{project}-models/{name}/"}},"resourceConfig":{{"instanceType":"{instance}","instanceCount":1,"volumeSizeInGB":50{volume_key}}},{vpc}"stoppingCondition":{{"maxRuntimeInSeconds":{}}},{tags}"enableNetworkIsolation":{isolation},"enableInterContainerTrafficEncryption":false,"enableManagedSpotTraining":false,"environment":{{"API_TOKEN":"hunter2"}}}}"#,
            rng.u8(1..9),
            channels.join(","),
            hours * 3600
        );
        if rng.u8(0..10) == 0 {
            let error = r#""errorCode":"AccessDeniedException","errorMessage":"User is not authorized to perform: sagemaker:CreateTrainingJob","#;
            self.denied += 1;
            self.add(rng, place, second, &Parts { name: "CreateTrainingJob", request: &request, error, ..*call });
        }
        let response = format!(r#"{{"trainingJobArn":"arn:aws:sagemaker:{region}:{account}:training-job/{name}"}}"#);
        self.add(
            rng,
            place,
            second,
            &Parts { name: "CreateTrainingJob", request: &request, response: &response, ..*call },
        )
    }

    /// With the model that it deploys, created up to half a day before.
    #[expect(clippy::too_many_arguments, reason = "all of a launch is drawn in one place")]
    fn endpoint_config(
        &mut self,
        rng: &mut Rng,
        place: (usize, usize),
        second: i64,
        name: &str,
        wrong: Option<&str>,
        tags: &str,
        call: &Parts,
    ) -> String {
        let (account, region) = (ACCOUNTS[place.0], REGIONS[place.1]);
        let is = |rule: &str| wrong == Some(rule);
        let vpc = if is("missing-vpc") {
            ""
        } else {
            r#""vpcConfig":{"securityGroupIds":["sg-0a11b22c33d44e55f"],"subnets":["subnet-0aaa1111bbb22222c"]},"#
        };
        let isolation = !is("network-isolation-off");
        let model = format!(
            r#"{{"modelName":"{name}-model","primaryContainer":{{"image":"{account}.dkr.ecr.{region}.amazonaws.com/x:1","environment":{{"API_TOKEN":"hunter2"}}}},{vpc}"executionRoleArn":"arn:aws:iam::{account}:role/ml/atlas-train","enableNetworkIsolation":{isolation}}}"#
        );
        let created = second - rng.i64(1..SESSION);
        self.add(rng, place, created, &Parts { name: "CreateModel", request: &model, ..*call });
        let instance = if is("unapproved-instance-type") { "ml.p5.48xlarge" } else { "ml.m5.xlarge" };
        let key = if is("unencrypted-volume") || is("unapproved-instance-type") {
            String::new()
        } else {
            format!(r#""kmsKeyId":"arn:aws:kms:{region}:{account}:key/0d1e2f3a-4b5c-4d6e-8f70-112233445566","#)
        };
        let request = format!(
            r#"{{"endpointConfigName":"{name}",{key}{tags}"productionVariants":[{{"variantName":"main","modelName":"{name}-model","initialInstanceCount":1,"instanceType":"{instance}","initialVariantWeight":1.0}}]}}"#
        );
        let response =
            format!(r#"{{"endpointConfigArn":"arn:aws:sagemaker:{region}:{account}:endpoint-config/{name}"}}"#);
        self.add(
            rng,
            place,
            second,
            &Parts { name: "CreateEndpointConfig", request: &request, response: &response, ..*call },
        )
    }
}
