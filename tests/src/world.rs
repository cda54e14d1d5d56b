//! A running function in an emulated AWS account, and the events that are delivered to it.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tagwarden::operations::Operation;
use tagwarden_functions::aws::Aws;
use tagwarden_functions::permissions::functions;
use tempfile::TempDir;

use crate::emulator::{Emulator, REGION};
use crate::runtime_api::{Answer, Function};
use crate::{event, list};

/// The emulated account.
pub const ACCOUNT: &str = "123456789012";

const POLICY_BUCKET: &str = "policies";
const POLICY_KEY: &str = "sagemaker/policy.toml";

/// A running guard in an account.
pub struct World {
    name: &'static str,
    /// The account.
    pub emulator: Emulator,
    /// The environment variables of the function.
    pub environment: Vec<(String, String)>,
    /// The function, while it runs.
    pub guard: Option<Function>,
    _folder: TempDir,
}

impl World {
    /// An account in which the function `name` enforces a policy of these rules.
    pub fn new(name: &'static str, rules: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let policy = folder.path().join("policy.toml");
        fs::write(&policy, format!("version = 1\n{rules}")).expect("written");
        let emulator = Emulator::start();
        let mut environment = emulator.environment(name);
        environment.push(("TAGWARDEN_POLICY".to_owned(), policy.to_str().expect("UTF-8").to_owned()));
        let guard = Some(Function::start(name, ACCOUNT, &environment));
        Self { name, emulator, environment, guard, _folder: folder }
    }

    /// The same, with the policy in S3, which the function reads each time.
    pub fn with_policy_in_s3(name: &'static str, rules: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let emulator = Emulator::start();
        let mut environment = emulator.environment(name);
        environment.push(("TAGWARDEN_POLICY".to_owned(), format!("s3://{POLICY_BUCKET}/{POLICY_KEY}")));
        environment.push(("TAGWARDEN_POLICY_MAX_AGE".to_owned(), "0".to_owned()));
        emulator.put_object(POLICY_BUCKET, POLICY_KEY, format!("version = 1\n{rules}"));
        let guard = Some(Function::start(name, ACCOUNT, &environment));
        Self { name, emulator, environment, guard, _folder: folder }
    }

    /// Replaces the policy in S3.
    pub fn put_policy(&self, text: &str) {
        self.emulator.put_object(POLICY_BUCKET, POLICY_KEY, text);
    }

    /// Creates the training job of a sample event, and returns the event.
    pub fn launch(&self, sample: &str) -> Value {
        let event = in_this_account(sample);
        let request = &event["detail"]["requestParameters"];
        let tags: Vec<_> =
            list(&request["tags"]).iter().map(|tag| json!({"Key": tag["key"], "Value": tag["value"]})).collect();
        self.create_training_job(&request["trainingJobName"], &tags);
        event
    }

    /// Creates a training job of this name, with these tags.
    pub fn create_training_job(&self, name: &Value, tags: &[Value]) {
        let mut job = training_job(name);
        job["Tags"] = json!(tags);
        self.emulator.sagemaker("CreateTrainingJob", &job);
    }

    /// Creates an endpoint configuration, with a model for it.
    pub fn create_endpoint_config(&self, name: &Value) {
        let model = json!(format!("model-of-{}", name.as_str().expect("a name")));
        self.create_model(&model);
        self.create_endpoint_config_with(name, &model);
    }

    /// Creates a model of this name.
    pub fn create_model(&self, name: &Value) {
        let model = json!({
            "ModelName": name,
            "PrimaryContainer": {"Image": "image", "ModelDataUrl": "s3://bucket/model"},
            "ExecutionRoleArn": format!("arn:aws:iam::{ACCOUNT}:role/atlas-train"),
        });
        self.emulator.sagemaker("CreateModel", &model);
    }

    /// Creates an endpoint configuration of this name, with this model.
    pub fn create_endpoint_config_with(&self, name: &Value, model: &Value) {
        let variant =
            json!({"VariantName": "a", "ModelName": model, "InstanceType": "ml.m5.xlarge", "InitialInstanceCount": 1});
        self.emulator
            .sagemaker("CreateEndpointConfig", &json!({"EndpointConfigName": name, "ProductionVariants": [variant]}));
    }

