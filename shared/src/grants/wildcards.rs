//! Texts with IAM's wildcards.

/// What one place of a text stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// This character.
    Char(char),
    /// Any character: `?`.
    One,
    /// Any run of characters, the empty one included: `*`.
    Run,
}

impl Unit {
    pub fn is_wildcard(self) -> bool {
        !matches!(self, Self::Char(_))
    }
}

/// A text in which `*` and `?` are wildcards.
pub(super) fn wildcards(text: &str) -> impl Iterator<Item = Unit> {
    text.chars().map(|char| match char {
        '*' => Unit::Run,
        '?' => Unit::One,
        char => Unit::Char(char),
    })
}

/// A text that stands for itself.
pub(super) fn literal(text: &str) -> impl Iterator<Item = Unit> {
    text.chars().map(Unit::Char)
}

/// Whether the whole of `text` matches.
pub(super) fn matches(pattern: &[Unit], text: &str) -> bool {
    matches_all(pattern, text.chars())
}

/// Whether the whole of `text` matches a pattern in lower case, regardless of its own.
pub(super) fn matches_in_any_case(pattern: &[Unit], text: &str) -> bool {
    matches_all(pattern, text.chars().map(|char| char.to_ascii_lowercase()))
}

fn matches_all<T: Iterator<Item = char> + Clone>(pattern: &[Unit], text: T) -> bool {
    let (mut units, mut rest) = (pattern, text);
    // Where the last `*` stands, and the text that it has not swallowed yet. Only this one can need more.
    let mut last_run: Option<(&[Unit], T)> = None;
    loop {
        let before = rest.clone();
        let is_match = match (units.split_first(), rest.next()) {
            (None, None) => return true,
            (Some((Unit::Run, behind)), _) => {
                (units, rest) = (behind, before.clone());
                last_run = Some((behind, before));
                continue;
            }
            (Some((unit, behind)), Some(char)) if matches!(unit, Unit::One) || *unit == Unit::Char(char) => {
                units = behind;
                true
            }
            _ => false,
        };
        if !is_match {
            let Some((behind, swallowed)) = &mut last_run else { return false };
            if swallowed.next().is_none() {
                return false;
            }
            (units, rest) = (behind, swallowed.clone());
        }
    }
}

/// Whether `pattern` matches `text` part by part, as ARNs are compared: "Each of the six colon-delimited components of the ARN is
/// checked separately and each can include multi-character match wildcards (*) or single-character match wildcards (?)"
/// (IAM User Guide, "Condition operators"). The sixth may hold colons.
pub(super) fn matches_arn(pattern: &[Unit], text: &str) -> bool {
    const PARTS: usize = 6;
    let patterns: Vec<_> = pattern.splitn(PARTS, |unit| *unit == Unit::Char(':')).collect();
    let texts: Vec<_> = text.splitn(PARTS, ':').collect();
    patterns.len() == PARTS
        && texts.len() == PARTS
        && patterns.into_iter().zip(texts).all(|(pattern, text)| matches(pattern, text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pattern(text: &str) -> Vec<Unit> {
        wildcards(text).collect()
    }

    #[test]
    fn arns_are_compared_part_by_part() {
        for (one, other, expected) in [
            ("arn:aws:sagemaker:*:111122223333:*", "arn:aws:sagemaker:eu-west-1:111122223333:training-job/a:b", true),
            ("arn:aws:sagemaker:*", "arn:aws:sagemaker:eu-west-1:111122223333:training-job/a", false),
            ("arn:*:111122223333:*", "arn:aws:sagemaker:eu-west-1:111122223333:training-job/a", false),
            ("*", "arn:aws:s3:::b", false),
        ] {
            assert_eq!(matches_arn(&pattern(one), other), expected, "{one} on {other}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_textbook_definition(text in "[aé]{0,8}", wild in "[aé*?]{0,7}") {
            fn textbook(pattern: &[char], text: &[char]) -> bool {
                match pattern.split_first() {
                    None => text.is_empty(),
                    Some(('*', rest)) => (0..=text.len()).any(|skipped| textbook(rest, &text[skipped..])),
                    Some((char, rest)) => {
                        text.first().is_some_and(|first| first == char || *char == '?') && textbook(rest, &text[1..])
                    }
                }
            }
            let [chars, units] = [&text, &wild].map(|text| text.chars().collect::<Vec<_>>());
            prop_assert_eq!(matches(&pattern(&wild), &text), textbook(&units, &chars));
        }
    }
}
