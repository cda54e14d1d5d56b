//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

/// Keep Amazon SageMaker inside your organisation's ABAC rules: try a policy on CloudTrail records.
#[derive(Debug, Parser)]
#[command(name = "tagwarden", version, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Judge CloudTrail records and print what would be done.
    Check(CheckArgs),
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
