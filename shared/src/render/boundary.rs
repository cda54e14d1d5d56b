//! The permissions boundary for ML roles.

use super::abac::{self, Statements};
use super::guardrails::{ESCALATING, WITHIN_BOUNDARY, boundary_arn};
use super::identity::MANAGED;
use super::pack::{SizeLimits, pack};
use super::role_path::role_arns;
use super::{Attachment, Rendered, output};
use crate::policy::Policy;
use crate::statement::{Condition, Statement, Test};

/// What to render a boundary for.
#[derive(Clone, Debug)]
pub struct Boundary {
    /// The name that the policy will have.
    pub name: String,
    /// Where execution roles are, as a path with `{project}` for the caller's project.
    pub role_path: String,
}

impl Boundary {
    /// Renders the boundary. A role that carries it can create other roles only with the same boundary, below its own
    /// project's path and with its own project's tag. It cannot remove or change the boundary, or assume roles that do
    /// not have it.
    ///
    /// # Errors
    /// What is wrong with the role path.
    pub fn render(&self, policy: &Policy) -> Result<Rendered, String> {
        let tag = &policy.abac.tag;
        let boundary = boundary_arn(&self.name);
        let own_roles = role_arns(&self.role_path, tag)?;
        let of_principal = format!("aws:PrincipalTag/{tag}");
        let without_boundary = Test::not_like_values("iam:PermissionsBoundary", [boundary]);
        let other_project = Test::differs_from(format!("aws:RequestTag/{tag}"), &of_principal);
        let with = |keys: &[&str]| Test::any_equals_ignoring_case("aws:TagKeys", keys);
        let mut statements: Statements = vec![
            Statement::allow("MachineLearning", SERVICES, Condition::default()),
            abac::pass_own_roles(policy, &self.role_path)?,
            Statement::allow("OwnRoles", OWN_ROLES, abac::has_project(policy))
                .map(|statement| statement.on([own_roles])),
            Statement::deny("NoEscalation", ESCALATING, Condition::default()),
            Statement::deny("RolesKeepBoundary", WITHIN_BOUNDARY, without_boundary),
            Statement::deny(
                "KeepBoundary",
                ["iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:CreatePolicyVersion"],
                Condition::default(),
            )
            .map(|statement| statement.on([format!("arn:*:iam::*:policy/{}", self.name)])),
            Statement::deny("RolesOfOwnProject", ["iam:CreateRole"], other_project.clone()),
            // `CreateRole` with tags needs `TagRole` as well.
            Statement::deny("RolesOfOwnProject2", ["iam:TagRole"], [with(&[tag]), other_project]),
            Statement::deny("NoPersona", ["iam:CreateRole", "iam:TagRole"], with(&abac::tags_of_people(policy))),
            abac::autoscaling_role(),
        ];
        // A document has no room for more: policies for principals keep the other tags.
        statements.extend(abac::keep_tags(&[tag], &[]));
        statements.extend(abac::keep_projects_apart(policy));
        let limits = SizeLimits { max_documents: 1, ..MANAGED };
        let documents = pack(&abac::all(statements)?, limits)?;
        Ok(Rendered::of(output::named(&self.name, Attachment::Managed, documents)))
    }
}

/// The services that machine learning needs. The role's own policies decide which of these actions it may call; a
/// boundary only limits what they can allow. `sts:AssumeRole` is not among them: another role may have no boundary.
#[rustfmt::skip]
const SERVICES: [&str; 46] = [
    "application-autoscaling:*", "athena:*", "cloudwatch:*", "codebuild:StartBuild", "codecommit:Git*", "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission", "ec2:DeleteNetworkInterface", "ec2:DeleteNetworkInterfacePermission", "ec2:Describe*",
    "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:Describe*",
    "ecr:GetAuthorizationToken", "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:ListImages", "ecr:PutImage",
    "ecr:UploadLayerPart", "elasticfilesystem:Client*", "elasticfilesystem:Describe*", "fsx:Describe*", "glue:BatchGet*",
    "glue:CreateTable", "glue:Get*", "glue:SearchTables", "glue:UpdateTable", "iam:GetRole", "iam:ListRoles", "kms:CreateGrant",
    "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ListAliases", "kms:ReEncrypt*", "lambda:InvokeFunction", "logs:*", "s3:*",
    "sagemaker:*", "sagemaker-mlflow:*", "secretsmanager:GetSecretValue", "sqs:SendMessage", "sts:GetCallerIdentity", "tag:Get*",
];

/// The actions on roles of the caller's own project.
#[rustfmt::skip]
const OWN_ROLES: [&str; 11] = [
    "iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy",
    "iam:GetRole*", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy",
    "iam:TagRole",
];
