//! Conditions of policies, evaluated as far as the request is known.
//!
//! Source: IAM User Guide, "IAM JSON policy elements: Condition operators" and "Multivalued context keys".

use std::net::IpAddr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::context::{Context, Known};
use super::names::NamedText;
use super::shapes::{one_or_many, text};
use super::template::Template;
use super::truth::Truth;
use super::wildcards::{matches, matches_arn};

/// One operator on one condition key.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct KeyTest {
    /// The key, in lower case.
    pub key: String,
    quantifier: Option<Quantifier>,
    if_exists: bool,
    operator: Operator,
    negated: bool,
    pub values: Vec<Template>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quantifier {
    /// `ForAnyValue:`
    Any,
    /// `ForAllValues:`
    All,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    /// `StringLike`, `StringEquals`
    Text,
    /// `StringEqualsIgnoreCase`
    TextInAnyCase,
    /// `ArnLike`, `ArnEquals`: both compare with wildcards.
    Arn,
    /// `Bool`
    Flag,
    /// `Null`
    Absence,
    /// `Numeric…`
    Number(Comparison),
    /// `Date…`
    Time(Comparison),
    /// `IpAddress`
    Address,
    /// One that is not known here, such as `BinaryEquals`.
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equals,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "Equals" => Self::Equals,
            "LessThan" => Self::Less,
            "LessThanEquals" => Self::LessOrEqual,
            "GreaterThan" => Self::Greater,
            "GreaterThanEquals" => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    fn holds<T: PartialOrd>(self, actual: T, value: T) -> bool {
        match self {
            Self::Equals => actual == value,
            Self::Less => actual < value,
            Self::LessOrEqual => actual <= value,
            Self::Greater => actual > value,
            Self::GreaterOrEqual => actual >= value,
        }
    }
}

/// The operator of this name, without its quantifier and `IfExists`, whether it is negated, and whether `*` is a wildcard in
/// its values.
fn operator(name: &str) -> (Operator, bool, bool) {
    let (operator, negated, has_wildcards) = match name {
        "StringEquals" => (Operator::Text, false, false),
        "StringNotEquals" => (Operator::Text, true, false),
        "StringLike" => (Operator::Text, false, true),
        "StringNotLike" => (Operator::Text, true, true),
        "StringEqualsIgnoreCase" => (Operator::TextInAnyCase, false, false),
        "StringNotEqualsIgnoreCase" => (Operator::TextInAnyCase, true, false),
        "ArnEquals" | "ArnLike" => (Operator::Arn, false, true),
        "ArnNotEquals" | "ArnNotLike" => (Operator::Arn, true, true),
        "Bool" => (Operator::Flag, false, false),
        "Null" => (Operator::Absence, false, false),
        "IpAddress" => (Operator::Address, false, false),
        "NotIpAddress" => (Operator::Address, true, false),
        "NumericNotEquals" => (Operator::Number(Comparison::Equals), true, false),
        "DateNotEquals" => (Operator::Time(Comparison::Equals), true, false),
        name => {
            let number = name.strip_prefix("Numeric").and_then(Comparison::named).map(Operator::Number);
            let time = || name.strip_prefix("Date").and_then(Comparison::named).map(Operator::Time);
            (number.or_else(time).unwrap_or(Operator::Other), false, false)
        }
    };
    (operator, negated, has_wildcards)
}

