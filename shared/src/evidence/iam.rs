//! IAM's account authorization details, as `aws iam get-account-authorization-details` prints them.

use super::{AttachedPolicy, Evidence, IamEntity, Tags};
use crate::record::json::{Value, member, member_text};

impl Evidence {
    /// Adds all roles and users of a page of account authorization details. Returns what could not be read: those
    /// principals stay unknown.
    pub fn add_authorization_details(&mut self, details: &Value) -> Vec<String> {
        let mut problems = Vec::new();
        self.principals.is_truncated |= is_truncated(details);
        for list in ["RoleDetailList", "UserDetailList"] {
            let entries = member(details, list).and_then(Value::as_array).unwrap_or_default();
            for (index, entry) in entries.iter().enumerate() {
                match principal(entry) {
                    Ok((arn, principal)) => self.principals.add(arn, principal),
                    Err(why) => problems.push(format!("`{list}[{index}]`: {why}")),
                }
            }
        }
        problems
    }
}

/// Whether this is one page of more.
fn is_truncated(details: &Value) -> bool {
    matches!(member(details, "IsTruncated"), Some(Value::Bool(true)))
        || member_text(details, "NextToken").is_some_and(|token| !token.is_empty())
}

fn principal<'a>(entry: &'a Value) -> Result<(&'a str, IamEntity), String> {
    let arn = member_text(entry, "Arn").ok_or("`Arn` is missing")?;
    let attached = member(entry, "AttachedManagedPolicies").and_then(Value::as_array).unwrap_or_default();
    let attached_policies = attached
        .iter()
        .map(|policy| {
            let text = |name| member_text(policy, name).unwrap_or_default().to_owned();
            AttachedPolicy { name: text("PolicyName"), arn: text("PolicyArn") }
        })
        .collect();
    let trust_policy = match member(entry, "AssumeRolePolicyDocument") {
        Some(value) => document(value),
        None => IamEntity::default().trust_policy,
    };
    let id = member_text(entry, "RoleId").or_else(|| member_text(entry, "UserId")).map(str::to_owned);
    let created = member_text(entry, "CreateDate").and_then(|created| created.parse().ok());
    let tags = Ok(Tags::of_iam(entry, "Tags")?);
    Ok((arn, IamEntity { id, created, as_of: None, tags, attached_policies: Ok(attached_policies), trust_policy }))
}

/// A policy document: the AWS CLI prints it as JSON, but the API returns it as URL-encoded text.
fn document(value: &Value) -> Result<serde_json::Value, String> {
    match value {
        Value::Str(encoded) => decode_policy_document(encoded),
        json => Ok(json.into()),
    }
}

/// A policy document as IAM's API returns it: URL-encoded (IAM API reference, `Role`).
///
/// # Errors
/// If it is not JSON.
pub fn decode_policy_document(encoded: &str) -> Result<serde_json::Value, String> {
    let text = percent_encoding::percent_decode_str(encoded).decode_utf8_lossy();
    serde_json::from_str(&text).map_err(|error| format!("`AssumeRolePolicyDocument` is not JSON: {error}"))
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
        let mut evidence = Evidence::new("");
        assert_eq!(evidence.add_authorization_details(&details), ["`RoleDetailList[1]`: `Arn` is missing"]);
        let role = evidence.role("arn:aws:iam::111122223333:role/Train", None).unwrap();
        assert_eq!(role.tags.as_ref().unwrap().get("Project"), Some("atlas"));
        assert_eq!(role.attached_policies.as_ref().unwrap()[0].name, "AdministratorAccess");
        let user = evidence.role("arn:aws:iam::111122223333:user/eve", None).unwrap();
        assert_eq!(user.tags.as_ref().unwrap().get("Project"), Some("borealis"));
        let encoded = evidence.role("arn:aws:iam::111122223333:role/Encoded", None).unwrap();
        assert_eq!(encoded.trust_policy, Ok(serde_json::json!({"Statement": [1]})));
    }
}
