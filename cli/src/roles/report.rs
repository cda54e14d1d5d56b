//! Roles, as text for people.

use std::collections::BTreeMap;

use tagwarden::decide::{FindingOutcome, Verdict};
use tagwarden_roles::{RoleReport, Usage};

use crate::exit::{CliError, Exit};
use crate::output::{Output, clean};
use crate::report::{BOLD, DIM, INDENT, detail, found, not_known, plural, unknowns, verdict};

/// How many requests of new access are printed.
const SHOWN: usize = 10;

/// Prints what is said about a role.
pub fn text(report: &RoleReport, has_records: bool, output: &mut Output) -> Result<(), CliError> {
    let decision = &report.decision;
    output.line(&verdict(decision.verdict, &decision.arn))?;
    let named = |name: &str, value: &Option<String>| value.as_ref().map(|value| format!("{name} {value}"));
    let of = [named("project", &decision.project), named("persona", &decision.persona)];
    let trusts = match decision.trusts.as_slice() {
        [] => "it trusts nobody that is known".to_owned(),
        trusts => format!("it trusts {}", trusts.join(", ")),
    };
    let parts = [of.into_iter().flatten().collect(), vec![report.kind.as_str().to_owned(), trusts]].concat();
    output.line(&format!("{:INDENT$}{DIM}{}{DIM:#}", "", clean(&parts.join("; "))))?;
    for finding in decision.findings.iter().filter(|finding| finding.outcome != FindingOutcome::Unknown) {
        output.line(&found(finding))?;
        output.line(&detail("expected", &finding.expected))?;
        output.line(&detail("fix", &finding.fix))?;
    }
    for ((_, why), rules) in unknowns(&decision.findings) {
        output.line(&not_known(&rules))?;
        output.line(&detail("because", why))?;
    }
    if has_records {
        usage(&report.usage, output)?;
    }
    for new in report.new_access.iter().take(SHOWN) {
        let what = format!(
            "it may call `{}` on `{}`, by {}, which the old documents did not allow",
            new.action, new.resource, new.by
        );
        output.line(&format!("  {:9}{}", "new", clean(&what)))?;
    }
    if let Some(more) = report.new_access.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        output.line(&format!("  {:9}and {more} more {}", "", plural(more, "action")))?;
    }
    output.line("")
}

/// Prints what a role used of what it may do.
fn usage(usage: &Usage, output: &mut Output) -> Result<(), CliError> {
    let mut print = |word: &str, text: String| output.line(&format!("  {word:9}{}", clean(&text)));
    let actions = |names: &[String]| format!("{} {}: {}", names.len(), plural(names.len(), "action"), first_few(names));
    let assumed: Vec<_> = usage.assumed_by.iter().map(|one| format!("{} ({} ×)", one.by, one.times)).collect();
    if !assumed.is_empty() {
        print("assumed", format!("by {}", first_few(&assumed)))?;
    }
    let used = usage.used.iter().map(|used| match used.calls {
        0 => format!("{} (by launches)", used.action),
        calls => format!("{} ({calls} ×)", used.action),
    });
    let used: Vec<_> = used.collect();
    for (word, names) in [("used", &used), ("unused", &usage.unused)] {
        if !names.is_empty() {
            print(word, actions(names))?;
        }
    }
    let mut unseen: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for one in &usage.unseen {
        unseen.entry(&one.because).or_default().push(one.action.clone());
    }
    for (because, names) in unseen {
        print("unseen", actions(&names))?;
        print("", format!("because  {because}"))?;
    }
    Ok(())
}

/// The first of some names, and how many more there are.
fn first_few(names: &[String]) -> String {
    let first = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

/// How many roles got each verdict.
#[derive(Debug, Default)]
pub struct Verdicts {
    unreadable: u64,
    is_complete: bool,
    verdicts: BTreeMap<Verdict, usize>,
    with_new_access: usize,
}

impl Verdicts {
    pub fn new(unreadable: u64, is_complete: bool) -> Self {
        Self { unreadable, is_complete, ..Self::default() }
    }

    pub fn count(&mut self, report: &RoleReport) {
        *self.verdicts.entry(report.decision.verdict).or_default() += 1;
        self.with_new_access += usize::from(!report.new_access.is_empty());
    }

    fn of(&self, verdict: Verdict) -> usize {
        self.verdicts.get(&verdict).copied().unwrap_or_default()
    }

    pub fn exit(&self) -> Exit {
        Exit::of(
            self.unreadable > 0 || !self.is_complete,
            self.of(Verdict::Violation) > 0,
            self.of(Verdict::Unknown) > 0,
        )
    }

    /// Prints the total of each verdict and, if the roles were `compared` with earlier documents, what that proves.
    pub fn print(&self, compared: bool, output: &mut Output) -> Result<(), CliError> {
        let total: usize = self.verdicts.values().sum();
        let violations = self.of(Verdict::Violation);
        output.line(&format!(
            "{BOLD}{total} {}:{BOLD:#} {violations} {}, {} unknown, {} compliant; {} not readable",
            plural(total, "role"),
            plural(violations, "violation"),
            self.of(Verdict::Unknown),
            self.of(Verdict::Compliant),
            self.unreadable,
        ))?;
        match (compared, self.with_new_access) {
            (false, _) => Ok(()),
            (true, 0) => output.line(
                "No access was found that the old documents did not give. That is no proof: only the requests that the new \
                 documents suggest were tried.",
            ),
            (true, roles) => output.line(&format!(
                "{roles} {} may do what the old documents did not allow: each request above is proof.",
                plural(roles, "role")
            )),
        }
    }
}
