//! What the identity-based policies share: statements that let a principal work within its own project.
//!
//! Source of action names and condition keys: Service Authorization Reference.

use super::role_path::role_arns;
use crate::operations::{Operation, Untagged};
use crate::policy::Policy;
use crate::settings::TagRequirement;
use crate::statement::{Condition, Statement, Test, Unsound};
use crate::terms::MARK;

/// Statements, each of which may be impossible to build.
pub(super) type Statements = Vec<Result<Statement, Unsound>>;

/// The statements, if all of them could be built.
pub(super) fn all(statements: Statements) -> Result<Vec<Statement>, String> {
    statements.into_iter().collect::<Result<_, _>>().map_err(|unsound| unsound.to_string())
}

/// The caller has a project.
pub(super) fn has_project(policy: &Policy) -> Test {
    Test::has_text(format!("aws:PrincipalTag/{}", policy.abac.tag))
}

/// The project in the request's tag, under its exact key, is the caller's, and so are the other tags that must be.
pub(super) fn in_own_project(policy: &Policy) -> Condition {
    let tag = &policy.abac.tag;
    let own_project = Condition::from([
        Test::equals_key(format!("aws:RequestTag/{tag}"), &format!("aws:PrincipalTag/{tag}")),
        has_project(policy),
        Test::any_equals("aws:TagKeys", &[tag]),
    ]);
    // What a policy requires of some operations only, the statements about these deny.
    let of_all = policy.abac.tags.iter().filter(|tag| tag.matches_principal && tag.operations.is_empty());
    of_all.fold(own_project, |condition, TagRequirement { key, required, .. }| {
        let (of_request, of_caller) = (format!("aws:RequestTag/{key}"), format!("aws:PrincipalTag/{key}"));
        condition.with(match required {
            true => Test::equals_key(of_request, &of_caller),
            false => Test::equals_key_or_unset(of_request, &of_caller),
        })
    })
}

/// The resource's project is the caller's.
pub(super) fn on_own_resources(policy: &Policy) -> Condition {
    let tag = &policy.abac.tag;
    Condition::from([
        Test::equals_key(format!("aws:ResourceTag/{tag}"), &format!("aws:PrincipalTag/{tag}")),
        has_project(policy),
    ])
}

/// Lets the principal tag what it creates. That needs its own permission: without it, requests with tags are denied.
pub(super) fn tag_on_create(policy: &Policy) -> Result<Statement, Unsound> {
    let condition = in_own_project(policy).with(Test::is_set("sagemaker:TaggingAction"));
    Statement::allow("TagOnCreate", ["sagemaker:AddTags"], condition)
}

/// Whether requests of an operation can be right without tags: what it creates has the tags of something else, or gets
/// them afterwards. IAM cannot tell a version of a model package from other packages.
pub(super) fn is_tagged_otherwise(name: &str) -> bool {
    Operation::named(name).is_some_and(|operation| operation.untagged != Untagged::HasNone)
}

/// Lets the principal create without tags what cannot, or need not, have tags of its own.
pub(super) fn create_without_tags(policy: &Policy, actions: Vec<String>) -> Result<Statement, Unsound> {
    Statement::allow("CreateWithoutTags", actions, [Test::is_unset("aws:TagKeys"), has_project(policy)])
}

/// How the names begin of actions that read or use a resource, and leave it as it is.
pub(super) const USES: [&str; 5] = ["BatchDescribe", "BatchGet", "Describe", "Get", "Invoke"];

/// Lets the principal use the resources of shared projects, by these actions. None if no project is shared.
pub(super) fn use_shared(policy: &Policy, actions: Vec<String>) -> Option<Result<Statement, Unsound>> {
    let needed = !policy.abac.shared.is_empty() && !actions.is_empty();
    needed.then(|| Statement::allow("SharedResources", actions, is_shared(policy)))
}

/// Lets the principal update its own endpoints to configurations of shared projects. None if no project is shared.
pub(super) fn update_to_shared(policy: &Policy) -> Option<Result<Statement, Unsound>> {
    let statement = || Statement::allow("SharedConfigurations", ["sagemaker:UpdateEndpoint"], is_shared(policy));
    (!policy.abac.shared.is_empty()).then(|| statement().map(|statement| statement.on([ENDPOINT_CONFIGS])))
}

