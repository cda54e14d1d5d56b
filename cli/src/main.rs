//! `tagwarden`: try an ABAC policy for Amazon SageMaker on CloudTrail records.

mod archive;
mod args;
mod audit;
mod check;
mod diagnostics;
mod exit;
mod explain;
mod gathered;
mod iam;
mod input;
mod manual;
mod output;
mod passed_over;
mod policy;
mod prices;
mod render;
mod report;
mod roles;
mod rules;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command};
use crate::exit::CliError;
use crate::output::Output;

fn main() -> ExitCode {
    let args = Args::parse();
    let mut output = Output::stdout();
    let result = match args.command {
        Command::Check(args) => check::run(&args, &mut output),
        Command::Audit(args) => audit::run(&args, &mut output),
        Command::Explain(args) => explain::run(&args, &mut output),
        Command::Roles(args) => roles::run(&args, &mut output),
        Command::Rules(args) => rules::run(&args, &mut output),
        Command::Render(args) => render::run(&args, &mut output),
        Command::Policy(args) => policy::run(&args, &mut output),
        Command::Completions { shell } => manual::completions(shell, &mut output),
        Command::Man { folder } => manual::pages(&folder, &mut output),
    };
    let result = result.and_then(|exit| output.flush().map(|()| exit));
    match result {
        Ok(exit) => exit.into(),
        Err(CliError::ReaderGone) => exit::Exit::Ok.into(),
        Err(CliError::Message(message)) => {
            output::complain(&message);
            exit::Exit::Failed.into()
        }
    }
}
