//! What a page stores once, however often its launches repeat it: texts and findings, each with a number that stands for it.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

use serde::Serialize;
use tagwarden::decide::Finding;

/// Texts and findings.
#[derive(Default, Serialize)]
pub struct Repeated {
    texts: Once<String>,
    findings: Once<Vec<Option<usize>>>,
}

impl Repeated {
    /// The number of a text.
    pub fn text(&mut self, text: &str) -> usize {
        self.texts.number(text)
    }

    /// The number of a finding. A finding is the numbers of its texts.
    pub fn finding(&mut self, finding: &Finding) -> usize {
        let Finding { rule, outcome, severity, path, actual, expected, message, fix } = finding;
        let [outcome, severity] = [outcome.as_str(), severity.as_str()];
        let texts = [
            Some(*rule),
            Some(outcome),
            Some(severity),
            Some(path),
            actual.as_deref(),
            Some(expected),
            Some(message),
            Some(fix),
        ];
        let numbers = texts.into_iter().map(|text| text.map(|text| self.text(text))).collect::<Vec<_>>();
        self.findings.number(&numbers)
    }
}

/// Values in the order of their numbers.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Once<T> {
    all: Vec<T>,
    #[serde(skip)]
    numbers: HashMap<T, usize>,
}

impl<T> Default for Once<T> {
    fn default() -> Self {
        Self { all: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T: Eq + Hash> Once<T> {
    /// The number of a value.
    pub fn number<Q: Eq + Hash + ToOwned<Owned = T> + ?Sized>(&mut self, value: &Q) -> usize
    where
        T: Borrow<Q>,
    {
        if let Some(number) = self.numbers.get(value) {
            return *number;
        }
        let number = self.all.len();
        self.all.push(value.to_owned());
        self.numbers.insert(value.to_owned(), number);
        number
    }
}
