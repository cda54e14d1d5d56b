//! Values of policies, with wildcards and policy variables.
//!
//! Source: IAM User Guide, "IAM policy elements: Variables and tags".

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::context::Known;
use super::truth::Truth;
use super::wildcards::{Unit, literal, matches, wildcards};

/// A value of a policy: an ARN, or a text that a condition compares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(Vec<Unit>),
    /// `${key}`, or `${key, 'default'}`.
    Variable {
        key: String,
        default: Option<String>,
    },
}

/// A template whose variables have values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Filled<'t> {
    /// It. What is not known may be any text.
    pub units: Cow<'t, [Unit]>,
    /// The keys of the variables whose values are not known.
    pub unknown: BTreeSet<String>,
}

impl Template {
    /// Reads a value in which `*` and `?` are wildcards. In policies of another version than 2012-10-17, variables are text.
    /// `${*}`, `${?}` and `${$}` are the characters themselves.
    pub fn read(text: &str, has_variables: bool) -> Self {
        Self::with_units(text, has_variables, |text| wildcards(text).collect())
    }

    /// Reads the ARN of a resource. Variables before its fifth colon are text ("Where you can use policy variables").
    pub fn resource(arn: &str, has_variables: bool) -> Self {
        let at = fifth_colon(arn).filter(|_| has_variables).and_then(|at| arn.split_at_checked(at));
        let Some((prefix, resource)) = at else { return Self::read(arn, false) };
        let mut pieces = vec![Piece::Text(wildcards(prefix).collect())];
        pieces.extend(Self::read(resource, true).0);
        // One text is compared without being copied.
        if let [Piece::Text(prefix), Piece::Text(resource)] = pieces.as_mut_slice() {
            prefix.append(resource);
            pieces.truncate(1);
        }
        Self(pieces)
    }

    /// Reads a value in which `*` and `?` are themselves.
    pub fn exact(text: &str, has_variables: bool) -> Self {
        Self::with_units(text, has_variables, |text| literal(text).collect())
    }

    fn with_units(text: &str, has_variables: bool, read: fn(&str) -> Vec<Unit>) -> Self {
        if !has_variables {
            return Self(vec![Piece::Text(read(text))]);
        }
        let (mut pieces, mut units, mut rest) = (Vec::new(), Vec::new(), text);
        while let Some((before, behind)) = rest.split_once("${") {
            let Some((name, behind)) = behind.split_once('}') else { break };
            units.extend(read(before));
            match name {
                "*" | "?" | "$" => units.extend(literal(name)),
                name => {
                    let (key, default) = match name.split_once(',') {
                        Some((key, default)) => (key, Some(default.trim().trim_matches('\'').to_owned())),
                        None => (name, None),
                    };
                    pieces.push(Piece::Text(std::mem::take(&mut units)));
                    pieces.push(Piece::Variable { key: key.trim().to_ascii_lowercase(), default });
                }
            }
            rest = behind;
        }
        units.extend(read(rest));
        pieces.push(Piece::Text(units));
        Self(pieces)
    }

    /// Whether it is `*`.
    pub fn is_any(&self) -> bool {
        matches!(self.0.as_slice(), [Piece::Text(units)] if *units == [Unit::Run])
    }