    /// Creates the resource that an operation creates or changes, and returns the event of the operation.
    pub fn make(&self, operation: &Operation, name: &str) -> Value {
        let request = request(operation, name);
        let name = json!(name);
        let arn =
            |kind: &str| json!(format!("arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind}/{}", name.as_str().expect("text")));
        let arn = match operation.kind {
            "training-job" => {
                self.create_training_job(&name, &[]);
                arn("training-job")
            }
            "model" => {
                self.create_model(&name);
                arn("model")
            }
            "endpoint-config" => {
                self.create_endpoint_config(&name);
                arn("endpoint-config")
            }
            "endpoint" => {
                self.create_endpoint_config(&name);
                self.emulator.sagemaker("CreateEndpoint", &json!({"EndpointName": name, "EndpointConfigName": name}));
                arn("endpoint")
            }
            _ => {
                let answer = self.emulator.sagemaker(&creation(operation), &capitalised(&request));
                let arns = answer
                    .as_object()
                    .expect("an object")
                    .iter()
                    .filter(|(key, _)| key.ends_with("Arn") || *key == "Arn");
                arns.map(|(_, arn)| arn.clone()).next().unwrap_or_default()
            }
        };
        called(operation.name, request, operation.resource_arn.map(|path| (path, arn)))
    }

    /// Delivers an event to the function.
    pub fn deliver(&self, event: &Value) -> Answer {
        self.guard.as_ref().expect("it runs").invoke(&event.to_string())
    }

    /// Delivers an event for which the function has to wait: it succeeds, and decides nothing yet.
    pub fn deliver_early(&self, event: &Value) {
        assert_eq!(self.deliver(event).expect("it is postponed"), "[]");
    }

    /// Delivers the one event that the function postponed by so many seconds.
    pub fn redeliver(&self, seconds: u64) {
        let (delays, messages) = self.emulator.postponed();
        assert_eq!(delays, [seconds]);
        let answer = self.deliver(&messages).expect("an answer");
        assert_eq!(answer, json!({"batchItemFailures": []}).to_string());
    }

    /// Sends an event to the function without waiting for the response.
    pub fn begin(&self, event: &Value) {
        self.guard.as_ref().expect("it runs").begin(&event.to_string());
    }

    /// Kills the function and starts it again.
    pub fn restart(&mut self) {
        self.guard.take().expect("it runs").stop();
        self.guard = Some(Function::start(self.name, ACCOUNT, &self.environment));
    }

    /// The status of the training job of an event.
    pub fn status(&self, event: &Value) -> Value {
        let name = &event["detail"]["requestParameters"]["trainingJobName"];
        self.emulator.sagemaker("DescribeTrainingJob", &json!({"TrainingJobName": name}))["TrainingJobStatus"].clone()
    }

    /// The tags of the resource that an event created, as `key=value`.
    pub fn tags(&self, event: &Value, arn: &str) -> Vec<String> {
        let arn = &event["detail"]["responseElements"][arn];
        let tags = self.emulator.sagemaker("ListTags", &json!({"ResourceArn": arn}));
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let mut tags: Vec<_> =
            list(&tags["Tags"]).iter().map(|tag| format!("{}={}", text(&tag["Key"]), text(&tag["Value"]))).collect();
        tags.sort();
        tags
    }

    /// The role of the guard allows every call that it made.
    fn assert_least_privilege(&self, guard: &str) {
        let functions = functions::<Aws>();
        let (_, allowed) = functions.iter().find(|(name, _)| *name == guard).expect(guard);
        for call in self.emulator.journal(guard) {
            let call = call.replacen("tagging:", "tag:", 1);
            assert!(allowed.contains(&call), "{guard} made the call {call}, which its role does not allow");
        }
    }

    /// How often the guard made a call, as `service:Action`.
    pub fn calls(&self, guard: &str, call: &str) -> usize {
        self.emulator.journal(guard).iter().filter(|made| *made == call).count()
    }
}

