//! Roles and users.

use tagwarden::evidence::{AttachedPolicy, Tags, decode_policy_document};
use tagwarden::record::arn;

use super::client::Aws;
use super::errors::aws_error;
use crate::ports::{AwsError, AwsResult, ReadAttachedPolicies, ReadTags, ReadTrustPolicy};

/// The name of the role or user, which IAM's API needs.
fn name(arn: &str) -> &str {
    arn::name(arn).unwrap_or(arn)
}

impl ReadTags for Aws {
    async fn tags(&self, arn: &str) -> AwsResult<Tags> {
        // A principal has at most 50 tags, which fit into one page of 100.
        let tags = if arn::is_user(arn) {
            let listed = self.iam.list_user_tags().user_name(name(arn)).send().await;
            listed.map_err(aws_error("iam:ListUserTags"))?.tags
        } else {
            let listed = self.iam.list_role_tags().role_name(name(arn)).send().await;
            listed.map_err(aws_error("iam:ListRoleTags"))?.tags
        };
        Ok(tags.iter().map(|tag| (tag.key(), tag.value())).collect())
    }
}

impl ReadAttachedPolicies for Aws {
    async fn attached_policies(&self, arn: &str) -> AwsResult<Vec<AttachedPolicy>> {
        // A role has at most 20 managed policies, which fit into one page of 100.
        let listed = self.iam.list_attached_role_policies().role_name(name(arn)).send().await;
        let policies = listed.map_err(aws_error("iam:ListAttachedRolePolicies"))?.attached_policies.unwrap_or_default();
        let policy = |policy: aws_sdk_iam::types::AttachedPolicy| AttachedPolicy {
            name: policy.policy_name.unwrap_or_default(),
            arn: policy.policy_arn.unwrap_or_default(),
        };
        Ok(policies.into_iter().map(policy).collect())
    }
}

impl ReadTrustPolicy for Aws {
    async fn trust_policy(&self, arn: &str) -> AwsResult<serde_json::Value> {
        let role = self.iam.get_role().role_name(name(arn)).send().await.map_err(aws_error("iam:GetRole"))?.role;
        let document = role.and_then(|role| role.assume_role_policy_document);
        let document = document.ok_or_else(|| AwsError("iam:GetRole returned no trust policy".to_owned()))?;
        decode_policy_document(&document).map_err(AwsError)
    }
}
