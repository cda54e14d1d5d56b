//! Patterns of names and ARNs.

use std::borrow::Cow;
use std::fmt;

/// A pattern in which `*` matches any run of characters, the empty one included. Everything else matches itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern<'t>(Cow<'t, str>);

impl<'t> Pattern<'t> {
    /// The pattern written as `text`.
    pub fn new(text: impl Into<Cow<'t, str>>) -> Self {
        Self(text.into())
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it matches itself alone.
    pub fn is_exact(&self) -> bool {
        !self.0.contains('*')
    }

    /// Whether `text`, all of it, matches.
    pub fn matches(&self, text: &str) -> bool {
        let mut parts = self.0.split('*');
        let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
        let Some(last) = parts.next_back() else { return rest.is_empty() };
        // The leftmost match of each middle part leaves the most for those behind it, so no backtracking is needed.
        for part in parts {
            match rest.split_once(part) {
                Some((_, behind)) => rest = behind,
                None => return false,
            }
        }
        rest.ends_with(last)
    }
}

impl fmt::Display for Pattern<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stars_match_any_run() {
        for (pattern, text, expected) in [
            ("ml.m5.*", "ml.m5.xlarge", true),
            ("ml.m5.*", "ml.m5d.xlarge", false),
            ("ml.m5.xlarge", "ml.m5.xlarge", true),
            ("ml.m5.xlarge", "ml.m5.xlarge2", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("*b*", "abc", true),
            ("a*b*c", "axbxbc", true),
            ("a*bc*bc", "abc", false),
            ("**", "x", true),
        ] {
            assert_eq!(Pattern::new(pattern).matches(text), expected, "{pattern} on {text}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_textbook_definition(pattern in "[ab*]{0,7}", text in "[ab]{0,8}") {
            fn textbook(pattern: &[u8], text: &[u8]) -> bool {
                match pattern.split_first() {
                    None => text.is_empty(),
                    Some((b'*', rest)) => (0..=text.len()).any(|skipped| textbook(rest, &text[skipped..])),
                    Some((byte, rest)) => text.first() == Some(byte) && textbook(rest, &text[1..]),
                }
            }
            prop_assert_eq!(Pattern::new(&*pattern).matches(&text), textbook(pattern.as_bytes(), text.as_bytes()));
        }
    }
}