/// The tests of a `Condition` element.
///
/// # Errors
/// If it has another shape.
pub(super) fn read(condition: &Value, has_variables: bool) -> Result<Vec<KeyTest>, String> {
    let mut tests = Vec::new();
    for (name, keys) in condition.as_object().ok_or("`Condition` is not an object")? {
        let (quantifier, rest) = match name.split_once(':') {
            Some(("ForAnyValue", rest)) => (Some(Quantifier::Any), rest),
            Some(("ForAllValues", rest)) => (Some(Quantifier::All), rest),
            _ => (None, name.as_str()),
        };
        let (rest, if_exists) = match rest.strip_suffix("IfExists") {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let (operator, negated, has_wildcards) = operator(rest);
        let value = if has_wildcards { Template::read } else { Template::exact };
        for (key, values) in keys.as_object().ok_or_else(|| format!("`{name}` is not an object"))? {
            let values = one_or_many(values).iter().map(|one| Ok(value(&text(one)?, has_variables)));
            let values = values.collect::<Result<_, String>>().map_err(|why| format!("`{name}`, `{key}`: {why}"))?;
            tests.push(KeyTest { key: key.to_ascii_lowercase(), quantifier, if_exists, operator, negated, values });
        }
    }
    Ok(tests)
}

impl KeyTest {
    /// Whether the test holds.
    pub fn holds(&self, known: Known) -> Truth {
        let unknown = || Truth::perhaps(&self.key);
        let Some(actual) = known.get(&self.key) else { return unknown() };
        if self.operator == Operator::Absence {
            let is_absent = if actual.is_empty() { "true" } else { "false" };
            return Truth::any(self.values.iter().map(|value| value.matches(is_absent, known)));
        }
        match (self.quantifier, actual) {
            (Some(Quantifier::All), actual) => Truth::all(actual.iter().map(|one| self.holds_for(one, known))),
            // IAM's documentation does not say which of the two wins.
            (Some(Quantifier::Any), []) if self.if_exists => unknown(),
            (Some(Quantifier::Any), actual) => Truth::any(actual.iter().map(|one| self.holds_for(one, known))),
            (None, []) => Truth::from(self.if_exists || self.negated),
            (None, [one]) => self.holds_for(one, known),
            // Nor does it say what happens if a key has several values and the operator has no quantifier.
            (None, _) => unknown(),
        }
    }

    /// The same context, with a value for which the test holds, if it asks for one that is not there yet.
    pub fn satisfied(&self, context: Context) -> Context {
        let known = Known { request: &context, principal: &Context::default() };
        if self.negated || known.get(&self.key).is_some() {
            return context;
        }
        let example =
            self.values.first().and_then(|value| value.fill(known)).map(|filled| NamedText::of(&filled.units));
        match (self.operator, example.map(|example| example.example("x"))) {
            (_, None) => context,
            (Operator::Absence, Some(absent)) if absent == "true" => context.without(&self.key),
            (Operator::Absence, Some(_)) => context,
            (Operator::Address, Some(range)) => context.with(&self.key, range.split('/').next().unwrap_or_default()),
            (_, Some(value)) => context.with(&self.key, &value),
        }
    }

    fn holds_for(&self, actual: &str, known: Known) -> Truth {
        let compared = self.values.iter().map(|value| self.compare(actual, value, known));
        Truth::any(compared).negated_if(self.negated)
    }

    fn compare(&self, actual: &str, value: &Template, known: Known) -> Truth {
        match self.operator {
            Operator::Text => value.compare(known, |units| matches(units, actual)),
            Operator::Arn => value.compare(known, |units| matches_arn(units, actual)),
            operator => {
                let value = match value.text(known) {
                    None => return Truth::No,
                    Some(Err(unknown)) => return Truth::Perhaps(unknown),
                    Some(Ok(value)) => value,
                };
                // What cannot be read is not known.
                let holds = match operator {
                    Operator::TextInAnyCase => Some(value.to_lowercase() == actual.to_lowercase()),
                    Operator::Flag => Some(value.eq_ignore_ascii_case(actual)),
                    Operator::Number(comparison) => both(actual, &value, number).map(|(a, b)| comparison.holds(a, b)),
                    Operator::Time(comparison) => both(actual, &value, time).map(|(a, b)| comparison.holds(a, b)),
                    Operator::Address => is_within(actual, &value),
                    Operator::Text | Operator::Arn | Operator::Absence | Operator::Other => None,
                };
                holds.map_or_else(|| Truth::perhaps(&self.key), Truth::from)
            }
        }
    }
}

fn both<T>(one: &str, other: &str, read: fn(&str) -> Option<T>) -> Option<(T, T)> {
    Some((read(one)?, read(other)?))
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// A time in one of the forms of ISO 8601, or in seconds of UNIX time.
fn time(text: &str) -> Option<Timestamp> {
    let of_day = || Some(text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp());
    let of_seconds = || Timestamp::from_second(text.parse().ok()?).ok();
    text.parse().ok().or_else(of_day).or_else(of_seconds)
}

/// Whether an address lies in a range in CIDR notation.
fn is_within(address: &str, range: &str) -> Option<bool> {
    let (network, length) = match range.split_once('/') {
        Some((network, length)) => (network, Some(length.parse::<u32>().ok()?)),
        None => (range, None),
    };
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    let (address, network) = both(address, network, |text| text.parse::<IpAddr>().ok())?;
    let ((actual, _), (expected, width)) = (bits(address), bits(network));
    let differing = (actual ^ expected).leading_zeros();
    Some(address.is_ipv4() == network.is_ipv4() && differing >= length.unwrap_or(width))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `yes`, `no`, or the keys.
    fn says(condition: &str, request: &Context) -> String {
        let condition = serde_json::from_str(condition).unwrap();
        let known = Known { request, principal: &Context::default() };
        match Truth::all(read(&condition, true).unwrap().iter().map(|test| test.holds(known))) {
            Truth::Yes => "yes".to_owned(),
            Truth::No => "no".to_owned(),
            Truth::Perhaps(keys) => keys.into_iter().collect::<Vec<_>>().join(" "),
        }
    }

    #[test]
    fn operators_compare_as_documented() {
        let request = || Context::default().with("k", "aB").with("arn", "arn:aws:s3:::b/x").with("n", "8");
        let request = request().with("t", "2026-03-02T09:00:00Z").with("flag", "true").with("ip", "10.1.2.3");
        for (operator, key, value, expected) in [
            ("StringEquals", "K", "aB", "yes"),
            ("StringEquals", "k", "a*", "no"),
            ("StringNotEquals", "k", "ab", "yes"),
            ("StringLike", "k", "a?", "yes"),
            ("StringNotLike", "k", "*B", "no"),
            ("StringEqualsIgnoreCase", "k", "AB", "yes"),
            ("StringNotEqualsIgnoreCase", "k", "AB", "no"),
            ("ArnEquals", "arn", "arn:aws:s3:::b/*", "yes"),
            ("ArnNotLike", "arn", "arn:aws:*", "yes"),
            ("ArnNotLike", "k", "arn:aws:s3:::b/*", "yes"),
            ("Bool", "flag", "True", "yes"),
            ("Bool", "flag", "false", "no"),
            ("Null", "flag", "false", "yes"),
            ("NumericLessThan", "n", "10", "yes"),
            ("NumericGreaterThanEquals", "n", "8.0", "yes"),
            ("NumericNotEquals", "n", "8", "no"),
            ("NumericEquals", "k", "8", "k"),
            ("DateGreaterThan", "t", "2026-03-02", "yes"),
            ("DateLessThan", "t", "1772442000", "no"),
            ("DateLessThanEquals", "t", "1772442000", "yes"),
            ("IpAddress", "ip", "10.0.0.0/8", "yes"),
            ("IpAddress", "ip", "0.0.0.0/0", "yes"),
            ("NotIpAddress", "ip", "10.1.2.3", "no"),
            ("IpAddress", "ip", "::/0", "no"),
            ("BinaryEquals", "k", "aB", "k"),
        ] {
            let condition = format!(r#"{{"{operator}":{{"{key}":"{value}"}}}}"#);
            assert_eq!(says(&condition, &request), expected, "{condition}");
        }
    }

    #[test]
    fn missing_keys_count_as_documented() {
        let absent = Context::default().without("k");
        for (operator, expected) in [
            ("StringEquals", "no"),
            ("StringNotEquals", "yes"),
            ("StringEqualsIfExists", "yes"),
            ("ForAllValues:StringEquals", "yes"),
            ("ForAnyValue:StringEquals", "no"),
            ("ForAnyValue:StringNotEquals", "no"),
            ("ForAnyValue:StringEqualsIfExists", "k"),
        ] {
            let condition = format!(r#"{{"{operator}":{{"k":"a"}}}}"#);
            assert_eq!(says(&condition, &absent), expected, "{condition}");
            assert_eq!(says(&condition, &Context::default()), "k", "{condition} on an unknown key");
        }
        assert_eq!(says(r#"{"Null":{"k":true}}"#, &absent), "yes");
        assert_eq!(says(r#"{"Null":{"k":"false"}}"#, &absent), "no");
    }

    #[test]
    fn several_values_are_compared_one_by_one() {
        let request = Context::default().with_values("k", ["a", "b"]);
        for (operator, values, expected) in [
            ("ForAllValues:StringEquals", r#"["a","b","c"]"#, "yes"),
            ("ForAllValues:StringEquals", r#"["a"]"#, "no"),
            ("ForAnyValue:StringEquals", r#"["a"]"#, "yes"),
            ("ForAnyValue:StringNotEquals", r#"["a"]"#, "yes"),
            ("ForAllValues:StringNotEquals", r#"["a"]"#, "no"),
            ("StringEquals", r#"["a"]"#, "k"),
        ] {
            let condition = format!(r#"{{"{operator}":{{"k":{values}}}}}"#);
            assert_eq!(says(&condition, &request), expected, "{condition}");
        }
    }

    #[test]
    fn all_tests_must_hold() {
        let request = Context::default().with("a", "1");
        let with = |a: &str| format!(r#"{{"StringEquals":{{"a":"{a}","b":"1"}},"Bool":{{"c":"true"}}}}"#);
        assert_eq!(says(&with("1"), &request), "b c");
        assert_eq!(says(&with("2"), &request), "no");
    }
}
