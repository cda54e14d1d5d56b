//! The command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use jiff::{Span, Timestamp};
use tagwarden_audit::{Period, athena};

/// Keep Amazon SageMaker inside your organisation's ABAC rules: try a policy on CloudTrail records.
#[derive(Debug, Parser)]
#[command(name = "tagwarden", version, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Check(CheckArgs),
    Audit(AuditArgs),
    Explain(ExplainArgs),
    Roles(Box<RolesArgs>),
    /// List the rules, or explain one.
    Rules(RulesArgs),
    /// Render the policy as IAM policies and SCPs that deny in advance what `check` reports afterwards.
    Render(Box<RenderArgs>),
    /// Work with policy files.
    Policy(PolicyArgs),
    /// Print a script that completes commands and options in a shell.
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Write manual pages, one for each command.
    Man {
        /// Folder for the pages. It is created if it does not exist
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

/// By what calls are judged.
#[derive(Debug, clap::Args)]
pub struct JudgeArgs {
    /// Policy file (default: the built-in policy)
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,

    #[command(flatten)]
    pub iam: IamArgs,
}

/// What is known besides records.
#[derive(Debug, clap::Args)]
pub struct IamArgs {
    /// Output of `aws iam get-account-authorization-details`, for the tags, policies and trust of roles and users, or
    /// of `aws resourcegroupstaggingapi get-resources`, for the tags of resources. It counts for calls of any time, unless a
    /// record shows another tag at the time of the call, or a change in between
    #[arg(long, value_name = "FILE")]
    pub iam: Vec<PathBuf>,

    /// When the data on roles and users was taken: a date (UTC) or an RFC 3339 time (default: after the last record)
    #[arg(long, value_name = "T", value_parser = Period::parse_bound)]
    pub iam_as_of: Option<Timestamp>,
}

/// What instances cost.
#[derive(Debug, clap::Args)]
pub struct PriceArgs {
    /// List prices, for `excessive-cost`: output of `aws pricing get-products --service-code AmazonSageMaker`, or the bulk file
    /// of a region; can be repeated
    #[arg(long, value_name = "FILE")]
    pub prices: Vec<PathBuf>,
}

/// Judge CloudTrail records and print what Tagwarden would do.
///
/// Exit status: 0 if every record is compliant or skipped; 1 if there is a violation; 2 if the command could not run or
/// could not read some input; 3 if there is no violation, but at least one verdict is unknown.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    #[command(flatten)]
    pub judge: JudgeArgs,

    #[command(flatten)]
    pub prices: PriceArgs,

    /// How to print decisions: as text for people, or as one JSON object per line
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,

    /// Exit with 0 even if there are violations or unknown verdicts
    #[arg(long)]
    pub exit_zero: bool,

    /// Files, folders, or `-` for standard input: EventBridge events, CloudTrail records or log files, plain or gzipped
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
}

/// Explain denied calls: which rule's statement denied them, and how to put it right.
///
/// Of a CloudTrail record, the command judges the request as `tagwarden check` does, and names the rules whose statements
/// (`tagwarden render scp`) deny it. Of an error message, as the AWS CLI, an SDK or the console prints it, it lists the rules
/// whose statements are about the action, with what each wants.
///
/// Exit status: 0 if every denied call was explained; 2 if the command could not run, could not read some input, or found no
/// denied call; 3 if a denied call could not be explained.
#[derive(Debug, clap::Args)]
pub struct ExplainArgs {
    #[command(flatten)]
    pub judge: JudgeArgs,

    /// How to print explanations: as text for people, or as one JSON object per line
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,

    /// Files, folders, or `-` for standard input: everything that `check` reads, or text with error messages
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
}

