//! Roles and users.

use aws_sdk_iam::primitives::DateTime;
use aws_sdk_iam::types::{Role, Tag};
use jiff::Timestamp;
use tagwarden::evidence::{IamEntity, LookedUp, decode_policy_document};
use tagwarden::grants::PolicyDocument;
use tagwarden::record::arn;

use super::client::Aws;
use super::errors::aws_error;
use crate::ports::{AwsError, AwsResult, ListRoles, ListedRole, ReadPrincipal, RolePage};

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
        Ok(role_entity(&self.get_role(arn).await?))
    }
}

impl ListRoles for Aws {
    async fn roles(&self, page: Option<&str>) -> AwsResult<RolePage> {
        let listed = self.iam.list_roles().set_marker(page.map(str::to_owned)).send().await;
        let listed = listed.map_err(aws_error("iam:ListRoles"))?;
        let role = |role: Role| ListedRole {
            created: Timestamp::from_second(role.create_date.secs()).unwrap_or_default(),
            trust_policy: trust_policy(&role, "iam:ListRoles"),
            arn: role.arn,
        };
        let next = listed.marker.filter(|_| listed.is_truncated);
        Ok(RolePage { roles: listed.roles.into_iter().map(role).collect(), next })
    }
}

/// Whom a role trusts, as this call returned it.
fn trust_policy(role: &Role, call: &str) -> LookedUp<PolicyDocument> {
    let document = role.assume_role_policy_document();
    decode_policy_document(document.ok_or_else(|| format!("{call} returned no trust policy"))?)
}

impl Aws {
    pub(super) async fn get_role(&self, arn: &str) -> AwsResult<Role> {
        let found = self.iam.get_role().role_name(name(arn)).send().await.map_err(aws_error("iam:GetRole"))?;
        found.role.ok_or_else(|| AwsError("iam:GetRole returned no role".to_owned()))
    }
}

/// A role without its policies.
pub(super) fn role_entity(role: &Role) -> IamEntity {
    let entity = entity(role.role_id.clone(), &role.create_date, role.tags.clone());
    IamEntity { trust_policy: trust_policy(role, "iam:GetRole"), ..entity }
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
