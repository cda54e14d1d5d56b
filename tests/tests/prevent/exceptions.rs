//! Where a rule and its statements may disagree, each with the reason. What is not here is an error.

use serde_json::Value;

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
        rules: &[
            "unapproved-instance-type",
            "unencrypted-volume",
            "unencrypted-output",
            "unapproved-kms-key",
            "unencrypted-traffic",
        ],
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
        name: "settings that models may hold",
        because: "no document promises that a condition key tells whether a configuration names models",
        rules: &["network-isolation-off", "missing-vpc"],
        explains: |case, _, _, is_denied| !is_denied && case.record["eventName"] == "CreateEndpointConfig",
    },
    Exception {
        name: "tags from elsewhere",
        because: "Studio creates apps and spaces without tags, and versions of model packages cannot have any",
        rules: &["missing-project-tag", "missing-tag"],
        explains: |case, _, _, is_denied| {
            let operation = case.record["eventName"].as_str().expect("a name");
            !is_denied && ["CreateApp", "CreateSpace", "CreateModelPackage"].contains(&operation)
        },
    },
    Exception {
        name: "no condition key",
        because: "none holds what the rule found, and `NOT-EXPRESSED.md` says so",
        rules: &[
            "unapproved-instance-type",
            "excessive-runtime",
            "unencrypted-volume",
            "unencrypted-output",
            "unapproved-kms-key",
            "missing-vpc",
            "unapproved-subnet",
            "unapproved-security-group",
            "remote-shell",
        ],
        explains: |case, expected, rule, is_denied| {
            let operation = format!("`{}`", case.record["eventName"].as_str().expect("a name"));
            let is_told = |path: &String| {
                let told = expected.not_expressed(rule).filter(|what| what.contains(&operation));
                let slot = format!("`{}`", slot(path));
                told.into_iter().any(|what| what.contains("carry no condition key") || what.contains(&slot))
            };
            !is_denied && expected.paths(rule).iter().all(is_told)
        },
    },
    Exception {
        name: "shared notebooks",
        because: "no condition key holds the location of notebook output that users of a domain share",
        rules: &["unencrypted-output"],
        explains: |_, expected, rule, is_denied| {
            !is_denied && expected.paths(rule).iter().all(|path| path.ends_with("sharingSettings.s3KmsKeyId"))
        },
    },
    Exception {
        name: "deprecated name of a domain's key",
        because: "one condition key holds what is given by either name",
        rules: &["unencrypted-volume"],
        explains: |case, expected, rule, is_denied| {
            let by_old_name = case.record["requestParameters"]["homeEfsFileSystemKmsKeyId"].is_string();
            !is_denied && by_old_name && expected.paths(rule) == ["requestParameters.kmsKeyId"]
        },
    },
    Exception {
        name: "one part of several",
        because: "one condition key holds what all parts of a request say",
        rules: &[
            "unencrypted-volume",
            "unencrypted-output",
            "unencrypted-traffic",
            "network-isolation-off",
            "missing-vpc",
        ],
        explains: |case, expected, rule, is_denied| {
            let request = &case.record["requestParameters"];
            let is_said_elsewhere = |path: &String| match path.rsplit_once('.') {
                _ if rule == "missing-vpc" => {
                    path.contains("trainingJobDefinition") || says(request, "overrideVpcConfig")
                }
                Some((_, name)) => says(request, name),
                None => false,
            };
            !is_denied && expected.paths(rule).iter().all(is_said_elsewhere)
        },
    },
    Exception {
        name: "change by a caller without the tag",
        because: "Tagwarden's functions are such callers, and have to tag",
        rules: &["changed-project-tag"],
        explains: |case, _, _, is_denied| {
            let has_tag = case.tags.iter().any(|(key, value)| {
                ["project", "cost-centre"].contains(&key.to_lowercase().as_str()) && !value.is_empty()
            });
            !is_denied && !has_tag
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
        rules: &["ambiguous-project-tag", "changed-project-tag"],
        explains: |case, expected, rule, is_denied| {
            let key_at = |path: &String| {
                let index = path.strip_prefix("requestParameters.tags[")?.strip_suffix("].key")?;
                tags(case)[index.parse::<usize>().ok()?]["key"].as_str().map(str::to_owned)
            };
            let is_unusual = |key: &String| *key != key.to_lowercase() && *key != key.to_uppercase();
            let is_beside_exact = |key: &String| {
                let tags = tags(case);
                let mut keys = tags.iter().filter_map(|tag| tag["key"].as_str());
                keys.any(|other| other != key && other.eq_ignore_ascii_case(key))
            };
            let mut keys = expected.paths(rule).iter().filter_map(key_at);
            !is_denied && keys.any(|key| is_unusual(&key) && is_beside_exact(&key))
        },
    },
    Exception {
        name: "unusual white space",
        because: "only spaces around the value are listed",
        rules: &["ambiguous-project-tag", "changed-project-tag"],
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
            let keys = keys(&case.record["requestParameters"]);
            is_denied && expected.says(rule) == Says::Nothing && keys.iter().any(|key| !key.starts_with("arn:"))
        },
    },
];

const NETWORK: &[&str] = &["network-isolation-off", "missing-vpc", "unapproved-subnet", "unapproved-security-group"];

/// Whether anything in a request says something by this name.
fn says(request: &Value, name: &str) -> bool {
    match request {
        Value::Object(members) => members
            .iter()
            .any(|(key, member)| (key == name && !member.is_null() && *member != false) || says(member, name)),
        Value::Array(elements) => elements.iter().any(|element| says(element, name)),
        _ => false,
    }
}

/// The slot of a path in a record.
fn slot(path: &str) -> String {
    let in_request = path.strip_prefix("requestParameters.").unwrap_or(path);
    let mut slot = String::new();
    let mut in_index = false;
    for letter in in_request.chars() {
        in_index &= letter != ']';
        if !in_index {
            slot.push(letter);
        }
        in_index |= letter == '[';
    }
    slot
}

fn tags(case: &Case) -> Vec<Value> {
    case.record["requestParameters"]["tags"].as_array().cloned().unwrap_or_default()
}

/// The KMS keys that a request names.
fn keys(request: &Value) -> Vec<&str> {
    match request {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, member)| match member {
                Value::String(key) if name.to_lowercase().contains("kmskey") => vec![key.as_str()],
                member => keys(member),
            })
            .collect(),
        Value::Array(elements) => elements.iter().flat_map(keys).collect(),
        _ => Vec::new(),
    }
}