/// Try a policy on the past: what would it have done to the launches in an archive of CloudTrail log files?
///
/// The command reads every file once, in any order, on all cores. Then it judges the launches in order of time, as
/// `tagwarden check` does, and sums them up. Session tags come from the archive's AssumeRole* and GetFederationToken
/// records, and models from its CreateModel records. Tags of roles and users come from the archive's CreateRole, TagRole
/// and UntagRole records (and the corresponding ones for users), as they were at the time of each call, else from
/// `--iam`, unless they changed between the call and the time of that data. If neither source has them, they are
/// unknown, and the report counts them with the reason. A launch that is in the archive more than once is judged each time, and the report says
/// how often.
///
/// Exit status: 0 if every record is compliant or skipped; 1 if there is a violation; 2 if the command could not run,
/// was interrupted (Ctrl-C), or could not read some input; 3 if there is no violation, but at least one verdict is
/// unknown.
#[derive(Debug, clap::Args)]
pub struct AuditArgs {
    /// Policy file (default: the built-in policy)
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,

    /// A second policy: report which launches would get another verdict if it replaced the first
    #[arg(long, value_name = "OTHER_POLICY")]
    pub compare: Option<PathBuf>,

    #[command(flatten)]
    pub iam: IamArgs,

    #[command(flatten)]
    pub prices: PriceArgs,

    /// Also count violating launches by this tag of their callers, such as `CostCenter`; can be repeated
    #[arg(long, value_name = "TAG")]
    pub by: Vec<String>,

    /// What to print: the summary as text for people or as one JSON object, or the findings for AWS Security Hub
    #[arg(long, value_enum, default_value_t = AuditFormat::Text)]
    pub format: AuditFormat,

    /// Write each finding to FILE as one line of JSON: the finding as `check` prints it, with event_id, event_time,
    /// event_name, account, region, resource, principal and verdict of its launch
    #[arg(long, value_name = "FILE")]
    pub findings: Option<PathBuf>,

    /// Write the report to FILE as a self-contained HTML page
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,

    /// Judge launches from this time on: a date (UTC) or an RFC 3339 time. The audit does not open CloudTrail's day
    /// folders (`CloudTrail/REGION/YYYY/MM/DD`) of more than 48 hours before, because no session is older than 36
    /// hours. Models created and roles tagged before that are then unknown
    #[arg(long, value_name = "T", value_parser = Period::parse_bound)]
    pub since: Option<Timestamp>,

    /// Judge launches before this time: a date (UTC) or an RFC 3339 time. The audit does not open day folders that
    /// begin more than 24 hours later: CloudTrail may deliver files that late
    #[arg(long, value_name = "T", value_parser = Period::parse_bound)]
    pub until: Option<Timestamp>,

    /// How many files to read at the same time (default: one per core)
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,

    /// Exit with 0 even if there are violations or unknown verdicts
    #[arg(long)]
    pub exit_zero: bool,

    /// Only print the Athena SQL that selects the records that an audit needs from TABLE (default: `cloudtrail_logs`),
    /// a table as the CloudTrail console creates it. `audit` and `check` read the query's result: CSV, or JSON from
    /// UNLOAD. `--since` and `--until` limit the query
    #[arg(long, value_name = "TABLE", num_args = 0..=1, require_equals = true, default_missing_value = "cloudtrail_logs",
        value_parser = athena::parse_table)]
    pub athena_query: Option<String>,

    /// Files, folders (such as a copy of the log bucket's `AWSLogs`), or `-` for standard input: everything that
    /// `check` reads
    #[arg(value_name = "PATH", required_unless_present = "athena_query")]
    pub paths: Vec<PathBuf>,
}

/// Judge roles by themselves: what they may do beyond their job, whom they trust, what exceeds their persona, what they used of it.
///
/// Without PATHs, the command judges the ML roles in the files of `--iam`: those that trust SageMaker. Each finding names a request
/// that would be allowed, and the statement that allows it. SCPs, policies of resources and of sessions are not considered.
///
/// PATHs can be an archive of CloudTrail log files, as for `audit`. Then the command also judges roles that were passed to SageMaker
/// or that called it, and says of each action that a role is granted whether it used it, did not use it, or whether nothing shows
/// it, with the reason.
///
/// PATHs can also be documents of roles that do not exist yet, for CI: plans of Terraform (`terraform show -json PLAN`), and bare policy
/// documents. What a plan knows only after apply is unknown.
///
/// Exit status: 0 if every role is compliant; 1 if there is a violation, or new access with `--baseline`; 2 if the command could not
/// run or could not read some input; 3 if there is no violation, but at least one verdict is unknown.
#[derive(Debug, clap::Args)]
pub struct RolesArgs {
    #[command(flatten)]
    pub judge: JudgeArgs,

