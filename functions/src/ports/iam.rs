//! Roles and users.

use std::future::Future;

use tagwarden::evidence::{AttachedPolicy, IamEntity};

use super::error::AwsResult;

/// Reads IAM roles and users.
pub trait ReadPrincipal {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["iam:GetRole", "iam:GetUser"];

    /// The role or user `arn`: its unique id, its tags, and whom a role trusts.
    fn principal(&self, arn: &str) -> impl Future<Output = AwsResult<IamEntity>> + Send;
}

/// Reads the managed policies of a role.
pub trait ReadAttachedPolicies {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["iam:ListAttachedRolePolicies"];

    /// The managed policies attached to the role `arn`.
    fn attached_policies(&self, arn: &str) -> impl Future<Output = AwsResult<Vec<AttachedPolicy>>> + Send;
}
