//! Conditions of IAM statements: tests that must all hold.
//!
//! Source: IAM User Guide, "IAM JSON policy elements: Condition operators" and "Multivalued context keys".

use serde::{Serialize, Serializer};

use crate::terms::Pattern;

/// One test: an operator, a condition key, and the values to compare with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Test {
    pub(super) operator: &'static str,
    pub(super) key: String,
    pub(super) values: Vec<String>,
}

impl Test {
    fn new(operator: &'static str, key: impl Into<String>, values: impl IntoIterator<Item = String>) -> Self {
        Self { operator, key: key.into(), values: values.into_iter().collect() }
    }

    /// The request does not carry the key.
    pub fn is_unset(key: &str) -> Self {
        Self::new("Null", key, ["true".to_owned()])
    }

    /// The request carries the key.
    pub fn is_set(key: &str) -> Self {
        Self::new("Null", key, ["false".to_owned()])
    }

    /// The value is one of these.
    pub fn equals(key: impl Into<String>, values: &[impl AsRef<str>]) -> Self {
        Self::new("StringEquals", key, values.iter().map(literal))
    }

    /// The value is none of these, or there is none.
    pub fn not_equals(key: impl Into<String>, values: &[impl AsRef<str>]) -> Self {
        Self::new("StringNotEquals", key, values.iter().map(literal))
    }

    /// The value differs from that of another key, or one of the two is not there.
    pub fn differs_from(key: impl Into<String>, other: &str) -> Self {
        Self::new("StringNotEquals", key, [format!("${{{other}}}")])
    }

    /// The value is neither that of another key nor one of these, or one of the two keys is not there.
    pub fn differs_from_all(key: impl Into<String>, other: &str, values: &[impl AsRef<str>]) -> Self {
        Self::new("StringNotEquals", key, [format!("${{{other}}}")].into_iter().chain(values.iter().map(literal)))
    }

    /// The value equals that of another key, and both are there.
    pub fn equals_key(key: impl Into<String>, other: &str) -> Self {
        Self::new("StringEquals", key, [format!("${{{other}}}")])
    }

    /// The value equals that of another key, which is there, or there is no value.
    pub fn equals_key_or_unset(key: impl Into<String>, other: &str) -> Self {
        Self::new("StringEqualsIfExists", key, [format!("${{{other}}}")])
    }

    /// The value matches one of these.
    pub fn like(key: impl Into<String>, patterns: &[Pattern]) -> Self {
        Self::new("StringLike", key, patterns.iter().map(wildcards))
    }

    /// The ARN matches one of these, part by part.
    pub fn arn_like(key: impl Into<String>, patterns: impl IntoIterator<Item = String>) -> Self {
        Self::new("ArnLike", key, patterns)
    }

    /// The ARN matches none of these, part by part, or there is none.
    pub fn arn_not_like(key: impl Into<String>, patterns: impl IntoIterator<Item = String>) -> Self {
        Self::new("ArnNotLike", key, patterns)
    }

    /// The value matches none of these, or there is none.
    pub fn not_like(key: impl Into<String>, patterns: &[Pattern]) -> Self {
        Self::new("StringNotLike", key, patterns.iter().map(wildcards))
    }

    /// The value matches none of these, which are in IAM's own form, or there is none.
    pub fn not_like_values(key: impl Into<String>, values: impl IntoIterator<Item = String>) -> Self {
        Self::new("StringNotLike", key, values)
    }

    /// There is a value, and it is not empty.
    pub fn has_text(key: impl Into<String>) -> Self {
        Self::new("StringLike", key, [SOME_TEXT.to_owned()])
    }

    /// There is no value, or it is empty.
    pub fn lacks_text(key: impl Into<String>) -> Self {
        Self::new("StringNotLike", key, [SOME_TEXT.to_owned()])
    }

    /// Of several values, at least one matches none of these. It does not hold if there is no value.
    pub fn any_not_like(key: &str, patterns: &[Pattern]) -> Self {
        match patterns {
            // IAM does not accept an empty list. Every value is outside it.
            [] => Self::new("ForAnyValue:StringLike", key, ["*".to_owned()]),
            _ => Self::new("ForAnyValue:StringNotLike", key, patterns.iter().map(wildcards)),
        }
    }

