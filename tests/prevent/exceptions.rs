//! Where a rule and its statements may disagree, each with the reason. What is not here is an error.

use serde_json::Value;
use tagwarden::statement::condition_keys;

use crate::cases::Case;
use crate::compare::{Expected, Says};

/// A legitimate difference.
pub struct Exception {
    pub name: &'static str,
    /// Why nothing better can be had.
    #[expect(dead_code, reason = "for the reader")]
    pub because: &'static str,
    pub rules: &'static [&'static str],
    /// Whether it explains that this rule's statements deny a case, or do not.
    pub explains: fn(&Case, &Expected, &str, bool) -> bool,
}

pub static EXCEPTIONS: &[Exception] = &[
    Exception {
        name: "unknown",
        because: "what the rule could not judge is not compliant; IAM denies it where it can",
        rules: &["unapproved-instance-type", "unencrypted-volume", "unapproved-kms-key", "unencrypted-traffic"],
        explains: |_, expected, rule, is_denied| is_denied && expected.says(rule) == Says::Unknown,
    },
    Exception {
        name: "network of the model",
        because: "no condition key tells the settings of a configuration's models",
        rules: NETWORK,
        explains: |_, expected, rule, is_denied| {
            !is_denied && expected.paths(rule).iter().all(|path| path.contains("modelName"))
        },
    },
    Exception {
        name: "no condition key",
        because: "requests of the operation carry none for what the rule is about",
        rules: &[
            "unapproved-instance-type",
            "excessive-runtime",
            "unencrypted-volume",
            "unencrypted-output",
            "unencrypted-traffic",
            "unapproved-kms-key",
            "network-isolation-off",
            "missing-vpc",
            "unapproved-subnet",
            "unapproved-security-group",
        ],
        explains: |case, expected, rule, is_denied| {
            // The keys of what is written beside the output proper are not in `sagemaker:OutputKmsKeyArn`.
            const BESIDE: [&str; 3] = ["dataCaptureConfig", "coreDumpConfig", "datasetDefinition"];
            let is_beside = |path: &String| BESIDE.iter().any(|part| path.contains(part));
            let is_about_outputs = ["unencrypted-output", "unapproved-kms-key"].contains(&rule);
            if is_about_outputs && !is_denied && expected.paths(rule).iter().all(is_beside) {
                return true;
            }
            let operation = case.record["eventName"].as_str().expect("a name");
            let lacks = |key: &&str| !condition_keys::applies(key, operation);
            let keys: &[&str] = match rule {
                "unapproved-instance-type" => &["sagemaker:InstanceTypes"],
                "excessive-runtime" => &["sagemaker:MaxRuntimeInSeconds"],
                "unencrypted-volume" => &["sagemaker:VolumeKmsKeyArn", "sagemaker:InstanceTypes"],
                "unencrypted-output" => &["sagemaker:OutputKmsKeyArn"],
                "unencrypted-traffic" => &["sagemaker:InterContainerTrafficEncryption"],
                "network-isolation-off" => &["sagemaker:NetworkIsolation"],
                "missing-vpc" => &["sagemaker:VpcSubnets", "sagemaker:VpcSecurityGroupIds"],
                "unapproved-subnet" => &["sagemaker:VpcSubnets"],
                "unapproved-security-group" => &["sagemaker:VpcSecurityGroupIds"],
                _ => return !is_denied && ["sagemaker:VolumeKmsKeyArn", "sagemaker:OutputKmsKeyArn"].iter().all(lacks),
            };
            !is_denied && keys.iter().any(lacks)
        },
    },
    Exception {
        name: "shell in a variant",
        because: "no condition key tells `EnableSSMAccess`",
        rules: &["remote-shell"],
        explains: |case, _, _, is_denied| !is_denied && !is_training(case),
    },
    Exception {
        name: "instance type of a debugger rule",
        because: "`sagemaker:InstanceTypes` is documented for the resource's instances, not for its helpers'",
        rules: &["unapproved-instance-type"],
        explains: |_, expected, rule, is_denied| {
            !is_denied && expected.paths(rule).iter().all(|path| path.contains("debugRuleConfigurations"))
        },
    },
    Exception {
        name: "single instance",
        because: "no condition key tells the number of instances",
        rules: &["unencrypted-traffic"],
        explains: |_, expected, rule, is_denied| is_denied && expected.says(rule) == Says::Nothing,
    },
    Exception {
        name: "unusual case beside the exact key",
        because: "a condition cannot ask for a key that is like another and is not it",
        rules: &["ambiguous-project-tag"],
        explains: |case, expected, rule, is_denied| {
            let key_at = |path: &String| {
                let index = path.strip_prefix("requestParameters.tags[")?.strip_suffix("].key")?;
                tags(case)[index.parse::<usize>().ok()?]["key"].as_str().map(str::to_owned)
            };
            let is_unusual = |key: &String| *key != key.to_lowercase() && *key != key.to_uppercase();
            !is_denied
                && tags(case).len() > 1
                && expected.paths(rule).iter().filter_map(key_at).any(|key| is_unusual(&key))
        },
    },
    Exception {
        name: "unusual white space",
        because: "only spaces around the value are listed",
        rules: &["ambiguous-project-tag"],
        explains: |case, _, _, is_denied| {
            let is_unusual = |tag: &Value| {
                let (key, value) = (tag["key"].as_str().expect("a key"), tag["value"].as_str().expect("a value"));
                key.trim() != key || value.trim() != value.trim_matches(' ')
            };
            !is_denied && tags(case).iter().any(is_unusual)
        },
    },
    Exception {
        name: "key named in another way",
        because: "IAM compares texts; the rule knows that an id and an ARN can name the same key",
        rules: &["unapproved-kms-key"],
        explains: |case, expected, rule, is_denied| {
            is_denied && expected.says(rule) == Says::Nothing && keys(case).iter().any(|key| !key.starts_with("arn:"))
        },
    },
];

const NETWORK: &[&str] = &["network-isolation-off", "missing-vpc", "unapproved-subnet", "unapproved-security-group"];

fn is_training(case: &Case) -> bool {
    case.record["eventName"] == "CreateTrainingJob"
}

fn tags(case: &Case) -> Vec<Value> {
    case.record["requestParameters"]["tags"].as_array().cloned().unwrap_or_default()
}

fn keys(case: &Case) -> Vec<&str> {
    let request = &case.record["requestParameters"];
    let keys =
        [&request["kmsKeyId"], &request["resourceConfig"]["volumeKmsKeyId"], &request["outputDataConfig"]["kmsKeyId"]];
    keys.into_iter().filter_map(Value::as_str).filter(|key| !key.is_empty()).collect()
}