fn is_shared(policy: &Policy) -> Condition {
    let is_shared = Test::equals(format!("aws:ResourceTag/{}", policy.abac.tag), &policy.abac.shared);
    [is_shared, has_project(policy)].into()
}

/// Lets the principal search, but see its own project's tags only. `Search` also finds what has no tag of that key
/// (API reference, `VisibilityConditions`).
pub(super) fn search_own(policy: &Policy) -> Result<Statement, Unsound> {
    let tag = &policy.abac.tag;
    let visible = format!("sagemaker:SearchVisibilityCondition/Tags.{tag}/EqualsIfExists");
    let own = Test::equals_key(visible, &format!("aws:PrincipalTag/{tag}"));
    Statement::allow("SearchOwn", ["sagemaker:Search"], [own, has_project(policy)])
}

/// Denies changes of the tags with these keys and of Tagwarden's mark once a resource exists, if these tests hold as well. Pipelines and deployment tools send tags again that do not change: these are let through.
///
/// For SageMaker's resources, a tag `project` also counts as `aws:ResourceTag/Project`: the case of a key must not matter.
pub(super) fn keep_tags(keys: &[&str], also: &[Test]) -> Statements {
    let with = |keys: &[&str]| Test::any_equals_ignoring_case("aws:TagKeys", keys);
    let all_of = |first: Test, tests: &[Test]| also.iter().chain(tests).cloned().fold(first.into(), Condition::with);
    let add = |tests: &[Test]| {
        // Tags that come with the request that creates the resource are judged with that request.
        (["sagemaker:AddTags"], all_of(Test::is_unset("sagemaker:TaggingAction"), tests))
    };
    let mut denied = vec![add(&[with(&[MARK])])];
    for key in keys {
        let changed = Test::differs_from(format!("aws:ResourceTag/{key}"), &format!("aws:RequestTag/{key}"));
        denied.push(add(&[with(&[key]), changed]));
        denied.push(add(&[with(&[key]), Test::none_equals("aws:TagKeys", key)]));
    }
    denied.push((["sagemaker:DeleteTags"], all_of(with(&[keys, &[MARK]].concat()), &[])));
    let statement = |(index, (actions, condition)): (usize, ([&str; 1], Condition))| {
        let number = if index == 0 { String::new() } else { (index + 1).to_string() };
        Statement::deny(format!("KeepTags{number}"), actions, condition)
    };
    denied.into_iter().enumerate().map(statement).collect()
}

/// The keys of the tags that only administrators give to roles and users: the persona, and what must equal the caller's besides the
/// project.
pub(super) fn tags_of_people(policy: &Policy) -> Vec<&str> {
    std::iter::once(policy.abac.persona_tag.as_str()).chain(policy.abac.matched_keys().skip(1)).collect()
}

/// Denies what would take a resource out of its project, or change a tag that must be the caller's.
pub(super) fn keep_tags_and_projects(policy: &Policy) -> Statements {
    let keys: Vec<_> = policy.abac.matched_keys().collect();
    [keep_tags(&keys, &[]), keep_projects_apart(policy)].into_iter().flatten().collect()
}

/// Denies the use of a resource with another project's ABAC tag.
pub(super) fn keep_projects_apart(policy: &Policy) -> Statements {
    let tag = &policy.abac.tag;
    let (of_principal, of_resource) = (format!("aws:PrincipalTag/{tag}"), format!("aws:ResourceTag/{tag}"));
    let foreign = |sid: &str, actions: &[&str], differs: Test| {
        let tests = [Test::is_set(&of_resource), differs, has_project(policy)];
        Statement::deny(sid, actions.iter().copied(), tests)
    };
    let of_others = Test::differs_from_all(&of_resource, &of_principal, &policy.abac.shared);
    let mut statements = vec![
        foreign("ForeignResources", &["sagemaker:*"], of_others),
        Statement::deny("UntaggedPrincipal", ["sagemaker:*"], Test::lacks_text(of_principal.as_str())),
    ];
    if !policy.abac.shared.is_empty() {
        let of_others = || Test::differs_from(&of_resource, &of_principal);
        let stay = foreign("SharedResourcesStay", &CHANGES, of_others());
        statements.extend([
            stay.map(|statement| statement.on_all_but([ENDPOINT_CONFIGS])),
            foreign("SharedResourcesStay2", &OF_CONFIGS, of_others()).map(|statement| statement.on([ENDPOINT_CONFIGS])),
        ]);
    }
    statements
}