/// The request that creates a training job of this name.
pub fn training_job(name: &Value) -> Value {
    json!({
        "TrainingJobName": name,
        "RoleArn": format!("arn:aws:iam::{ACCOUNT}:role/atlas-train"),
        "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    })
}

/// The event of a schedule after this time.
pub fn scheduled_in(time: SignedDuration) -> Value {
    json!({"source": "aws.events", "detail-type": "Scheduled Event", "region": REGION, "account": ACCOUNT,
        "time": (Timestamp::now() + time).to_string(), "detail": {}})
}

/// Members that address a resource of any kind.
pub fn request(operation: &Operation, name: &str) -> Value {
    let mut request = json!({"domainId": "d-1", "spaceName": "s", "appType": "JupyterLab", "jobCategory": "AgentRFT", "pipelineName": "p"});
    if let Some(path) = operation.resource_name {
        request[path] = json!(name);
    }
    request
}

/// The operation that creates what `operation` creates, changes or starts.
pub fn creation(operation: &Operation) -> String {
    let noun = operation.name.trim_start_matches(|letter: char| letter.is_ascii_uppercase());
    let noun = noun.trim_start_matches(|letter: char| letter.is_ascii_lowercase());
    if noun == "PipelineExecution" { "StartPipelineExecution".to_owned() } else { format!("Create{noun}") }
}

/// A request in the spelling of the API, from CloudTrail's.
pub fn capitalised(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(key, member)| (format!("{}{}", key[..1].to_uppercase(), &key[1..]), capitalised(member)))
            .collect(),
        Value::Array(elements) => elements.iter().map(capitalised).collect(),
        leaf => leaf.clone(),
    }
}

/// Members that are unions, or lists of them.
const UNIONS: [&str; 9] = [
    "adapterSource",
    "autoMLProblemTypeConfig",
    "benchmarkTarget",
    "customFileSystemConfigs",
    "customFileSystems",
    "datasetConfig",
    "instanceStorageConfigs",
    "modelSource",
    "optimizationConfigs",
];

/// Members that hold times, which a sample does not have as text.
const TIMES: [&str; 2] = ["patchSchedule", "schedule"];

/// Makes the API accept a sample: it has no times, its maps hold a secret, and its unions have all members.
pub fn make_possible(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|key, member| !TIMES.contains(&key.as_str()) && member.get("hunter2").is_none());
            // The sample of a union has all its members.
            for (_, union) in members.iter_mut().filter(|(key, _)| UNIONS.contains(&key.as_str())) {
                let unions = match union {
                    Value::Array(unions) => unions.iter_mut().collect(),
                    union => vec![union],
                };
                for union in unions.into_iter().filter_map(Value::as_object_mut) {
                    let first = union.keys().min().cloned();
                    union.retain(|key, _| Some(key) == first.as_ref());
                }
            }
            members.values_mut().for_each(make_possible);
        }
        Value::Array(elements) => elements.iter_mut().for_each(make_possible),
        _ => {}
    }
}

/// The event of a call by the data scientist.
pub fn called(operation: &str, request: Value, arn: Option<(&str, Value)>) -> Value {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let mut event = in_this_account("CreateTrainingJob.compliant");
    // It has the length of a real id, because it can become a client token.
    event["detail"]["eventID"] = json!(format!("{:036}", CALLS.fetch_add(1, Ordering::Relaxed)));
    event["detail"]["eventName"] = json!(operation);
    event["detail"]["requestParameters"] = request;
    event["detail"]["responseElements"] = arn.map(|(path, arn)| json!({path: arn})).unwrap_or_default();
    event
}

/// A sample event, translated to the emulated account, as of now.
pub fn in_this_account(sample: &str) -> Value {
    let text = event(&format!("{sample}.json"))
        .replace("111122223333", ACCOUNT)
        .replace("DataScientist-atlas", "DataScientist");
    just_now(serde_json::from_str(&text).expect("JSON"))
}

/// The CloudTrail event of a call that is made now. CloudTrail's times have whole seconds.
pub fn just_now(mut event: Value) -> Value {
    event["detail"]["eventTime"] = json!(Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    event
}

/// The decision record of an alert, as subscribers of protocol `sqs` receive it.
pub fn alert_record(alert: &Value) -> Value {
    serde_json::from_str(alert["Message"].as_str().expect("a message")).expect("JSON")
}

impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.assert_least_privilege(self.name);
        }
    }
}
