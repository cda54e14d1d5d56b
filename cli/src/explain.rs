//! `tagwarden rules`: the list of rules, or one of them explained.

use anstyle::Style;
use tagwarden::policy::{DefaultValue, Kind, Spec, rule_specs};
use tagwarden::rules::{Prevention, RULES, Rule};

use crate::args::RulesArgs;
use crate::exit::{Exit, Failure, Outcome};
use crate::output::Output;

const BOLD: Style = Style::new().bold();

pub fn run(args: &RulesArgs, output: &mut Output) -> Outcome {
    match &args.rule {
        None => list(output)?,
        Some(id) => explain(rule_named(id)?, output)?,
    }
    Ok(Exit::Ok)
}

/// The rule with this id, or the nearest one in an error.
pub fn rule_named(id: &str) -> Result<&'static Rule, Failure> {
    Rule::named(id).ok_or_else(|| {
        let near = tagwarden::policy::nearest(id, RULES.iter().map(|rule| rule.id));
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        Failure::Message(format!("unknown rule `{id}`{near}"))
    })
}

fn list(output: &mut Output) -> Result<(), Failure> {
    let width = RULES.iter().map(|rule| rule.id.len()).max().unwrap_or_default();
    for rule in RULES {
        let (action, severity) = (rule.action.as_str(), rule.severity.as_str());
        output.line(&format!("{BOLD}{:width$}{BOLD:#}  {action:5}  {severity:8}  {}", rule.id, rule.fails_when))?;
    }
    output.line("")?;
    output.line("A rule is on when the policy file has a table for it. `tagwarden rules RULE` explains one.")
}

fn explain(rule: &'static Rule, output: &mut Output) -> Result<(), Failure> {
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
    for spec in rule_specs(rule) {
        output.line(&format!("  {:14}{}", spec.name, spec.meaning))?;
        output.line(&format!("  {:14}{}; {}", "", values(spec), default(spec, rule)))?;
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
        Kind::Patterns(_) => "a list; `*` matches any run of characters".to_owned(),
        Kind::Count => "a whole number from 1 up".to_owned(),
        Kind::Hours => "a number above 0".to_owned(),
        Kind::Choice(names) => names.join(" | "),
    }
}

fn default(spec: &Spec, rule: &Rule) -> String {
    match spec.default {
        DefaultValue::Required => "must be set".to_owned(),
        DefaultValue::Unset => "may be left out".to_owned(),
        DefaultValue::Patterns(patterns) => format!("default: {}", patterns.join(", ")),
        DefaultValue::Choice(choice) => format!("default: {choice}"),
        DefaultValue::Inherited => match spec.name {
            "action" => format!("default: {}", rule.action.as_str()),
            "severity" => format!("default: {}", rule.severity.as_str()),
            _ => "default: that of `[defaults]`".to_owned(),
        },
    }
}
