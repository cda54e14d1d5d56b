//! The result of an audit: decisions, counted.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Serialize;
use tagwarden::decide::{Decision, Finding, FindingOutcome, PrincipalReport, Resource, Verb, Verdict};
use tagwarden::settings::Abac;
use tagwarden::terms::Severity;

use crate::coaching::Coaching;
use crate::cost::{Costs, JobRecord};
use crate::extract::{Denied, Extract};

/// How many launches a comparison lists at most. The others are only counted.
const MAX_LISTED: usize = 10_000;

/// In how many days at most launches are also counted by hour.
const DAYS_BY_HOUR: usize = 3;

/// The result of an audit.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Summary {
    /// Whether all input was read; not so if the user interrupted the audit.
    pub complete: bool,
    /// The time of the first launch that was judged.
    pub first_launch: Option<String>,
    /// The time of the last launch that was judged.
    pub last_launch: Option<String>,
    /// What was read.
    pub input: Input,
    /// The launches, by verdict.
    pub launches: Verdicts,
    /// How many of the launches repeat another launch's record, because CloudTrail delivers at least once. They are
    /// judged and counted like all others.
    pub repeated: u64,
    /// What the failed rules found, by rule.
    pub rules: BTreeMap<&'static str, RuleCount>,
    /// Launches that violate the policy, by their caller's project.
    pub violations_by_project: BTreeMap<String, u64>,
    /// Launches that violate the policy, by other tags of their caller: for each key, by value.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub violations_by_tag: BTreeMap<String, BTreeMap<String, u64>>,
    /// Launches that violate the policy, by their caller.
    pub violations_by_principal: BTreeMap<String, u64>,
    /// Launches that violate the policy, by account.
    pub violations_by_account: BTreeMap<String, u64>,
    /// What these launches cost, if list prices are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub costs: Option<Costs>,
    /// All launches by day, in UTC.
    pub days: BTreeMap<String, Verdicts>,
    /// What could not be judged, and for how many launches.
    pub unknown: Vec<Unknown>,
    /// What Tagwarden would have done: launches by action.
    pub actions: BTreeMap<String, u64>,
    /// Launches whose resource would have been stopped or deleted.
    pub stopped: u64,
    /// Calls that SageMaker refused because of missing permissions.
    pub denied: Vec<DeniedCount>,
    /// The same calls by the rules whose statements deny them.
    pub coaching: Coaching,
    /// How another policy's verdicts differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
    #[serde(skip)]
    unknown_by_reason: BTreeMap<String, Unknown>,
    #[serde(skip)]
    hours: BTreeMap<String, Verdicts>,
    #[serde(skip)]
    seen: HashSet<u64>,
}

/// What was read.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Input {
    /// Number of files, including standard input.
    pub files: u64,
    /// Their stored size in bytes.
    pub bytes: u64,
    /// Their size in bytes when inflated.
    pub inflated_bytes: u64,
    /// Number of records.
    pub records: u64,
    /// How many of them were not judged, by reason.
    pub skipped: BTreeMap<String, u64>,
    /// Accounts whose log files were read, as their paths show, or in which launches were made.
    pub accounts: BTreeSet<String>,
    /// Number of day folders that were not opened, because they are outside the period.
    pub days_left_out: u64,
    /// How many files lie beside log files and were passed over, by what they are.
    pub passed_over: BTreeMap<String, u64>,
    /// Number of problems: inputs, or parts of them, that could not be read.
    pub problems: u64,
}

/// Launches by verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verdicts {
    /// A rule fails.
    pub violation: u64,
    /// No rule fails, but some could not be judged.
    pub unknown: u64,
    /// No rule fails.
    pub compliant: u64,
}

/// How often a rule failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleCount {
    /// The highest severity of its findings.
    pub severity: Severity,
    /// Launches that violate it.
    pub launches: u64,
    /// Launches that violate it with an exempted caller.
    pub exempted: u64,
}

/// Something that could not be judged for some launches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Unknown {
    /// The reason, worded for the first thing that it is about.
    pub reason: String,
    /// How many launches have a rule that could not be judged for this reason.
    pub launches: u64,
    /// What the reason is about: roles, models, … In the order of their names.
    pub about: BTreeSet<String>,
}

/// How often a caller was refused a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeniedCount {
    /// The call, and its principal.
    #[serde(flatten)]
    pub denied: Denied,
    /// How often.
    pub calls: u64,
}

