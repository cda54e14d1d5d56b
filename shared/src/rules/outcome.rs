//! What a rule says about a call.

use std::fmt;

use crate::evidence::Model;
use crate::facts::{Facts, Network};
use crate::operations::Field;
use crate::record::json::{Found, Read, Unread};
use crate::settings::Doubt;
use crate::terms::{Action, Pattern, quoted};

/// What a rule says about a call. A rule that does not apply has not passed, and a fact that could not be read is not
/// compliant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The call complies with the rule.
    Pass,
    /// The call violates the rule.
    Fail(Vec<Violation>),
    /// The rule does not apply, for this reason.
    Skip(String),
    /// A fact that the rule needs could not be read.
    Unknown(Unread),
}

impl Outcome {
    /// Merges two outcomes. A violation outweighs an unreadable fact, which outweighs a pass.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Fail(mut violations), Self::Fail(more)) => {
                violations.extend(more);
                Self::Fail(violations)
            }
            (fail @ Self::Fail(_), _) | (_, fail @ Self::Fail(_)) => fail,
            (unknown @ Self::Unknown(_), _) | (_, unknown @ Self::Unknown(_)) => unknown,
            (Self::Pass, _) | (_, Self::Pass) => Self::Pass,
            (skip, Self::Skip(_)) => skip,
        }
    }
}

/// One place where a call violates a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// JSON path in the record.
    pub path: String,
    /// What is there; `None` if nothing is.
    pub actual: Option<String>,
    /// What should be there.
    pub expected: String,
    /// What is wrong.
    pub message: String,
    /// How to correct it, if that differs from the rule's fix.
    pub fix: Option<String>,
    /// The strongest action to take, if it is weaker than the rule's.
    pub at_most: Option<Action>,
    /// Why the call is not undone, although the rule asks for it.
    pub not_stopped: Option<&'static str>,
}

impl Violation {
    /// A violation at `path`: what is wrong and what should be there.
    pub fn new(path: impl fmt::Display, message: impl Into<String>, expected: impl Into<String>) -> Self {
        Self {
            path: path.to_string(),
            actual: None,
            expected: expected.into(),
            message: message.into(),
            fix: None,
            at_most: None,
            not_stopped: None,
        }
    }

    /// Sets what is there.
    #[must_use]
    pub fn actual(mut self, actual: impl fmt::Display) -> Self {
        self.actual = Some(actual.to_string());
        self
    }
}

/// Collects what a rule finds in several places. A violation outweighs an unreadable fact, which outweighs a pass.
#[derive(Debug, Default)]
pub struct Findings {
    violations: Vec<Violation>,
    unread: Option<Unread>,
    judged: bool,
}

impl Findings {
    /// Something complies.
    pub fn pass(&mut self) {
        self.judged = true;
    }

    /// Something does not.
    pub fn fail(&mut self, violation: Violation) {
        self.violations.push(violation);
    }

    /// Something complies unless it is `wrong`.
    pub fn fail_if(&mut self, wrong: bool, violation: impl FnOnce() -> Violation) {
        if wrong { self.fail(violation()) } else { self.pass() }
    }

    /// Judges a flag that must be `true`.
    pub fn require(&mut self, found: &Found, message: &str) {
        if let Some(flag) = self.read(found.flag()) {
            self.fail_if(flag != Some(true), || {
                let violation = Violation::new(found.at, message, "`true`");
                if flag.is_some() { violation.actual(false) } else { violation }
            });
        }
    }

    /// Something could not be read.
    pub fn unread(&mut self, unread: Unread) {
        self.unread.get_or_insert(unread);
    }

    /// Takes what was read, and notes what could not be read.
    pub fn read<T>(&mut self, read: Read<T>) -> Option<T> {
        read.map_err(|unread| self.unread(unread)).ok()
    }

    /// Judges each text that is set.
    pub fn each_text<'f, 'a: 'f>(
        &mut self,
        all: impl Iterator<Item = &'f Found<'a>>,
        mut judge: impl FnMut(&Found<'a>, &'a str) -> Option<Violation>,
    ) {
        for found in all {
            if let Some(Some(text)) = self.read(found.text()) {
                match judge(found, text) {
                    Some(violation) => self.fail(violation),
                    None => self.pass(),
                }
            }
        }
    }

    /// The outcome. `nothing` says why there was nothing to judge, if there was not.
    pub fn outcome(self, nothing: impl Into<String>) -> Outcome {
        if !self.violations.is_empty() {
            return Outcome::Fail(self.violations);
        }
        match self.unread {
            Some(unread) => Outcome::Unknown(unread),
            None if self.judged => Outcome::Pass,
            None => Outcome::Skip(nothing.into()),
        }
    }
}

/// Why rules about the caller's tags do not apply to some callers.
pub(super) const SERVICE_LINKED_ROLE: &str =
    "the caller is a service-linked role: AWS creates it, and it has no project";

/// Why rules about other projects' resources do not apply to some callers.
pub(super) const ADMINISTRATOR: &str = "the caller is one of `administrators` in `[abac]`";

/// What is expected if a list of patterns decides. A long list is cut short: the policy has all of it.
pub(super) fn one_of(patterns: &[Pattern]) -> String {
    const SHOWN: usize = 8;
    let names = quoted(patterns.iter().take(SHOWN));
    match patterns.len() {
        0 => "nothing: the list is empty".to_owned(),
        1 => names,
        count if count <= SHOWN => format!("one of {names}"),
        count => format!("one of {names}, … ({count} in all)"),
    }
}

/// Why a pattern can never match identifiers that all begin with `prefix`.
pub(super) fn needs_prefix(pattern: &str, prefix: &str) -> Option<Doubt> {
    let fits = pattern.starts_with(prefix) || pattern.starts_with('*');
    (!fits).then(|| Doubt::NeverMatches(format!("identifiers begin with `{prefix}`")))
}

/// Judges switches that must have one of the values `off`. The API treats a missing switch as on.
pub(super) fn switched_off(facts: &Facts, field: Field, off: &[&str], message: &str) -> Outcome {
    let mut findings = Findings::default();
    for switch in facts.all(field) {
        let Some(value) = findings.read(switch.text()) else { continue };
        findings.fail_if(!value.is_some_and(|value| off.contains(&value)), || {
            let expected: Vec<_> = off.iter().map(|value| format!("`{value}`")).collect();
            let violation = Violation::new(switch.at, message, expected.join(" or "));
            value.into_iter().fold(violation, Violation::actual)
        });
    }
    findings.outcome("the request does not change the setting")
}

/// Judges the identifiers of one kind in the network settings of everything that is launched: those of the request and
/// those of its models.
pub(super) fn approved_in_network(
    facts: &Facts,
    field: Field,
    of_model: fn(&Model) -> &[String],
    what: &str,
    allow: &[Pattern],
) -> Outcome {
    let approved = |id: &str| allow.iter().any(|pattern| pattern.matches(id));
    let mut findings = Findings::default();
    for network in facts.networks() {
        match findings.read(network) {
            None => {}
            Some(Network::Request) => findings.each_text(facts.all(field), |found, id| {
                (!approved(id)).then(|| {
                    Violation::new(found.at, format!("{what} `{id}` is not approved"), one_of(allow)).actual(id)
                })
            }),
            Some(Network::Model { at, name, model }) => {
                for id in of_model(model) {
                    findings.fail_if(!approved(id), || {
                        let message = format!("{what} `{id}` of the model `{name}` is not approved");
                        Violation::new(at, message, one_of(allow)).actual(id)
                    });
                }
            }
        }
    }
    findings.outcome(format!("the request names no {what}"))
}
