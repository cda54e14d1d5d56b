//! The command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use tagwarden_audit::Period;
use tagwarden_audit::athena;

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
    /// List the rules, or explain one.
    Rules(RulesArgs),
    /// Render the policy as IAM policies and SCPs that deny beforehand what `check` finds afterwards.
    Render(Box<RenderArgs>),
    /// Work on policy files.
    Policy(PolicyArgs),
}

/// Judge CloudTrail records and print what would be done.
///
/// Exit status: 0 if all is compliant or skipped; 1 if there is a violation; 2 if it could not run, or some input could not
/// be read; 3 if there is no violation, but something unknown.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// Policy file (default: the policy that is built in)
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,

    /// Output of `aws iam get-account-authorization-details`, for the tags, policies and trust of roles and users
    #[arg(long, value_name = "FILE")]
    pub iam: Vec<PathBuf>,

    /// How to print decisions: for people, or one JSON object a line
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,

    /// Exit with 0 also where there are violations or unknowns
    #[arg(long)]
    pub exit_zero: bool,

    /// Files, folders, or `-` for standard input: EventBridge events, CloudTrail records or log files, plain or gzipped
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
}

/// Try a policy on the past: what would it have done to an archive of CloudTrail log files?
///
/// Every file is read once, in any order, on all cores. Then the launches are judged in the order of time, as `tagwarden check`
/// judges them, and summed up. Session tags come from the AssumeRole* and GetFederationToken records of the archive, models from
/// its CreateModel records. Tags of roles and users come from `--iam`; of those that it does not tell, from the CreateRole,
/// TagRole, UntagRole records (and their kin for users) of the archive, as they were at the time of each call. What neither
/// tells is unknown, and counted with the reason. A launch that is in the archive more than once is judged each time, and the
/// report says how often.
///
/// Exit status: 0 if all is compliant or skipped; 1 if there is a violation; 2 if it could not run, was broken off (Ctrl-C), or
/// some input could not be read; 3 if there is no violation, but something unknown.
#[derive(Debug, clap::Args)]
pub struct AuditArgs {
    /// Policy file (default: the policy that is built in)
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,

    /// Another policy, to see which launches would change verdict if it replaced the policy
    #[arg(long, value_name = "OTHER_POLICY")]
    pub compare: Option<PathBuf>,

    /// Output of `aws iam get-account-authorization-details`, for the tags, policies and trust of roles and users: as they are
    /// today, and taken for the whole period
    #[arg(long, value_name = "FILE")]
    pub iam: Vec<PathBuf>,

    /// How to print the summary: for people, or as one JSON object
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,

    /// Write each finding as one line of JSON: the finding as `check` prints it, with event_id, event_time, event_name,
    /// account, region, resource, principal and verdict of its launch
    #[arg(long, value_name = "FILE")]
    pub findings: Option<PathBuf>,

    /// Write the report as a self-contained page
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,

    /// Judge launches from this time on: a date (UTC) or an RFC 3339 time. Days of CloudTrail's folders
    /// (`CloudTrail/REGION/YYYY/MM/DD`) more than 48 hours before are not opened: no session is older than 36 hours. But models
    /// created and roles tagged before that are then unknown
    #[arg(long, value_name = "T", value_parser = Period::parse_bound)]
    pub since: Option<Timestamp>,

    /// Judge launches before this time, likewise. Days that begin more than 24 hours later are not opened: files may be
    /// delivered late
    #[arg(long, value_name = "T", value_parser = Period::parse_bound)]
    pub until: Option<Timestamp>,

    /// How many files to read at once (default: one for each core)
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,

    /// Exit with 0 also where there are violations or unknowns
    #[arg(long)]
    pub exit_zero: bool,

    /// Print the SQL for Athena that finds the records that an audit needs, in TABLE (default: `cloudtrail_logs`) as the
    /// CloudTrail console creates it, and do nothing else. `audit` and `check` read the query's result: CSV, or JSON by UNLOAD.
    /// `--since` and `--until` limit it
    #[arg(long, value_name = "TABLE", num_args = 0..=1, require_equals = true, default_missing_value = "cloudtrail_logs",
        value_parser = athena::parse_table)]
    pub athena_query: Option<String>,

    /// Files, folders (such as a copy of the log bucket's `AWSLogs`), or `-` for standard input: all that `check` takes
    #[arg(value_name = "PATH", required_unless_present = "athena_query")]
    pub paths: Vec<PathBuf>,
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

    /// List the operations that are judged, with the rules that apply to each and how it is undone
    #[arg(long, conflicts_with = "rule")]
    pub operations: bool,

    /// How to list operations: for people, or one JSON object a line, which also has the paths that are read
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
    /// Show what is wrong with a policy file, and what in it can never have an effect
    Check {
        /// The policy file
        file: PathBuf,
    },
}

/// Render the policy as IAM policies and SCPs that deny beforehand what `check` finds afterwards.
///
/// Without `--out`, the documents are printed, one JSON document a line where there are several.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub struct RenderArgs {
    #[command(subcommand)]
    pub target: Option<RenderTarget>,

    /// Fail if anything that was rendered into this folder is stale: for CI
    #[arg(long, value_name = "DIR", required = true)]
    pub check: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum RenderTarget {
    /// Service control policies: deny what violates the rules
    Scp(Box<ScpArgs>),
    /// The ABAC policy for all projects' principals: create with one's own Project only, use only what carries it
    Identity(IdentityArgs),
    /// The permissions boundary for ML roles, which roles that they create must carry as well
    Boundary(BoundaryArgs),
    /// An execution role for the jobs of one project, with its trust policy
    ExecutionRole(ExecutionRoleArgs),
    /// What a persona may do: one of the policy's, or business-analyst, data-scientist, ml-engineer, mlops-engineer
    Persona(PersonaArgs),
    /// The policy of a data account's bucket, for the execution roles of other accounts
    BucketPolicy(DataAccountArgs),
    /// The policy of a data account's KMS key, for the same roles
    KeyPolicy(DataAccountArgs),
}

