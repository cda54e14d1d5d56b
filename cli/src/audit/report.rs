//! The summary of an audit, as text for people and as JSON.

use std::collections::BTreeMap;

use anstyle::{AnsiColor, Color, Style};
use jiff::SignedDuration;
use tagwarden_audit::{Coaching, Comparison, Costs, Period, StoppedJobs, Summary, Unknown, Verdicts};

use crate::archive::size;
use crate::exit::CliError;
use crate::output::{Output, clean};
use crate::report::{BOLD, DIM};

/// How many rows of a table are printed. The rest is only counted.
const ROWS: usize = 10;

/// How many of the things that a reason is about are named.
const NAMED: usize = 3;

/// Widths of the columns with counts and with names.
const COUNT: usize = 11;
const NAME: usize = 12;

/// Width of the column with amounts of money.
const AMOUNT: usize = 16;

/// The summary as one JSON object.
pub fn json(summary: &Summary) -> String {
    serde_json::to_string(summary).unwrap_or_else(|error| format!(r#"{{"error":"{error}"}}"#))
}

/// Prints the summary for people.
pub fn text(summary: &Summary, policy: &str, period: Period, output: &mut Output) -> Result<(), CliError> {
    let mut page = TextReport { output };
    if !summary.complete {
        page.line(&format!("{BOLD}INCOMPLETE{BOLD:#}: interrupted; this covers only what was read until then"))?;
        page.line("")?;
    }
    page.read(summary, policy, period)?;
    page.launches(summary)?;
    page.violations(summary)?;
    summary.costs.as_ref().map_or(Ok(()), |costs| page.costs(costs))?;
    page.unknown(&summary.unknown)?;
    page.denied(summary)?;
    summary.comparison.as_ref().map_or(Ok(()), |comparison| page.comparison(summary, comparison, policy))
}

struct TextReport<'o> {
    output: &'o mut Output,
}

impl TextReport<'_> {
    fn line(&mut self, line: &str) -> Result<(), CliError> {
        self.output.line(line)
    }

    fn named(&mut self, name: &str, text: &str) -> Result<(), CliError> {
        self.line(&format!("{DIM}{name:NAME$}{DIM:#}{}", clean(text)))
    }

    fn heading(&mut self, heading: &str) -> Result<(), CliError> {
        self.line("")?;
        self.line(&format!("{BOLD}{heading}{BOLD:#}"))
    }

    fn row(&mut self, count: u64, text: &str) -> Result<(), CliError> {
        self.line(&format!("{:>COUNT$}  {}", grouped(count), clean(text)))
    }

    /// The most frequent of `counts`.
    fn table<'k>(&mut self, counts: impl Iterator<Item = (u64, &'k str)>) -> Result<(), CliError> {
        let mut counts: Vec<_> = counts.collect();
        counts.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(other.1)));
        for (count, name) in counts.iter().take(ROWS) {
            self.row(*count, name)?;
        }
        match counts.get(ROWS..) {
            Some(rest) if !rest.is_empty() => {
                let sum = rest.iter().map(|(count, _)| count).sum();
                self.row(sum, &format!("in {} more", grouped(rest.len() as u64)))
            }
            _ => Ok(()),
        }
    }

    fn read(&mut self, summary: &Summary, policy: &str, period: Period) -> Result<(), CliError> {
        let input = &summary.input;
        self.named("policy", policy)?;
        let read = format!(
            "{} in {}, {} ({} inflated)",
            counted(input.records, "record"),
            counted(input.files, "file"),
            size(input.bytes),
            size(input.inflated_bytes)
        );
        self.named("read", &read)?;
        if input.problems > 0 {
            let problems = counted(input.problems, "problem");
            self.named(
                "not read",
                &format!("{problems}, each reported on standard error and missing from the numbers below"),
            )?;
        }
        if period.since.is_some() || period.until.is_some() {
            let bound = |bound: Option<_>| bound.map_or("…".to_owned(), |time: jiff::Timestamp| time.to_string());
            let days = counted(input.days_left_out, "day folder");
            let bounds = format!("from {} until before {}", bound(period.since), bound(period.until));
            self.named("period", &format!("{bounds}; {days} outside it not opened"))?;
        }
        if let (Some(first), Some(last)) = (&summary.first_launch, &summary.last_launch) {
            self.named("launches", &format!("from {first} to {last}"))?;
        }
        let accounts: Vec<_> = input.accounts.iter().map(String::as_str).collect();
        self.named("accounts", &format!("{}: {}", accounts.len(), first_few(&accounts, ROWS)))?;
        self.heading("Records that are not launches")?;
        self.table(input.skipped.iter().map(|(reason, count)| (*count, reason.as_str())))
    }

    fn launches(&mut self, summary: &Summary) -> Result<(), CliError> {
        let launches = &summary.launches;
        self.heading(&format!("{} judged by this policy", counted(launches.total(), "launch")))?;
        if launches.total() == 0 {
            return self.line("  The records hold no call that the policy covers.");
        }
        self.verdict(AnsiColor::Red, "violation", launches.violation, launches)?;
        self.verdict(AnsiColor::Yellow, "unknown", launches.unknown, launches)?;
        self.verdict(AnsiColor::Green, "compliant", launches.compliant, launches)?;
        if summary.repeated > 0 {
            self.row(summary.repeated, "of these are repeated records: CloudTrail delivers at least once")?;
        }
        self.heading("What it would have done")?;
        let alerts = summary.actions.get("publish-alert").copied().unwrap_or_default();
        let tagged = summary.actions.get("add-tags").copied().unwrap_or_default();
        let is_undone = |(action, _): &(&String, &u64)| !["publish-alert", "add-tags"].contains(&action.as_str());
        let undone: Vec<_> = summary.actions.iter().filter(is_undone).collect();
        let undone = undone.iter().map(|(action, count)| format!("{action} × {}", grouped(**count)));
        let undone = undone.collect::<Vec<_>>().join(", ");
        let undone = if undone.is_empty() { undone } else { format!(": {undone}") };
        self.row(summary.stopped, &format!("stopped or deleted{undone}"))?;
        self.row(tagged, "tagged: add-tags")?;
        self.row(alerts, "alerts to the security team: publish-alert")?;
        self.row(launches.total().saturating_sub(alerts), "left alone")
    }

    fn verdict(&mut self, colour: AnsiColor, name: &str, count: u64, all: &Verdicts) -> Result<(), CliError> {
        let style = Style::new().fg_color(Some(Color::Ansi(colour))).bold();
        let share = count as f64 * 100.0 / all.total().max(1) as f64;
        self.line(&format!("{:>COUNT$}  {style}{name:10}{style:#}{share:5.1} %", grouped(count)))
    }

    fn violations(&mut self, summary: &Summary) -> Result<(), CliError> {
        if !summary.rules.is_empty() {
            self.heading("Violations by rule, in launches")?;
            let names: BTreeMap<_, _> = summary
                .rules
                .iter()
                .map(|(rule, count)| {
                    let exempted = match count.exempted {
                        0 => String::new(),
                        exempted => format!("; exempted: {}", grouped(exempted)),
                    };
                    (*rule, format!("{rule} ({}{exempted})", count.severity.as_str()))
                })
                .collect();
            // All rules: there are few enough.
            let mut rules: Vec<_> = summary.rules.iter().collect();
            rules.sort_by_key(|(rule, count)| (std::cmp::Reverse(count.launches), **rule));
            for (rule, count) in rules {
                self.row(count.launches, names.get(rule).map_or(rule, String::as_str))?;
            }
        }
        let by_project = ("Violating launches by the caller's project".to_owned(), &summary.violations_by_project);
        let by_tag = summary.violations_by_tag.iter().map(|(key, counts)| (format!("… by the caller's {key}"), counts));
        let by_others = [
            ("… by caller".to_owned(), &summary.violations_by_principal),
            ("… by account".to_owned(), &summary.violations_by_account),
        ];
        for (heading, counts) in std::iter::once(by_project).chain(by_tag).chain(by_others) {
            if !counts.is_empty() {
                self.heading(&clean(&heading))?;
                self.table(counts.iter().map(|(name, count)| (*count, name.as_str())))?;
            }
        }
        Ok(())
    }

    /// What violations cost at most. Sums of the same launches by rule are not added up.
    fn costs(&mut self, costs: &Costs) -> Result<(), CliError> {
        self.heading(&format!("What violating jobs cost at most, at list prices: {}", costs.at_most_usd))?;
        let by_project = costs.by_project.iter().map(|(project, usd)| (*usd, project.clone()));
        let by_rule = costs.by_rule.iter().map(|(rule, usd)| (*usd, format!("with {rule}")));
        let [mut projects, mut rules]: [Vec<_>; 2] = [by_project.collect(), by_rule.collect()];
        for amounts in [&mut projects, &mut rules] {
            amounts.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
            for (usd, name) in amounts.iter().take(ROWS) {
                self.line(&format!("{:>AMOUNT$}  {}", usd.to_string(), clean(name)))?;
            }
        }
        for (launches, what) in
            [(costs.unknown, "of unknown cost"), (costs.unbounded, "of jobs that may run for any time")]
        {
            if launches > 0 {
                self.row(launches, what)?;
            }
        }
        let StoppedJobs { jobs, median_seconds, longest_seconds, used_usd } = costs.stopped;
        if jobs == 0 {
            return Ok(());
        }
        let after =
            [median_seconds, longest_seconds].map(|seconds| format!("{:#}", SignedDuration::from_secs(seconds as i64)));
        let [median, longest] = after;
        self.row(
            jobs,
            &format!(
                "were stopped: after {median} (median), {longest} (longest); they used at most {used_usd} until then"
            ),
        )
    }

    fn unknown(&mut self, unknown: &[Unknown]) -> Result<(), CliError> {
        if unknown.is_empty() {
            return Ok(());
        }
        self.heading("Unknown, and in how many launches")?;
        for Unknown { reason, launches, about } in unknown.iter().take(ROWS) {
            self.row(*launches, reason)?;
            let about: Vec<_> = about.iter().map(String::as_str).collect();
            if about.len() > 1 {
                let few = first_few(&about, NAMED);
                self.line(&format!(
                    "{:COUNT$}  {DIM}{} in all: {}{DIM:#}",
                    "",
                    grouped(about.len() as u64),
                    clean(&few)
                ))?;
            }
        }
        match unknown.get(ROWS..) {
            Some(rest) if !rest.is_empty() => {
                let reasons = counted(rest.len() as u64, "more reason");
                self.line(&format!("{:COUNT$}  {reasons}: `--format json` lists them", ""))
            }
            _ => Ok(()),
        }
    }

    fn denied(&mut self, summary: &Summary) -> Result<(), CliError> {
        if summary.denied.is_empty() {
            return Ok(());
        }
        let calls = summary.denied.iter().map(|denied| denied.calls).sum();
        self.heading(&format!("{} that IAM denied: the preventive layer at work", counted(calls, "SageMaker call")))?;
        let who = |principal: &Option<String>| principal.as_deref().unwrap_or("(unknown)").to_owned();
        let rows: Vec<_> = summary
            .denied
            .iter()
            .map(|one| (one.calls, format!("{} by {}", one.denied.event_name, who(&one.denied.principal))))
            .collect();
        self.table(rows.iter().map(|(calls, name)| (*calls, name.as_str())))?;
        self.coaching(&summary.coaching)
    }

    /// Denied calls by the rules whose statements deny them, with the fix, for those who help the callers.
    fn coaching(&mut self, coaching: &Coaching) -> Result<(), CliError> {
        let unexplained = grouped(coaching.unexplained);
        self.heading(&format!("Denied calls by the rules whose statements deny them; {unexplained} not explained"))?;
        let mut rules: Vec<_> = coaching.by_rule.iter().collect();
        rules.sort_by_key(|(_, of_rule)| std::cmp::Reverse(of_rule.calls));
        for (rule, of_rule) in rules {
            self.line(&format!("{:>COUNT$}  {rule}: {}", grouped(of_rule.calls), of_rule.fix))?;
            let callers = of_rule.top_principals();
            let callers: Vec<_> = callers.iter().map(|(name, calls)| format!("{name} × {}", grouped(*calls))).collect();
            let callers: Vec<_> = callers.iter().map(String::as_str).collect();
            self.line(&format!("{:COUNT$}  {DIM}{}{DIM:#}", "", clean(&first_few(&callers, NAMED))))?;
        }
        Ok(())
    }

    fn comparison(&mut self, summary: &Summary, comparison: &Comparison, policy: &str) -> Result<(), CliError> {
        let changed = comparison.changes.values().sum();
        let changed = counted(changed, "launch");
        self.heading(&format!("{changed} would get another verdict: from {policy} to {}", comparison.policy))?;
        self.table(comparison.changes.iter().map(|(change, count)| (*count, change.as_str())))?;
        let (before, after) = (grouped(summary.stopped), grouped(comparison.stopped));
        self.line(&format!("{:COUNT$}  stopped or deleted: {before} → {after}", ""))?;
        for change in comparison.changed.iter().take(ROWS) {
            let name = change.resource.as_ref().and_then(|resource| resource.name.as_deref()).unwrap_or("(no name)");
            let time = change.event_time.as_deref().unwrap_or("(no time)");
            let verdicts = format!("{} → {}", change.before.as_str(), change.after.as_str());
            let line = format!("{time}  {} {name}: {verdicts} ({})", change.event_name, change.because.join(", "));
            self.line(&format!("{:COUNT$}  {}", "", clean(&line)))?;
        }
        match comparison.changed.get(ROWS..) {
            Some(rest) if !rest.is_empty() => {
                let more = grouped(rest.len() as u64);
                self.line(&format!("{:COUNT$}  {more} more: `--format json` lists them", ""))
            }
            _ => Ok(()),
        }
    }
}

/// The first of `names`, and how many more there are.
fn first_few(names: &[&str], count: usize) -> String {
    let few = names.iter().take(count).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(count) {
        0 => few,
        more => format!("{few} and {} more", grouped(more as u64)),
    }
}

/// `1,234 records`, `1 record`.
fn counted(count: u64, noun: &str) -> String {
    let ending = match (count, noun.ends_with("ch")) {
        (1, _) => "",
        (_, true) => "es",
        (_, false) => "s",
    };
    format!("{} {noun}{ending}", grouped(count))
}

/// A number with commas between thousands: `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        for (number, expected) in
            [(0, "0 launches"), (1, "1 launch"), (999, "999 launches"), (1_234_567, "1,234,567 launches")]
        {
            assert_eq!(counted(number, "launch"), expected);
        }
        assert_eq!(first_few(&["a", "b", "c"], 2), "a, b and 1 more");
    }
}
