//! The preventive half of a policy: statements that deny what the rules report.

use super::bounds::{alternatives, eras};
use super::gap::{Gap, GapKind};
use super::text::camel_case;
use crate::operations::{Field, Operation};
use crate::policy::{Cell, Policy};
use crate::rules::{Denial, Difference, Prevention, Rule};
use crate::settings::PREVENT;
use crate::statement::slot_keys::condition_key;
use crate::statement::{Condition, Conflict, Statement, condition_keys};
use crate::terms::{Mode, Prevent, quoted};

/// The statements that deny what the rules of a policy report, and their gaps.
#[derive(Clone, Debug, Default)]
pub struct PreventiveStatements {
    /// In the order of the rules. They name each action that they deny.
    pub statements: Vec<RuleStatement>,
    /// How the statements differ from the rules, in the same order.
    pub gaps: Vec<Gap>,
}

/// A statement that denies what a rule reports.
#[derive(Clone, Debug)]
pub struct RuleStatement {
    /// The rule.
    pub rule: &'static Rule,
    /// The statement.
    pub statement: Statement,
}

/// Renders the rules of `policy` that `wanted` picks.
pub fn preventive_statements(policy: &Policy, wanted: &dyn Fn(&Rule) -> bool) -> PreventiveStatements {
    let mut rendered = PreventiveStatements::default();
    for (rule, cells) in policy.cells().filter(|(rule, _)| wanted(rule)) {
        let mut of_rule = OfRule { rule, requests: Vec::new(), without_key: Vec::new(), gaps: Vec::new() };
        match rule.prevention {
            Prevention::None(why) => of_rule.gap(GapKind::Looser, why),
            Prevention::Iam | Prevention::Partly(_) => cells.iter().for_each(|cell| of_rule.cell(cell, policy)),
        }
        if !of_rule.requests.is_empty() {
            of_rule.slots_without_key();
        }
        rendered.statements.extend(of_rule.statements());
        rendered.gaps.append(&mut of_rule.gaps);
    }
    rendered
}

/// What is collected for one rule.
struct OfRule {
    rule: &'static Rule,
    /// The denied requests: which operations on which resources, under which condition.
    requests: Vec<(Target, Vec<&'static Operation>)>,
    /// Condition keys that some operations lack.
    without_key: Vec<(String, Vec<&'static str>)>,
    gaps: Vec<Gap>,
}

/// A condition, and the ARNs of the resources that it is about; `None`: all.
type Target = (Condition, Option<&'static str>);

impl OfRule {
    fn cell(&mut self, cell: &Cell, policy: &Policy) {
        let whose = if cell.bounds.is_empty() { "" } else { " for some callers, by an override" };
        if cell.settings.mode() == Mode::Observe {
            return self.gap(GapKind::LeftOut, &format!("its mode is `observe`{whose}"));
        }
        if cell.settings.prevent() == Prevent::Off {
            let set = match cell.settings.choice(&PREVENT) {
                Some(_) => "`prevent` is `off`",
                None => {
                    "it only alerts, so `prevent` is `off` by default: set `prevent = \"deny\"` to deny what it finds"
                }
            };
            return self.gap(GapKind::LeftOut, &format!("{set}{whose}"));
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
                        Ok(condition) => self.deny((condition, denial.resources), &within),
                        Err(Conflict::Never) => {}
                        Err(Conflict::Inexpressible(key)) => {
                            let what = format!(
                                "callers for whom two overrides test `{key}`: one condition cannot test it twice"
                            );
                            self.gap(GapKind::Looser, &what);
                        }
                    }
                }
            }
        }
    }

    /// The operations of a denial whose requests carry the keys of its condition. The other operations are gaps.
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

