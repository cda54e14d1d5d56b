//! Roles and users.

use std::collections::BTreeMap;
use std::future::Future;

use tagwarden::evidence::{IamEntity, LookedUp};
use tagwarden::grants::PolicyDocument;

use super::error::AwsResult;

/// Reads IAM roles and users.
pub trait ReadPrincipal {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["iam:GetRole", "iam:GetUser"];

    /// The role or user `arn`: its unique id, its tags, and whom a role trusts.
    fn principal(&self, arn: &str) -> impl Future<Output = AwsResult<IamEntity>> + Send;
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

    /// The role `arn`, with all its policies.
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