/// What changes an existing resource, rather than reads or uses it.
#[rustfmt::skip]
const CHANGES: [&str; 11] = [
    "sagemaker:AddTags", "sagemaker:CreateImageVersion", "sagemaker:CreatePresigned*", "sagemaker:Delete*",
    "sagemaker:Deregister*", "sagemaker:Import*", "sagemaker:Put*", "sagemaker:Re*", "sagemaker:Send*", "sagemaker:St*",
    "sagemaker:Update*",
];

/// UpdateEndpoint uses them: what changes an existing one are its tags and its end.
const ENDPOINT_CONFIGS: &str = "arn:*:sagemaker:*:*:endpoint-config/*";
const OF_CONFIGS: [&str; 2] = ["sagemaker:AddTags", "sagemaker:Delete*"];

/// Denies two things that tags cannot prevent: a public workforce, and version 1 of the instance metadata service, which hands
/// out credentials to any request that a notebook can be made to send.
pub(super) fn safeguards() -> Statements {
    let version = "sagemaker:MinimumInstanceMetadataServiceVersion";
    let workers = ["sagemaker:CreateFlowDefinition", "sagemaker:CreateLabelingJob"];
    let anybody = Test::equals("sagemaker:WorkteamType", &["public-crowd"]);
    let not_second = Test::not_equals(version, &["2"]);
    vec![
        Statement::deny("NoPublicWorkforce", workers, anybody),
        Statement::deny("MetadataServiceV2", ["sagemaker:CreateNotebookInstance"], not_second.clone()),
        Statement::deny(
            "MetadataServiceV2Kept",
            ["sagemaker:UpdateNotebookInstance"],
            [Test::is_set(version), not_second],
        ),
    ]
}

/// Lets the principal pass its own project's execution roles to SageMaker, and no others.
///
/// # Errors
/// What is wrong with the role path.
pub(super) fn pass_own_roles(policy: &Policy, role_path: &str) -> Result<Result<Statement, Unsound>, String> {
    let roles = role_arns(role_path, &policy.abac.tag)?;
    let to_sagemaker = [Test::equals("iam:PassedToService", &["sagemaker.amazonaws.com"]), has_project(policy)];
    Ok(Statement::allow("PassOwnExecutionRoles", ["iam:PassRole"], to_sagemaker).map(|statement| statement.on([roles])))
}

/// Lets the principal look at its own project's execution roles: SDKs do, to find the ARN of a role by its name.
///
/// # Errors
/// What is wrong with the role path.
pub(super) fn read_own_roles(policy: &Policy, role_path: &str) -> Result<Result<Statement, Unsound>, String> {
    let roles = role_arns(role_path, &policy.abac.tag)?;
    let statement = Statement::allow("ReadOwnExecutionRoles", ["iam:GetRole"], has_project(policy));
    Ok(statement.map(|statement| statement.on([roles])))
}

/// The first scaling policy of an account needs the role as which Application Auto Scaling works (its User Guide,
/// "Service-linked roles").
pub(super) fn autoscaling_role() -> Result<Statement, Unsound> {
    let service = "sagemaker.application-autoscaling.amazonaws.com";
    let role = format!("arn:*:iam::*:role/aws-service-role/{service}/*");
    let statement = Statement::allow(
        "AutoScalingRole",
        ["iam:CreateServiceLinkedRole"],
        Test::equals("iam:AWSServiceName", &[service]),
    );
    Ok(statement?.on([role]))
}
