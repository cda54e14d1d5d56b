//! IAM's account authorization details, as `aws iam get-account-authorization-details` prints them.

use super::policy_document::document;
use super::{Evidence, IamEntity, Tags, grants};
use crate::record::json::{Value, member, member_text};

impl Evidence {
    /// Adds all roles and users of a page of account authorization details. Returns what could not be read: those
    /// principals stay unknown.
    pub fn add_authorization_details(&mut self, details: &Value) -> Vec<String> {
        let mut problems = Vec::new();
        self.shared_grants.add_page(details);
        for (list, inline) in [("RoleDetailList", "RolePolicyList"), ("UserDetailList", "UserPolicyList")] {
            let entries = member(details, list).and_then(Value::as_array).unwrap_or_default();
            for (index, entry) in entries.iter().enumerate() {
                match principal(entry, inline) {
                    Ok((arn, principal)) => *self.principal_mut(arn) = principal,
                    Err(why) => problems.push(format!("`{list}[{index}]`: {why}")),
                }
            }
        }
        problems
    }
}

fn principal<'a>(entry: &'a Value, inline: &str) -> Result<(&'a str, IamEntity), String> {
    let arn = member_text(entry, "Arn").ok_or("`Arn` is missing")?;
    let trust_policy = match member(entry, "AssumeRolePolicyDocument") {
        Some(value) => document(value),
        None => IamEntity::default().trust_policy,
    };
    let tags = Ok(Tags::of_iam(entry, "Tags")?);
    Ok((arn, IamEntity { tags, trust_policy, grants: Ok(grants::sources(entry, inline)) }))
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
        let role = evidence.principal("arn:aws:iam::111122223333:role/Train").unwrap();
        assert_eq!(role.tags.as_ref().unwrap().get("Project"), Some("atlas"));
        assert_eq!(role.grants.as_ref().unwrap().attached[0].name, "AdministratorAccess");
        let user = evidence.principal("arn:aws:iam::111122223333:user/eve").unwrap();
        assert_eq!(user.tags.as_ref().unwrap().get("Project"), Some("borealis"));
        let encoded = evidence.principal("arn:aws:iam::111122223333:role/Encoded").unwrap();
        assert_eq!(encoded.trust_policy, PolicyDocument::read(&serde_json::json!({"Statement": []})));
    }
}