    /// Judge the roles with these ARNs or names instead, whomever they trust: `*` matches any run of characters; can be repeated
    #[arg(long, value_name = "PATTERN")]
    pub role: Vec<String>,

    /// Region in which roles work; can be repeated (default: the regions of `[rules.unapproved-region]` and those that the role's
    /// policies name, else those of the archive, else us-east-1). What a role did in a region that the archive lacks is unseen
    #[arg(long, value_name = "REGION")]
    pub region: Vec<String>,

    /// Account of the roles in plans and policy documents (default: the only one that they name)
    #[arg(long, value_name = "ACCOUNT", value_parser = account)]
    pub account: Option<String>,

    /// Earlier documents or an earlier plan: report only access that these did not give, and findings that they did not have
    #[arg(long, value_name = "OLD")]
    pub baseline: Option<PathBuf>,

    /// Write what each role needs of its policies into this folder, a folder for each role: what it used, and what nothing shows.
    /// Resources, conditions and Deny stay as they are. Where all launches of a role were cut off from the network, also write the
    /// least execution role for the places that they name. Nothing is applied
    #[arg(long, value_name = "DIR")]
    pub propose: Option<PathBuf>,

    /// Write the report to FILE as a self-contained HTML page
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,

    /// Count calls from this time on: a date (UTC) or an RFC 3339 time
    #[arg(long, value_name = "T", value_parser = Period::parse_bound)]
    pub since: Option<Timestamp>,

    /// Count calls before this time: a date (UTC) or an RFC 3339 time
    #[arg(long, value_name = "T", value_parser = Period::parse_bound)]
    pub until: Option<Timestamp>,

    /// How many files to read at the same time (default: one per core)
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,

    /// How to print roles: as text for people, or as one JSON object per line. The other two print text, and write proposals in that
    /// language
    #[arg(long, value_enum, default_value_t = RolesFormat::Text)]
    pub format: RolesFormat,

    /// Exit with 0 even if there are violations or unknown verdicts
    #[arg(long)]
    pub exit_zero: bool,

    /// Files and folders of an archive of CloudTrail log files; or plans of Terraform as JSON and policy documents
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RolesFormat {
    Text,
    Json,
    /// Text; proposals as Terraform (HCL)
    Terraform,
    /// Text; proposals as CloudFormation templates
    Cloudformation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AuditFormat {
    Text,
    Json,
    /// An array of findings in the AWS Security Finding Format, one for each rule and resource
    Asff,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
}

#[derive(Debug, clap::Args)]
pub struct RulesArgs {
    /// The rule to explain
    pub rule: Option<String>,

    /// List the operations that Tagwarden judges, with the rules that apply to each and how it undoes a call
    #[arg(long, conflicts_with = "rule")]
    pub operations: bool,

    /// How to list operations: as text for people, or as one JSON object per line, with the paths that rules read
    #[arg(long, value_enum, default_value_t = Format::Text, requires = "operations")]
    pub format: Format,
}

#[derive(Debug, clap::Args)]
pub struct PolicyArgs {
    #[command(subcommand)]
    pub command: PolicyCommand,
}

#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Report what is wrong with a policy file, and which of its settings can never have an effect
    ///
    /// Exit status: 0 if the file has no errors; 1 if it is looser than `--against`, or if an exemption is `--expiring`; 2 if it has
    /// errors, or the command could not run.
    Check {
        /// The policy file
        file: PathBuf,

        /// An earlier version of the file: report what the file lets through that this one did not, or does less about
        #[arg(long, value_name = "OLD")]
        against: Option<PathBuf>,

        /// List the exemptions that end within this time, such as `14d`
        #[arg(long, value_name = "TIME", value_parser = span)]
        expiring: Option<Span>,
    },
    /// Print a JSON Schema (draft 4) of policy files, for editors: taplo reads it if the first line of a policy file is
    /// `#:schema ./policy.schema.json`
    Schema,
    /// Print the `[tags]` tables for a tag policy of AWS Organizations
    FromTagPolicy {
        /// Output of `aws organizations describe-effective-policy --policy-type TAG_POLICY`, or a tag policy
        file: PathBuf,

        /// Key of the ABAC tag, of which `[abac]` says what it must be
        #[arg(long, value_name = "KEY", default_value = "Project")]
        abac_tag: String,
    },
}

/// Render the policy as IAM policies and SCPs that deny in advance what `check` reports afterwards.
///
/// Without `--out`, the command prints the documents; if there are several, each JSON document is one line.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub struct RenderArgs {
    #[command(subcommand)]
    pub target: Option<RenderTarget>,

