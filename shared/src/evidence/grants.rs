//! The policies of roles, users and groups, as they were looked up.
//!
//! Source: IAM API reference, `GetAccountAuthorizationDetails`.

use std::collections::HashMap;

use super::looked_up::{AttachedPolicy, GrantSources, IamEntity, LookedUp};
use super::policy_document::document;
use crate::grants::{Context, Grants, NamedPolicy, PolicyDocument};
use crate::record::arn;
use crate::record::json::{Value, member, member_text};

/// What several roles and users share.
#[derive(Clone, Debug, Default)]
pub(super) struct SharedGrants {
    /// Documents of managed policies, by ARN.
    managed: HashMap<String, LookedUp<PolicyDocument>>,
    /// Groups, by account and name.
    groups: HashMap<(String, String), GrantSources>,
}

impl SharedGrants {
    /// Adds the document of a managed policy.
    pub fn add_managed(&mut self, arn: &str, document: LookedUp<PolicyDocument>) {
        self.managed.insert(arn.to_owned(), document);
    }

    /// Adds the groups and managed policies of a page of account authorization details.
    pub fn add_page(&mut self, details: &Value) {
        for policy in list(details, "Policies") {
            if let (Some(arn), Some(document)) = (member_text(policy, "Arn"), default_version(policy)) {
                self.add_managed(arn, document);
            }
        }
        for group in list(details, "GroupDetailList") {
            if let Some((account, name)) =
                member_text(group, "Arn").and_then(|arn| Some((arn::account(arn)?, arn::name(arn)?)))
            {
                self.groups.insert((account.to_owned(), name.to_owned()), sources(group, "GroupPolicyList"));
            }
        }
    }

    /// The policies of the role or user `arn`, of which this is known.
    ///
    /// # Errors
    /// If they were not looked up.
    pub fn of<'e>(&'e self, principal_arn: &'e str, entity: &'e IamEntity) -> Result<Grants<'e>, String> {
        let sources = entity.grants.as_ref().map_err(Clone::clone)?;
        let mut policies = self.policies(sources);
        for group in &sources.groups {
            let account = arn::account(principal_arn).unwrap_or_default().to_owned();
            match self.groups.get(&(account, group.clone())) {
                Some(sources) => policies.extend(self.policies(sources)),
                None => policies.push(NamedPolicy {
                    name: group,
                    arn: None,
                    document: Err(format!("the policies of the group `{group}` are missing{COMPLETE}")),
                }),
            }
        }
        let boundary = sources.boundary.as_deref().map(|arn| NamedPolicy {
            name: name(arn),
            arn: Some(arn),
            document: self.document(arn),
        });
        Ok(Grants { policies, boundary, principal: principal(principal_arn, entity) })
    }

    fn policies<'e>(&'e self, sources: &'e GrantSources) -> Vec<NamedPolicy<'e>> {
        let inline = sources.inline.iter().map(|(name, document)| NamedPolicy {
            name,
            arn: None,
            document: document.as_ref().map_err(|why| format!("the inline policy `{name}` cannot be read: {why}")),
        });
        let attached = sources.attached.iter();
        let attached = attached.map(|policy| NamedPolicy {
            name: &policy.name,
            arn: Some(&policy.arn),
            document: self.document(&policy.arn),
        });
        inline.chain(attached).collect()
    }

    fn document(&self, arn: &str) -> Result<&PolicyDocument, String> {
        match self.managed.get(arn) {
            Some(Ok(document)) => Ok(document),
            Some(Err(why)) => Err(format!("the managed policy `{arn}` cannot be read: {why}")),
            None => Err(format!("the document of the managed policy `{arn}` is missing{COMPLETE}")),
        }
    }
}

/// How to provide what is missing.
const COMPLETE: &str = ": give the whole output of `aws iam get-account-authorization-details`, without `--filter`";

/// What is known of the condition keys of the principal's requests (IAM User Guide, "AWS global condition context keys").
/// SageMaker assumes roles without session tags.
fn principal(principal_arn: &str, entity: &IamEntity) -> Context {
    const TAG: &str = "aws:PrincipalTag/";
    let context = Context::default().with("aws:PrincipalArn", principal_arn).with("aws:PrincipalIsAWSService", "false");
    let context = context.without("aws:PrincipalServiceName").without("aws:PrincipalServiceNamesList");
    let context = match arn::is_user(principal_arn) {
        true => context.with("aws:PrincipalType", "User").with("aws:username", name(principal_arn)),
        false => context.with("aws:PrincipalType", "AssumedRole").without("aws:username"),
    };
    let context = match arn::account(principal_arn) {
        Some(account) => context.with("aws:PrincipalAccount", account),
        None => context,
    };
    match &entity.tags {
        Ok(tags) => {
            tags.iter().fold(context.complete(TAG), |context, (key, value)| context.with(&format!("{TAG}{key}"), value))
        }
        Err(_) => context,
    }
}

/// What grants permissions to an entry of account authorization details, whose inline policies are in the list `inline`.
pub(super) fn sources(entry: &Value, inline: &str) -> GrantSources {
    let text = |value, name| member_text(value, name).unwrap_or_default().to_owned();
    let inline = list(entry, inline).iter().map(|policy| {
        let json = member(policy, "PolicyDocument").ok_or_else(|| "`PolicyDocument` is missing".to_owned());
        (text(policy, "PolicyName"), json.and_then(document))
    });
    let attached = list(entry, "AttachedManagedPolicies").iter();
    let attached =
        attached.map(|policy| AttachedPolicy { name: text(policy, "PolicyName"), arn: text(policy, "PolicyArn") });
    let boundary =
        member(entry, "PermissionsBoundary").and_then(|boundary| member_text(boundary, "PermissionsBoundaryArn"));
    let groups = list(entry, "GroupList").iter().filter_map(|group| group.as_str()).map(str::to_owned);
    GrantSources {
        inline: inline.collect(),
        attached: attached.collect(),
        boundary: boundary.map(str::to_owned),
        groups: groups.collect(),
    }
}

