//! Patterns of actions.

use super::names::NamedText;
use super::wildcards::{Unit, matches_in_any_case, wildcards};

/// A pattern of actions, such as `s3:Get*` or `*`. Actions have no case (IAM User Guide, "Action").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionPattern(Vec<Unit>);

impl ActionPattern {
    /// Reads a pattern. A wildcard in the name of the service matches nothing, unless the pattern is `*` alone: then it is `None`.
    pub fn read(pattern: &str) -> Option<Self> {
        let is_sound = match pattern.split_once(':') {
            Some((service, _)) => !service.contains(['*', '?']),
            None => pattern == "*",
        };
        is_sound.then(|| Self(wildcards(&pattern.to_ascii_lowercase()).collect()))
    }

    /// Whether it covers an action.
    pub fn covers(&self, action: &str) -> bool {
        matches_in_any_case(&self.0, action)
    }

    /// An action that it covers, in lower case, with `run` in place of each `*`.
    pub(super) fn example(&self, run: &str) -> String {
        NamedText::of(&self.0).example(run)
    }
}
