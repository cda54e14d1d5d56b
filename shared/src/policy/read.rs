//! Reads a policy file. It reports everything that is wrong, with its place and the nearest valid name.

use jiff::civil::Date;
use toml::de::{DeTable, DeValue};

use super::diagnostic::{Diagnostic, Level};
use super::exceptions::Context;
use super::model::{Policy, Setup};
use super::nodes::{Reader, Table, values};
use crate::rules::RULES;
use crate::settings::{self, Abac, DefaultValue, Persona, Setting};
use crate::terms::{Mode, OnUnknown, Pattern, SessionTags};

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Vec<Diagnostic>> {
        let (policy, problems) = read(text, None);
        let errors: Vec<_> = problems.into_iter().filter(|problem| problem.level == Level::Error).collect();
        policy.filter(|_| errors.is_empty()).ok_or(errors)
    }

    /// Everything that is wrong with a policy file, and everything in it that can never have an effect. That includes
    /// exemptions that expired before `today`.
    pub fn diagnose(text: &str, today: Date) -> Vec<Diagnostic> {
        read(text, Some(today)).1
    }
}

/// Reads `text`. There is no policy if the file is not TOML. A policy that comes with errors must not be used.
fn read(text: &str, today: Option<Date>) -> (Option<Policy>, Vec<Diagnostic>) {
    let document = match DeTable::parse(text) {
        Ok(document) => document,
        Err(error) => {
            let message = error.message().to_lowercase();
            let span = error.span().unwrap_or_default();
            return (None, vec![Diagnostic { level: Level::Error, span, message, help: None }]);
        }
    };
    let mut reader = Reader { today, problems: Vec::new() };
    let policy = reader.policy(document.get_ref());
    reader.problems.sort_by_key(|problem| (problem.span.start, problem.level == Level::Warning));
    (Some(policy), reader.problems)
}

impl Reader {
    fn policy(&mut self, root: &Table) -> Policy {
        self.known_keys(root, &["version", "abac", "defaults", "rules", "personas", "overrides", "exemptions"]);
        self.version(root);
        let abac = self.abac(root);
        let (mode, on_unknown) = self.defaults(root);
        let rules = self.rules(root, mode);
        let personas = self.personas(root);
        let context = Context { setups: &rules, personas: &personas, projects: abac.projects.as_deref() };
        self.check_rules(&context, &abac);
        let overrides = self.overrides(root, &context);
        let exemptions = self.exemptions(root, &context);
        Policy { abac, on_unknown, personas, observe_only: false, rules, overrides, exemptions }
    }

    fn version(&mut self, root: &Table) {
        match root.get("version") {
            None => self.error(0..0, "`version` is missing", "begin the file with `version = 1`"),
            Some(node) if !matches!(node.get_ref(), DeValue::Integer(version) if version.as_str() == "1") => {
                self.error(node.span(), "this version of the policy file is not supported", "expected `version = 1`");
            }
            Some(_) => {}
        }
    }

    fn abac(&mut self, root: &Table) -> Abac {
        let mut abac = Abac {
            tag: "Project".to_owned(),
            persona_tag: "Persona".to_owned(),
            projects: None,
            session_tags: SessionTags::Optional,
            shared: Vec::new(),
            administrators: Vec::new(),
        };
        let Some(table) = self.table_at(root, "abac") else { return abac };
        self.known_keys(table, &["tag", "persona-tag", "projects", "session-tags", "shared", "administrators"]);
        if let Some(tag) = table.get("tag").and_then(|node| self.text(node)) {
            abac.tag = tag;
        }
        if let Some(tag) = table.get("persona-tag").and_then(|node| self.text(node)) {
            abac.persona_tag = tag;
        }
        abac.projects = table.get("projects").and_then(|node| self.texts(node)).map(values);
        if let Some(mode) = table.get("session-tags").and_then(|node| self.choice(node, SessionTags::NAMES)) {
            abac.session_tags = SessionTags::named(mode).unwrap_or(abac.session_tags);
        }
        let shared = table.get("shared").and_then(|node| self.texts(node)).unwrap_or_default();
        if let Some(known) = &abac.projects {
            let known: Vec<_> = known.iter().map(String::as_str).collect();
            self.can_match("project", &shared, &known, "`abac.projects` does not list it");
        }
        for (value, span) in shared.iter().filter(|(value, _)| value.contains('*')) {
            let message = format!("`{value}` is not a project: the value of a tag cannot contain `*`");
            self.error(span.clone(), message, "name each project whose resources everybody may use");
        }
        abac.shared = values(shared);
        abac.administrators = self.administrators(table);
        abac
    }