    /// Of several values, at least one is one of these. It does not hold if there is no value.
    pub fn any_equals(key: &str, values: &[impl AsRef<str>]) -> Self {
        Self::new("ForAnyValue:StringEquals", key, values.iter().map(literal))
    }

    /// Of several values, at least one is one of these, regardless of case. It does not hold if there is no value.
    pub fn any_equals_ignoring_case(key: &str, values: &[impl AsRef<str>]) -> Self {
        Self::new("ForAnyValue:StringEqualsIgnoreCase", key, values.iter().map(literal))
    }

    /// Of several values, none is this one. It also holds if there is no value.
    pub fn none_equals(key: &str, value: &str) -> Self {
        Self::new("ForAllValues:StringNotEquals", key, [literal(&value)])
    }

    /// Of several values, none has any text. It also holds if there is no value; `Null` does not hold for an empty
    /// list.
    pub fn none_has_text(key: &str) -> Self {
        Self::new("ForAllValues:StringNotLike", key, [SOME_TEXT.to_owned()])
    }

    /// The flag is there, and on.
    pub fn is_true(key: &str) -> Self {
        Self::new("Bool", key, ["true".to_owned()])
    }

    /// The flag is there, and off.
    pub fn is_false(key: &str) -> Self {
        Self::new("Bool", key, ["false".to_owned()])
    }

    /// The flag is off, or not there.
    pub fn is_not_true(key: &str) -> Self {
        Self::new("BoolIfExists", key, ["false".to_owned()])
    }

    /// The number is there, and above this.
    pub fn above(key: &str, limit: u64) -> Self {
        Self::new("NumericGreaterThan", key, [limit.to_string()])
    }

    /// The number is above this, or not there.
    pub fn above_or_unset(key: &str, limit: u64) -> Self {
        Self::new("NumericGreaterThanIfExists", key, [limit.to_string()])
    }

    /// The time is this time or later.
    pub fn from(key: &str, time: jiff::Timestamp) -> Self {
        Self::new("DateGreaterThanEquals", key, [time.to_string()])
    }

    /// The condition key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Whether it can hold only if the request carries the key.
    pub fn needs_key(&self) -> bool {
        let holds_without = self.operator.contains("Not") || self.operator.ends_with("IfExists");
        match self.operator {
            "Null" => self.values == ["false"],
            operator if operator.starts_with("ForAllValues:") => false,
            operator if operator.starts_with("ForAnyValue:") => true,
            _ => !holds_without,
        }
    }

    /// Whether a condition block can hold only one of the two.
    fn is_like(&self, other: &Self) -> bool {
        self.operator == other.operator && self.key.eq_ignore_ascii_case(&other.key)
    }

    /// Combines two tests of the same key with the same operator, which a condition block can hold only once.
    fn and(&self, other: &Self) -> Result<Self, Conflict> {
        let values: Vec<String> = match self.operator {
            "StringNotEquals" | "StringNotLike" => {
                let added = other.values.iter().filter(|value| !self.values.contains(value));
                self.values.iter().chain(added).cloned().collect()
            }
            "StringEquals" => self.values.iter().filter(|value| other.values.contains(value)).cloned().collect(),
            _ if self.values == other.values => self.values.clone(),
            _ => return Err(Conflict::Inexpressible(self.key.clone())),
        };
        if values.is_empty() { Err(Conflict::Never) } else { Ok(Self { values, ..self.clone() }) }
    }
}

/// Why one statement cannot test both conditions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// They can never both hold.
    Never,
    /// A condition block can test this key only once with this operator.
    Inexpressible(String),
}

const SOME_TEXT: &str = "?*";

/// A text that stands for itself. IAM replaces policy variables, `${…}`, in every value.
fn literal(text: &impl AsRef<str>) -> String {
    text.as_ref().replace("${", "${$}{")
}

/// A pattern as a value of `StringLike`, for which `?` is a wildcard as well.
pub fn wildcards(pattern: &Pattern) -> String {
    literal(&pattern.as_str()).replace('?', "${?}")
}

