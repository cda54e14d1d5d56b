//! Reads what a table sets, by the descriptions of its settings.

use jiff::civil::Date;
use toml::de::DeValue;

use super::nearest::nearest;
use super::nodes::{Node, Reader, Table, Text, number, values};
use crate::operations::OPERATION_NAMES;
use crate::rules::{RULES, Rule};
use crate::settings::{Doubt, Kind, LONGEST_GRACE, Setting, Spec, Values};
use crate::terms::Pattern;

/// What a table sets, and the defaults of what it does not.
pub(super) struct Entries(Values);

impl Entries {
    fn get(&self, spec: &Spec) -> Option<&Setting> {
        self.0.iter().find(|(name, _)| *name == spec.name).map(|(_, setting)| setting)
    }

    pub fn flag(&self, spec: &Spec) -> bool {
        self.get(spec) == Some(&Setting::Flag(true))
    }

    pub fn choice(&self, spec: &Spec) -> Option<&'static str> {
        match self.get(spec)? {
            Setting::Choice(choice) => Some(choice),
            _ => None,
        }
    }

    pub fn number(&self, spec: &Spec) -> Option<f64> {
        match self.get(spec)? {
            Setting::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub fn date(&self, spec: &Spec) -> Option<Date> {
        match self.get(spec)? {
            Setting::Date(date) => Some(*date),
            _ => None,
        }
    }

    pub fn text(&self, spec: &Spec) -> Option<String> {
        match self.get(spec)? {
            Setting::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    pub fn texts(&self, spec: &Spec) -> Option<Vec<String>> {
        match self.get(spec)? {
            Setting::Texts(texts) => Some(texts.clone()),
            _ => None,
        }
    }

    pub fn patterns(&self, spec: &Spec) -> Option<Vec<Pattern<'static>>> {
        match self.get(spec)? {
            Setting::Patterns(patterns) => Some(patterns.clone()),
            Setting::Texts(texts) => Some(texts.iter().cloned().map(Pattern::new).collect()),
            _ => None,
        }
    }

    pub fn lists(&self, spec: &Spec) -> Vec<(String, Vec<String>)> {
        match self.get(spec) {
            Some(Setting::Lists(lists)) => lists.clone(),
            _ => Vec::new(),
        }
    }
}

impl Reader {
    /// What a table sets, with the defaults of what it does not.
    pub fn entries(&mut self, specs: &'static [Spec], table: &Table) -> Entries {
        let mut values = self.values(specs.iter(), table);
        let unset = specs.iter().filter(|spec| !table.contains_key(spec.name));
        values.extend(unset.filter_map(|spec| Some((spec.name, spec.default.setting()?))));
        Entries(values)
    }

    /// What a table sets.
    pub fn values(&mut self, specs: impl Iterator<Item = &'static Spec> + Clone, table: &Table) -> Values {
        let names: Vec<_> = specs.clone().map(|spec| spec.name).collect();
        self.known_keys(table, &names);
        specs.filter_map(|spec| Some((spec.name, self.setting(spec, table.get(spec.name)?)?))).collect()
    }

    fn setting(&mut self, spec: &'static Spec, node: &Node) -> Option<Setting> {
        let list = |texts: Vec<Text>| Setting::Texts(values(texts));
        match spec.kind {
            Kind::Patterns(doubt) | Kind::Exceptions(doubt) | Kind::Forbidden(doubt) => {
                let texts = self.texts(node)?;
                if texts.is_empty() {
                    self.warning(node.span(), format!("`{}` is empty", spec.name), "an empty list matches nothing");
                }
                self.warn_of_doubts(&texts, doubt);
                Some(Setting::Patterns(values(texts).into_iter().map(Pattern::new).collect()))
            }
            Kind::Count => match number(node) {
                Some(count) if count >= 1.0 && count.fract() == 0.0 => Some(Setting::Number(count)),
                _ => self.wrong(node, "a whole number from 1 up"),
            },
            Kind::Limit => match number(node) {
                Some(limit) if limit >= 0.0 && matches!(node.get_ref(), DeValue::Integer(_)) => {
                    Some(Setting::Number(limit))
                }
                _ => self.wrong(node, "a whole number from 0 up"),
            },
            Kind::Positive => match number(node) {
                Some(number) if number > 0.0 && number.is_finite() => Some(Setting::Number(number)),
                _ => self.wrong(node, "a number above 0"),
            },
            Kind::Minutes => match number(node) {
                Some(minutes) if (1.0..=LONGEST_GRACE.into()).contains(&minutes) && minutes.fract() == 0.0 => {
                    Some(Setting::Number(minutes))
                }
                _ => self.wrong(node, "a whole number of minutes from 1 to 1440, which is a day"),
            },
            Kind::Choice(names) => self.choice(node, names).map(Setting::Choice),
            Kind::Flag => match node.get_ref() {
                DeValue::Boolean(flag) => Some(Setting::Flag(*flag)),
                _ => self.wrong(node, "`true` or `false`"),
            },
            Kind::Text => self.text(node).map(Setting::Text),
            Kind::Date => self.date(node).map(Setting::Date),
            Kind::Texts => self.texts(node).map(list),
            Kind::SomeTexts => self.some_texts(node).map(list),
            Kind::Projects => {
                let texts = self.texts(node)?;
                for (value, span) in texts.iter().filter(|(value, _)| value.contains('*')) {
                    let message = format!("`{value}` is not a project: the value of a tag cannot contain `*`");
                    self.error(span.clone(), message, "name each project whose resources everybody may use");
                }
                Some(list(texts))
            }
            Kind::Accounts => {
                let texts = self.texts(node)?;
                for (account, span) in &texts {
                    if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
                        self.error(span.clone(), format!("`{account}` is not an account id"), "expected 12 digits");
                    }
                }
                Some(list(texts))
            }
            Kind::Operations => {
                let texts = self.texts(node)?;
                self.check_operations(&texts);
                Some(list(texts))
            }
            Kind::Principals => {
                let texts = self.texts(node)?;
                self.check_arns(&texts);
                Some(list(texts))
            }
            Kind::Rules => {
                let texts = self.some_texts(node)?;
                for (name, span) in texts.iter().filter(|(name, _)| Rule::named(name).is_none()) {
                    self.unknown_name("rule", name, span.clone(), RULES.iter().map(|rule| rule.id));
                }
                Some(list(texts))
            }
            Kind::Lists => {
                let mut lists = Vec::new();
                for (key, node) in self.table(node)? {
                    lists.push((key.get_ref().to_string(), values(self.texts(node)?)));
                }
                Some(Setting::Lists(lists))
            }
        }
    }

    fn warn_of_doubts(&mut self, texts: &[Text], doubt: fn(&str) -> Option<Doubt>) {
        for (text, span) in texts {
            match doubt(text) {
                Some(Doubt::NeverMatches(why)) => {
                    self.warning(span.clone(), format!("`{text}` can never match"), why);
                }
                Some(Doubt::MatchesStrangers(why)) => {
                    let message = format!("`{text}` also matches names that strangers can register");
                    self.warning(span.clone(), message, why);
                }
                None => {}
            }
        }
    }

    /// Warns about names that are not operations.
    fn check_operations(&mut self, operations: &[Text]) {
        for (name, span) in operations {
            if OPERATION_NAMES.binary_search(&name.as_str()).is_err() {
                let near = nearest(name, OPERATION_NAMES.iter().copied());
                let help = near.map(|near| format!("did you mean `{near}`?")).unwrap_or_default();
                self.warning(span.clone(), format!("SageMaker has no operation `{name}`"), help);
            }
        }
    }

    /// Judges the ARNs of administrators.
    fn check_arns(&mut self, patterns: &[Text]) {
        for (text, span) in patterns {
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
    }
}

/// The texts of a list, with their places. What is not a text is left out: reading the list reports it.
pub(super) fn texts_in(table: &Table, spec: &Spec) -> Vec<Text> {
    table.get(spec.name).map(texts_of).unwrap_or_default()
}

/// The same of a list itself.
pub(super) fn texts_of(list: &Node) -> Vec<Text> {
    let DeValue::Array(nodes) = list.get_ref() else { return Vec::new() };
    let text = |node: &Node| Some((node.get_ref().as_str()?.to_owned(), node.span()));
    nodes.iter().filter_map(text).collect()
}
