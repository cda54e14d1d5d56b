//! What policies name, with its wildcards.

use super::wildcards::{Unit, matches};

/// A name in a policy, with its wildcards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedText(Vec<Unit>);

impl NamedText {
    pub(super) fn of(units: &[Unit]) -> Self {
        Self(units.to_vec())
    }

    /// Any name.
    pub(super) fn any() -> Self {
        Self(vec![Unit::Run])
    }

    /// Whether it begins with a wildcard: a name that is not literal from its first character on may be anybody's.
    pub fn names_nothing(&self) -> bool {
        self.0.first().is_some_and(|unit| unit.is_wildcard())
    }

    /// A name that matches, with this text in place of each `*`.
    pub fn example(&self, run: &str) -> String {
        let mut name = String::new();
        for unit in &self.0 {
            match unit {
                Unit::Char(char) => name.push(*char),
                Unit::One => name.push('0'),
                Unit::Run => name.push_str(run),
            }
        }
        name
    }

    /// How many characters a name has at least.
    pub fn shortest(&self) -> usize {
        self.0.iter().filter(|unit| **unit != Unit::Run).count()
    }

    /// What `pattern` says about the names of resources whose ARNs begin with `prefix`; `None` if it is about others.
    pub(super) fn below(pattern: &[Unit], prefix: &str) -> Option<Self> {
        const PARTS: usize = 6;
        let mut parts: Vec<_> = pattern.splitn(PARTS, |unit| *unit == Unit::Char(':')).collect();
        let mut wanted: Vec<_> = prefix.splitn(PARTS, ':').collect();
        if parts.len() < PARTS {
            // Its last `*` stands for the parts that are left.
            return (pattern.last() == Some(&Unit::Run)).then(Self::any);
        }
        let (mut name, kind) = (parts.pop()?, wanted.pop()?);
        if !parts.into_iter().zip(wanted).all(|(pattern, text)| matches(pattern, text)) {
            return None;
        }
        for char in kind.chars() {
            match name.split_first()? {
                (Unit::Run, _) => break,
                (unit, rest) if *unit == Unit::One || *unit == Unit::Char(char) => name = rest,
                _ => return None,
            }
        }
        Some(Self(name.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::wildcards::wildcards;
    use super::*;

    #[test]
    fn names_are_what_is_left_of_an_arn() {
        let secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:";
        for (prefix, pattern, expected) in [
            ("arn:aws:s3:::", "arn:aws:s3:::atlas-*/in/*", Some(("atlas-any/in/any", false))),
            ("arn:aws:s3:::", "arn:*:s3:::*sagemaker*", Some(("anysagemakerany", true))),
            ("arn:aws:s3:::", "*", Some(("any", true))),
            ("arn:aws:s3:::", "arn:aws:s3:*", Some(("any", true))),
            ("arn:aws:s3:::", "arn:aws:sqs:*:*:*", None),
            (secret, "arn:aws:secretsmanager:*:*:secret:atlas/?", Some(("atlas/0", false))),
            (secret, "arn:aws:secretsmanager:*:*:s*", Some(("any", true))),
            (secret, "arn:aws:secretsmanager:*:444455556666:secret:atlas", None),
        ] {
            let below = NamedText::below(&wildcards(pattern).collect::<Vec<_>>(), prefix);
            let says = below.map(|name| (name.example("any"), name.names_nothing()));
            assert_eq!(says, expected.map(|(name, nothing)| (name.to_owned(), nothing)), "{pattern}");
        }
    }
}