/// How the verdicts of another policy differ.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Comparison {
    /// The other policy's name.
    pub policy: String,
    /// Its verdicts.
    pub launches: Verdicts,
    /// How many launches it would have stopped or deleted.
    pub stopped: u64,
    /// How many launches get another verdict: by both verdicts, `compliant → violation`.
    pub changes: BTreeMap<String, u64>,
    /// The first ten thousand launches that get another verdict.
    pub changed: Vec<Changed>,
}

/// A launch that another policy judges differently.
#[derive(Clone, Debug, Serialize)]
pub struct Changed {
    /// `eventID`
    pub event_id: Option<String>,
    /// `eventTime`
    pub event_time: Option<String>,
    /// `eventName`
    pub event_name: String,
    /// The launched resource.
    pub resource: Option<Resource>,
    /// ARN of the role or user.
    pub principal: Option<String>,
    /// The verdict of the policy.
    pub before: Verdict,
    /// The verdict of the other policy.
    pub after: Verdict,
    /// Rules that fail under one of the policies but not under the other.
    pub because: Vec<&'static str>,
}

/// A line of the list of findings: what was found, and in which launch.
#[derive(Clone, Debug, Serialize)]
pub struct FindingLine<'a> {
    event_id: &'a Option<String>,
    event_time: &'a Option<String>,
    event_name: &'a str,
    account: &'a Option<String>,
    region: &'a Option<String>,
    resource: &'a Option<Resource>,
    principal: &'a Option<PrincipalReport>,
    verdict: Verdict,
    #[serde(flatten)]
    finding: &'a Finding,
}

impl<'a> FindingLine<'a> {
    /// The lines for a decision, one for each finding.
    pub fn of(decision: &'a Decision) -> impl Iterator<Item = Self> {
        decision.findings.iter().map(|finding| Self {
            event_id: &decision.event_id,
            event_time: &decision.event_time,
            event_name: &decision.event_name,
            account: &decision.account,
            region: &decision.region,
            resource: &decision.resource,
            principal: &decision.principal,
            verdict: decision.verdict,
            finding,
        })
    }
}

impl Verdicts {
    fn count(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Violation => self.violation += 1,
            Verdict::Unknown => self.unknown += 1,
            Verdict::Compliant => self.compliant += 1,
            Verdict::Skipped => {}
        }
    }

    /// The sum of the verdicts.
    pub fn total(&self) -> u64 {
        self.violation + self.unknown + self.compliant
    }
}

impl Input {
    /// Counts what an extract holds besides launches.
    pub fn add(&mut self, extract: &Extract) {
        self.records += extract.records;
        self.problems += extract.problems.count();
        for kind in &extract.passed_over {
            increment(&mut self.passed_over, kind.clone());
        }
        for (reason, count) in &extract.skipped {
            *self.skipped.entry(reason.clone()).or_default() += count;
        }
    }
}

impl Summary {
    /// Counts a decision about a launch, also by these tags of its caller. The decisions come in order of time. The job is what
    /// its record says about one.
    pub(crate) fn add(&mut self, decision: &Decision, job: Option<Box<JobRecord>>, abac: &Abac, by: &[String]) {
        self.launches.count(decision.verdict);
        let is_repeated = decision.event_id.is_some() && !self.seen.insert(fingerprint(decision));
        self.repeated += u64::from(is_repeated);
        if let (Some(job), false) = (job, is_repeated) {
            let failed = rules(decision, |outcome| outcome == FindingOutcome::Fail);
            self.costs.get_or_insert_default().add(*job, decision, project(decision, abac), failed.into_iter());
        }
        if let Some(time) = &decision.event_time {
            self.first_launch.get_or_insert_with(|| time.clone());
            self.last_launch = Some(time.clone());
            let day = time.get(..10).unwrap_or(time).to_owned();
            self.days.entry(day).or_default().count(decision.verdict);
            if self.days.len() <= DAYS_BY_HOUR {
                let hour = time.get(..13).unwrap_or(time).to_owned();
                self.hours.entry(hour).or_default().count(decision.verdict);
            } else {
                self.hours.clear();
            }
        }
        self.input.accounts.extend(decision.account.clone());
        if decision.verdict == Verdict::Violation {
            let principal = decision.principal.as_ref();
            increment(&mut self.violations_by_project, project(decision, abac));
            for key in by {
                increment(self.violations_by_tag.entry(key.clone()).or_default(), tag_of_caller(decision, key));
            }
            increment(&mut self.violations_by_principal, named(principal.and_then(|one| one.arn.as_deref())));
            increment(&mut self.violations_by_account, named(decision.account.as_deref()));
        }
        for rule in rules(decision, |outcome| outcome != FindingOutcome::Unknown) {
            let of_rule = || decision.findings.iter().filter(|finding| finding.rule == rule);
            let severity = of_rule().map(|finding| finding.severity).max().unwrap_or(Severity::Low);
            let is_exempted = of_rule().all(|finding| finding.outcome == FindingOutcome::Exempted);
            let count = self.rules.entry(rule).or_insert(RuleCount { severity, launches: 0, exempted: 0 });
            count.severity = count.severity.max(severity);
            if is_exempted { count.exempted += 1 } else { count.launches += 1 }
        }
        self.add_unknown(decision);
        self.stopped += u64::from(is_stopped(decision));
        for action in &decision.actions {
            increment(&mut self.actions, action.action.name());
        }
    }

