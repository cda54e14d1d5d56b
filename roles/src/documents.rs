//! The documents of roles' policies as they were written, to be written again.

use std::collections::HashMap;

use serde_json::Value;
use tagwarden::evidence::carrier;

/// The documents in pages of account authorization details.
#[derive(Clone, Debug, Default)]
pub struct Documents {
    /// Inline policies and ARNs of managed policies, by carrier of the role.
    roles: HashMap<String, Vec<Written>>,
    /// The documents of managed policies that are in force, by ARN.
    managed: HashMap<String, Value>,
}

/// A policy of a role.
#[derive(Clone, Debug)]
enum Written {
    Inline(String, Value),
    Managed(String, String),
}

/// A policy of a role, with its document.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WrittenPolicy<'d> {
    /// Its name.
    pub name: &'d str,
    /// Its ARN, if it is a managed policy.
    pub arn: Option<&'d str>,
    /// Its document.
    pub document: &'d Value,
}

impl Documents {
    /// Adds those of one page or several, one after the other, in a text. What is no page holds none.
    pub fn add(&mut self, text: &str) {
        for page in serde_json::Deserializer::from_str(text).into_iter::<Value>().map_while(Result::ok) {
            self.add_page(&page);
        }
    }

    fn add_page(&mut self, page: &Value) {
        let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
        for role in list(page, "RoleDetailList") {
            let Some(carrier) = carrier(&text(role, "Arn")) else { continue };
            let inline = list(role, "RolePolicyList");
            let inline = inline.filter_map(|policy| {
                Some(Written::Inline(text(policy, "PolicyName"), decoded(&policy["PolicyDocument"])?))
            });
            let managed = list(role, "AttachedManagedPolicies");
            let managed = managed.map(|policy| Written::Managed(text(policy, "PolicyName"), text(policy, "PolicyArn")));
            self.roles.insert(carrier, inline.chain(managed).collect());
        }
        for policy in list(page, "Policies") {
            let version = list(policy, "PolicyVersionList").find(|version| version["IsDefaultVersion"] == true);
            let document = version.and_then(|version| decoded(&version["Document"]));
            self.managed.extend(document.map(|document| (text(policy, "Arn"), document)));
        }
    }

    /// The policies of a role; `None` if a document is missing.
    pub fn of<'d>(&'d self, arn: &str) -> Option<Vec<WrittenPolicy<'d>>> {
        let written = self.roles.get(&carrier(arn)?)?;
        let of = |policy: &'d Written| match policy {
            Written::Inline(name, document) => Some(WrittenPolicy { name, arn: None, document }),
            Written::Managed(name, arn) => {
                Some(WrittenPolicy { name, arn: Some(arn), document: self.managed.get(arn)? })
            }
        };
        written.iter().map(of).collect()
    }
}

fn list<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value[name].as_array().into_iter().flatten()
}

/// A document: the AWS CLI prints it as JSON, but the API returns it as URL-encoded text.
fn decoded(document: &Value) -> Option<Value> {
    match document {
        Value::String(encoded) => {
            let text = percent_encoding::percent_decode_str(encoded).decode_utf8().ok()?;
            serde_json::from_str(&text).ok()
        }
        Value::Object(_) => Some(document.clone()),
        _ => None,
    }
}
