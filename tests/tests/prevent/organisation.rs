//! The organisation in which the journeys are made: its policy, its people, and what both become.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tagwarden::policy::Policy;
use tagwarden::render::{Guardrail, GuardrailContext, Scp, SizeLimits, Style};
use tagwarden::terms::Pattern;
use tagwarden_tests::{root, tagwarden_with_input};

use crate::cases::{ACCOUNT, record};

pub const REGION: &str = "eu-west-1";
const SERVICE_LINKED: &str = ":role/aws-service-role/";

pub fn folder() -> PathBuf {
    root().join("tests/prevent")
}

/// A TOML file as JSON.
pub fn read(path: &Path) -> Value {
    let text = fs::read_to_string(path).expect("a file");
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_else(|| panic!("no `{key}` in {value:#}"))
}

pub fn texts(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().map(|value| value.as_str().expect("a text")).collect()
}

pub fn table(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// Makes sure that a misspelt key is not silently left alone.
pub fn assert_keys(value: &Value, known: &[&str]) {
    for (key, _) in table(value) {
        assert!(known.contains(&key.as_str()), "`{key}` is none of {known:?}: {value:#}");
    }
}

/// An ARN in the account and region of all journeys, of which `path` is the end.
pub fn arn(path: &str) -> String {
    if path.starts_with("arn:") || path == "*" {
        path.to_owned()
    } else {
        format!("arn:aws:sagemaker:{REGION}:{ACCOUNT}:{path}")
    }
}

/// Tags as a table. Where only the project is given, it is the tag `Project`.
pub fn tags_of(owner: &Value) -> Value {
    if owner.is_string() { json!({"Project": owner}) } else { owner.clone() }
}

/// Everything that the journeys share.
pub struct Organisation {
    pub policy: Policy,
    pub people: Value,
    pub requests: Value,
}

impl Organisation {
    pub fn read() -> Self {
        let policy = fs::read_to_string(folder().join("policy.toml")).expect("a policy");
        Self {
            policy: Policy::parse(&policy).expect("a valid policy"),
            people: read(&folder().join("people.toml")),
            requests: read(&folder().join("requests.toml")),
        }
    }

    fn arn_of(&self, who: &str) -> String {
        format!("arn:aws:iam::{ACCOUNT}:role/{}", text(&self.people[who], "role"))
    }

    pub fn principal(&self, who: &str) -> Value {
        let person = &self.people[who];
        let mut principal = json!({"arn": self.arn_of(who), "session": "ana", "tags": person["tags"]});
        if person["studio"].is_object() {
            principal["studio"] = person["studio"].clone();
        }
        principal
    }

    /// The `userIdentity` of a record.
    pub fn identity(&self, who: &str) -> Value {
        let (role, arn) = (text(&self.people[who], "role"), self.arn_of(who));
        let name = role.rsplit('/').next().expect("a name");
        json!({
            "type": "AssumedRole", "principalId": "AROAEXAMPLE:ana", "accountId": ACCOUNT,
            "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/{name}/ana"),
            "sessionContext": {"sessionIssuer": {
                "type": "Role", "principalId": "AROAEXAMPLE", "arn": arn, "accountId": ACCOUNT, "userName": name,
            }},
        })
    }

    /// What IAM knows of all these people, as `--iam` takes it.
    pub fn iam(&self) -> Value {
        let roles = table(&self.people).map(|(who, person)| {
            let tags: Vec<_> = table(&person["tags"]).map(|(key, value)| json!({"Key": key, "Value": value})).collect();
            let trust = json!({"Statement": {
                "Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
            }});
            json!({
                "Arn": self.arn_of(who), "RoleName": text(person, "role").rsplit('/').next(), "Tags": tags,
                "AttachedManagedPolicies": [], "RolePolicyList": [], "AssumeRolePolicyDocument": trust,
            })
        });
        json!({"RoleDetailList": roles.collect::<Vec<_>>()})
    }

    /// The record of an administrator who gives a resource its tags, the day before.
    pub fn tagging(&self, arn: &str, tags: &Value) -> Value {
        let tags: Vec<_> = table(tags).map(|(key, value)| json!({"key": key, "value": value})).collect();
        let mut record = record("AddTags", &json!({"resourceArn": arn, "tags": tags}));
        record["userIdentity"] = self.identity("administrator");
        record["eventID"] = json!(arn);
        record["eventTime"] = json!("2026-03-01T09:00:00Z");
        record
    }

    /// The service control policies, as an organisation would render them.
    fn scp(&self) -> Scp {
        use Guardrail::{Escalation, Keys, Quarantine, Regions, Tags, Tagwarden};
        Scp {
            only: Vec::new(),
            except: Vec::new(),
            guardrails: vec![Tagwarden, Tags, Quarantine, Regions, Keys, Escalation],
            context: GuardrailContext {
                trusted: vec![Pattern::new("arn:aws:iam::*:role/Landing*")],
                stack: "tagwarden".to_owned(),
                boundary: "tagwarden-boundary".to_owned(),
                role_path: "ml/{project}/".to_owned(),
                profile_tag: "studiouserid".to_owned(),
            },
            role_path: Some("ml/{project}/".to_owned()),
            together: false,
            named: true,
            limits: SizeLimits { max_chars: 10_240, max_documents: 9, style: Style::Minified },
        }
    }

    /// The service control policies, as they are attached.
    pub fn documents(&self) -> Vec<Value> {
        let rendered = self.scp().render(&self.policy).expect("it fits");
        rendered.policies.into_iter().map(|policy| serde_json::to_value(policy.document).expect("JSON")).collect()
    }

    /// The same before it is simplified: each statement is of one rule or guardrail.
    pub fn statements(&self) -> [Value; 1] {
        let (statements, _) = self.scp().statements(&self.policy).expect("they can be expressed");
        let statements = statements.into_iter().map(|(_, statement)| serde_json::to_value(statement).expect("JSON"));
        [json!({"Version": "2012-10-17", "Statement": statements.collect::<Vec<_>>()})]
    }

    /// Whether SCPs apply to somebody: not to service-linked roles (Organizations User Guide, "Tasks and entities not
    /// restricted by SCPs").
    pub fn is_restricted(&self, who: &str) -> bool {
        !self.arn_of(who).contains(SERVICE_LINKED)
    }

    /// The line that gives the simulator somebody's own policies.
    pub fn define(&self, who: &str) -> Value {
        let person = &self.people[who];
        let render = |args: &Value| {
            let policy = ["--policy", "tests/prevent/policy.toml"];
            let ran = tagwarden_with_input(&[&["render"], &texts(args)[..], &policy].concat(), b"");
            assert_eq!(ran.status, 0, "{args}: {}", ran.stderr);
            let documents = serde_json::Deserializer::from_str(&ran.stdout).into_iter::<Value>();
            // A trust policy says who may become the role, not what it may do.
            let is_permission = |document: &Value| document["Statement"][0]["Principal"].is_null();
            documents.map(|document| document.expect("JSON")).filter(is_permission).collect::<Vec<_>>()
        };
        let mut line = json!({"define": who});
        if person["permissions"].is_array() {
            line["identity"] = json!(render(&person["permissions"]));
        }
        if person["boundary"] == true {
            line["boundary"] = json!(render(&json!(["boundary"])));
        }
        line
    }
}