    /// All launches by hour, in UTC, if they are of a few days only.
    pub fn hours(&self) -> &BTreeMap<String, Verdicts> {
        &self.hours
    }

    /// Counts each reason once, regardless of its subject: reasons that differ only in what they quote are one.
    fn add_unknown(&mut self, decision: &Decision) {
        let unknown = decision.findings.iter().filter(|finding| finding.outcome == FindingOutcome::Unknown);
        let mut reasons = BTreeMap::<String, BTreeSet<String>>::new();
        for (reason, about) in unknown.map(|finding| subject(&finding.path, &finding.message)) {
            reasons.entry(reason).or_default().insert(about);
        }
        for (reason, about) in reasons {
            let unknown = self.unknown_by_reason.entry(reason).or_default();
            unknown.launches += 1;
            unknown.about.extend(about);
        }
    }

    /// Counts how another policy's decision about a launch differs.
    pub fn compare(&mut self, decision: &Decision, other: &Decision) {
        let comparison = self.comparison.get_or_insert_default();
        comparison.launches.count(other.verdict);
        comparison.stopped += u64::from(is_stopped(other));
        if decision.verdict == other.verdict {
            return;
        }
        increment(&mut comparison.changes, format!("{} → {}", decision.verdict.as_str(), other.verdict.as_str()));
        if comparison.changed.len() < MAX_LISTED {
            let is_judged = |outcome| outcome != FindingOutcome::Exempted;
            let (before, after) = (rules(decision, is_judged), rules(other, is_judged));
            comparison.changed.push(Changed {
                event_id: decision.event_id.clone(),
                event_time: decision.event_time.clone(),
                event_name: decision.event_name.clone(),
                resource: decision.resource.clone(),
                principal: decision.principal.as_ref().and_then(|principal| principal.arn.clone()),
                before: decision.verdict,
                after: other.verdict,
                because: before.symmetric_difference(&after).copied().collect(),
            });
        }
    }

    /// Sorts the reasons for unknown facts, the most frequent first, and adds the denied calls.
    pub fn finish(&mut self, denied: BTreeMap<Denied, u64>) {
        self.unknown = std::mem::take(&mut self.unknown_by_reason)
            .into_iter()
            .map(|(reason, unknown)| Unknown { reason: filled_in(&reason, &unknown.about), ..unknown })
            .collect();
        self.unknown
            .sort_by(|one, other| other.launches.cmp(&one.launches).then_with(|| one.reason.cmp(&other.reason)));
        self.costs.iter_mut().for_each(Costs::finish);
        self.coaching.finish(denied.values().sum());
        self.denied = denied.into_iter().map(|(denied, calls)| DeniedCount { denied, calls }).collect();
    }
}

fn increment(counts: &mut BTreeMap<String, u64>, key: String) {
    *counts.entry(key).or_default() += 1;
}

fn named(name: Option<&str>) -> String {
    name.unwrap_or("(unknown)").to_owned()
}

/// The project of a launch's caller, or `(none)`, or `(unknown)`.
pub fn project(decision: &Decision, abac: &Abac) -> String {
    tag_of_caller(decision, &abac.tag)
}

