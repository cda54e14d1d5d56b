//! What the identity-based policies share: statements that let a principal work within its own project.
//!
//! Source of action names and condition keys: Service Authorization Reference.

use super::role_path::role_arns;
use crate::policy::Policy;
use crate::statement::{Condition, Statement, Test, Unsound};
use crate::terms::MARK;

/// Statements, each of which may be impossible to build.
pub(super) type Statements = Vec<Result<Statement, Unsound>>;

/// The statements, if all of them could be built.
pub(super) fn all(statements: Statements) -> Result<Vec<Statement>, String> {
    statements.into_iter().collect::<Result<_, _>>().map_err(|unsound| unsound.to_string())
}

/// The project in the request's tag, under its exact key, is the caller's.
pub(super) fn in_own_project(policy: &Policy) -> Condition {
    let tag = &policy.abac.tag;
    Condition::from([
        Test::equals_key(format!("aws:RequestTag/{tag}"), &format!("aws:PrincipalTag/{tag}")),
        Test::has_text(format!("aws:PrincipalTag/{tag}")),
        Test::any_equals("aws:TagKeys", &[tag]),
    ])
}

/// The resource's project is the caller's.
pub(super) fn on_own_resources(policy: &Policy) -> Condition {
    let tag = &policy.abac.tag;
    Condition::from([
        Test::equals_key(format!("aws:ResourceTag/{tag}"), &format!("aws:PrincipalTag/{tag}")),
        Test::has_text(format!("aws:PrincipalTag/{tag}")),
    ])
}

/// Lets the principal tag what it creates. That needs its own permission: without it, requests with tags are denied.
pub(super) fn tag_on_create(policy: &Policy) -> Result<Statement, Unsound> {
    let condition = in_own_project(policy).with(Test::is_set("sagemaker:TaggingAction"));
    Statement::allow("TagOnCreate", ["sagemaker:AddTags"], condition)
}

/// Denies what would take a resource out of its project: changing the ABAC tag, or using a resource with another
/// project's.
pub(super) fn keep_projects_apart(policy: &Policy) -> Statements {
    let tag = &policy.abac.tag;
    let of_resource = format!("aws:ResourceTag/{tag}");
    let its_tags = Test::any_equals_ignoring_case("aws:TagKeys", &[tag, MARK]);
    vec![
        Statement::deny(
            "KeepTags",
            ["sagemaker:AddTags"],
            [its_tags.clone(), Test::is_unset("sagemaker:TaggingAction")],
        ),
        Statement::deny("KeepTags2", ["sagemaker:DeleteTags"], its_tags),
        Statement::deny(
            "ForeignResources",
            ["sagemaker:*"],
            [
                Test::is_set(&of_resource),
                Test::differs_from(&of_resource, &format!("aws:PrincipalTag/{tag}")),
                Test::has_text(format!("aws:PrincipalTag/{tag}")),
            ],
        ),
        Statement::deny("UntaggedPrincipal", ["sagemaker:*"], Test::lacks_text(format!("aws:PrincipalTag/{tag}"))),
    ]
}

/// Lets the principal pass its own project's execution roles to SageMaker, and no others.
pub(super) fn pass_own_roles(policy: &Policy, role_path: &str) -> Result<Result<Statement, Unsound>, String> {
    let roles = role_arns(role_path, &policy.abac.tag)?;
    let to_sagemaker = [
        Test::equals("iam:PassedToService", &["sagemaker.amazonaws.com"]),
        Test::has_text(format!("aws:PrincipalTag/{}", policy.abac.tag)),
    ];
    Ok(Statement::allow("PassOwnExecutionRoles", ["iam:PassRole"], to_sagemaker).map(|statement| statement.on([roles])))
}