    /// Fail if any file that was rendered into this folder is stale: for CI
    #[arg(long, value_name = "DIR", required = true)]
    pub check: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum RenderTarget {
    /// Service control policies that deny calls that violate the rules
    Scp(Box<ScpArgs>),
    /// The ABAC policy for the principals of all projects: create and use only resources with the principal's own
    /// Project tag
    Identity(IdentityArgs),
    /// The permissions boundary for ML roles, and for the roles that they create
    Boundary(BoundaryArgs),
    /// An execution role for one project's jobs, with its trust policy
    ExecutionRole(ExecutionRoleArgs),
    /// The permissions of a persona: one of the policy's, or business-analyst, data-scientist, ml-engineer,
    /// mlops-engineer
    Persona(PersonaArgs),
    /// The bucket policy in a data account, for the execution roles of other accounts
    BucketPolicy(DataAccountArgs),
    /// The key policy of a KMS key in a data account, for the same roles
    KeyPolicy(DataAccountArgs),
    /// The resource policy of a model package group: lets other accounts deploy a project's models
    ModelPackageGroupPolicy(ModelPackageGroupArgs),
    /// The policy of an ECR repository: lets execution roles of other accounts pull a project's images
    RepositoryPolicy(RepositoryArgs),
    /// A tag policy of the organisation: how the ABAC tag is written, and the projects there are
    TagPolicy(TagPolicyArgs),
}

/// The options of all targets.
#[derive(Debug, clap::Args)]
pub struct OutArgs {
    /// Policy file (default: the built-in policy)
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,

    /// Folder to write to (default: standard output)
    #[arg(long, value_name = "DIR", conflicts_with = "check")]
    pub out: Option<PathBuf>,

    /// Write nothing: fail if the files in this folder differ from what would be written
    #[arg(long, value_name = "DIR")]
    pub check: Option<PathBuf>,

    /// Language of the files
    #[arg(long, value_enum, default_value_t = Language::Json)]
    pub format: Language,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// Policy documents
    Json,
    /// A CloudFormation template
    Cloudformation,
    /// Terraform (HCL)
    Terraform,
}

/// The path of execution roles, if the command line does not say.
pub const DEFAULT_ROLE_PATH: &str = "ml/{project}/";

/// Where the execution roles are.
#[derive(Debug, clap::Args)]
pub struct RolePathArgs {
    /// IAM path of the execution roles; `{project}` stands for the project
    #[arg(long, value_name = "PATH", default_value = DEFAULT_ROLE_PATH)]
    pub role_path: String,
}

#[derive(Debug, clap::Args)]
pub struct ScpArgs {
    #[command(flatten)]
    pub output: OutArgs,

    /// Render only this rule; can be repeated
    #[arg(long, value_name = "RULE", conflicts_with = "except")]
    pub only: Vec<String>,

    /// Leave out this rule; can be repeated
    #[arg(long, value_name = "RULE")]
    pub except: Vec<String>,

    /// IAM path of each project's execution roles, such as `ml/{project}/`: renders `foreign-execution-role`, by path
    #[arg(long, value_name = "PATH")]
    pub role_path: Option<String>,

    /// Also deny changes to Tagwarden itself: its functions, rules, table, topic, queues, roles and stack
    #[arg(long)]
    pub protect_tagwarden: bool,

    /// Also deny changes to the ABAC tag of existing resources, to Tagwarden's mark, to the tag that says whose a Studio
    /// user profile is, and to the tags of roles, users and sessions
    #[arg(long)]
    pub protect_tags: bool,

    #[command(flatten)]
    pub profiles: ProfileArgs,

