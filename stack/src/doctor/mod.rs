//! `doctor`: one line for each thing that a stack needs.

mod alarms;
mod functions;
mod guardrails;
mod key;
mod line;
mod policy;
mod queues;
mod roles;
mod rules;
mod sweep;
mod table;
mod topic;
mod trail;

use std::process::ExitCode;

use jiff::Timestamp;

use crate::args::DoctorArgs;
use crate::aws::Aws;
use crate::stack::Stack;
use crate::template::Template;
pub use queues::QUEUES;

use line::{Line, Outcome};

/// Checks a stack, and prints the lines.
pub async fn run(args: &DoctorArgs, stack: &Stack, aws: &Aws) -> ExitCode {
    let now = Timestamp::now();
    let template = Template::read(stack, aws).await;
    let mut lines = vec![status(stack)];
    lines.extend([
        trail::check(aws).await,
        rules::check(stack, &template, aws).await,
        functions::check(stack, aws).await,
        roles::check(stack, &template, aws).await,
        policy::check(stack, aws).await,
        topic::check(stack, aws).await,
        table::check(stack, aws).await,
        queues::check(stack, aws).await,
        sweep::check(stack, aws, now).await,
        alarms::check(stack, aws).await,
    ]);
    lines.extend(key::check(stack, aws).await);
    if let Some(folder) = &args.scp {
        lines.push(guardrails::check(folder, args.target.as_deref(), aws).await);
    }
    for line in &lines {
        line.print(args.json);
    }
    exit(&lines)
}

fn exit(lines: &[Line]) -> ExitCode {
    let has = |outcome| lines.iter().any(|line| line.outcome == outcome);
    ExitCode::from(match () {
        () if has(Outcome::Fail) => 1,
        () if has(Outcome::Unknown) => 3,
        () => 0,
    })
}

/// Whether CloudFormation finished what it began.
fn status(stack: &Stack) -> Line {
    let found = format!("`{}` is {}", stack.name, stack.status);
    match stack.status.ends_with("_COMPLETE") && !stack.status.contains("ROLLBACK") {
        true => Line::pass("stack", found),
        false => Line::fail(
            "stack",
            found,
            "see the events of the stack in the console of CloudFormation, and deploy it again",
        ),
    }
}
