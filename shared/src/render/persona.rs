//! Personas: what a function in a team may do.

use super::abac::{self, Statements};
use super::activities::{
    Activity, COMPANIONS, Elsewhere, MANAGE_ENDPOINTS, MANAGE_EXPERIMENTS, MANAGE_FEATURES, MANAGE_ML_JOBS,
    MANAGE_MODEL_MONITORING, MANAGE_MODELS, MANAGE_PIPELINES, QUERY_ATHENA_WORKGROUPS, RUN_CANVAS,
    RUN_STUDIO_APPLICATIONS, SEARCH_AND_VISUALIZE_EXPERIMENTS,
};
use super::identity::MANAGED;
use super::pack::pack;
use super::{Attachment, Rendered, images, keys, output, storage, studio};
use crate::operations::OPERATION_NAMES;
use crate::policy::Policy;
use crate::statement::{Condition, Statement, Test, Unsound};
use crate::terms::quoted;

/// What a persona's principals work with.
#[derive(Clone, Debug)]
pub struct PersonaPolicy {
    /// The persona: one of the policy's, or of [`names`].
    pub name: String,
    /// Buckets, or `bucket/prefix`, that it reads and writes.
    pub data: Vec<String>,
    /// ARNs of the KMS keys of that data and of what it launches.
    pub keys: Vec<String>,
    /// Accounts from whose model registries it deploys.
    pub registries: Vec<String>,
    /// The tag of user profiles that says whose a profile is.
    pub profile_tag: String,
    /// Where execution roles are, as a path with `{project}` for the caller's project.
    pub role_path: String,
}

struct BuiltInPersona {
    name: &'static str,
    activities: &'static [&'static Activity],
    /// Whether it approves models for production, which those who make them should not.
    approves: bool,
    /// Whether it pushes container images of its project.
    pushes_images: bool,
    elsewhere: &'static [Elsewhere],
}

/// The personas that are built in.
pub fn names() -> impl Iterator<Item = &'static str> {
    PERSONAS.iter().map(|persona| persona.name)
}

impl PersonaPolicy {
    /// Renders the persona. One that the policy defines may call only its operations, and those that go with them:
    /// describe, stop and delete what they created.
    ///
    /// # Errors
    /// If there is no such persona.
    pub fn render(&self, policy: &Policy) -> Result<Rendered, String> {
        let mut statements = self.statements(policy)?;
        statements.extend(storage::statements("*", &self.data, &[]));
        statements.extend(keys::statements(&self.keys));
        statements.extend(deploy_from(&self.registries, policy));
        let documents = pack(&abac::all(statements)?, MANAGED)?;
        Ok(Rendered::of(output::named(&format!("persona-{}", self.name), Attachment::Managed, documents)))
    }

    /// What it may do with SageMaker, and what goes with that.
    ///
    /// # Errors
    /// If there is no such persona, or what is wrong with the role path.
    pub(super) fn statements(&self, policy: &Policy) -> Result<Statements, String> {
        self.permissions(policy)?.statements(policy, &self.profile_tag, &self.role_path)
    }

    fn permissions(&self, policy: &Policy) -> Result<Permissions, String> {
        let own = policy.personas.iter().find(|persona| persona.name == self.name);
        if let Some(persona) = own {
            return Ok(Permissions::of_operations(&persona.operations));
        }
        if let Some(persona) = PERSONAS.iter().find(|persona| persona.name == self.name) {
            return Ok(Permissions::built_in(persona));
        }
        let built_in = PERSONAS.iter().map(|persona| persona.name);
        let known: Vec<&str> = policy.personas.iter().map(|persona| persona.name.as_str()).chain(built_in).collect();
        let help = match crate::policy::nearest(&self.name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                format!("expected one of {}", quoted(known))
            }
        };
        Err(format!("unknown persona `{}`; {help}", self.name))
    }
}

/// What the steps of pipelines call, as the pipeline's role.
///
/// # Errors
/// What is wrong with the role path.
pub(super) fn of_pipelines(policy: &Policy, role_path: &str) -> Result<Statements, String> {
    let steps = BuiltInPersona {
        name: "pipeline",
        activities: &[&MANAGE_ML_JOBS, &MANAGE_MODELS, &MANAGE_ENDPOINTS],
        approves: false,
        pushes_images: false,
        elsewhere: &[],
    };
    Permissions::built_in(&steps).statements(policy, "", role_path)
}