    /// Also deny the use of resources that Tagwarden has marked with `tagwarden:violation`
    #[arg(long)]
    pub quarantine: bool,

    /// Also deny all other services outside the regions of `[rules.unapproved-region]`, except global services
    #[arg(long)]
    pub approved_regions: bool,

    /// Also deny changes to the KMS keys of `[rules.unapproved-kms-key]`
    #[arg(long)]
    pub protect_keys: bool,

    /// Also deny tagged principals the IAM calls that could give them more permissions
    #[arg(long)]
    pub no_escalation: bool,

    /// ARN of a role or user to whom none of the statements applies, or a pattern with `*`; can be repeated
    #[arg(long, value_name = "ARN")]
    pub trusted: Vec<String>,

    /// Name of Tagwarden's CloudFormation stack
    #[arg(long, value_name = "NAME", default_value = "tagwarden")]
    pub stack: String,

    /// Name of the permissions boundary of ML roles, for `--no-escalation`
    #[arg(long, value_name = "NAME", default_value = "tagwarden-boundary")]
    pub boundary: String,

    /// Pack all statements together, not in groups: abac, cost, network, protection
    #[arg(long)]
    pub together: bool,

    /// Leave out the names of statements, to save characters
    #[arg(long)]
    pub no_sids: bool,

    /// Maximum characters in a document, white space included
    #[arg(long, value_name = "N", default_value_t = 10_240)]
    pub max_chars: usize,

    /// Maximum documents: AWS attaches at most ten to a root, unit or account, and FullAWSAccess is one of them
    #[arg(long, value_name = "N", default_value_t = 9)]
    pub max_documents: usize,

    /// Indent the documents for people, which takes more characters
    #[arg(long)]
    pub pretty: bool,
}

#[derive(Debug, clap::Args)]
pub struct IdentityArgs {
    #[command(flatten)]
    pub output: OutArgs,
    #[command(flatten)]
    pub roles: RolePathArgs,
    #[command(flatten)]
    pub profiles: ProfileArgs,
}

#[derive(Debug, clap::Args)]
pub struct BoundaryArgs {
    #[command(flatten)]
    pub output: OutArgs,
    #[command(flatten)]
    pub roles: RolePathArgs,

    /// Name of the policy, by which it refers to itself
    #[arg(long, default_value = "tagwarden-boundary")]
    pub name: String,
}

#[derive(Debug, clap::Args)]
pub struct ExecutionRoleArgs {
    #[command(flatten)]
    pub output: OutArgs,
    #[command(flatten)]
    pub roles: RolePathArgs,
    #[command(flatten)]
    pub place: PlaceArgs,

    /// The project whose jobs run as the role
    #[arg(long)]
    pub project: String,

    /// S3 data that the role reads and writes: `BUCKET` or `BUCKET/PREFIX`; can be repeated
    #[arg(long, value_name = "PLACE")]
    pub data: Vec<String>,

    /// S3 data that the role only reads, in the same form; can be repeated
    #[arg(long, value_name = "PLACE")]
    pub read_only: Vec<String>,

    /// ECR repository from which the role pulls images, by name or ARN; can be repeated
    #[arg(long, value_name = "REPOSITORY")]
    pub repository: Vec<String>,

    /// ARN of a KMS key that the role uses; can be repeated
    #[arg(long, value_name = "ARN")]
    pub key: Vec<String>,

    /// What runs as the role
    #[arg(long = "for", value_enum, value_name = "PURPOSE", default_value_t = RolePurpose::Jobs)]
    pub purpose: RolePurpose,

    /// Persona of the role: puts the persona tag on it and, with `--for studio`, grants the persona's permissions
    #[arg(long, value_name = "NAME")]
    pub persona: Option<String>,

    /// ARN of a queue to which callback steps of a pipeline send; can be repeated
    #[arg(long, value_name = "ARN")]
    pub queue: Vec<String>,

    /// ARN of a function that Lambda steps of a pipeline invoke; can be repeated
    #[arg(long, value_name = "ARN")]
    pub function: Vec<String>,

