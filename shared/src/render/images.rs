//! Container images in ECR.

use super::abac::{self, Statements};
use crate::policy::Policy;
use crate::statement::{Condition, Statement};

/// What pulls an image.
pub(super) const PULL: [&str; 3] =
    ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];

/// Lets the principal log in to a registry. This action does not support resources: with any resource other than `*`, it never
/// allows anything.
pub(super) fn log_in() -> Statements {
    vec![Statement::allow("RegistryLogin", ["ecr:GetAuthorizationToken"], Condition::default())]
}

/// Lets the principal push images to repositories whose names begin with its project's, such as `atlas/xgboost`.
pub(super) fn push_own(policy: &Policy) -> Statements {
    const PUSH: [&str; 4] =
        ["ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart"];
    let own = format!("arn:*:ecr:*:*:repository/${{aws:PrincipalTag/{}}}/*", policy.abac.tag);
    let mut statements = log_in();
    let push = Statement::allow("PushOwnImages", [&PUSH[..], &PULL].concat(), abac::has_project(policy));
    statements.push(push.map(|statement| statement.on([own])));
    statements
}
