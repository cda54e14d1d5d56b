//! The IAM twins of the rules: statements that deny what the rules find.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::abbreviate::abbreviate;
use crate::operations::{Fact, Operation};
use crate::policy::{Cell, Exemption, Policy, When};
use crate::rules::{Denial, Difference, Prevention, Rule};
use crate::settings::Abac;
use crate::statement::slot_keys::condition_key;
use crate::statement::{Condition, Conflict, Statement, Test, condition_keys};
use crate::terms::{Mode, Pattern};

/// The statements that deny what the rules of a policy find, and what they leave open.
#[derive(Clone, Debug, Default)]
pub struct Twins {
    /// In the order of the rules.
    pub statements: Vec<Statement>,
    /// Where the statements differ from the rules, in the same order.
    pub gaps: Vec<Gap>,
}

/// A difference between a rule and its statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The rule's id.
    pub rule: &'static str,
    /// Which way it goes.
    pub kind: GapKind,
    /// What differs, and why.
    pub what: String,
}

/// Which way a difference goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GapKind {
    /// The rule finds it, the statements let it pass.
    Looser,
    /// The rule lets it pass, the statements deny it.
    Stricter,
    /// It was left out on purpose.
    LeftOut,
}

/// Renders the rules of `policy` that `wanted` picks.
pub fn twins(policy: &Policy, wanted: &dyn Fn(&Rule) -> bool) -> Twins {
    let mut twins = Twins::default();
    for (rule, cells) in policy.cells().filter(|(rule, _)| wanted(rule)) {
        let mut of_rule = OfRule { rule, requests: Vec::new(), without_key: Vec::new(), gaps: Vec::new() };
        if let Prevention::None(why) = rule.prevention {
            of_rule.gap(GapKind::Looser, why);
        }
        for cell in &cells {
            of_rule.cell(cell, policy);
        }
        if !of_rule.requests.is_empty() {
            of_rule.slots_without_key();
        }
        twins.statements.extend(of_rule.statements());
        twins.gaps.append(&mut of_rule.gaps);
    }
    twins
}

