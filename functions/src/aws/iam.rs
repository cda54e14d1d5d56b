//! Roles and users.

use aws_sdk_iam::primitives::DateTime;
use aws_sdk_iam::types::{Role, Tag};
use jiff::Timestamp;
use tagwarden::evidence::{IamEntity, decode_policy_document};
use tagwarden::record::arn;

use super::client::Aws;
use super::errors::aws_error;
use crate::ports::{AwsError, AwsResult, ReadPrincipal};

/// The name of the role or user, which IAM's API needs.
pub(super) fn name(arn: &str) -> &str {
    arn::name(arn).unwrap_or(arn)
}

impl ReadPrincipal for Aws {
    async fn principal(&self, arn: &str) -> AwsResult<IamEntity> {
        if arn::is_user(arn) {
            let user = self.iam.get_user().user_name(name(arn)).send().await.map_err(aws_error("iam:GetUser"))?.user;
            let user = user.ok_or_else(|| AwsError("iam:GetUser returned no user".to_owned()))?;
            return Ok(entity(user.user_id, &user.create_date, user.tags));
        }
        role_entity(&self.get_role(arn).await?)
    }
}

impl Aws {
    pub(super) async fn get_role(&self, arn: &str) -> AwsResult<Role> {
        let found = self.iam.get_role().role_name(name(arn)).send().await.map_err(aws_error("iam:GetRole"))?;
        found.role.ok_or_else(|| AwsError("iam:GetRole returned no role".to_owned()))
    }
}

/// A role without its policies.
pub(super) fn role_entity(role: &Role) -> AwsResult<IamEntity> {
    let trust = role.assume_role_policy_document();
    let trust = trust.ok_or_else(|| AwsError("iam:GetRole returned no trust policy".to_owned()))?;
    let entity = entity(role.role_id.clone(), &role.create_date, role.tags.clone());
    Ok(IamEntity { trust_policy: decode_policy_document(trust), ..entity })
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
