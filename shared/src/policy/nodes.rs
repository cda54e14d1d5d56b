//! Typed access to the nodes of a policy file. It reports a wrong value with its place and the expected value.

use std::ops::Range;

use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnostic::{Diagnostic, Level};
use super::nearest::nearest;
use crate::terms::quoted;

pub(super) type Node<'t> = Spanned<DeValue<'t>>;
pub(super) type Table<'t> = DeTable<'t>;

/// A text, and the range of bytes in the file that holds it.
pub(super) type Text = (String, Range<usize>);

/// Collects the errors and warnings of a policy file.
pub(super) struct Reader {
    /// Decides which exemptions have expired. With `None`, that is not checked.
    pub today: Option<Date>,
    /// The errors and warnings so far.
    pub problems: Vec<Diagnostic>,
}

impl Reader {
    pub fn known_keys(&mut self, table: &Table, known: &[&str]) {
        for (key, _) in table {
            if !known.contains(&key.get_ref().as_ref()) {
                self.unknown_name("key", key.get_ref(), key.span(), known.iter().copied());
            }
        }
    }

    pub fn unknown_name<'n>(
        &mut self,
        what: &str,
        name: &str,
        span: Range<usize>,
        known: impl Iterator<Item = &'n str> + Clone,
    ) {
        let help = match nearest(name, known.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("expected one of {}", quoted(known)),
        };
        self.error(span, format!("unknown {what} `{name}`"), help);
    }

    pub fn table_at<'n, 't>(&mut self, parent: &'n Table<'t>, key: &str) -> Option<&'n Table<'t>> {
        parent.get(key).and_then(|node| self.table(node))
    }

    pub fn table<'n, 't>(&mut self, node: &'n Node<'t>) -> Option<&'n Table<'t>> {
        match node.get_ref() {
            DeValue::Table(table) => Some(table),
            _ => self.wrong(node, "a table"),
        }
    }

    pub fn tables_at<'n, 't>(&mut self, parent: &'n Table<'t>, key: &str) -> Vec<(&'n Node<'t>, &'n Table<'t>)> {
        let Some(node) = parent.get(key) else { return Vec::new() };
        match node.get_ref() {
            DeValue::Array(nodes) => {
                nodes.iter().filter_map(|node| self.table(node).map(|table| (node, table))).collect()
            }
            _ => {
                let expected = format!("tables headed `[[{key}]]`");
                self.wrong::<()>(node, &expected);
                Vec::new()
            }
        }
    }

    pub fn text(&mut self, node: &Node) -> Option<String> {
        match node.get_ref() {
            DeValue::String(text) if !text.trim().is_empty() => Some(text.to_string()),
            _ => self.wrong(node, "text in quotes"),
        }
    }

    pub fn texts(&mut self, node: &Node) -> Option<Vec<Text>> {
        match node.get_ref() {
            DeValue::Array(nodes) => {
                let texts: Vec<_> = nodes.iter().map(|node| self.text(node).map(|text| (text, node.span()))).collect();
                texts.into_iter().collect()
            }
            _ => self.wrong(node, "a list of texts, such as `[\"a\", \"b\"]`"),
        }
    }

    pub fn some_texts(&mut self, node: &Node) -> Option<Vec<Text>> {
        let texts = self.texts(node)?;
        if texts.is_empty() { self.wrong(node, "at least one entry") } else { Some(texts) }
    }

    pub fn choice(&mut self, node: &Node, names: &[&'static str]) -> Option<&'static str> {
        let expected = format!("one of {}", quoted(names.iter().copied()));
        let DeValue::String(text) = node.get_ref() else { return self.wrong(node, &expected) };
        match names.iter().find(|name| *name == text) {
            Some(name) => Some(name),
            None => {
                let near = nearest(text, names.iter().copied()).map(|near| format!("; did you mean `{near}`?"));
                let help = format!("expected {expected}{}", near.unwrap_or_default());
                self.error(node.span(), format!("`{text}` is not allowed here"), help);
                None
            }
        }
    }

    pub fn date(&mut self, node: &Node) -> Option<Date> {
        let parsed = match node.get_ref() {
            DeValue::Datetime(datetime) if datetime.time.is_none() => datetime.date.and_then(|date| {
                let (year, month, day) = (i16::try_from(date.year), i8::try_from(date.month), i8::try_from(date.day));
                Date::new(year.ok()?, month.ok()?, day.ok()?).ok()
            }),
            _ => None,
        };
        let Some(date) = parsed else { return self.wrong(node, "a date without quotes, such as `2027-01-31`") };
        if self.today.is_some_and(|today| date < today) {
            self.warning(node.span(), format!("this exemption expired after {date}"), "remove it, or extend it");
        }
        Some(date)
    }

    /// Reports a value that is not the expected one.
    pub fn wrong<T>(&mut self, node: &Node, expected: &str) -> Option<T> {
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

    pub fn error(&mut self, span: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.problem(Level::Error, span, message.into(), help.into());
    }

    pub fn warning(&mut self, span: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.problem(Level::Warning, span, message.into(), help.into());
    }

    fn problem(&mut self, level: Level, span: Range<usize>, message: String, help: String) {
        let help = Some(help).filter(|help| !help.is_empty());
        self.problems.push(Diagnostic { level, span, message, help });
    }
}

pub(super) fn values(texts: Vec<Text>) -> Vec<String> {
    texts.into_iter().map(|(text, _)| text).collect()
}

pub(super) fn number(node: &Node) -> Option<f64> {
    match node.get_ref() {
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).ok().map(|number| number as f64)
        }
        DeValue::Float(number) => number.as_str().parse().ok(),
        _ => None,
    }
}
