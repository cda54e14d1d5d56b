//! Roles and users.

use std::collections::BTreeMap;
use std::future::Future;

use jiff::Timestamp;
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

/// Lists IAM roles.
pub trait ListRoles {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["iam:ListRoles"];

    /// A page of the account's roles.
    fn roles(&self, page: Option<&str>) -> impl Future<Output = AwsResult<RolePage>> + Send;
}

/// Some of the roles of an account.
#[derive(Clone, Debug, Default)]
pub struct RolePage {
    /// The roles.
    pub roles: Vec<ListedRole>,
    /// The token of the next page, if there is one.
    pub next: Option<String>,
}

/// A role in a list.
#[derive(Clone, Debug)]
pub struct ListedRole {
    /// Its ARN.
    pub arn: String,
    /// When it was created.
    pub created: Timestamp,
    /// Whom it trusts.
    pub trust_policy: LookedUp<PolicyDocument>,
}

/// A role with its policies.
#[derive(Clone, Debug)]
pub struct RoleGrants {
    /// The role.
    pub role: IamEntity,
    /// The documents of the managed policies that it refers to, by ARN.
    pub managed: BTreeMap<String, LookedUp<PolicyDocument>>,
}