/// What is gathered for one rule.
struct OfRule {
    rule: &'static Rule,
    /// What is denied: which operations under which condition.
    requests: Vec<(Condition, Vec<&'static Operation>)>,
    /// Condition keys that some operations lack.
    without_key: Vec<(String, Vec<&'static str>)>,
    gaps: Vec<Gap>,
}

impl OfRule {
    fn cell(&mut self, cell: &Cell, policy: &Policy) {
        if cell.settings.mode() == Mode::Observe {
            let whose = if cell.bounds.is_empty() { "" } else { " for some callers, by an override" };
            return self.gap(GapKind::LeftOut, &format!("its mode is `observe`{whose}"));
        }
        for denial in self.rule.denials(&cell.settings) {
            for difference in &denial.differences {
                match difference {
                    Difference::Looser(what) => self.gap(GapKind::Looser, what),
                    Difference::Stricter(what) => self.gap(GapKind::Stricter, what),
                }
            }
            let operations = self.with_keys(&denial);
            for bounds in alternatives(&cell.bounds) {
                let within: Vec<_> = operations
                    .iter()
                    .copied()
                    .filter(|operation| bounds.iter().all(|bound| bound.admits(operation)))
                    .collect();
                if within.is_empty() {
                    continue;
                }
                for era in eras(policy.exemptions(self.rule)) {
                    let tests = bounds.iter().filter_map(|bound| bound.test(&policy.abac)).chain(era);
                    match tests.into_iter().try_fold(denial.condition.clone(), Condition::and) {
                        Ok(condition) => self.deny(condition, &within),
                        Err(Conflict::Never) => {}
                        Err(Conflict::Inexpressible(key)) => {
                            let what = format!(
                                "callers that two overrides pick by `{key}`, which one condition cannot test twice"
                            );
                            self.gap(GapKind::Looser, &what);
                        }
                    }
                }
            }
        }
    }

    /// The operations of a denial whose requests carry the keys of its condition. The others are gaps.
    fn with_keys(&mut self, denial: &Denial) -> Vec<&'static Operation> {
        let mut with_keys = Vec::new();
        for operation in &denial.operations {
            let missing =
                denial.condition.tests().iter().find(|test| !condition_keys::applies(test.key(), operation.name));
            match missing {
                None => with_keys.push(*operation),
                Some(test) => match self.without_key.iter_mut().find(|(key, _)| key == test.key()) {
                    Some((_, names)) if names.contains(&operation.name) => {}
                    Some((_, names)) => names.push(operation.name),
                    None => self.without_key.push((test.key().to_owned(), vec![operation.name])),
                },
            }
        }
        with_keys
    }

    /// What the rule reads from requests and no condition key holds.
    fn slots_without_key(&mut self) {
        let mut silent: Vec<&str> = Vec::new();
        let mut partly: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
        for operation in self.rule.operations() {
            // A rule about an object is about what is in it.
            let governed = operation.slots().filter(|slot| self.rule.governs.contains(&slot.fact));
            let governed = governed.flat_map(|slot| match slot.fact {
                Fact::Vpc => operation.slots_inside(slot.path).collect(),
                _ => vec![slot],
            });
            let (held, not_held): (Vec<_>, Vec<_>) = governed
                .filter_map(|slot| Some((slot.path, condition_key(operation, slot)?)))
                .partition(|(_, names)| !names.is_empty());
            if !not_held.is_empty() && held.is_empty() {
                silent.push(operation.name);
            } else if !not_held.is_empty() {
                let paths = not_held.into_iter().map(|(path, _)| path).collect();
                match partly.iter_mut().find(|(known, _)| *known == paths) {
                    Some((_, names)) => names.push(operation.name),
                    None => partly.push((paths, vec![operation.name])),
                }
            }
        }
        self.without_key.retain_mut(|(_, names)| {
            names.retain(|name| !silent.contains(name));
            !names.is_empty()
        });
        if !silent.is_empty() {
            self.gap(GapKind::Looser, &format!("{}: their requests carry no condition key for it", quoted(&silent)));
        }
        for (paths, names) in partly {
            let paths: Vec<_> = paths.iter().map(|path| path.replace('?', "")).collect();
            self.gap(GapKind::Looser, &format!("{}: no condition key holds {}", quoted(&names), quoted(&paths)));
        }
    }

    fn deny(&mut self, condition: Condition, operations: &[&'static Operation]) {
        match self.requests.iter_mut().find(|(known, _)| *known == condition) {
            Some((_, known)) => {
                known.extend(operations);
                known.sort_unstable_by_key(|operation| operation.name);
                known.dedup_by_key(|operation| operation.name);
            }
            None => self.requests.push((condition, operations.to_vec())),
        }
    }

    fn gap(&mut self, kind: GapKind, what: &str) {
        let gap = Gap { rule: self.rule.id, kind, what: what.to_owned() };
        if !self.gaps.contains(&gap) {
            self.gaps.push(gap);
        }
    }

    fn statements(&mut self) -> Vec<Statement> {
        for (key, names) in std::mem::take(&mut self.without_key) {
            let what = format!("{}: their requests carry no condition key `{key}`", quoted(&names));
            self.gap(GapKind::Looser, &what);
        }
        let requests = std::mem::take(&mut self.requests);
        let mut statements = Vec::new();
        for (index, (condition, operations)) in requests.into_iter().enumerate() {
            let number = if index == 0 { String::new() } else { (index + 1).to_string() };
            let sid = format!("{}{number}", camel_case(self.rule.id));
            let mut names: Vec<_> = operations.iter().map(|operation| operation.name).collect();
            names.sort_unstable();
            let prefixed = |names: &[&str]| names.iter().map(|name| format!("sagemaker:{name}")).collect::<Vec<_>>();
            // Where a test needs its key, the statement says nothing about calls that cannot carry it.
            let needed: Vec<_> = condition.tests().iter().filter(|test| test.needs_key()).cloned().collect();
            let is_harmless = |name: &str| needed.iter().any(|test| !condition_keys::applies(test.key(), name));
            match Statement::deny(sid, prefixed(&names), condition) {
                Ok(statement) => {
                    let short = abbreviate(&names, &is_harmless);
                    let short: Vec<_> = short.iter().map(String::as_str).collect();
                    statements.push(statement.with_actions(prefixed(&short)));
                }
                Err(unsound) => self.gap(GapKind::Looser, &unsound.to_string()),
            }
        }
        statements
    }
}

/// Names in backticks, in one line.
fn quoted(names: &[impl AsRef<str>]) -> String {
    names.iter().map(|name| format!("`{}`", name.as_ref())).collect::<Vec<_>>().join(", ")
}

/// `missing-vpc` → `MissingVpc`: a statement's id has no hyphens.
pub(super) fn camel_case(id: &str) -> String {
    let capitalise = |word: &str| match word.split_at_checked(1) {
        Some((first, rest)) => first.to_ascii_uppercase() + rest,
        None => String::new(),
    };
    id.split('-').map(capitalise).collect()
}

/// A bound of a cell that one statement can test: one list of a `when`, matched or not.
#[derive(Clone, Copy, Debug)]
struct Bound<'w> {
    list: List<'w>,
    holds: bool,
}

#[derive(Clone, Copy, Debug)]
enum List<'w> {
    Projects(&'w [String]),
    Personas(&'w [String]),
    Accounts(&'w [String]),
    Principals(&'w [Pattern<'static>]),
    Operations(&'w [String]),
}

impl<'w> List<'w> {
    /// The lists of `when` that say anything: an empty one matches all.
    fn of(when: &'w When) -> impl Iterator<Item = Self> {
        let texts = [
            (&when.projects, Self::Projects as fn(&'w [String]) -> Self),
            (&when.personas, Self::Personas),
            (&when.accounts, Self::Accounts),
            (&when.operations, Self::Operations),
        ];
        let lists = texts.into_iter().filter(|(list, _)| !list.is_empty()).map(|(list, make)| make(list));
        lists.chain((!when.principals.is_empty()).then_some(Self::Principals(&when.principals)))
    }
}

impl Bound<'_> {
    /// Whether calls of the operation can be within the bound.
    fn admits(&self, operation: &Operation) -> bool {
        match self.list {
            List::Operations(names) => names.iter().any(|name| name == operation.name) == self.holds,
            _ => true,
        }
    }

    /// What IAM is to test.
    fn test(&self, abac: &Abac) -> Option<Test> {
        let one_of =
            |key: &str, values| if self.holds { Test::equals(key, values) } else { Test::not_equals(key, values) };
        Some(match self.list {
            List::Projects(names) => one_of(&format!("aws:PrincipalTag/{}", abac.tag), names),
            List::Personas(names) => one_of(&format!("aws:PrincipalTag/{}", abac.persona_tag), names),
            List::Accounts(names) => one_of("aws:PrincipalAccount", names),
            List::Principals(patterns) if self.holds => Test::like("aws:PrincipalArn", patterns),
            List::Principals(patterns) => Test::not_like("aws:PrincipalArn", patterns),
            List::Operations(_) => return None,
        })
    }
}

/// The bounds of a cell, in alternatives that each is one conjunction: what does not match several lists at once fails to match
/// one of them.
fn alternatives<'w>(bounds: &[(&'w When, bool)]) -> Vec<Vec<Bound<'w>>> {
    let mut alternatives = vec![Vec::new()];
    for (when, holds) in bounds {
        let lists: Vec<_> = List::of(when).map(|list| Bound { list, holds: *holds }).collect();
        let ways: Vec<Vec<Bound>> =
            if *holds { vec![lists] } else { lists.into_iter().map(|bound| vec![bound]).collect() };
        alternatives = alternatives
            .iter()
            .flat_map(|before| ways.iter().map(move |way| [before.as_slice(), way].concat()))
            .collect();
    }
    alternatives
}

