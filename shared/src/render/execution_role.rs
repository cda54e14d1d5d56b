//! Execution roles: the roles as which one project's jobs, endpoints and notebooks run.

use super::abac::{self, Statements};
use super::identity::MANAGED;
use super::pack::{SizeLimits, pack};
use super::{Attachment, Rendered, RenderedPolicy, images, keys, storage};
use crate::policy::Policy;
use crate::rules::MISSING_VPC;
use crate::statement::{Condition, Document, Principal, Statement, Test, Unsound};
use crate::terms::Pattern;

/// What an execution role is for.
#[derive(Clone, Debug)]
pub struct ExecutionRole {
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
        let documents = pack(&abac::all(statements)?, SizeLimits { max_documents: 1, ..MANAGED })?;
        let trust = Document { statements: abac::all(vec![self.trust()])? };
        let path = self.role_path.trim_matches('/').replace("{project}", &self.project);
        let policies = documents.into_iter().map(|document| RenderedPolicy {
            name: "execution-role".to_owned(),
            document,
            attachment: Attachment::Role {
                trust: Box::new(trust.clone()),
                path: format!("/{path}/"),
                tag: (policy.abac.tag.clone(), self.project.clone()),
            },
        });
        Ok(Rendered::of(policies.collect()))
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
