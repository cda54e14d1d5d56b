//! Reads the settings of a policy file for some callers: `[[overrides]]` and `[[exemptions]]`.

use std::ops::Range;

use super::entries::texts_in;
use super::model::{Exemption, Override, Setup, When};
use super::nearest::nearest;
use super::nodes::{Reader, Table, Text};
use crate::operations::{OPERATION_NAMES, Operation};
use crate::rules::Rule;
use crate::settings::tables::{exemption, when};
use crate::settings::{Abac, Persona};

/// The rest of the file, for warnings about entries that can never have an effect.
pub(super) struct Context<'a> {
    pub setups: &'a [Setup],
    pub personas: &'a [Persona],
    pub abac: &'a Abac,
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
        let entries = self.entries(when::ALL, table);
        if let Some(known) = &context.abac.projects {
            let known: Vec<_> = known.iter().map(String::as_str).collect();
            self.can_match("project", &texts_in(table, &when::PROJECTS), &known, "`abac.projects` does not list it");
        }
        let known: Vec<_> = context.personas.iter().map(|persona| persona.name.as_str()).collect();
        let personas = texts_in(table, &when::PERSONAS);
        self.can_match("persona", &personas, &known, "there is no `[personas]` table for it");
        self.check_principals(&texts_in(table, &when::PRINCIPALS));
        for (name, span) in texts_in(table, &when::OPERATIONS) {
            if OPERATION_NAMES.contains(&name.as_str()) && Operation::named(&name).is_none() {
                let help = "Tagwarden does not judge calls of this operation";
                self.warning(span, format!("the operation `{name}` can never match"), help);
            }
        }
        let texts = |spec| entries.texts(spec).unwrap_or_default();
        When {
            projects: texts(&when::PROJECTS),
            personas: texts(&when::PERSONAS),
            tags: entries.lists(&when::TAGS),
            accounts: texts(&when::ACCOUNTS),
            principals: entries.patterns(&when::PRINCIPALS).unwrap_or_default(),
            operations: texts(&when::OPERATIONS),
        }
    }

    pub fn exemptions(&mut self, root: &Table, context: &Context) -> Vec<Exemption> {
        let mut exemptions = Vec::new();
        for (node, table) in self.tables_at(root, "exemptions") {
            let entries = self.entries(exemption::ALL, table);
            for spec in exemption::ALL.iter().filter(|spec| !table.contains_key(spec.name)) {
                self.error(node.span(), format!("the exemption needs `{}`", spec.name), spec.meaning);
            }
            self.check_principals(&texts_in(table, &exemption::PRINCIPALS));
            let mut ids = Vec::new();
            for (name, span) in texts_in(table, &exemption::RULES) {
                if let Some(rule) = Rule::named(&name) {
                    self.warn_if_off(rule, &span, context);
                    ids.push(rule.id);
                }
            }
            let (principals, until) = (entries.patterns(&exemption::PRINCIPALS), entries.date(&exemption::UNTIL));
            let (reason, owner) = (entries.text(&exemption::REASON), entries.text(&exemption::OWNER));
            if let (Some(principals), Some(until), Some(reason), Some(owner)) = (principals, until, reason, owner) {
                exemptions.push(Exemption { principals, rules: ids, until, reason, owner });
            }
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
