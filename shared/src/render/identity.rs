//! The ABAC policy for principals: one for all projects.

use super::abac::{self, Statements};
use super::pack::{SizeLimits, pack};
use super::text::Style;
use super::{Attachment, Rendered, output, studio};
use crate::operations::OPERATION_NAMES;
use crate::policy::Policy;
use crate::statement::{Condition, Statement};

/// What to render an identity-based policy for.
#[derive(Clone, Debug)]
pub struct IdentityPolicy {
    /// The tag of user profiles that says whose a profile is.
    pub profile_tag: String,
    /// Where execution roles are, as a path with `{project}` for the caller's project.
    pub role_path: String,
}

/// Limits of managed policies: characters without white space, and how many can be attached to a role (IAM User Guide,
/// "IAM and AWS STS quotas").
pub(super) const MANAGED: SizeLimits = SizeLimits { max_chars: 6144, max_documents: 10, style: Style::Minified };

impl IdentityPolicy {
    /// Renders the policy. Its principal creates resources only with its own project's tag, and reads and changes only
    /// resources with that tag. It can list everything, because SageMaker's lists do not support tags.
    ///
    /// # Errors
    /// What is wrong with the role path.
    pub fn render(&self, policy: &Policy) -> Result<Rendered, String> {
        let without_tags = OPERATION_NAMES.iter().filter(|name| abac::is_tagged_otherwise(name));
        let mut statements: Statements = vec![
            Statement::allow(
                "CreateInOwnProject",
                ["sagemaker:Create*", "sagemaker:ImportHubContent"],
                abac::in_own_project(policy),
            ),
            abac::create_without_tags(policy, without_tags.map(|name| format!("sagemaker:{name}")).collect()),
            abac::tag_on_create(policy),
            Statement::allow("OwnResources", ON_RESOURCES, abac::on_own_resources(policy)),
            Statement::allow("Lists", LISTS, Condition::default()),
            abac::search_own(policy),
            abac::pass_own_roles(policy, &self.role_path)?,
            abac::read_own_roles(policy, &self.role_path)?,
        ];
        statements.extend(abac::use_shared(policy, abac::USES.map(|verb| format!("sagemaker:{verb}*")).into()));
        statements.extend(abac::update_to_shared(policy));
        statements.extend(abac::keep_tags_and_projects(policy));
        statements.extend(studio::open_own_profile(policy, &self.profile_tag));
        statements.extend(studio::keep_private_spaces());
        statements.extend(abac::safeguards());
        let documents = pack(&abac::all(statements)?, MANAGED)?;
        Ok(Rendered::of(output::named("identity", Attachment::Managed, documents)))
    }
}

/// The actions on an existing resource. A wildcard in an Allow that tests the resource's tag does not admit resources
/// without the tag.
#[rustfmt::skip]
const ON_RESOURCES: [&str; 20] = [
    "sagemaker:AddAssociation", "sagemaker:AddTags", "sagemaker:AssociateTrialComponent", "sagemaker:Batch*",
    "sagemaker:CreatePresignedM*", "sagemaker:CreatePresignedN*", "sagemaker:Delete*", "sagemaker:Describe*",
    "sagemaker:DisassociateTrialComponent", "sagemaker:Get*", "sagemaker:Invoke*", "sagemaker:ListTags", "sagemaker:Put*", "sagemaker:Query*",
    "sagemaker:Register*", "sagemaker:Retry*", "sagemaker:Send*", "sagemaker:Start*", "sagemaker:Stop*", "sagemaker:Update*",
];

/// The actions that do not name a single resource, and what Studio reads before it knows one.
const LISTS: [&str; 8] = [
    "sagemaker:DescribeApp",
    "sagemaker:DescribeDomain",
    "sagemaker:DescribeSpace",
    "sagemaker:DescribeUserProfile",
    "sagemaker:GetSearchSuggestions",
    "sagemaker:List*",
    "sagemaker:QueryLineage",
    "sagemaker:DescribeHub*",
];