    #[command(flatten)]
    pub profiles: ProfileArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RolePurpose {
    /// Jobs, endpoints and notebooks, which do not call SageMaker themselves
    Jobs,
    /// Pipelines, whose steps call SageMaker
    Pipeline,
    /// People in Studio
    Studio,
}

/// An account and region.
#[derive(Debug, clap::Args)]
pub struct PlaceArgs {
    /// The account's 12-digit id
    #[arg(long, value_parser = account)]
    pub account: String,

    /// The region, such as `eu-west-1`
    #[arg(long)]
    pub region: String,

    /// The partition, such as `aws-cn`
    #[arg(long, default_value = "aws")]
    pub partition: String,
}

fn account(text: &str) -> Result<String, String> {
    match text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Ok(text.to_owned()),
        false => Err("expected 12 digits".to_owned()),
    }
}

#[derive(Debug, clap::Args)]
pub struct PersonaArgs {
    /// The persona
    pub name: String,

    #[command(flatten)]
    pub output: OutArgs,
    #[command(flatten)]
    pub roles: RolePathArgs,

    #[command(flatten)]
    pub profiles: ProfileArgs,

    /// S3 data that the persona reads and writes: `BUCKET` or `BUCKET/PREFIX`; can be repeated
    #[arg(long, value_name = "PLACE")]
    pub data: Vec<String>,

    /// ARN of a KMS key of that data, or of what the persona launches; can be repeated
    #[arg(long, value_name = "ARN")]
    pub key: Vec<String>,

    /// Account from whose model registry the persona deploys; can be repeated
    #[arg(long, value_name = "ACCOUNT", value_parser = account)]
    pub registry_account: Vec<String>,
}

/// Whose a Studio user profile is.
#[derive(Debug, clap::Args)]
pub struct ProfileArgs {
    /// Tag of Studio user profiles that says who may open one: its value is the person's `aws:userid`, such as
    /// `AROAEXAMPLE:ana`
    #[arg(long, value_name = "KEY", default_value = "studiouserid")]
    pub profile_tag: String,
}

#[derive(Debug, clap::Args)]
pub struct DataAccountArgs {
    #[command(flatten)]
    pub output: OutArgs,
    #[command(flatten)]
    pub roles: RolePathArgs,
    #[command(flatten)]
    pub place: PlaceArgs,

    /// The project whose execution roles read the data
    #[arg(long)]
    pub project: String,

    /// S3 data that they read: `BUCKET` or `BUCKET/PREFIX`
    #[arg(long, value_name = "PLACE")]
    pub data: String,

    /// Account of these roles; can be repeated
    #[arg(long, value_name = "ACCOUNT", required = true, value_parser = account)]
    pub reader: Vec<String>,

    /// They also write the data
    #[arg(long)]
    pub writable: bool,
}

/// Who deploys a project's models in other accounts.
#[derive(Debug, clap::Args)]
pub struct RegistryArgs {
    #[command(flatten)]
    pub output: OutArgs,
    #[command(flatten)]
    pub roles: RolePathArgs,
    #[command(flatten)]
    pub place: PlaceArgs,

    /// The project whose models they are
    #[arg(long)]
    pub project: String,

    /// Account that deploys them; can be repeated
    #[arg(long, value_name = "ACCOUNT", required = true, value_parser = account)]
    pub reader: Vec<String>,
}

#[derive(Debug, clap::Args)]
pub struct ModelPackageGroupArgs {
    #[command(flatten)]
    pub registry: RegistryArgs,

    /// Name of the model package group
    #[arg(long, value_name = "NAME")]
    pub group: String,

    /// They also register versions
    #[arg(long)]
    pub register: bool,
}

#[derive(Debug, clap::Args)]
pub struct RepositoryArgs {
    #[command(flatten)]
    pub registry: RegistryArgs,

    /// Name of the repository
    #[arg(long, value_name = "NAME")]
    pub repository: String,
}

#[derive(Debug, clap::Args)]
pub struct TagPolicyArgs {
    #[command(flatten)]
    pub output: OutArgs,
}

/// A length of time from now on.
fn span(text: &str) -> Result<Span, String> {
    let span: Option<Span> = text.parse().ok().filter(|span: &Span| !span.is_negative());
    span.ok_or_else(|| "expected a time such as `14d` or `2 weeks`".to_owned())
}
