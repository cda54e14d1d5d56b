//! Execution roles: the roles as which one project's jobs, endpoints and notebooks run.

use super::abac::{self, Statements};
use super::identity::MANAGED;
use super::pack::{SizeLimits, pack};
use super::persona::{self, PersonaPolicy};
use super::{Attachment, Rendered, images, keys, output, storage};
use crate::policy::Policy;
use crate::rules::{MISSING_VPC, PERSONA_OVERREACH};
use crate::statement::{Condition, Document, Principal, Statement, Test, Unsound};
use crate::terms::Pattern;

/// What runs as an execution role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Jobs, endpoints and notebooks, which do not call SageMaker themselves.
    Jobs,
    /// Pipelines, whose steps call SageMaker.
    Pipeline,
    /// People in Studio.
    Studio,
}

/// What an execution role is for.
#[derive(Clone, Debug)]
pub struct ExecutionRole {
    /// What runs as the role.
    pub purpose: Purpose,
    /// The role's persona, if the role calls SageMaker itself.
    pub persona: Option<String>,
    /// ARNs of the queues to which callback steps of pipelines send.
    pub queues: Vec<String>,
    /// ARNs of the functions that Lambda steps of pipelines invoke.
    pub functions: Vec<String>,
    /// The tag of user profiles that says whose a profile is.
    pub profile_tag: String,
    /// The project, for the role's tag and name.
    pub project: String,
    /// The account of the role.
    pub account: String,
    /// The region in which SageMaker uses it.
    pub region: String,
    /// The partition, such as `aws`.
    pub partition: String,
    /// The places that it reads and writes: buckets, or `bucket/prefix`.
    pub data: Vec<String>,
    /// The places that it reads only.
    pub read_only: Vec<String>,
    /// The ECR repositories from which it pulls images: names in its account, or ARNs.
    pub repositories: Vec<String>,
    /// ARNs of the KMS keys that it uses.
    pub keys: Vec<String>,
    /// Where execution roles are, as a path with `{project}`.
    pub role_path: String,
}

impl ExecutionRole {
    /// Renders the role's permissions and its trust policy.
    ///
    /// # Errors
    /// If there is nothing to read or write.
    pub fn render(&self, policy: &Policy) -> Result<Rendered, String> {
        if self.data.is_empty() && self.read_only.is_empty() {
            return Err(
                "`--data BUCKET/PREFIX` is needed for what the role reads and writes, or `--read-only` for what it \
                    only reads"
                    .to_owned(),
            );
        }
        let mut statements = storage::statements(&self.partition, &self.data, &self.read_only);
        statements.extend(self.images());
        statements.extend(self.logs());
        statements.extend(keys::statements(&self.keys));
        if policy.settings(&MISSING_VPC).is_some() {
            statements.push(Statement::allow("Network", NETWORK, Condition::default()));
        }
        const ROLE: &str = "execution-role";
        statements.extend(self.steps());
        let one = SizeLimits { max_documents: 1, ..MANAGED };
        let trust = Document { statements: abac::all(vec![self.trust()])? };
        let path = self.role_path.trim_matches('/').replace("{project}", &self.project);
        let mut tags = vec![(policy.abac.tag.clone(), self.project.clone())];
        tags.extend(self.persona.clone().map(|persona| (policy.abac.persona_tag.clone(), persona)));
        let attachment = Attachment::Role { trust: Box::new(trust), path: format!("/{path}/"), tags };
        let mut policies = output::named(ROLE, attachment, pack(&abac::all(statements)?, one)?);
        let calls = pack(&abac::all(self.calls(policy)?)?, MANAGED)?;
        policies.extend(output::named("execution-role-calls", Attachment::OfRole(ROLE.to_owned()), calls));
        Ok(Rendered::of(policies))
    }

    /// What the role may call in SageMaker.
    fn calls(&self, policy: &Policy) -> Result<Statements, String> {
        if self.purpose != Purpose::Jobs && self.persona.is_none() && policy.settings(&PERSONA_OVERREACH).is_some() {
            return Err(
                "a role that calls SageMaker needs a persona, because `persona-overreach` is on: name the role's \
                persona with `--persona NAME`"
                    .to_owned(),
            );
        }
        match (self.purpose, &self.persona) {
            (Purpose::Jobs, _) => Ok(Vec::new()),
            (Purpose::Pipeline, _) => persona::of_pipelines(policy, &self.role_path),
            (Purpose::Studio, Some(name)) => {
                let persona = PersonaPolicy {
                    name: name.clone(),
                    data: Vec::new(),
                    keys: Vec::new(),
                    registries: Vec::new(),
                    profile_tag: self.profile_tag.clone(),
                    role_path: self.role_path.clone(),
                };
                persona.statements(policy)
            }
            (Purpose::Studio, None) => {
                Err("`--for studio` needs `--persona NAME`: what the people in Studio may do".to_owned())
            }
        }
    }

    /// What steps of pipelines do outside SageMaker.
    fn steps(&self) -> Statements {
        let mut statements = Statements::new();
        for (sid, action, arns) in [
            ("CallbackSteps", "sqs:SendMessage", &self.queues),
            ("LambdaSteps", "lambda:InvokeFunction", &self.functions),
        ] {
            if !arns.is_empty() {
                let statement = Statement::allow(sid, [action], Condition::default());
                statements.push(statement.map(|statement| statement.on(arns)));
            }
        }
        statements
    }

    fn images(&self) -> Statements {
        if self.repositories.is_empty() {
            return Vec::new();
        }
        let arn = |name: &String| match name.starts_with("arn:") {
            true => name.clone(),
            false => format!("arn:{}:ecr:{}:{}:repository/{name}", self.partition, self.region, self.account),
        };
        let repositories: Vec<_> = self.repositories.iter().map(arn).collect();
        let pull = Statement::allow("Pull", images::PULL, Condition::default());
        let mut statements = images::log_in();
        statements.push(pull.map(|statement| statement.on(repositories)));
        statements
    }

    fn logs(&self) -> Statements {
        let group = format!("arn:{}:logs:{}:{}:log-group:/aws/sagemaker/*", self.partition, self.region, self.account);
        let write = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"];
        let namespaces = ["/aws/sagemaker/*", "aws/sagemaker/*"].map(Pattern::new);
        vec![
            Statement::allow("Logs", write, Condition::default()).map(|statement| statement.on([group])),
            Statement::allow("Metrics", ["cloudwatch:PutMetricData"], Test::like("cloudwatch:namespace", &namespaces)),
        ]
    }

    /// Only SageMaker, and only for this account: otherwise another account's job could use the role.
    fn trust(&self) -> Result<Statement, Unsound> {
        let from = format!("arn:{}:sagemaker:{}:{}:*", self.partition, self.region, self.account);
        let of_this_account =
            [Test::equals("aws:SourceAccount", &[&self.account]), Test::arn_like("aws:SourceArn", [from])];
        let statement = Statement::allow("SageMaker", ["sts:AssumeRole"], of_this_account)?;
        Ok(statement.on(Vec::<String>::new()).to(Principal::Service("sagemaker.amazonaws.com")))
    }
}

/// What SageMaker calls with the role to run a job in a VPC (SageMaker developer guide, "Give SageMaker access to
/// resources in your Amazon VPC").
#[rustfmt::skip]
const NETWORK: [&str; 9] = [
    "ec2:CreateNetworkInterface", "ec2:CreateNetworkInterfacePermission", "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission", "ec2:DescribeDhcpOptions", "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs",
];
