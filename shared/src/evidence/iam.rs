//! IAM's account authorization details, as `aws iam get-account-authorization-details` prints them.

use super::{AttachedPolicy, Evidence, Principal, Tags};
use crate::json::{Value, member, member_text};

/// Whether this is (a page of) the output of `get-account-authorization-details`.
pub fn is_authorization_details(value: &Value) -> bool {
    ["RoleDetailList", "UserDetailList"]
        .iter()
        .any(|list| value.as_object().and_then(|object| object.get(list)).is_some_and(Value::is_array))
}

impl Evidence {
    /// Adds all roles and users of a page of account authorization details. Returns what could not be read of them: those
    /// principals stay unknown.
    pub fn add_authorization_details(&mut self, details: &Value) -> Vec<String> {
        let mut problems = Vec::new();
        for list in ["RoleDetailList", "UserDetailList"] {
            let entries = member(details, list).and_then(Value::as_array).unwrap_or_default();
            for (index, entry) in entries.iter().enumerate() {
                match principal(entry) {
                    Ok((arn, principal)) => self.add_principal(arn, principal),
                    Err(why) => problems.push(format!("`{list}[{index}]`: {why}")),
                }
            }
        }
        problems
    }
}

fn principal<'a>(entry: &'a Value) -> Result<(&'a str, Principal), String> {
    let arn = member_text(entry, "Arn").ok_or("no `Arn`")?;
    let attached = member(entry, "AttachedManagedPolicies").and_then(Value::as_array).unwrap_or_default();
    let attached_policies = attached
        .iter()
        .map(|policy| {
            let text = |name| member_text(policy, name).unwrap_or_default().to_owned();
            AttachedPolicy { name: text("PolicyName"), arn: text("PolicyArn") }
        })
        .collect();
    let trust_policy = member(entry, "AssumeRolePolicyDocument").map(document).transpose()?;
    Ok((arn, Principal { tags: Tags::of_iam(entry, "Tags")?, attached_policies, trust_policy }))
}

/// A policy document: the AWS CLI prints it as JSON, the API itself as URL-encoded text.
fn document(value: &Value) -> Result<serde_json::Value, String> {
    let Value::Str(encoded) = value else { return Ok(value.into()) };
    let text = percent_encoding::percent_decode_str(encoded).decode_utf8_lossy();
    serde_json::from_str(&text).map_err(|error| format!("`AssumeRolePolicyDocument` is no JSON: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_and_users_are_read() {
        let text = r#"{"UserDetailList":[{"Arn":"arn:aws:iam::111122223333:user/eve","Tags":[{"Key":"Project","Value":"borealis"}]}],
            "RoleDetailList":[{"Arn":"arn:aws:iam::111122223333:role/ml/Train",
                "AssumeRolePolicyDocument":{"Statement":[]},
                "AttachedManagedPolicies":[{"PolicyName":"AdministratorAccess","PolicyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}],
                "Tags":[{"Key":"project","Value":"atlas"}]},
                {"RoleName":"broken"},
                {"Arn":"arn:aws:iam::111122223333:role/Encoded","AssumeRolePolicyDocument":"%7B%22Statement%22%3A%5B1%5D%7D"}]}"#;
        let details: Value = serde_json::from_str(text).unwrap();
        assert!(is_authorization_details(&details));
        let mut evidence = Evidence::new("");
        assert_eq!(evidence.add_authorization_details(&details), ["`RoleDetailList[1]`: no `Arn`"]);
        let role = evidence.principal("arn:aws:iam::111122223333:role/Train", &"p").unwrap();
        assert_eq!(role.tags.get("Project"), Some("atlas"));
        assert_eq!(role.attached_policies[0].name, "AdministratorAccess");
        let user = evidence.principal("arn:aws:iam::111122223333:user/eve", &"p").unwrap();
        assert_eq!(user.tags.get("Project"), Some("borealis"));
        let encoded = evidence.principal("arn:aws:iam::111122223333:role/Encoded", &"p").unwrap();
        assert_eq!(encoded.trust_policy, Some(serde_json::json!({"Statement": [1]})));
    }
}
