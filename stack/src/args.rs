//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Does a deployed Tagwarden work, and what to do with the events that failed?
///
/// It needs AWS credentials for the account of the stack, from the environment or a profile.
#[derive(Debug, Parser)]
#[command(name = "tagwarden-stack", version)]
pub struct Args {
    /// Name of the CloudFormation stack
    #[arg(long, global = true, default_value = "tagwarden")]
    pub stack: String,

    /// Region of the stack (default: that of the environment or the profile)
    #[arg(long, global = true)]
    pub region: Option<String>,

    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Doctor(DoctorArgs),
    Redrive(RedriveArgs),
}

/// Check that the stack works: one line for each thing that it needs, with what to do if it fails.
///
/// The command only reads. What your credentials may not read is unknown.
///
/// Exit status: 0 if everything works; 1 if something fails; 2 if the command could not run; 3 if nothing fails, but something is
/// unknown.
#[derive(Debug, clap::Args)]
pub struct DoctorArgs {
    /// Also compare the service control policies that are in force with those in FOLDER, as `tagwarden render scp --out FOLDER` wrote
    /// them. This needs credentials of the organisation's management account or of a delegated administrator
    #[arg(long, value_name = "FOLDER", requires = "target")]
    pub scp: Option<PathBuf>,

    /// Id of the account, organisational unit or root that the policies of `--scp` are attached to
    #[arg(long, value_name = "ID", requires = "scp")]
    pub target: Option<String>,

    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
}

/// Judge the events again that failed after the last retry, or that could not be delivered.
///
/// Each message of the queues `Failures` and `Undelivered` goes where it was to go, and is then deleted. Claims and the ledger keep the
/// functions from acting twice. Remove the cause first: what fails again comes back, and waits for the next redrive.
///
/// Exit status: 0 if every message was sent on; 1 if one could not be; 2 if the command could not run.
#[derive(Debug, clap::Args)]
pub struct RedriveArgs {
    /// Only list the messages
    #[arg(long)]
    pub dry_run: bool,
}
