//! Reads the settings of a policy file for some callers: `[[overrides]]` and `[[exemptions]]`.

use std::ops::Range;

use super::model::{Exemption, Override, Setup, When};
use super::nearest::nearest;
use super::nodes::{Reader, Table, Text, values};
use crate::operations::{OPERATION_NAMES, Operation};
use crate::rules::{RULES, Rule};
use crate::settings::Persona;
use crate::terms::Pattern;

/// The rest of the file, for warnings about entries that can never have an effect.
pub(super) struct Context<'a> {
    pub setups: &'a [Setup],
    pub personas: &'a [Persona],
    pub projects: Option<&'a [String]>,
}

impl Reader {
    pub fn overrides(&mut self, root: &Table, context: &Context) -> Vec<Override> {
        let mut overrides: Vec<(Override, Range<usize>)> = Vec::new();
        for (node, table) in self.tables_at(root, "overrides") {
            self.known_keys(table, &["when", "rules"]);
            let Some(when) = table.get("when") else {
                self.error(
                    node.span(),
                    "the override needs `when`",
                    "say which calls it applies to, such as `when = { projects = [\"atlas\"] }`",
                );
                continue;
            };
            let Some(when) = self.table(when).map(|table| self.when(table, context)) else { continue };
            let tables = self.rule_tables(table);
            if tables.is_empty() && !table.contains_key("rules") {
                self.error(
                    node.span(),
                    "the override changes nothing",
                    "add a setting such as `rules.excessive-runtime.max-hours = 168`",
                );
            }
            for (rule, span, node) in tables {
                let Some(table) = self.table(node) else { continue };
                let settings = self.settings(rule, table);
                self.warn_if_off(rule, &span, context);
                for (key, _) in table {
                    let hidden = overrides.iter().any(|(earlier, _)| {
                        earlier.rule == rule.id
                            && earlier.when.covers(&when)
                            && earlier.settings.iter().any(|(name, _)| name == key.get_ref())
                    });
                    if hidden {
                        let message = format!("an earlier override always hides this `{}`", key.get_ref());
                        self.warning(
                            key.span(),
                            message,
                            "the first matching override wins: put the narrower one first",
                        );
                    }
                }
                overrides.push((Override { when: when.clone(), settings, rule: rule.id }, span));
            }
        }
        overrides.into_iter().map(|(found, _)| found).collect()
    }

    fn when(&mut self, table: &Table, context: &Context) -> When {
        self.known_keys(table, &["projects", "personas", "accounts", "principals", "operations"]);
        let mut list = |name| table.get(name).and_then(|node| self.texts(node)).unwrap_or_default();
        let (projects, personas, accounts) = (list("projects"), list("personas"), list("accounts"));
        let (principals, operations) = (list("principals"), list("operations"));
        if let Some(known) = context.projects {
            let known: Vec<_> = known.iter().map(String::as_str).collect();
            self.can_match("project", &projects, &known, "`abac.projects` does not list it");
        }
        let known: Vec<_> = context.personas.iter().map(|persona| persona.name.as_str()).collect();
        self.can_match("persona", &personas, &known, "there is no `[personas]` table for it");
        self.check_principals(&principals);
        self.check_operations(&operations);
        for (name, span) in &operations {
            if OPERATION_NAMES.contains(&name.as_str()) && Operation::named(name).is_none() {
                let help = "Tagwarden does not judge calls of this operation";
                self.warning(span.clone(), format!("the operation `{name}` can never match"), help);
            }
        }
        for (account, span) in &accounts {
            if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
                self.error(span.clone(), format!("`{account}` is not an account id"), "expected 12 digits");
            }
        }
        When {
            projects: values(projects),
            personas: values(personas),
            accounts: values(accounts),
            principals: values(principals).into_iter().map(Pattern::new).collect(),
            operations: values(operations),
        }
    }

    pub fn exemptions(&mut self, root: &Table, context: &Context) -> Vec<Exemption> {
        let mut exemptions = Vec::new();
        for (node, table) in self.tables_at(root, "exemptions") {
            self.known_keys(table, &["principals", "rules", "until", "reason", "owner"]);
            let mut mandatory = |name: &str, why: &str| {
                let found = table.get(name);
                if found.is_none() {
                    self.error(node.span(), format!("the exemption needs `{name}`"), why);
                }
                found
            };
            let principals = mandatory("principals", "say which principals it exempts");
            let rules = mandatory("rules", "say which rules it covers");
            let until = mandatory("until", "give its last day, such as `until = 2027-01-31`");
            let reason = mandatory("reason", "say why it is granted");
            let owner = mandatory("owner", "say who is responsible for it");
            let (Some(principals), Some(rules), Some(until), Some(reason), Some(owner)) =
                (principals, rules, until, reason, owner)
            else {
                continue;
            };
            let (principals, rules) = (self.some_texts(principals), self.some_texts(rules));
            let (until, reason, owner) = (self.date(until), self.text(reason), self.text(owner));
            let (Some(principals), Some(rules), Some(until), Some(reason), Some(owner)) =
                (principals, rules, until, reason, owner)
            else {
                continue;
            };
            self.check_principals(&principals);
            let mut ids = Vec::new();
            for (name, span) in &rules {
                match Rule::named(name) {
                    None => self.unknown_name("rule", name, span.clone(), RULES.iter().map(|rule| rule.id)),
                    Some(rule) => {
                        self.warn_if_off(rule, span, context);
                        ids.push(rule.id);
                    }
                }
            }
            let principals = values(principals).into_iter().map(Pattern::new).collect();
            exemptions.push(Exemption { principals, rules: ids, until, reason, owner });
        }
        exemptions
    }

    fn check_principals(&mut self, principals: &[Text]) {
        for (text, span) in principals {
            if text.contains(":assumed-role/") {
                let help = "name the role: `arn:aws:iam::ACCOUNT:role/NAME`";
                self.warning(span.clone(), "a session's ARN never matches", help);
            } else if !text.starts_with("arn:") && !text.starts_with('*') {
                let help = "expected the ARN of an IAM role or user, or a pattern of such ARNs with `*`";
                self.warning(span.clone(), format!("`{text}` can never match"), help);
            }
        }
    }

    pub fn can_match(&mut self, what: &str, names: &[Text], known: &[&str], why: &str) {
        for (name, span) in names {
            if !known.contains(&name.as_str()) {
                let near = nearest(name, known.iter().copied()).map(|near| format!("; did you mean `{near}`?"));
                let help = format!("{why}{}", near.unwrap_or_default());
                self.warning(span.clone(), format!("the {what} `{name}` can never match"), help);
            }
        }
    }

    fn warn_if_off(&mut self, rule: &Rule, span: &Range<usize>, context: &Context) {
        if !context.setups.iter().any(|setup| setup.rule.id == rule.id) {
            let help = format!("a rule is on when it has a table: `[rules.{}]`", rule.id);
            self.warning(span.clone(), format!("the rule `{}` is off", rule.id), help);
        }
    }
}