/// Permissions for SageMaker and other services, each name once.
#[derive(Default)]
struct Permissions {
    /// Operations that create something.
    creates: Vec<String>,
    /// Actions on existing resources.
    uses: Vec<String>,
    /// Actions that do not name a resource with tags.
    reads: Vec<String>,
    approves: bool,
    pushes_images: bool,
    uses_elsewhere: Vec<&'static str>,
    elsewhere: Vec<Elsewhere>,
}

impl Permissions {
    fn built_in(persona: &BuiltInPersona) -> Self {
        let mut all = Self {
            approves: persona.approves,
            pushes_images: persona.pushes_images,
            elsewhere: persona.elsewhere.to_vec(),
            ..Self::default()
        };
        for activity in persona.activities {
            let names = |names: &[&str]| names.iter().copied().map(str::to_owned).collect::<Vec<_>>();
            all.creates.extend(names(activity.creates));
            all.uses.extend(names(activity.uses));
            all.reads.extend(names(activity.reads));
        }
        all.complete()
    }

    fn of_operations(operations: &[String]) -> Self {
        let mut all = Self::default();
        for operation in operations {
            match operation.strip_prefix("Create") {
                None => all.uses.push(operation.clone()),
                Some(kind) => {
                    all.creates.push(operation.clone());
                    let known = |name: String| OPERATION_NAMES.binary_search(&name.as_str()).is_ok().then_some(name);
                    let companions = ["Delete", "Describe", "Stop"].map(|verb| known(format!("{verb}{kind}")));
                    all.uses.extend(companions.into_iter().flatten());
                    all.reads.extend(known(format!("List{kind}s")));
                }
            }
        }
        all.uses.extend(["AddTags", "ListTags"].map(str::to_owned));
        all.approves = operations.iter().any(|operation| operation == "UpdateModelPackage");
        all.complete()
    }

    /// Whether it may call an operation.
    fn may(&self, operation: &str) -> bool {
        self.creates.iter().chain(&self.uses).any(|known| known == operation)
    }

    /// Adds what goes with the operations.
    fn complete(mut self) -> Self {
        for companion in COMPANIONS {
            if companion.of.iter().any(|name| self.may(name)) {
                self.uses.extend(companion.uses.iter().copied().map(str::to_owned));
                self.reads.extend(companion.reads.iter().copied().map(str::to_owned));
                self.uses_elsewhere.extend(companion.uses_elsewhere);
                self.elsewhere.extend(companion.elsewhere);
            }
        }
        for names in [&mut self.creates, &mut self.uses, &mut self.reads] {
            names.sort_unstable();
            names.dedup();
        }
        self
    }

    fn statements(self, policy: &Policy, profile_tag: &str, role_path: &str) -> Result<Statements, String> {
        let actions = |names: &[String], is_wanted: &dyn Fn(&str) -> bool| -> Vec<String> {
            names.iter().filter(|name| is_wanted(name)).map(|name| format!("sagemaker:{name}")).collect()
        };
        let any = |_: &str| true;
        let mut statements: Statements = Vec::new();
        let mut allow = |sid: &str, actions: Vec<String>, condition: Condition| {
            if !actions.is_empty() {
                statements.push(Statement::allow(sid, actions, condition));
            }
        };
        allow("CreateInOwnProject", actions(&self.creates, &any), abac::in_own_project(policy));
        allow("OwnResources", actions(&self.uses, &any), abac::on_own_resources(policy));
        let elsewhere = self.uses_elsewhere.iter().copied().map(str::to_owned).collect();
        allow("OwnResourcesElsewhere", elsewhere, abac::on_own_resources(policy));
        allow("Lists", actions(&self.reads, &|name| name != "Search"), Condition::default());
        let without_tags = actions(&self.creates, &abac::is_tagged_otherwise);
        if !without_tags.is_empty() {
            statements.push(abac::create_without_tags(policy, without_tags));
        }
        statements.extend(abac::use_shared(
            policy,
            actions(&self.uses, &|name| abac::USES.iter().any(|verb| name.starts_with(verb))),
        ));
        if self.may("UpdateEndpoint") {
            statements.extend(abac::update_to_shared(policy));
        }
        if self.reads.iter().any(|name| name == "Search") {
            statements.push(abac::search_own(policy));
        }
        for (index, (resource, actions)) in self.elsewhere.iter().enumerate() {
            let sid = format!("OtherServices{}", index + 1);
            let statement = Statement::allow(sid, actions.iter().copied(), Condition::default());
            statements.push(statement.map(|statement| statement.on([*resource])));
        }
        if !self.creates.is_empty() {
            statements.push(abac::tag_on_create(policy));
            statements.push(abac::pass_own_roles(policy, role_path)?);
            statements.push(abac::read_own_roles(policy, role_path)?);
        }
        if self.may("CreateApp") || self.may("CreateSpace") {
            statements.extend(studio::open_own_profile(policy, profile_tag));
            statements.extend(studio::keep_private_spaces());
        }
        if self.may("CreateEndpoint") || self.may("UpdateEndpoint") {
            statements.push(abac::autoscaling_role());
        }
        if self.pushes_images {
            statements.extend(images::push_own(policy));
        }
        if self.may("CreateModelPackage") && !self.approves {
            let decided = Test::equals("sagemaker:ModelApprovalStatus", &["Approved", "Rejected"]);
            let packages = ["sagemaker:CreateModelPackage", "sagemaker:UpdateModelPackage"];
            statements.push(Statement::deny("OthersApprove", packages, decided));
        }
        statements.extend(abac::keep_tags_and_projects(policy));
        statements.extend(abac::safeguards());
        Ok(statements)
    }
}

