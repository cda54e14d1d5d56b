//! Decisions as text for people, and as JSON.

use std::collections::BTreeMap;

use anstyle::{AnsiColor, Color, Style};
use serde::Serialize;
use tagwarden::decide::{Decision, Finding, FindingOutcome, PlannedAction, Verb, Verdict};
use tagwarden::terms::Severity;

use crate::exit::{CliError, Exit};
use crate::output::{Output, clean};

/// Width of the column with names.
pub const INDENT: usize = 11;

pub const BOLD: Style = Style::new().bold();
pub const DIM: Style = Style::new().dimmed();

pub fn colour(colour: AnsiColor) -> Style {
    Style::new().fg_color(Some(Color::Ansi(colour))).bold()
}

/// A decision as one line of JSON.
pub fn json(decision: &impl Serialize) -> String {
    serde_json::to_string(decision).unwrap_or_else(|error| format!(r#"{{"error":"{error}"}}"#))
}

/// Prints a decision for people. Skipped records are only counted.
pub fn text(decision: &Decision, place: &str, output: &mut Output) -> Result<(), CliError> {
    if decision.verdict == Verdict::Skipped {
        return Ok(());
    }
    output.line(&headline(decision))?;
    for line in [origin(decision), place.to_owned()] {
        output.line(&format!("{:INDENT$}{DIM}{}{DIM:#}", "", clean(&line)))?;
    }
    for finding in decision.findings.iter().filter(|finding| finding.outcome != FindingOutcome::Unknown) {
        for line in self::finding(finding) {
            output.line(&line)?;
        }
    }
    for (reason, rules) in unknowns(&decision.findings) {
        for line in unknown(reason, &rules) {
            output.line(&line)?;
        }
    }
    for action in &decision.actions {
        output.line(&self::action(action))?;
    }
    output.line("")
}

fn headline(decision: &Decision) -> String {
    let resource = decision.resource.as_ref();
    let name = resource.and_then(|resource| resource.name.as_deref()).unwrap_or("(no name)");
    verdict(decision.verdict, &format!("{} {name}", decision.event_name))
}

/// The line that begins with a verdict, and says on what.
pub fn verdict(verdict: Verdict, on: &str) -> String {
    let style = match verdict {
        Verdict::Skipped => DIM,
        Verdict::Compliant => colour(AnsiColor::Green),
        Verdict::Unknown => colour(AnsiColor::Yellow),
        Verdict::Violation => colour(AnsiColor::Red),
    };
    format!("{style}{:INDENT$}{style:#}{BOLD}{}{BOLD:#}", verdict.as_str(), clean(on))
}

/// When, where and by whom.
fn origin(decision: &Decision) -> String {
    let principal = decision.principal.as_ref();
    let who = principal.and_then(|principal| principal.arn.as_deref()).unwrap_or("an unknown caller");
    let tags = principal.map(|principal| match (principal.tags_from, principal.tags.is_empty()) {
        ("unknown", true) => "tags unknown".to_owned(),
        ("none", true) => "no tags".to_owned(),
        (source, _) => {
            let tags: Vec<_> = principal.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
            let as_of = principal.tags_as_of.iter().map(|time| format!(", as of {time}")).collect::<String>();
            format!("{}; project from: {source}{as_of}", tags.join(", "))
        }
    });
    let parts = [decision.event_time.as_deref(), decision.account.as_deref(), decision.region.as_deref(), Some(who)];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    format!("{} ({})", parts.join("  "), tags.unwrap_or_default())
}

fn finding(finding: &Finding) -> Vec<String> {
    vec![
        found(finding),
        detail("at", &finding.path),
        detail("actual", finding.actual.as_deref().unwrap_or("(nothing)")),
        detail("expected", &finding.expected),
        detail("fix", &finding.fix),
    ]
}

/// The line that says what was found.
pub fn found(finding: &Finding) -> String {
    let (style, word) = match (finding.outcome, finding.severity) {
        (FindingOutcome::Exempted, _) => (DIM, "exempted"),
        (_, Severity::Low) => (colour(AnsiColor::Cyan), "low"),
        (_, Severity::Medium) => (colour(AnsiColor::Yellow), "medium"),
        (_, severity @ (Severity::High | Severity::Critical)) => (colour(AnsiColor::Red), severity.as_str()),
    };
    format!("  {style}{word:9}{style:#}{BOLD}{}{BOLD:#}: {}", finding.rule, clean(&finding.message))
}

/// What could not be read: path and reason, each with the rules that need it.
pub fn unknowns(findings: &[Finding]) -> Vec<((&str, &str), Vec<&str>)> {
    let mut unknowns: Vec<((&str, &str), Vec<&str>)> = Vec::new();
    for finding in findings.iter().filter(|finding| finding.outcome == FindingOutcome::Unknown) {
        let reason = (finding.path.as_str(), finding.message.as_str());
        match unknowns.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, rules)) => rules.push(finding.rule),
            None => unknowns.push((reason, vec![finding.rule])),
        }
    }
    unknowns
}

