//! Roles and users.

use std::collections::BTreeMap;
use std::future::Future;

use tagwarden::evidence::{IamEntity, LookedUp, Tags};
use tagwarden::grants::PolicyDocument;

use super::error::AwsResult;

/// Reads the tags of an IAM role or user.
pub trait ReadTags {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["iam:ListRoleTags", "iam:ListUserTags"];

    /// The tags of the role or user `arn`.
    fn tags(&self, arn: &str) -> impl Future<Output = AwsResult<Tags>> + Send;
}

/// Reads what a role may do, and who may assume it.
pub trait ReadGrants {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &[
        "iam:GetRole",
        "iam:ListAttachedRolePolicies",
        "iam:ListRolePolicies",
        "iam:GetRolePolicy",
        "iam:GetPolicy",
        "iam:GetPolicyVersion",
    ];

    /// The tags and the trust policy of the role `arn`.
    fn role(&self, arn: &str) -> impl Future<Output = AwsResult<IamEntity>> + Send;

    /// The same, and all policies of the role.
    fn grants(&self, arn: &str) -> impl Future<Output = AwsResult<RoleGrants>> + Send;
}

/// A role with its policies.
#[derive(Clone, Debug)]
pub struct RoleGrants {
    /// The role.
    pub role: IamEntity,
    /// The documents of the managed policies that it refers to, by ARN.
    pub managed: BTreeMap<String, LookedUp<PolicyDocument>>,
}