    fn administrators(&mut self, table: &Table) -> Vec<Pattern<'static>> {
        let patterns = table.get("administrators").and_then(|node| self.texts(node)).unwrap_or_default();
        for (text, span) in &patterns {
            let expected = "expected the ARN of an IAM role or user, such as `arn:aws:iam::*:role/TagAdmin`";
            if text.contains(":assumed-role/") {
                let help = "name the role: `arn:aws:iam::ACCOUNT:role/NAME`";
                self.error(span.clone(), "a session's ARN never matches", help);
            } else if !text.starts_with("arn:") || !(text.contains(":role/") || text.contains(":user/")) {
                self.error(span.clone(), format!("`{text}` names no role or user"), expected);
            } else if text.ends_with(":role/*") || text.ends_with(":user/*") {
                let message = format!("`{text}` makes every role or user an administrator");
                self.warning(span.clone(), message, "name the roles that administer tags");
            }
        }
        values(patterns).into_iter().map(Pattern::new).collect()
    }

    fn defaults(&mut self, root: &Table) -> (Mode, OnUnknown) {
        let (mut mode, mut on_unknown) = (Mode::Enforce, OnUnknown::Alert);
        if let Some(table) = self.table_at(root, "defaults") {
            self.known_keys(table, &["mode", "on-unknown"]);
            if let Some(name) = table.get("mode").and_then(|node| self.choice(node, Mode::NAMES)) {
                mode = Mode::named(name).unwrap_or(mode);
            }
            if let Some(name) = table.get("on-unknown").and_then(|node| self.choice(node, OnUnknown::NAMES)) {
                on_unknown = OnUnknown::named(name).unwrap_or(on_unknown);
            }
        }
        (mode, on_unknown)
    }

    fn rules(&mut self, root: &Table, default_mode: Mode) -> Vec<Setup> {
        let mut setups = Vec::new();
        for (rule, key, node) in self.rule_tables(root) {
            let Some(table) = self.table(node) else { continue };
            let mut settings = self.settings(rule, table);
            for spec in rule.settings() {
                if table.contains_key(spec.name) {
                    continue;
                }
                match (spec.default, spec.default.setting()) {
                    (DefaultValue::Required, _) => {
                        self.error(key.clone(), format!("`{}` needs `{}`: {}", rule.id, spec.name, spec.meaning), "");
                    }
                    (_, Some(setting)) => settings.push((spec.name, setting)),
                    (_, None) => {}
                }
            }
            if !settings.iter().any(|(name, _)| *name == settings::MODE.name) {
                settings.push((settings::MODE.name, Setting::Choice(default_mode.as_str())));
            }
            setups.push(Setup { rule, settings, span: key });
        }
        setups.sort_by_key(|setup| RULES.iter().position(|rule| rule.id == setup.rule.id));
        setups
    }

    fn personas(&mut self, root: &Table) -> Vec<Persona> {
        let mut personas = Vec::new();
        for (name, node) in self.table_at(root, "personas").into_iter().flatten() {
            let Some(table) = self.table(node) else { continue };
            self.known_keys(table, &["operations"]);
            let Some(operations) = table.get("operations") else {
                self.error(
                    name.span(),
                    format!("persona `{}` needs `operations`", name.get_ref()),
                    "list the SageMaker operations that it may call",
                );
                continue;
            };
            let Some(operations) = self.texts(operations) else { continue };
            self.check_operations(&operations);
            personas.push(Persona { name: name.get_ref().to_string(), operations: values(operations) });
        }
        personas
    }

    /// Warns of rules that cannot have an effect.
    fn check_rules(&mut self, context: &Context, abac: &Abac) {
        for Setup { rule, span, .. } in context.setups {
            if let Some((message, help)) = (rule.without_effect)(abac, context.personas) {
                self.warning(span.clone(), message, help);
            }
        }
    }
}