/// What all targets take.
#[derive(Debug, clap::Args)]
pub struct OutArgs {
    /// Policy file (default: the policy that is built in)
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,

    /// Folder to write to (default: standard output)
    #[arg(long, value_name = "DIR", conflicts_with = "check")]
    pub out: Option<PathBuf>,

    /// Write nothing: fail if the files in this folder are not what would be written
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

/// Where execution roles lie.
#[derive(Debug, clap::Args)]
pub struct RolePathArgs {
    /// Path of the execution roles in IAM, with `{project}` for the project
    #[arg(long, value_name = "PATH", default_value = "ml/{project}/")]
    pub role_path: String,
}

#[derive(Debug, clap::Args)]
pub struct ScpArgs {
    #[command(flatten)]
    pub output: OutArgs,

    /// Render this rule only; can be repeated
    #[arg(long, value_name = "RULE", conflicts_with = "except")]
    pub only: Vec<String>,

    /// Leave out this rule; can be repeated
    #[arg(long, value_name = "RULE")]
    pub except: Vec<String>,

    /// Where each project's execution roles lie, such as `ml/{project}/`: renders `foreign-execution-role`, by path
    #[arg(long, value_name = "PATH")]
    pub role_path: Option<String>,

    /// Also deny changes to Tagwarden itself: its functions, rules, table, topic, queues, roles and stack
    #[arg(long)]
    pub protect_tagwarden: bool,

    /// Also deny changes to the ABAC tag of what exists, to Tagwarden's mark, and to the tags of roles, users and sessions
    #[arg(long)]
    pub protect_tags: bool,

    /// Also deny the use of what Tagwarden has marked with `tagwarden:violation`
    #[arg(long)]
    pub quarantine: bool,

    /// Also deny all other services outside of the regions of `[rules.unapproved-region]`, but for those without regions
    #[arg(long)]
    pub approved_regions: bool,

    /// Also deny changes to the KMS keys of `[rules.unapproved-kms-key]`
    #[arg(long)]
    pub protect_keys: bool,

    /// Also deny the tagged principals the ways to gain other permissions in IAM
    #[arg(long)]
    pub no_escalation: bool,

    /// ARN, or `*` pattern, of a role or user that may still do what these options deny; can be repeated
    #[arg(long, value_name = "ARN")]
    pub trusted: Vec<String>,

    /// Name of the CloudFormation stack that Tagwarden is deployed as
    #[arg(long, value_name = "NAME", default_value = "tagwarden")]
    pub stack: String,

    /// Name of the permissions boundary of ML roles, for `--no-escalation`
    #[arg(long, value_name = "NAME", default_value = "tagwarden-boundary")]
    pub boundary: String,

    /// Most characters of a document, white space included
    #[arg(long, value_name = "N", default_value_t = 5120)]
    pub max_chars: usize,

    /// Most documents: AWS attaches five to an account, and FullAWSAccess is one of them
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub max_documents: usize,

    /// Write for people, which takes more characters
    #[arg(long)]
    pub pretty: bool,
}

#[derive(Debug, clap::Args)]
pub struct IdentityArgs {
    #[command(flatten)]
    pub output: OutArgs,
    #[command(flatten)]
    pub roles: RolePathArgs,
}

#[derive(Debug, clap::Args)]
pub struct BoundaryArgs {
    #[command(flatten)]
    pub output: OutArgs,
    #[command(flatten)]
    pub roles: RolePathArgs,

    /// Name that the policy will have, which it refers to itself by
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

    /// What it reads and writes: `BUCKET` or `BUCKET/PREFIX`; can be repeated
    #[arg(long, value_name = "PLACE")]
    pub data: Vec<String>,

    /// What it only reads; can be repeated
    #[arg(long, value_name = "PLACE")]
    pub read_only: Vec<String>,

    /// ECR repository that it pulls images from, by name or ARN; can be repeated
    #[arg(long, value_name = "REPOSITORY")]
    pub repository: Vec<String>,

    /// ARN of a KMS key that it uses; can be repeated
    #[arg(long, value_name = "ARN")]
    pub key: Vec<String>,
}

/// An account and region.
#[derive(Debug, clap::Args)]
pub struct PlaceArgs {
    /// The account, by its 12 digits
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

    /// What it reads and writes in S3: `BUCKET` or `BUCKET/PREFIX`; can be repeated
    #[arg(long, value_name = "PLACE")]
    pub data: Vec<String>,
}

#[derive(Debug, clap::Args)]
pub struct DataAccountArgs {
    #[command(flatten)]
    pub output: OutArgs,
    #[command(flatten)]
    pub roles: RolePathArgs,
    #[command(flatten)]
    pub place: PlaceArgs,

    /// The project whose execution roles read
    #[arg(long)]
    pub project: String,

    /// What they read: `BUCKET` or `BUCKET/PREFIX`
    #[arg(long, value_name = "PLACE")]
    pub data: String,

    /// Account of the roles that read; can be repeated
    #[arg(long, value_name = "ACCOUNT", required = true, value_parser = account)]
    pub reader: Vec<String>,

    /// They write as well
    #[arg(long)]
    pub writable: bool,
}
