//! What the policy says of tags: the ABAC tag is one of them.

use super::Abac;
use crate::terms::Pattern;

/// A `[tags.KEY]` table, or what `[abac]` says of the ABAC tag.
#[derive(Clone, Debug, PartialEq)]
pub struct TagRequirement {
    /// The tag's key.
    pub key: String,
    /// Whether it must be on what is created.
    pub required: bool,
    /// Whether it must equal the caller's tag of that key.
    pub matches_principal: bool,
    /// The values that it may have; `None`: any value.
    pub values: Option<Vec<Pattern<'static>>>,
    /// What it is set to where it is missing, if the policy says so.
    pub default: Option<TagDefault>,
    /// The operations to which this applies. Empty: all that take tags.
    pub operations: Vec<String>,
}

/// What a tag is set to where it is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagDefault {
    /// The value of the caller's tag of that key.
    Principal,
    /// This value.
    Value(String),
}

impl TagRequirement {
    /// Whether it applies to calls of this operation.
    pub fn applies_to(&self, operation: &str) -> bool {
        self.operations.is_empty() || self.operations.iter().any(|name| name == operation)
    }
}

impl Abac {
    /// The keys of the tags that must equal the caller's: that of the ABAC tag first.
    pub fn matched_keys(&self) -> impl Iterator<Item = &str> + Clone {
        let further = self.tags.iter().filter(|tag| tag.matches_principal);
        std::iter::once(self.tag.as_str()).chain(further.map(|tag| tag.key.as_str()))
    }

    /// The keys of all tags that the policy is about.
    pub fn keys(&self) -> impl Iterator<Item = &str> + Clone {
        [self.tag.as_str(), self.persona_tag.as_str()].into_iter().chain(self.tags.iter().map(|tag| tag.key.as_str()))
    }
}
