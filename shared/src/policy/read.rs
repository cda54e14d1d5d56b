//! Reads a policy file. It reports everything that is wrong, with its place and the nearest valid name.

use jiff::civil::Date;
use toml::de::{DeTable, DeValue};

use super::diagnostic::{Diagnostic, Level};
use super::entries::texts_in;
use super::exceptions::Context;
use super::model::{Policy, Setup};
use super::nodes::{Reader, Table};
use crate::rules::RULES;
use crate::settings::tables::{abac, defaults, limits, persona};
use crate::settings::{self, Abac, DefaultValue, Persona, Setting};
use crate::terms::{Mode, OnUnknown, SessionTags};

/// What a policy file may hold at its top.
pub(super) const TABLES: &[&str] =
    &["version", "abac", "tags", "defaults", "limits", "rules", "personas", "overrides", "exemptions"];

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
        self.known_keys(root, TABLES);
        self.version(root);
        let abac = self.abac(root);
        let (mode, on_unknown) = self.defaults(root);
        let stops_per_hour = self.stops_per_hour(root);
        let rules = self.rules(root, mode);
        let personas = self.personas(root);
        let context = Context { setups: &rules, personas: &personas, abac: &abac };
        self.check_rules(&context);
        let overrides = self.overrides(root, &context);
        let exemptions = self.exemptions(root, &context);
        Policy { abac, on_unknown, stops_per_hour, personas, observe_only: false, rules, overrides, exemptions }
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
        let empty = Table::new();
        let table = self.table_at(root, "abac").unwrap_or(&empty);
        let entries = self.entries(abac::ALL, table);
        let projects = entries.texts(&abac::PROJECTS);
        if let Some(known) = &projects {
            let known: Vec<_> = known.iter().map(String::as_str).collect();
            let shared = texts_in(table, &abac::SHARED);
            self.can_match("project", &shared, &known, "`abac.projects` does not list it");
        }
        let session_tags = entries.choice(&abac::SESSION_TAGS).and_then(SessionTags::named);
        let mut abac = Abac {
            tag: entries.text(&abac::TAG).unwrap_or_default(),
            persona_tag: entries.text(&abac::PERSONA_TAG).unwrap_or_default(),
            projects,
            session_tags: session_tags.unwrap_or(SessionTags::Optional),
            shared: entries.texts(&abac::SHARED).unwrap_or_default(),
            administrators: entries.patterns(&abac::ADMINISTRATORS).unwrap_or_default(),
            tags: Vec::new(),
        };
        abac.tags = self.tags(root, &abac);
        abac
    }

    fn stops_per_hour(&mut self, root: &Table) -> Option<u64> {
        let table = self.table_at(root, "limits")?;
        // It is a whole number, and not negative.
        self.entries(limits::ALL, table).number(&limits::STOPS_PER_HOUR).map(|stops| stops as u64)
    }

    fn defaults(&mut self, root: &Table) -> (Mode, OnUnknown) {
        let empty = Table::new();
        let table = self.table_at(root, "defaults").unwrap_or(&empty);
        let entries = self.entries(defaults::ALL, table);
        let mode = entries.choice(&defaults::MODE).and_then(Mode::named);
        let on_unknown = entries.choice(&defaults::ON_UNKNOWN).and_then(OnUnknown::named);
        (mode.unwrap_or(Mode::Enforce), on_unknown.unwrap_or(OnUnknown::Alert))
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
            let entries = self.entries(persona::ALL, table);
            if !table.contains_key(persona::OPERATIONS.name) {
                self.error(
                    name.span(),
                    format!("persona `{}` needs `operations`", name.get_ref()),
                    persona::OPERATIONS.meaning,
                );
            }
            let Some(operations) = entries.texts(&persona::OPERATIONS) else { continue };
            personas.push(Persona { name: name.get_ref().to_string(), operations });
        }
        personas
    }

    /// Warns of rules that cannot have an effect.
    fn check_rules(&mut self, context: &Context) {
        for Setup { rule, span, .. } in context.setups {
            if let Some((message, help)) = (rule.without_effect)(context.abac, context.personas) {
                self.warning(span.clone(), message, help);
            }
        }
    }
}
