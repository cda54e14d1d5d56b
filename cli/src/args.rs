//! The command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use tagwarden::audit::Period;

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

    /// Files, folders (such as a copy of the log bucket's `AWSLogs`), or `-` for standard input: all that `check` takes
    #[arg(value_name = "PATH", required = true)]
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