    /// The template with what is known. A variable without a value matches nothing: then it is `None`.
    pub fn fill(&self, known: Known) -> Option<Filled<'_>> {
        if let [Piece::Text(units)] = self.0.as_slice() {
            return Some(Filled { units: Cow::Borrowed(units), unknown: BTreeSet::new() });
        }
        let (mut units, mut unknown) = (Vec::new(), BTreeSet::new());
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => units.extend_from_slice(text),
                Piece::Variable { key, default } => match (known.get(key), default) {
                    (Some([value]), _) => units.extend(literal(value)),
                    (Some([]), Some(default)) => units.extend(literal(default)),
                    (Some([]), None) => return None,
                    // A variable takes a single value only.
                    (Some(_), _) | (None, _) => {
                        units.push(Unit::Run);
                        unknown.insert(key.clone());
                    }
                },
            }
        }
        Some(Filled { units: Cow::Owned(units), unknown })
    }

    /// Whether `text` matches, with the wildcards.
    pub fn matches(&self, text: &str, known: Known) -> Truth {
        self.compare(known, |units| matches(units, text))
    }

    /// Whether `compare` holds. It must hold for a template with a wildcard if it does for what the wildcard stands for.
    pub fn compare(&self, known: Known, compare: impl Fn(&[Unit]) -> bool) -> Truth {
        match self.fill(known) {
            Some(filled) if !compare(&filled.units) => Truth::No,
            Some(filled) if filled.unknown.is_empty() => Truth::Yes,
            Some(filled) => Truth::Perhaps(filled.unknown),
            None => Truth::No,
        }
    }

    /// Its text, where it is known.
    pub fn text(&self, known: Known) -> Option<Result<String, BTreeSet<String>>> {
        let filled = self.fill(known)?;
        if !filled.unknown.is_empty() {
            return Some(Err(filled.unknown));
        }
        let char = |unit: &Unit| match unit {
            Unit::Char(char) => *char,
            Unit::One => '?',
            Unit::Run => '*',
        };
        Some(Ok(filled.units.iter().map(char).collect()))
    }
}

/// Where the fifth colon of an ARN is. The names of variables have colons of their own.
fn fifth_colon(arn: &str) -> Option<usize> {
    let (mut colons, mut is_inside) = (0, false);
    arn.char_indices().find_map(|(at, char)| {
        match char {
            '{' => is_inside = true,
            '}' => is_inside = false,
            ':' if !is_inside => colons += 1,
            _ => {}
        }
        (char == ':' && colons == 5).then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::super::context::Context;
    use super::*;

    #[test]
    fn variables_are_filled_with_what_is_known() {
        let principal = Context::default().with("aws:PrincipalTag/Project", "a*").complete("aws:PrincipalTag/");
        let known = Known { request: &Context::default(), principal: &principal };
        for (text, value, expected) in [
            ("${aws:PrincipalTag/project}-*", "a*-data", Truth::Yes),
            ("${aws:PrincipalTag/Project}", "ab", Truth::No),
            ("${aws:PrincipalTag/Team}", "", Truth::No),
            ("${aws:PrincipalTag/Team, 'none'}/x", "none/x", Truth::Yes),
            ("a/${aws:username}", "a/eve", Truth::perhaps("aws:username")),
            ("a/${aws:username}", "b/eve", Truth::No),
            ("${*}${?}${$}{x}", "*?${x}", Truth::Yes),
            ("${*}", "b", Truth::No),
            ("a${b", "a${b", Truth::Yes),
        ] {
            assert_eq!(Template::read(text, true).matches(value, known), expected, "{text} on {value}");
        }
        let account = Context::default().with("aws:PrincipalAccount", "1");
        let known = Known { request: &Context::default(), principal: &account };
        let says = |text: &str, value: &str| Template::resource(text, true).matches(value, known);
        assert_eq!(says("arn:aws:s3:::${aws:PrincipalAccount}-b/*", "arn:aws:s3:::1-b/x"), Truth::Yes);
        assert_eq!(says("arn:aws:sns:*:${aws:PrincipalAccount}:t", "arn:aws:sns:eu-west-1:1:t"), Truth::No);
        assert_eq!(says("arn:aws:sns:*:1:${aws:PrincipalAccount}", "arn:aws:sns:eu-west-1:1:1"), Truth::Yes);
        assert_eq!(says("${aws:PrincipalAccount}", "1"), Truth::No);
        assert_eq!(Template::read("${aws:username}", false).matches("${aws:username}", known), Truth::Yes);
    }
}