/// The tag `key` of a launch's caller, or `(none)`, or `(unknown)` if the caller's tags are.
fn tag_of_caller(decision: &Decision, key: &str) -> String {
    let known = decision.principal.as_ref().filter(|principal| principal.tags_from != "unknown");
    let tag = known.map(|principal| principal.tags.get(key).filter(|value| !value.is_empty()).unwrap_or("(none)"));
    named(tag)
}

/// Whether the plan undoes the call.
fn is_stopped(decision: &Decision) -> bool {
    decision.actions.iter().any(|action| matches!(action.action, Verb::Stop(_)))
}

/// The rules that have findings of certain outcomes.
fn rules(decision: &Decision, of: impl Fn(FindingOutcome) -> bool) -> BTreeSet<&'static str> {
    decision.findings.iter().filter(|finding| of(finding.outcome)).map(|finding| finding.rule).collect()
}

/// Identifies a decision about a call: only repeated records have the same one.
fn fingerprint(decision: &Decision) -> u64 {
    let mut hasher = DefaultHasher::new();
    serde_json::to_string(decision).unwrap_or_default().hash(&mut hasher);
    hasher.finish()
}

/// The message without the first thing that it quotes, and that thing, which the message is about. A message that
/// quotes nothing is about its place.
fn subject(path: &str, message: &str) -> (String, String) {
    let mut parts = message.splitn(3, '`');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(before), Some(about), Some(after)) => (format!("{before}``{after}"), about.to_owned()),
        _ => (format!("``: {message}"), path.to_owned()),
    }
}

/// The message with the first of the things that it is about.
fn filled_in(message: &str, about: &BTreeSet<String>) -> String {
    match about.first() {
        Some(first) => message.replacen("``", &format!("`{first}`"), 1),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use tagwarden::evidence::Tags;

    use super::*;

    #[test]
    fn violations_are_counted_by_any_tag_of_the_caller() {
        let policy = tagwarden::policy::Policy::parse("version = 1").unwrap();
        let by = ["CostCenter".to_owned(), "Owner".to_owned()];
        let mut summary = Summary::default();
        for (tags, tags_from) in [
            (&[("costcenter", "CC-1"), ("Project", "atlas")][..], "role"),
            (&[("CostCenter", "CC-1"), ("Owner", "")], "none"),
            (&[("Owner", "ana")], "unknown"),
        ] {
            let tags: Tags = tags.iter().copied().collect();
            let principal = PrincipalReport { arn: None, kind: None, tags, tags_from, tags_as_of: None };
            let decision = Decision { verdict: Verdict::Violation, principal: Some(principal), ..Decision::default() };
            summary.add(&decision, None, &policy.abac, &by);
        }
        let counted = |key: &str| {
            let counts = summary.violations_by_tag[key].iter();
            counts.map(|(value, count)| format!("{value} {count}")).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(counted("CostCenter"), "(unknown) 1, CC-1 2");
        assert_eq!(counted("Owner"), "(none) 2, (unknown) 1");
    }

    fn unknown(path: &str, message: &str) -> Decision {
        let finding = Finding {
            rule: "missing-vpc",
            outcome: FindingOutcome::Unknown,
            severity: Severity::High,
            path: path.to_owned(),
            actual: None,
            expected: String::new(),
            message: message.to_owned(),
            fix: String::new(),
        };
        Decision { verdict: Verdict::Unknown, findings: vec![finding.clone(), finding], ..Decision::default() }
    }

    #[test]
    fn reasons_are_counted_by_launch_and_by_what_they_are_about() {
        let policy = tagwarden::policy::Policy::parse("version = 1").unwrap();
        let mut summary = Summary::default();
        for decision in [
            unknown("userIdentity", "data on `B` is missing, see `--iam`"),
            unknown("userIdentity", "data on `A` is missing, see `--iam`"),
            unknown("userIdentity", "data on `A` is missing, see `--iam`"),
            unknown("requestParameters", "omitted"),
        ] {
            summary.add(&decision, None, &policy.abac, &[]);
        }
        summary.finish(BTreeMap::new());
        let reported =
            summary.unknown.iter().map(|unknown| (unknown.reason.as_str(), unknown.launches, unknown.about.len()));
        let expected = [("data on `A` is missing, see `--iam`", 3, 2), ("`requestParameters`: omitted", 1, 1)];
        assert_eq!(reported.collect::<Vec<_>>(), expected);
    }
}
