//! Policy files: loading, and `tagwarden policy check`.

use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tagwarden::policy::{self, Level, Policy};
use tagwarden_audit::{PolicySource, encoding};

use crate::args::{PolicyArgs, PolicyCommand};
use crate::diagnostics;
use crate::exit::{CliError, Exit, RunResult};
use crate::output::Output;
use crate::report::plural;

/// The policy in `file`, or the built-in one.
pub fn load(file: Option<&Path>) -> Result<PolicySource, CliError> {
    let (name, text) = match file {
        Some(file) => (file.display().to_string(), read(file)?),
        None => ("the built-in policy".to_owned(), policy::DEFAULT.to_owned()),
    };
    match Policy::parse(&text) {
        Ok(policy) => Ok(PolicySource { name, text, policy }),
        Err(errors) => {
            let count = errors.len();
            diagnostics::print_to_stderr(&name, &text, &errors);
            Err(CliError::Message(format!("{name}: {count} {}, nothing was judged", plural(count, "error"))))
        }
    }
}

pub fn run(args: &PolicyArgs, output: &mut Output) -> RunResult {
    let PolicyCommand::Check { file } = &args.command;
    let text = read(file)?;
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let problems = Policy::diagnose(&text, today);
    let name = file.display().to_string();
    for problem in &problems {
        output.line(&diagnostics::render(&name, &text, problem, output.is_coloured()))?;
        output.line("")?;
    }
    let errors = problems.iter().filter(|problem| problem.level == Level::Error).count();
    let warnings = problems.len() - errors;
    let (errors_noun, warnings_noun) = (plural(errors, "error"), plural(warnings, "warning"));
    output.line(&format!("{name}: {errors} {errors_noun}, {warnings} {warnings_noun}"))?;
    Ok(if errors > 0 { Exit::Failed } else { Exit::Ok })
}

fn read(file: &Path) -> Result<String, CliError> {
    let bytes = std::fs::read(file).map_err(|error| error.to_string());
    let text = bytes.and_then(|bytes| encoding::text(&bytes));
    text.map_err(|why| CliError::Message(format!("{}: cannot be read: {why}", file.display())))
}
