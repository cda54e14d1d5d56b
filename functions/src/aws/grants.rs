//! Roles, with their policies.

use futures_util::future::join_all;
use tagwarden::evidence::{AttachedPolicy, GrantSources, IamEntity, LookedUp, decode_policy_document};
use tagwarden::grants::PolicyDocument;

use super::client::Aws;
use super::errors::aws_error;
use super::iam::{name, role_entity};
use crate::ports::{AwsError, AwsResult, ReadGrants, RoleGrants};

/// The most calls for one role: IAM limits how many calls an account may make.
const MOST_CALLS: usize = 64;

impl ReadGrants for Aws {
    async fn grants(&self, arn: &str) -> AwsResult<RoleGrants> {
        let (role, attached, inline) = futures_util::join!(self.get_role(arn), self.attached(arn), self.inline(arn));
        let (role, attached, inline) = (role?, attached?, inline?);
        let boundary = role.permissions_boundary().and_then(|boundary| boundary.permissions_boundary_arn());
        let managed: Vec<_> = attached.iter().map(|policy| policy.arn.as_str()).chain(boundary).collect();
        // Three calls are made already, and a managed policy takes two.
        let calls = 3 + inline.len() + 2 * managed.len();
        if calls > MOST_CALLS {
            let (inline, managed) = (inline.len(), managed.len());
            return Err(AwsError(format!(
                "the role has {inline} inline and {managed} managed policies: to read them takes {calls} calls, and no more \
                 than {MOST_CALLS} are made for a role"
            )));
        }
        let inline = join_all(inline.into_iter().map(|policy| self.inline_document(arn, policy)));
        let managed = join_all(managed.into_iter().map(|arn| self.managed_document(arn)));
        let (inline, managed) = futures_util::join!(inline, managed);
        let boundary = boundary.map(str::to_owned);
        let sources = GrantSources { inline, attached, boundary, groups: Vec::new() };
        let role = IamEntity { grants: Ok(sources), ..role_entity(&role) };
        Ok(RoleGrants { role, managed: managed.into_iter().collect() })
    }
}

impl Aws {
    async fn attached(&self, arn: &str) -> AwsResult<Vec<AttachedPolicy>> {
        // A role has at most 20 managed policies, which fit into one page of 100.
        let listed = self.iam.list_attached_role_policies().role_name(name(arn)).send().await;
        let policies = listed.map_err(aws_error("iam:ListAttachedRolePolicies"))?.attached_policies.unwrap_or_default();
        let policy = |policy: aws_sdk_iam::types::AttachedPolicy| AttachedPolicy {
            name: policy.policy_name.unwrap_or_default(),
            arn: policy.policy_arn.unwrap_or_default(),
        };
        Ok(policies.into_iter().map(policy).collect())
    }

    async fn inline(&self, arn: &str) -> AwsResult<Vec<String>> {
        let listed = self.iam.list_role_policies().role_name(name(arn)).send().await;
        let listed = listed.map_err(aws_error("iam:ListRolePolicies"))?;
        match listed.is_truncated {
            true => Err(AwsError("the role has more inline policies than are read for a role".to_owned())),
            false => Ok(listed.policy_names),
        }
    }

    async fn inline_document(&self, arn: &str, policy: String) -> (String, LookedUp<PolicyDocument>) {
        let found = self.iam.get_role_policy().role_name(name(arn)).policy_name(&policy).send().await;
        let found = found.map_err(|failure| aws_error("iam:GetRolePolicy")(failure).to_string());
        let document = found.and_then(|found| decode_policy_document(&found.policy_document));
        (policy, document)
    }

    /// The default version of a managed policy.
    async fn managed_document(&self, arn: &str) -> (String, LookedUp<PolicyDocument>) {
        let document = self.default_version(arn).await.map_err(|failure| failure.to_string());
        (arn.to_owned(), document)
    }

    async fn default_version(&self, arn: &str) -> AwsResult<PolicyDocument> {
        let policy = self.iam.get_policy().policy_arn(arn).send().await.map_err(aws_error("iam:GetPolicy"))?.policy;
        let version = policy.and_then(|policy| policy.default_version_id);
        let version = version.ok_or_else(|| AwsError("iam:GetPolicy returned no default version".to_owned()))?;
        let key = (arn.to_owned(), version);
        if let Some(document) = self.policy_versions.get(&key) {
            return Ok(document);
        }
        let found = self.iam.get_policy_version().policy_arn(arn).version_id(&key.1).send().await;
        let found = found.map_err(aws_error("iam:GetPolicyVersion"))?.policy_version;
        let document = found.and_then(|version| version.document);
        let document = document.ok_or_else(|| AwsError("iam:GetPolicyVersion returned no document".to_owned()))?;
        let document = decode_policy_document(&document).map_err(AwsError)?;
        self.policy_versions.put(key, &document);
        Ok(document)
    }
}
