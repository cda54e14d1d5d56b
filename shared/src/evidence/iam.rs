//! IAM's account authorization details, as `aws iam get-account-authorization-details` prints them.

use super::policy_document::document;
use super::{Evidence, IamEntity, Tags, grants};
use crate::record::json::{Value, member, member_text};

impl Evidence {
    /// Adds all roles and users of a page of account authorization details. Returns what could not be read: those
    /// principals stay unknown.
    pub fn add_authorization_details(&mut self, details: &Value) -> Vec<String> {
        let mut problems = Vec::new();
        self.principals.is_truncated |= is_truncated(details);
        self.shared_grants.add_page(details);
        for (list, inline) in [("RoleDetailList", "RolePolicyList"), ("UserDetailList", "UserPolicyList")] {
            let entries = member(details, list).and_then(Value::as_array).unwrap_or_default();
            for (index, entry) in entries.iter().enumerate() {
                match principal(entry, inline) {
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

fn principal<'a>(entry: &'a Value, inline: &str) -> Result<(&'a str, IamEntity), String> {
    let arn = member_text(entry, "Arn").ok_or("`Arn` is missing")?;
    let trust_policy = match member(entry, "AssumeRolePolicyDocument") {
        Some(value) => document(value),
        None => IamEntity::default().trust_policy,
    };
    let id = member_text(entry, "RoleId").or_else(|| member_text(entry, "UserId")).map(str::to_owned);
    let created = member_text(entry, "CreateDate").and_then(|created| created.parse().ok());
    let tags = Ok(Tags::of_iam(entry, "Tags")?);
    let grants = Ok(grants::sources(entry, inline));
    Ok((arn, IamEntity { id, created, as_of: None, tags, trust_policy, grants }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grants::PolicyDocument;

    #[test]
    fn roles_and_users_are_read() {
        let text = r#"{"UserDetailList":[{"Arn":"arn:aws:iam::111122223333:user/eve","Tags":[{"Key":"Project","Value":"borealis"}]}],
            "RoleDetailList":[{"Arn":"arn:aws:iam::111122223333:role/ml/Train",
                "AssumeRolePolicyDocument":{"Statement":[]},
                "AttachedManagedPolicies":[{"PolicyName":"AdministratorAccess","PolicyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}],
                "Tags":[{"Key":"project","Value":"atlas"}]},
                {"RoleName":"broken"},
                {"Arn":"arn:aws:iam::111122223333:role/Encoded","AssumeRolePolicyDocument":"%7B%22Statement%22%3A%5B%5D%7D"}]}"#;
        let details: Value = serde_json::from_str(text).unwrap();
        let mut evidence = Evidence::new("");
        assert_eq!(evidence.add_authorization_details(&details), ["`RoleDetailList[1]`: `Arn` is missing"]);
        let role = evidence.role("arn:aws:iam::111122223333:role/Train", None).unwrap();
        assert_eq!(role.tags.as_ref().unwrap().get("Project"), Some("atlas"));
        assert_eq!(role.grants.as_ref().unwrap().attached[0].name, "AdministratorAccess");
        let user = evidence.role("arn:aws:iam::111122223333:user/eve", None).unwrap();
        assert_eq!(user.tags.as_ref().unwrap().get("Project"), Some("borealis"));
        let encoded = evidence.role("arn:aws:iam::111122223333:role/Encoded", None).unwrap();
        assert_eq!(encoded.trust_policy, PolicyDocument::read(&serde_json::json!({"Statement": []})));
    }
}
