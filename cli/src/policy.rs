//! Policy files: loading, and `tagwarden policy check`.

use std::path::Path;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
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
    match &args.command {
        PolicyCommand::Check { file, against, expiring } => check(file, against.as_deref(), *expiring, output),
        PolicyCommand::Schema => {
            output.line(&format!("{:#}", policy::schema()))?;
            Ok(Exit::Ok)
        }
        PolicyCommand::FromTagPolicy { file, abac_tag } => {
            let tables = policy::from_tag_policy(&read(file)?, abac_tag);
            let tables = tables.map_err(|why| CliError::Message(format!("{}: {why}", file.display())))?;
            output.line(tables.trim_end())?;
            Ok(Exit::Ok)
        }
    }
}

fn check(file: &Path, against: Option<&Path>, expiring: Option<Span>, output: &mut Output) -> RunResult {
    let old = against.map(|old| load(Some(old))).transpose()?;
    let text = read(file)?;
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let until = expiring.map(|span| until(today, span)).transpose()?;
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
    let Ok(policy) = Policy::parse(&text) else { return Ok(Exit::Failed) };
    let mut found = 0;
    if let Some(old) = old {
        found += compare(&name, &policy, &old, output)?;
    }
    if let Some(until) = until {
        found += list_expiring(&name, &policy, today, until, output)?;
    }
    Ok(if found > 0 { Exit::Violation } else { Exit::Ok })
}

fn until(today: Date, span: Span) -> Result<Date, CliError> {
    today.checked_add(span).map_err(|why| CliError::Message(format!("`--expiring`: {why}")))
}

/// Lists the exemptions that end by a day, and returns their number.
fn list_expiring(
    name: &str,
    policy: &Policy,
    today: Date,
    until: Date,
    output: &mut Output,
) -> Result<usize, CliError> {
    let mut count = 0;
    for exemption in policy.exemptions_ending(today, until) {
        output.line(&format!("expiring: {exemption}"))?;
        count += 1;
    }
    let (verb, noun) = (if count == 1 { "ends" } else { "end" }, plural(count, "exemption"));
    output.line(&format!("{name}: {count} {noun} {verb} by {until}"))?;
    Ok(count)
}

/// Reports what is looser than in the old policy, and returns how much that is.
fn compare(name: &str, policy: &Policy, old: &PolicySource, output: &mut Output) -> Result<usize, CliError> {
    let looser = policy.looser_than(&old.policy);
    for line in &looser {
        output.line(&format!("looser: {line}"))?;
    }
    let count = looser.len();
    let (verb, noun) = (if count == 1 { "is" } else { "are" }, plural(count, "setting"));
    output.line(&format!("{name}: {count} {noun} {verb} looser than in {}", old.name))?;
    Ok(count)
}

fn read(file: &Path) -> Result<String, CliError> {
    let bytes = std::fs::read(file).map_err(|error| error.to_string());
    let text = bytes.and_then(|bytes| encoding::text(&bytes));
    text.map_err(|why| CliError::Message(format!("{}: cannot be read: {why}", file.display())))
}
