//! Roles and users.

use aws_sdk_iam::primitives::DateTime;
use aws_sdk_iam::types::Tag;
use jiff::Timestamp;
use tagwarden::evidence::{AttachedPolicy, IamEntity, decode_policy_document};
use tagwarden::record::arn;

use super::client::Aws;
use super::errors::aws_error;
use crate::ports::{AwsError, AwsResult, ReadAttachedPolicies, ReadPrincipal};

/// The name of the role or user, which IAM's API needs.
fn name(arn: &str) -> &str {
    arn::name(arn).unwrap_or(arn)
}

impl ReadPrincipal for Aws {
    async fn principal(&self, arn: &str) -> AwsResult<IamEntity> {
        if arn::is_user(arn) {
            let user = self.iam.get_user().user_name(name(arn)).send().await.map_err(aws_error("iam:GetUser"))?.user;
            let user = user.ok_or_else(|| AwsError("iam:GetUser returned no user".to_owned()))?;
            return Ok(entity(user.user_id, &user.create_date, user.tags));
        }
        let role = self.iam.get_role().role_name(name(arn)).send().await.map_err(aws_error("iam:GetRole"))?.role;
        let role = role.ok_or_else(|| AwsError("iam:GetRole returned no role".to_owned()))?;
        let document =
            role.assume_role_policy_document.ok_or_else(|| "iam:GetRole returned no trust policy".to_owned());
        let trust_policy = document.and_then(|document| decode_policy_document(&document));
        Ok(IamEntity { trust_policy, ..entity(role.role_id, &role.create_date, role.tags) })
    }
}

fn entity(id: String, created: &DateTime, tags: Option<Vec<Tag>>) -> IamEntity {
    let tags = tags.unwrap_or_default();
    IamEntity {
        id: Some(id),
        created: Timestamp::from_second(created.secs()).ok(),
        tags: Ok(tags.iter().map(|tag| (tag.key(), tag.value())).collect()),
        ..IamEntity::default()
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