    /// Notes what the rule reads in requests but no condition key holds.
    fn slots_without_key(&mut self) {
        let mut silent: Vec<&str> = Vec::new();
        let mut partly: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
        for operation in self.rule.operations() {
            // A rule about an object reads what is in it.
            let governed = operation.slots().filter(|slot| self.rule.governs.contains(&slot.field));
            let governed = governed.flat_map(|slot| match slot.field {
                Field::Vpc => operation.slots_inside(slot.path).collect(),
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

    fn deny(&mut self, target: Target, operations: &[&'static Operation]) {
        match self.requests.iter_mut().find(|(known, _)| *known == target) {
            Some((_, known)) => {
                known.extend(operations);
                known.sort_unstable_by_key(|operation| operation.name);
                known.dedup_by_key(|operation| operation.name);
            }
            None => self.requests.push((target, operations.to_vec())),
        }
    }

    fn gap(&mut self, kind: GapKind, what: &str) {
        let gap = Gap { rule: self.rule.id, kind, what: what.to_owned() };
        if !self.gaps.contains(&gap) {
            self.gaps.push(gap);
        }
    }

    fn statements(&mut self) -> Vec<RuleStatement> {
        for (key, names) in std::mem::take(&mut self.without_key) {
            let what = format!("{}: their requests carry no condition key `{key}`", quoted(&names));
            self.gap(GapKind::Looser, &what);
        }
        let requests = std::mem::take(&mut self.requests);
        let mut statements = Vec::new();
        for (index, ((condition, resources), operations)) in requests.into_iter().enumerate() {
            let number = if index == 0 { String::new() } else { (index + 1).to_string() };
            let sid = format!("{}{number}", camel_case(self.rule.id));
            let mut names: Vec<_> = operations.iter().map(|operation| operation.name).collect();
            names.sort_unstable();
            let names: Vec<_> = names.iter().map(|name| format!("sagemaker:{name}")).collect();
            match Statement::deny(sid, names, condition) {
                Ok(statement) => statements.push(RuleStatement {
                    rule: self.rule,
                    statement: match resources {
                        Some(resources) => statement.on([resources]),
                        None => statement,
                    },
                }),
                Err(unsound) => self.gap(GapKind::Looser, &unsound.to_string()),
            }
        }
        statements
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::RULES;

    fn render(policy: &str) -> Vec<String> {
        let text = format!("version = 1\n{policy}");
        let policy = Policy::parse(&text).expect(&text);
        let rendered = preventive_statements(&policy, &|_| true);
        let statements = rendered.statements.iter();
        statements
            .map(|statement| {
                let json = serde_json::to_value(&statement.statement).unwrap();
                format!("{} {} {}", json["Sid"].as_str().unwrap(), json["Action"], json["Condition"])
            })
            .collect()
    }

    /// Those about jobs alone.
    fn of_jobs(policy: &str) -> Vec<String> {
        render(policy).into_iter().filter(|statement| statement.contains("EnableRemoteDebug")).collect()
    }

    #[test]
    fn rules_say_what_iam_can_prevent() {
        for rule in RULES.iter().filter(|rule| rule.id != "foreign-execution-role") {
            let table = rule.example_table();
            let tags = "[tags.CostCenter]\nrequired = true\nmatch = 'principal'\nvalues = ['CC-*']\n";
            let text = format!("version = 1\n[abac]\nprojects = ['a']\n{table}prevent = 'deny'\n{tags}");
            let rendered = preventive_statements(&Policy::parse(&text).expect(&text), &|_| true);
            let (has_statements, has_gaps) = (!rendered.statements.is_empty(), !rendered.gaps.is_empty());
            let expected = match rule.prevention {
                Prevention::Iam => (true, false),
                Prevention::Partly(_) => (true, true),
                Prevention::None(_) => (false, true),
            };
            assert_eq!((has_statements, has_gaps), expected, "{}: {:#?}", rule.id, rendered.gaps);
        }
    }

    const TRAINING: &str = r#"["sagemaker:CreateTrainingJob","sagemaker:UpdateTrainingJob"]"#;
    const SHELL: &str = r#""Bool":{"sagemaker:EnableRemoteDebug":"true"}"#;

    #[test]
    fn one_statement_for_each_way_to_be_outside_of_an_override() {
        let observed = |when: &str| {
            of_jobs(&format!(
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
        assert_eq!(
            observed("tags = { Environment = ['prod', 'dev'], Owner = [] }"),
            [format!(
                r#"RemoteShell {TRAINING} {{{SHELL},"StringNotEquals":{{"aws:PrincipalTag/Environment":["prod","dev"]}}}}"#
            )]
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
            of_jobs(&policy),
            [
                format!("RemoteShell {TRAINING} {{{SHELL},{both}}}"),
                format!("RemoteShell2 {TRAINING} {{{SHELL},{},{one}}}", from("2027-02-01")),
                format!("RemoteShell3 {TRAINING} {{{SHELL},{}}}", from("2027-03-01")),
            ]
        );
    }
}