/// Lets the principal deploy models that other accounts have registered, as far as the policies of their model package groups let
/// it (SageMaker Developer Guide, "Deploy a model version from a different account").
fn deploy_from(accounts: &[String], policy: &Policy) -> Option<Result<Statement, Unsound>> {
    #[rustfmt::skip]
    const DEPLOY: [&str; 4] = [
        "sagemaker:CreateModel", "sagemaker:DescribeModelPackage", "sagemaker:DescribeModelPackageGroup",
        "sagemaker:ListModelPackages",
    ];
    let packages =
        |account| ["model-package", "model-package-group"].map(|kind| format!("arn:*:sagemaker:*:{account}:{kind}/*"));
    let statement = Statement::allow("DeployFromRegistries", DEPLOY, abac::has_project(policy));
    (!accounts.is_empty()).then(|| statement.map(|statement| statement.on(accounts.iter().flat_map(packages))))
}

static PERSONAS: &[BuiltInPersona] = &[
    BuiltInPersona {
        name: "business-analyst",
        activities: &[&RUN_STUDIO_APPLICATIONS, &RUN_CANVAS, &SEARCH_AND_VISUALIZE_EXPERIMENTS],
        approves: false,
        pushes_images: false,
        elsewhere: QUERY_ATHENA_WORKGROUPS,
    },
    BuiltInPersona {
        name: "data-scientist",
        activities: &[
            &RUN_STUDIO_APPLICATIONS,
            &MANAGE_ML_JOBS,
            &MANAGE_MODELS,
            &MANAGE_EXPERIMENTS,
            &MANAGE_FEATURES,
            &SEARCH_AND_VISUALIZE_EXPERIMENTS,
        ],
        approves: false,
        pushes_images: false,
        elsewhere: &[],
    },
    BuiltInPersona {
        name: "ml-engineer",
        activities: &[
            &RUN_STUDIO_APPLICATIONS,
            &MANAGE_ML_JOBS,
            &MANAGE_MODELS,
            &MANAGE_PIPELINES,
            &MANAGE_EXPERIMENTS,
            &MANAGE_FEATURES,
            &SEARCH_AND_VISUALIZE_EXPERIMENTS,
        ],
        approves: false,
        pushes_images: true,
        elsewhere: &[],
    },
    BuiltInPersona {
        name: "mlops-engineer",
        activities: &[
            &MANAGE_MODELS,
            &MANAGE_ENDPOINTS,
            &MANAGE_PIPELINES,
            &MANAGE_MODEL_MONITORING,
            &SEARCH_AND_VISUALIZE_EXPERIMENTS,
        ],
        approves: true,
        pushes_images: false,
        elsewhere: &[],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::OTHER_ACTIONS;

    #[test]
    fn every_action_exists() {
        let is_known = |name: &&str| OPERATION_NAMES.binary_search(name).is_ok() || OTHER_ACTIONS.contains(name);
        let of_activities = PERSONAS.iter().flat_map(|persona| persona.activities);
        let mut names: Vec<_> =
            of_activities.flat_map(|activity| [activity.creates, activity.uses, activity.reads].concat()).collect();
        names.extend(COMPANIONS.iter().flat_map(|companion| [companion.of, companion.uses, companion.reads].concat()));
        let unknown: Vec<_> = names.iter().filter(|name| !is_known(name)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    }
}
