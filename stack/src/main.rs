//! `tagwarden-stack`: does a deployed stack work, and what to do with the events that failed?
//!
//! It is a program of its own, so that `tagwarden` needs no AWS SDK, and it runs with the permissions of the person who asks, so that the stack
//! itself needs no right to read all this.

mod args;
mod aws;
mod doctor;
mod errors;
mod redrive;
mod stack;
mod template;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command};
use crate::aws::Aws;
use crate::stack::Stack;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args = Args::parse();
    let aws = Aws::connect(args.region).await;
    let stack = match Stack::read(&args.stack, &aws).await {
        Ok(stack) => stack,
        Err(problem) => return complain(&problem),
    };
    match args.command {
        Command::Doctor(args) => doctor::run(&args, &stack, &aws).await,
        Command::Redrive(args) => match redrive::run(&args, &stack, &aws).await {
            Ok(status) => status,
            Err(problem) => complain(&problem),
        },
    }
}

/// Reports that the command could not run.
fn complain(problem: &str) -> ExitCode {
    anstream::eprintln!("error: {problem}");
    ExitCode::from(2)
}