fn unknown((path, why): (&str, &str), rules: &[&str]) -> Vec<String> {
    vec![not_known(rules), detail("at", path), detail("because", why)]
}

/// The line that says which rules could not judge.
pub fn not_known(rules: &[&str]) -> String {
    let style = colour(AnsiColor::Yellow);
    format!("  {style}{:9}{style:#}{BOLD}{}{BOLD:#}", "unknown", rules.join(", "))
}

pub fn detail(name: &str, text: &str) -> String {
    format!("{:INDENT$}{DIM}{name:9}{DIM:#}{}", "", clean(text))
}

fn action(action: &PlannedAction) -> String {
    let because = match &action.action {
        Verb::AddTags(tags) => {
            let tags: Vec<_> = tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
            format!("{} to {}", tags.join(", "), action.resource)
        }
        Verb::Stop(_) => {
            let grace = action.after_minutes.map(|minutes| format!(" after {minutes} min, unless it is mended"));
            format!("{}{} because of {}", action.resource, grace.unwrap_or_default(), action.because.join(", "))
        }
        Verb::PublishAlert => {
            let only = action.not_stopped.map(|reason| format!("; not stopped: {reason}"));
            format!("because of {}{}", action.because.join(", "), only.unwrap_or_default())
        }
    };
    format!("  {:9}{BOLD}{}{BOLD:#} {}", "would", action.action.name(), clean(&because))
}

/// How many records got each verdict.
#[derive(Debug, Default)]
pub struct VerdictCounts {
    /// How many inputs could not be read.
    unreadable: u64,
    verdicts: BTreeMap<Verdict, usize>,
    skipped: BTreeMap<String, usize>,
}

impl VerdictCounts {
    pub fn new(unreadable: u64) -> Self {
        Self { unreadable, ..Self::default() }
    }

    pub fn count(&mut self, decision: &Decision) {
        *self.verdicts.entry(decision.verdict).or_default() += 1;
        if let (Verdict::Skipped, Some(reason)) = (decision.verdict, &decision.reason) {
            *self.skipped.entry(reason.clone()).or_default() += 1;
        }
    }

    fn of(&self, verdict: Verdict) -> usize {
        self.verdicts.get(&verdict).copied().unwrap_or_default()
    }

    pub fn exit(&self) -> Exit {
        Exit::of(self.unreadable > 0, self.of(Verdict::Violation) > 0, self.of(Verdict::Unknown) > 0)
    }

    /// Prints how many records were skipped, by reason, and the total of each verdict.
    pub fn print(&self, output: &mut Output) -> Result<(), CliError> {
        const SHOWN: usize = 10;
        let mut reasons: Vec<_> = self.skipped.iter().collect();
        reasons.sort_by(|(_, one), (_, other)| other.cmp(one));
        for (index, (reason, count)) in reasons.iter().take(SHOWN).enumerate() {
            let word = if index == 0 { "skipped" } else { "" };
            output.line(&format!("{DIM}{word:INDENT$}{count} × {}{DIM:#}", clean(reason)))?;
        }
        if let Some((_, more)) = reasons.split_at_checked(SHOWN) {
            let records: usize = more.iter().map(|(_, count)| **count).sum();
            if records > 0 {
                output.line(&format!("{DIM}{:INDENT$}{records} × for {} other reasons{DIM:#}", "", more.len()))?;
            }
        }
        let total: usize = self.verdicts.values().sum();
        let violations = self.of(Verdict::Violation);
        output.line(&format!(
            "{BOLD}{total} {}:{BOLD:#} {violations} {}, {} unknown, {} compliant, {} skipped; {} not readable",
            plural(total, "record"),
            plural(violations, "violation"),
            self.of(Verdict::Unknown),
            self.of(Verdict::Compliant),
            self.of(Verdict::Skipped),
            self.unreadable,
        ))
    }
}

/// The noun, with an `s` unless the count is 1.
pub fn plural(count: usize, noun: &str) -> String {
    if count == 1 { noun.to_owned() } else { format!("{noun}s") }
}