/// The condition block of a statement: all of its tests must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Condition(pub(super) Vec<Test>);

impl Condition {
    /// Its tests.
    pub fn tests(&self) -> &[Test] {
        &self.0
    }

    /// This condition and one more test, of another key or with another operator. A statement refuses anything else.
    #[must_use]
    pub fn with(mut self, test: Test) -> Self {
        self.0.push(test);
        self
    }

    /// A key that is tested twice with the same operator.
    pub(super) fn tested_twice(&self) -> Option<&str> {
        let is_again = |(index, test): &(usize, &Test)| self.0.iter().take(*index).any(|known| known.is_like(test));
        self.0.iter().enumerate().find(is_again).map(|(_, test)| test.key())
    }

    /// This condition and one more test, combined.
    ///
    /// # Errors
    /// If the two cannot hold at once, or cannot be written as one condition.
    pub fn and(mut self, test: Test) -> Result<Self, Conflict> {
        match self.0.iter_mut().find(|known| known.is_like(&test)) {
            Some(known) => *known = known.and(&test)?,
            None => self.0.push(test),
        }
        Ok(self)
    }
}

impl<const N: usize> From<[Test; N]> for Condition {
    fn from(tests: [Test; N]) -> Self {
        Self(tests.into())
    }
}

impl From<Test> for Condition {
    fn from(test: Test) -> Self {
        Self(vec![test])
    }
}

impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut operators: Vec<&str> = Vec::new();
        for test in &self.0 {
            if !operators.contains(&test.operator) {
                operators.push(test.operator);
            }
        }
        serializer.collect_map(operators.into_iter().map(|operator| {
            let tests = self.0.iter().filter(move |test| test.operator == operator);
            (operator, Keys(tests.collect()))
        }))
    }
}

/// The keys under one operator.
struct Keys<'t>(Vec<&'t Test>);

impl Serialize for Keys<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|test| (&test.key, super::OneOrMany(&test.values))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(condition: &Condition) -> String {
        serde_json::to_string(condition).unwrap()
    }

    #[test]
    fn tests_are_grouped_by_operator() {
        let condition = Condition::from([
            Test::differs_from("aws:RequestTag/Project", "aws:PrincipalTag/Project"),
            Test::has_text("aws:RequestTag/Project"),
            Test::has_text("aws:PrincipalTag/Project"),
        ]);
        assert_eq!(
            json(&condition),
            r#"{"StringNotEquals":{"aws:RequestTag/Project":"${aws:PrincipalTag/Project}"},"StringLike":{"aws:RequestTag/Project":"?*","aws:PrincipalTag/Project":"?*"}}"#
        );
    }

    #[test]
    fn values_stand_for_themselves() {
        let patterns = [Pattern::new("a?b*"), Pattern::new("${x}")];
        let condition = Condition::from(Test::like("k", &patterns));
        assert_eq!(json(&condition), r#"{"StringLike":{"k":["a${?}b*","${$}{x}"]}}"#);
        assert_eq!(json(&Test::equals("k", &["*?"]).into()), r#"{"StringEquals":{"k":"*?"}}"#);
    }

    #[test]
    fn one_key_can_be_tested_twice_where_both_tests_are_one() {
        let (a, ab) = (["a"], ["a", "b"]);
        let and = |one: Test, other| Condition::from(one).and(other).map(|both| json(&both));
        assert_eq!(
            and(Test::not_equals("k", &a), Test::not_equals("K", &["b"])),
            Ok(r#"{"StringNotEquals":{"k":["a","b"]}}"#.to_owned())
        );
        assert_eq!(and(Test::equals("k", &ab), Test::equals("k", &a)), Ok(r#"{"StringEquals":{"k":"a"}}"#.to_owned()));
        assert_eq!(and(Test::equals("k", &["b"]), Test::equals("k", &a)), Err(Conflict::Never));
        let like = |text: &'static str| Test::like("k", &[Pattern::new(text)]);
        assert_eq!(and(like("a*"), like("*b")), Err(Conflict::Inexpressible("k".to_owned())));
    }
}
