//! Reads a policy file: everything that is wrong with it, each with its place and the nearest valid name.

use std::ops::Range;

use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::settings::{self, DefaultValue, Kind, Setting, Setup, Spec, rule_specs};
use super::{
    Abac, Diagnostic, Exemption, Level, Mode, OnUnknown, Override, Pattern, Persona, Policy, SessionTags, When,
};
use crate::operation_names::OPERATION_NAMES;
use crate::operations::Operation;
use crate::rules::{RULES, Rule};

type Node<'t> = Spanned<DeValue<'t>>;
type Table<'t> = DeTable<'t>;

/// Reads `text`. There is no policy where the file is no TOML; a policy that comes with errors must not be used.
pub(super) fn read(text: &str, today: Option<Date>) -> (Option<Policy>, Vec<Diagnostic>) {
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

struct Reader {
    today: Option<Date>,
    problems: Vec<Diagnostic>,
}

/// What the rest of the file is checked against, for warnings.
struct Context<'a> {
    setups: &'a [Setup],
    personas: &'a [Persona],
    projects: Option<&'a [String]>,
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
        self.check_rules(&context);
        let overrides = self.overrides(root, &context);
        let exemptions = self.exemptions(root, &context);
        Policy { abac, on_unknown, personas, observe_only: false, rules, overrides, exemptions }
    }

    fn version(&mut self, root: &Table) {
        match root.get("version") {
            None => self.error(0..0, "`version` is missing", "begin the file with `version = 1`"),
            Some(node) if !matches!(node.get_ref(), DeValue::Integer(version) if version.as_str() == "1") => {
                self.error(node.span(), "this version of the policy file is not known", "expected `version = 1`");
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
        };
        let Some(table) = self.table_at(root, "abac") else { return abac };
        self.known_keys(table, &["tag", "persona-tag", "projects", "session-tags"]);
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
        abac
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
            for spec in rule_specs(rule) {
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

    /// The tables under `rules` whose names are rules, with the spans of their names.
    fn rule_tables<'n, 't>(&mut self, parent: &'n Table<'t>) -> Vec<(&'static Rule, Range<usize>, &'n Node<'t>)> {
        let mut tables = Vec::new();
        for (name, node) in self.table_at(parent, "rules").into_iter().flatten() {
            match Rule::named(name.get_ref()) {
                Some(rule) => tables.push((rule, name.span(), node)),
                None => {
                    let names = RULES.iter().map(|rule| rule.id);
                    self.unknown_name("rule", name.get_ref(), name.span(), names);
                }
            }
        }
        tables
    }

    /// What a table sets for a rule.
    fn settings(&mut self, rule: &'static Rule, table: &Table) -> Vec<(&'static str, Setting)> {
        let names: Vec<_> = rule_specs(rule).map(|spec| spec.name).collect();
        self.known_keys(table, &names);
        rule_specs(rule).filter_map(|spec| Some((spec.name, self.setting(spec, table.get(spec.name)?)?))).collect()
    }

    fn setting(&mut self, spec: &'static Spec, node: &Node) -> Option<Setting> {
        match spec.kind {
            Kind::Patterns(futile) => {
                let texts = self.texts(node)?;
                if texts.is_empty() {
                    self.warning(node.span(), format!("`{}` is empty", spec.name), "an empty list matches nothing");
                }
                for (text, span) in &texts {
                    if let Some(why) = futile(text) {
                        self.warning(span.clone(), format!("`{text}` can never match"), why);
                    }
                }
                Some(Setting::Patterns(values(texts).into_iter().map(Pattern::new).collect()))
            }
            Kind::Count => match number(node) {
                Some(count) if count >= 1.0 && count.fract() == 0.0 => Some(Setting::Number(count)),
                _ => self.wrong(node, "a whole number from 1 up"),
            },
            Kind::Hours => match number(node) {
                Some(hours) if hours > 0.0 && hours.is_finite() => Some(Setting::Number(hours)),
                _ => self.wrong(node, "a number of hours above 0"),
            },
            Kind::Choice(names) => self.choice(node, names).map(Setting::Choice),
        }
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

    /// Warns of rules that cannot do what they are for.
    fn check_rules(&mut self, context: &Context) {
        for Setup { rule, span, .. } in context.setups {
            let span = span.clone();
            match rule.id {
                "unknown-project" if context.projects.is_none() => {
                    self.warning(
                        span,
                        "`unknown-project` has no list to compare with",
                        "set `projects` under `[abac]`",
                    );
                }
                "persona-overreach" if context.personas.is_empty() => {
                    let help = "add a table such as `[personas.data-scientist]`";
                    self.warning(span, "`persona-overreach` knows no persona, so that every caller fails", help);
                }
                _ => {}
            }
        }
    }

    fn overrides(&mut self, root: &Table, context: &Context) -> Vec<Override> {
        let mut overrides: Vec<(Override, Range<usize>)> = Vec::new();
        for (node, table) in self.tables_at(root, "overrides") {
            self.known_keys(table, &["when", "rules"]);
            let Some(when) = table.get("when") else {
                self.error(
                    node.span(),
                    "the override needs `when`",
                    "say which calls it is for, such as `when = { projects = [\"atlas\"] }`",
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
                            "the first override that matches wins: put the narrower one first",
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
            self.can_match("project", &projects, &known, "no project of `abac.projects` has this name");
        }
        let known: Vec<_> = context.personas.iter().map(|persona| persona.name.as_str()).collect();
        self.can_match("persona", &personas, &known, "no `[personas]` table has this name");
        self.check_principals(&principals);
        self.check_operations(&operations);
        for (name, span) in &operations {
            if OPERATION_NAMES.contains(&name.as_str()) && Operation::named(name).is_none() {
                let help = "calls to it are not judged";
                self.warning(span.clone(), format!("the operation `{name}` can never match"), help);
            }
        }
        for (account, span) in &accounts {
            if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
                self.error(span.clone(), format!("`{account}` is no account id"), "expected 12 digits");
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

    fn exemptions(&mut self, root: &Table, context: &Context) -> Vec<Exemption> {
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
            let principals = mandatory("principals", "say whose violations do not count");
            let rules = mandatory("rules", "say which rules it is for");
            let until = mandatory("until", "say on which day it ends, such as `until = 2027-01-31`");
            let reason = mandatory("reason", "say why it is granted");
            let owner = mandatory("owner", "say who answers for it");
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

    fn date(&mut self, node: &Node) -> Option<Date> {
        let parsed = match node.get_ref() {
            DeValue::Datetime(datetime) if datetime.time.is_none() => datetime.date.and_then(|date| {
                let (year, month, day) = (i16::try_from(date.year), i8::try_from(date.month), i8::try_from(date.day));
                Date::new(year.ok()?, month.ok()?, day.ok()?).ok()
            }),
            _ => None,
        };
        let Some(date) = parsed else { return self.wrong(node, "a date without quotes, such as `2027-01-31`") };
        if self.today.is_some_and(|today| date < today) {
            self.warning(node.span(), format!("this exemption was over after {date}"), "remove it, or grant it anew");
        }
        Some(date)
    }

    fn check_principals(&mut self, principals: &[Text]) {
        for (text, span) in principals {
            if text.contains(":assumed-role/") {
                let help = "name the role: `arn:aws:iam::ACCOUNT:role/NAME`";
                self.warning(span.clone(), "a session's ARN never matches", help);
            } else if !text.starts_with("arn:") && !text.starts_with('*') {
                let help = "expected the ARN of an IAM role or user, or a `*` pattern of one";
                self.warning(span.clone(), format!("`{text}` can never match"), help);
            }
        }
    }

    /// Warns of names that no operation has.
    fn check_operations(&mut self, operations: &[Text]) {
        for (name, span) in operations {
            if OPERATION_NAMES.binary_search(&name.as_str()).is_err() {
                let near = nearest(name, OPERATION_NAMES.iter().copied());
                let help = near.map(|near| format!("did you mean `{near}`?")).unwrap_or_default();
                self.warning(span.clone(), format!("SageMaker has no operation `{name}`"), help);
            }
        }
    }

    fn can_match(&mut self, what: &str, names: &[Text], known: &[&str], why: &str) {
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

    fn known_keys(&mut self, table: &Table, known: &[&str]) {
        for (key, _) in table {
            if !known.contains(&key.get_ref().as_ref()) {
                self.unknown_name("key", key.get_ref(), key.span(), known.iter().copied());
            }
        }
    }

    fn unknown_name<'n>(
        &mut self,
        what: &str,
        name: &str,
        span: Range<usize>,
        known: impl Iterator<Item = &'n str> + Clone,
    ) {
        let help = match nearest(name, known.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("expected one of {}", list(known)),
        };
        self.error(span, format!("unknown {what} `{name}`"), help);
    }

    fn table_at<'n, 't>(&mut self, parent: &'n Table<'t>, key: &str) -> Option<&'n Table<'t>> {
        parent.get(key).and_then(|node| self.table(node))
    }

    fn table<'n, 't>(&mut self, node: &'n Node<'t>) -> Option<&'n Table<'t>> {
        match node.get_ref() {
            DeValue::Table(table) => Some(table),
            _ => self.wrong(node, "a table"),
        }
    }

    fn tables_at<'n, 't>(&mut self, parent: &'n Table<'t>, key: &str) -> Vec<(&'n Node<'t>, &'n Table<'t>)> {
        let Some(node) = parent.get(key) else { return Vec::new() };
        match node.get_ref() {
            DeValue::Array(nodes) => {
                nodes.iter().filter_map(|node| self.table(node).map(|table| (node, table))).collect()
            }
            _ => {
                let expected = format!("tables that begin with `[[{key}]]`");
                self.wrong::<()>(node, &expected);
                Vec::new()
            }
        }
    }

    fn text(&mut self, node: &Node) -> Option<String> {
        match node.get_ref() {
            DeValue::String(text) if !text.trim().is_empty() => Some(text.to_string()),
            _ => self.wrong(node, "some text in quotes"),
        }
    }

    fn texts(&mut self, node: &Node) -> Option<Vec<Text>> {
        match node.get_ref() {
            DeValue::Array(nodes) => {
                let texts: Vec<_> = nodes.iter().map(|node| self.text(node).map(|text| (text, node.span()))).collect();
                texts.into_iter().collect()
            }
            _ => self.wrong(node, "a list of texts, such as `[\"a\", \"b\"]`"),
        }
    }

    fn some_texts(&mut self, node: &Node) -> Option<Vec<Text>> {
        let texts = self.texts(node)?;
        if texts.is_empty() { self.wrong(node, "at least one entry") } else { Some(texts) }
    }

    fn choice(&mut self, node: &Node, names: &[&'static str]) -> Option<&'static str> {
        let expected = format!("one of {}", list(names.iter().copied()));
        let DeValue::String(text) = node.get_ref() else { return self.wrong(node, &expected) };
        match names.iter().find(|name| *name == text) {
            Some(name) => Some(name),
            None => {
                let near = nearest(text, names.iter().copied()).map(|near| format!("; did you mean `{near}`?"));
                let help = format!("expected {expected}{}", near.unwrap_or_default());
                self.error(node.span(), format!("`{text}` is not possible here"), help);
                None
            }
        }
    }

    /// Reports a value that is not what is expected.
    fn wrong<T>(&mut self, node: &Node, expected: &str) -> Option<T> {
        let found = match node.get_ref() {
            DeValue::String(text) => format!("the text `{text}`"),
            DeValue::Integer(number) => format!("the number `{}`", number.as_str()),
            DeValue::Float(number) => format!("the number `{}`", number.as_str()),
            DeValue::Boolean(flag) => format!("`{flag}`"),
            DeValue::Datetime(datetime) => format!("the time `{datetime}`"),
            DeValue::Array(nodes) if nodes.is_empty() => "an empty list".to_owned(),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        };
        self.error(node.span(), format!("expected {expected}, found {found}"), "");
        None
    }

    fn error(&mut self, span: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.problem(Level::Error, span, message.into(), help.into());
    }

    fn warning(&mut self, span: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.problem(Level::Warning, span, message.into(), help.into());
    }

    fn problem(&mut self, level: Level, span: Range<usize>, message: String, help: String) {
        let help = Some(help).filter(|help| !help.is_empty());
        self.problems.push(Diagnostic { level, span, message, help });
    }
}

type Text = (String, Range<usize>);

fn values(texts: Vec<Text>) -> Vec<String> {
    texts.into_iter().map(|(text, _)| text).collect()
}

fn number(node: &Node) -> Option<f64> {
    match node.get_ref() {
        DeValue::Integer(number) => i32::from_str_radix(number.as_str(), number.radix()).ok().map(f64::from),
        DeValue::Float(number) => number.as_str().parse().ok(),
        _ => None,
    }
}

/// The known name that `name` was probably meant to be.
pub fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    const ALIKE: f64 = 0.7;
    known
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, candidate)| candidate)
}

fn list<'n>(names: impl Iterator<Item = &'n str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
