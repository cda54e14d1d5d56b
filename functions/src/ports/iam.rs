//! Roles and users.

use std::future::Future;

use tagwarden::evidence::{AttachedPolicy, Tags};

use super::error::AwsResult;

/// Reads the tags of an IAM role or user.
pub trait ReadTags {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["iam:ListRoleTags", "iam:ListUserTags"];

    /// The tags of the role or user `arn`.
    fn tags(&self, arn: &str) -> impl Future<Output = AwsResult<Tags>> + Send;
}

/// Reads the managed policies of a role.
pub trait ReadAttachedPolicies {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["iam:ListAttachedRolePolicies"];

    /// The managed policies attached to the role `arn`.
    fn attached_policies(&self, arn: &str) -> impl Future<Output = AwsResult<Vec<AttachedPolicy>>> + Send;
}

/// Reads the trust policy of a role.
pub trait ReadTrustPolicy {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["iam:GetRole"];

    /// The trust policy of the role `arn`.
    fn trust_policy(&self, arn: &str) -> impl Future<Output = AwsResult<serde_json::Value>> + Send;
}