/// When the callers of exemptions are denied after all. Until the first exemption is over, everybody but all of the exempted;
/// then also those whose exemption is over; in the end everybody.
fn eras<'p>(exemptions: impl Iterator<Item = &'p Exemption>) -> Vec<Vec<Test>> {
    let mut exemptions: Vec<_> = exemptions.collect();
    exemptions.sort_by_key(|exemption| exemption.until);
    let mut ends: Vec<Option<Date>> = exemptions.iter().map(|exemption| Some(exemption.until)).collect();
    ends.dedup();
    ends.insert(0, None);
    let mut eras = Vec::new();
    for end in ends {
        let mut tests: Vec<_> =
            end.and_then(day_after).map(|start| Test::from("aws:CurrentTime", start)).into_iter().collect();
        let exempted: Vec<_> = exemptions
            .iter()
            .filter(|exemption| Some(exemption.until) > end)
            .flat_map(|exemption| exemption.principals.clone())
            .collect();
        if !exempted.is_empty() {
            tests.push(Test::not_like("aws:PrincipalArn", &exempted));
        }
        eras.push(tests);
    }
    eras
}

/// The first instant, in UTC, that an exemption no longer covers.
fn day_after(date: Date) -> Option<Timestamp> {
    Some(date.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "`{}`: {}", self.rule, self.what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RULES;

    fn render(policy: &str) -> Vec<String> {
        let text = format!("version = 1\n{policy}");
        let policy = Policy::parse(&text).expect(&text);
        let twins = twins(&policy, &|_| true);
        let statements = twins.statements.iter();
        statements
            .map(|statement| {
                let json = serde_json::to_value(statement).unwrap();
                format!("{} {} {}", json["Sid"].as_str().unwrap(), json["Action"], json["Condition"])
            })
            .collect()
    }

    #[test]
    fn rules_say_what_iam_can_prevent() {
        for rule in RULES.iter().filter(|rule| rule.id != "foreign-execution-role") {
            let text = format!("version = 1\n[abac]\nprojects = ['a']\n{}", rule.example_table());
            let twins = twins(&Policy::parse(&text).expect(&text), &|_| true);
            let (has_statements, has_gaps) = (!twins.statements.is_empty(), !twins.gaps.is_empty());
            let expected = match rule.prevention {
                Prevention::Iam => (true, false),
                Prevention::Partly(_) => (true, true),
                Prevention::None(_) => (false, true),
            };
            assert_eq!((has_statements, has_gaps), expected, "{}: {:#?}", rule.id, twins.gaps);
        }
    }

    const TRAINING: &str = r#"["sagemaker:CreateTrainingJob","sagemaker:UpdateTrainingJob"]"#;
    const SHELL: &str = r#""Bool":{"sagemaker:EnableRemoteDebug":"true"}"#;

    #[test]
    fn one_statement_for_each_way_to_be_outside_of_an_override() {
        let observed = |when: &str| {
            render(&format!(
                "[rules.remote-shell]\n[[overrides]]\nwhen = {{ {when} }}\nrules.remote-shell.mode = 'observe'"
            ))
        };
        assert_eq!(
            observed("projects = ['a'], personas = ['p']"),
            [
                format!(r#"RemoteShell {TRAINING} {{{SHELL},"StringNotEquals":{{"aws:PrincipalTag/Project":"a"}}}}"#),
                format!(r#"RemoteShell2 {TRAINING} {{{SHELL},"StringNotEquals":{{"aws:PrincipalTag/Persona":"p"}}}}"#),
            ]
        );
        assert_eq!(observed("operations = ['CreateTrainingJob', 'UpdateTrainingJob']"), [""; 0]);
        assert_eq!(observed(""), [""; 0]);
    }

    #[test]
    fn an_exemption_ends_with_its_day() {
        let exemption = |who: &str, until: &str| {
            format!(
                "[[exemptions]]\nprincipals = ['arn:aws:iam::111122223333:role/{who}']\nrules = ['remote-shell']\n\
                until = {until}\nreason = 'r'\nowner = 'o'\n"
            )
        };
        let policy = format!("[rules.remote-shell]\n{}{}", exemption("B", "2027-02-28"), exemption("A", "2027-01-31"));
        let role = "arn:aws:iam::111122223333:role";
        let not = |who: &str| format!(r#""StringNotLike":{{"aws:PrincipalArn":{who}}}"#);
        let from = |day: &str| format!(r#""DateGreaterThanEquals":{{"aws:CurrentTime":"{day}T00:00:00Z"}}"#);
        let (both, one) = (not(&format!(r#"["{role}/A","{role}/B"]"#)), not(&format!(r#""{role}/B""#)));
        assert_eq!(
            render(&policy),
            [
                format!("RemoteShell {TRAINING} {{{SHELL},{both}}}"),
                format!("RemoteShell2 {TRAINING} {{{SHELL},{},{one}}}", from("2027-02-01")),
                format!("RemoteShell3 {TRAINING} {{{SHELL},{}}}", from("2027-03-01")),
            ]
        );
    }
}