/// The version of a managed policy that is in force.
fn default_version(policy: &Value) -> Option<LookedUp<PolicyDocument>> {
    let mut versions = list(policy, "PolicyVersionList").iter();
    let version =
        versions.find(|version| member(version, "IsDefaultVersion").and_then(Value::as_bool) == Some(true))?;
    Some(document(member(version, "Document")?))
}

fn list<'a>(object: &'a Value<'a>, name: &str) -> &'a [Value<'a>] {
    member(object, name).and_then(Value::as_array).unwrap_or_default()
}

/// The name in an ARN.
fn name(arn: &str) -> &str {
    arn::name(arn).unwrap_or(arn)
}

#[cfg(test)]
mod tests {
    use super::super::Evidence;
    use crate::grants::{Answer, Request};

    const ROLE: &str = "arn:aws:iam::111122223333:role/ml/train";
    const USER: &str = "arn:aws:iam::111122223333:user/eve";

    /// What a principal may do with an object, by these pages.
    fn says(pages: &[&str], principal: &str) -> String {
        let mut evidence = Evidence::new("");
        for page in pages {
            evidence.add_page(&serde_json::from_str(page).expect(page));
        }
        let grants = evidence.grants(principal, None).unwrap();
        match grants.decide(&Request::new("s3:GetObject", "arn:aws:s3:::atlas-data/x")) {
            Ok(Answer::Yes(by)) => format!("by {by}"),
            Ok(Answer::Perhaps(_)) => "perhaps".to_owned(),
            Ok(Answer::No) => "no".to_owned(),
            Err(why) => why,
        }
    }

    fn document(resource: &str) -> String {
        let statement = format!(r#"{{"Effect":"Allow","Action":"s3:GetObject","Resource":"{resource}"}}"#);
        format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#)
    }

    fn managed(name: &str, resource: &str) -> String {
        let old = document("*");
        format!(
            r#"{{"Policies":[{{"Arn":"arn:aws:iam::111122223333:policy/{name}","PolicyVersionList":[
            {{"VersionId":"v1","IsDefaultVersion":false,"Document":{old}}},
            {{"VersionId":"v2","IsDefaultVersion":true,"Document":{}}}]}}]}}"#,
            document(resource)
        )
    }

    fn role(rest: &str) -> String {
        let tags = r#""Tags":[{"Key":"Project","Value":"atlas"}]"#;
        format!(r#"{{"RoleDetailList":[{{"Arn":"{ROLE}",{tags},{rest}}}]}}"#)
    }

    #[test]
    fn policies_are_found_on_any_page() {
        let role = role(
            r#""AttachedManagedPolicies":[{"PolicyName":"Data","PolicyArn":"arn:aws:iam::111122223333:policy/Data"}]"#,
        );
        let (wide, narrow) = (managed("Data", "arn:aws:s3:::${aws:PrincipalTag/Project}-*"), managed("Data", "x"));
        assert_eq!(says(&[&role, &wide], ROLE), "by statement 1 of `Data`");
        assert_eq!(says(&[&wide, &role], ROLE), "by statement 1 of `Data`");
        assert_eq!(says(&[&role, &narrow], ROLE), "no");
        let missing = "the document of the managed policy `arn:aws:iam::111122223333:policy/Data` is missing: give the \
            whole output of `aws iam get-account-authorization-details`, without `--filter`";
        assert_eq!(says(&[&role], ROLE), missing);
    }

    #[test]
    fn a_boundary_limits_inline_policies() {
        let inline = format!(r#""RolePolicyList":[{{"PolicyName":"in","PolicyDocument":{}}}]"#, document("*"));
        let boundary = r#""PermissionsBoundary":{"PermissionsBoundaryArn":"arn:aws:iam::111122223333:policy/B"}"#;
        assert_eq!(says(&[&role(&inline)], ROLE), "by statement 1 of `in`");
        let limited = role(&format!("{inline},{boundary}"));
        assert_eq!(says(&[&limited, &managed("B", "arn:aws:s3:::borealis/*")], ROLE), "no");
        assert_eq!(says(&[&limited, &managed("B", "arn:aws:s3:::atlas-data/*")], ROLE), "by statement 1 of `in`");
        let unread = role(r#""RolePolicyList":[{"PolicyName":"in","PolicyDocument":"%7B"}]"#);
        let says = says(&[&unread], ROLE);
        assert!(says.starts_with("the inline policy `in` cannot be read: the policy document is not JSON"), "{says}");
    }

    #[test]
    fn users_have_the_policies_of_their_groups() {
        let user = format!(r#"{{"UserDetailList":[{{"Arn":"{USER}","GroupList":["ml"]}}]}}"#);
        let group = format!(
            r#"{{"GroupDetailList":[{{"Arn":"arn:aws:iam::111122223333:group/x/ml",
            "GroupPolicyList":[{{"PolicyName":"of-group","PolicyDocument":{}}}]}}]}}"#,
            document("*")
        );
        assert_eq!(says(&[&user, &group], USER), "by statement 1 of `of-group`");
        assert!(says(&[&user], USER).starts_with("the policies of the group `ml` are missing"));
    }
}
