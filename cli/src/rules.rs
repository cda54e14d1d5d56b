//! `tagwarden rules`: the list of rules, one of them explained, or the operations that they apply to.

use serde_json::json;
use tagwarden::decide::Verb;
use tagwarden::operations::{Absence, Operation, Stop};
use tagwarden::rules::{Prevention, RULES, Rule, columns};
use tagwarden::settings::{DefaultValue, Kind, Spec};

use crate::args::{Format, RulesArgs};
use crate::exit::{CliError, Exit, RunResult};
use crate::output::Output;
use crate::report::BOLD;

pub fn run(args: &RulesArgs, output: &mut Output) -> RunResult {
    match (&args.rule, args.operations, args.format) {
        (Some(id), ..) => explain(rule_named(id)?, output)?,
        (None, false, _) => list(output)?,
        (None, true, Format::Text) => matrix(output)?,
        (None, true, Format::Json) => table(output)?,
    }
    Ok(Exit::Ok)
}

/// The rule with this id, or the nearest one in an error.
pub fn rule_named(id: &str) -> Result<&'static Rule, CliError> {
    Rule::named(id).ok_or_else(|| {
        let near = tagwarden::policy::nearest(id, RULES.iter().map(|rule| rule.id));
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        CliError::Message(format!("unknown rule `{id}`{near}"))
    })
}

fn list(output: &mut Output) -> Result<(), CliError> {
    let width = RULES.iter().map(|rule| rule.id.len()).max().unwrap_or_default();
    for rule in RULES {
        let (action, severity) = (rule.action.as_str(), rule.severity.as_str());
        output.line(&format!("{BOLD}{:width$}{BOLD:#}  {action:5}  {severity:8}  {}", rule.id, rule.fails_when))?;
    }
    output.line("")?;
    output.line("A rule is on when the policy file has a table for it. `tagwarden rules RULE` explains one.")
}

/// The rules and how a call is undone, for each operation.
fn matrix(output: &mut Output) -> Result<(), CliError> {
    let (everywhere, columns) = columns();
    let width = Operation::all().map(|operation| operation.name.len()).max().unwrap_or_default();
    let headings: Vec<_> = columns.iter().map(|column| column.heading.as_str()).collect();
    output.line(&format!("{BOLD}{:width$}  {}  stop{BOLD:#}", "operation", headings.join(" ")))?;
    for operation in Operation::all() {
        let cells: Vec<_> = columns.iter().map(|column| if column.applies_to(operation) { "●" } else { "·" }).collect();
        let stop = match operation.stop {
            Stop::By(undo) => Verb::Stop(undo).name(),
            Stop::Never(reason) => format!("alert only: {reason}"),
        };
        output.line(&format!("{:width$}  {}  {stop}", operation.name, cells.join(" ")))?;
    }
    output.line("")?;
    for column in &columns {
        output.line(&format!("{BOLD}{}{BOLD:#}  {}", column.heading, column.ids().replace('`', "")))?;
    }
    output.line("")?;
    output.line(&format!("All operations: {}.", everywhere.ids().replace('`', "")))
}

/// The table of operations as JSON, for programs: one object per line. `absent` says what it means if a request leaves
/// something out. In paths, `[]` follows the name of a list, and `?` the name of an object that a request may leave
/// out.
fn table(output: &mut Output) -> Result<(), CliError> {
    for operation in Operation::all() {
        let stop = match operation.stop {
            Stop::By(undo) => json!({"by": undo}),
            Stop::Never(reason) => json!({"never": reason}),
        };
        let slots: Vec<_> = operation
            .slots()
            .map(|slot| {
                let field = format!("{:?}", slot.field);
                json!({"fact": field, "path": slot.path, "required": slot.required, "default": slot.default})
            })
            .collect();
        let rules: Vec<_> = RULES.iter().filter(|rule| rule.applies_to(operation)).map(|rule| rule.id).collect();
        let row = json!({
            "operation": operation.name,
            "kind": operation.kind,
            "resource_name": operation.resource_name,
            "resource_arn": operation.resource_arn,
            "stop": stop,
            "absent": match operation.absence { Absence::Unset => "unset", Absence::Unchanged => "unchanged" },
            "only_ownership": operation.only_ownership,
            "slots": slots,
            "rules": rules,
        });
        output.line(&row.to_string())?;
    }
    Ok(())
}

fn explain(rule: &'static Rule, output: &mut Output) -> Result<(), CliError> {
    output.line(&format!("{BOLD}{}{BOLD:#} fails when {}.", rule.id, rule.fails_when))?;
    output.line("")?;
    output.line(rule.why)?;
    output.line("")?;
    output.line(&format!("{BOLD}fix{BOLD:#}       {}", rule.fix))?;
    let prevention = match rule.prevention {
        Prevention::Iam => "IAM can deny such a request before it is carried out".to_owned(),
        Prevention::Partly(what) => format!("IAM can deny some of it: {what}"),
        Prevention::None(why) => format!("IAM cannot deny it: {why}"),
    };
    output.line(&format!("{BOLD}prevent{BOLD:#}   {prevention}"))?;
    output.line("")?;
    output.line(&format!("{BOLD}options{BOLD:#}, under `[rules.{}]`:", rule.id))?;
    for spec in rule.settings() {
        output.line(&format!("  {:14}{}", spec.name, spec.meaning))?;
        output.line(&format!("  {:14}{}; {}", "", values(spec), default(spec, rule)))?;
    }
    output.line("")?;
    output.line(&format!("{BOLD}in a policy file{BOLD:#}, with example values:"))?;
    for line in rule.example_table().lines() {
        output.line(&format!("  {line}"))?;
    }
    output.line("")?;
    output.line(&format!("{BOLD}example{BOLD:#} of `requestParameters` that violate it:"))?;
    for line in rule.example.lines() {
        output.line(&format!("  {line}"))?;
    }
    Ok(())
}

fn values(spec: &Spec) -> String {
    match spec.kind {
        Kind::Count => "a whole number from 1 up".to_owned(),
        Kind::Positive => "a number above 0".to_owned(),
        Kind::Minutes => "a whole number from 1 to 1440".to_owned(),
        Kind::Choice(names) => names.join(" | "),
        // Rules have no options of other kinds.
        _ => "a list; `*` matches any run of characters".to_owned(),
    }
}

fn default(spec: &Spec, rule: &Rule) -> String {
    match spec.default {
        DefaultValue::Required => "must be set".to_owned(),
        DefaultValue::Unset => "may be left out".to_owned(),
        DefaultValue::Patterns(patterns) => format!("default: {}", patterns.join(", ")),
        DefaultValue::Choice(text) | DefaultValue::Text(text) => format!("default: {text}"),
        DefaultValue::Inherited => match spec.name {
            "action" => format!("default: {}", rule.action.as_str()),
            "severity" => format!("default: {}", rule.severity.as_str()),
            "prevent" if rule.abac_relies_on_it => "default: deny".to_owned(),
            "prevent" => "default: deny if the action is tag or stop, else off".to_owned(),
            _ => "default: that of `[defaults]`".to_owned(),
        },
    }
}
