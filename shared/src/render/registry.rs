//! The registry side of deployment across accounts: the policies of a model package group and of an image repository, which let
//! other accounts deploy the models in them.
//!
//! Source: SageMaker Developer Guide, "Deploy a model version from a different account"; ECR User Guide, "Private repository
//! policies".

use super::pack::{SizeLimits, pack};
use super::readers::Readers;
use super::text::Style;
use super::{Attachment, Rendered, abac, images, output};
use crate::policy::Policy;
use crate::statement::Statement;

/// What other accounts may do with a project's models.
#[derive(Clone, Debug)]
pub struct Registry {
    /// The account that owns the group or repository.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Who is let in.
    pub readers: Readers,
}

/// The API limits the policy of a group to 20,480 characters, ECR that of a repository to 10,240 bytes.
const LIMITS: SizeLimits = SizeLimits { max_chars: 10_240, max_documents: 1, style: Style::Minified };

impl Registry {
    /// Renders the policy of the model package group `group`. Whoever may `register` also creates versions in it. Approving
    /// stays with the account that owns the group.
    ///
    /// # Errors
    /// What is missing.
    pub fn model_package_group_policy(&self, group: &str, register: bool, policy: &Policy) -> Result<Rendered, String> {
        let arn = |kind: &str, name: &str| {
            format!("arn:{}:sagemaker:{}:{}:{kind}/{name}", self.readers.partition, self.region, self.account)
        };
        let allow = |sid: &str, actions: &[&str], resource: String| {
            let statement = Statement::allow(sid, actions.iter().copied(), self.readers.only_project(policy));
            statement.map(|statement| statement.to(self.readers.principal()).on([resource]))
        };
        let mut of_versions =
            vec!["sagemaker:CreateModel", "sagemaker:DescribeModelPackage", "sagemaker:ListModelPackages"];
        if register {
            of_versions.push("sagemaker:CreateModelPackage");
        }
        let statements = vec![
            allow("Group", &["sagemaker:DescribeModelPackageGroup"], arn("model-package-group", group)),
            allow("Versions", &of_versions, arn("model-package", &format!("{group}/*"))),
        ];
        let documents = pack(&abac::all(statements)?, LIMITS)?;
        let attachment = Attachment::ModelPackageGroup(group.to_owned());
        Ok(Rendered::of(output::named("model-package-group-policy", attachment, documents)))
    }

    /// Renders the policy of the image repository `repository`: the execution roles as which the models run pull from it. A
    /// repository's policy names no resources.
    ///
    /// # Errors
    /// What is missing.
    pub fn repository_policy(&self, repository: &str, policy: &Policy) -> Result<Rendered, String> {
        let pull = Statement::allow("Pull", images::PULL, self.readers.only_roles(policy));
        let pull = pull.map(|statement| statement.to(self.readers.principal()).on(Vec::<String>::new()));
        let documents = pack(&abac::all(vec![pull])?, LIMITS)?;
        let attachment = Attachment::Repository(repository.to_owned());
        Ok(Rendered::of(output::named("repository-policy", attachment, documents)))
    }
}
