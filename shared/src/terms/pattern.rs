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

    /// The text as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it matches only itself.
    pub fn is_exact(&self) -> bool {
        !self.0.contains('*')
    }

    /// Whether the whole of `text` matches.
    pub fn matches(&self, text: &str) -> bool {
        let mut parts = self.0.split('*');
        let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
        let Some(last) = parts.next_back() else { return rest.is_empty() };
        // The leftmost match of each middle part leaves the most text for the parts after it, so no backtracking is
        // needed.
        for part in parts {
            match rest.split_once(part) {
                Some((_, behind)) => rest = behind,
                None => return false,
            }
        }
        rest.ends_with(last)
    }
}

/// Patterns of addresses.
impl Pattern<'_> {
    /// Whether `address`, a host and a path such as `registry.example.com/team/image`, matches. In the host, `*` stays
    /// within one label, so that it cannot match a longer host that a stranger registered. In the path it matches any
    /// run of characters. A lone `*` matches every address.
    pub fn matches_address(&self, address: &str) -> bool {
        if self.0 == "*" {
            return true;
        }
        let host_and_path = |text: &str| match text.split_once('/') {
            Some((host, path)) => (host.to_owned(), Some(path.to_owned())),
            None => (text.to_owned(), None),
        };
        let ((host, path), (actual_host, actual_path)) = (host_and_path(&self.0), host_and_path(address));
        let path_matches = match (path, actual_path) {
            (Some(path), Some(actual)) => Pattern::new(path).matches(&actual),
            (None, None) => true,
            _ => false,
        };
        let (labels, actual) = (host.split('.'), actual_host.split('.'));
        path_matches
            && labels.clone().count() == actual.clone().count()
            && labels.zip(actual).all(|(label, actual)| Pattern::new(label).matches(actual))
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

    #[test]
    fn a_star_in_a_host_stays_within_its_label() {
        let ecr = "111122223333.dkr.ecr.*.amazonaws.com/*";
        for (pattern, address, expected) in [
            (ecr, "111122223333.dkr.ecr.eu-west-1.amazonaws.com/team/train:1", true),
            (ecr, "111122223333.dkr.ecr.evil.example/a.amazonaws.com/x", false),
            (ecr, "111122223333.dkr.ecr.a.b.amazonaws.com/x", false),
            (ecr, "111122223333.dkr.ecr.eu-west-1.amazonaws.com", false),
            ("python:3.*", "python:3.11", true),
            ("registry.example.com/*", "registry.example.com.evil/x", false),
            ("*", "anything/at.all", true),
        ] {
            assert_eq!(Pattern::new(pattern).matches_address(address), expected, "{pattern} on {address}");
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
