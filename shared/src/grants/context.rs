//! What is known of the condition keys of a request.

use std::collections::BTreeMap;

/// Condition keys with their values, as far as they are known. Names of keys ignore case (IAM User Guide, "Condition").
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    values: BTreeMap<String, Vec<String>>,
    complete: Vec<String>,
}

impl Context {
    /// The same, and the request carries `key` with this value.
    #[must_use]
    pub fn with(self, key: &str, value: &str) -> Self {
        self.with_values(key, [value])
    }

    /// The same, and the request carries `key` with these values.
    #[must_use]
    pub fn with_values(mut self, key: &str, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.values.insert(key.to_ascii_lowercase(), values.into_iter().map(Into::into).collect());
        self
    }

    /// The same, and the request carries `key` with this value if it is not known yet.
    #[must_use]
    pub fn with_default(self, key: &str, value: &str) -> Self {
        if self.get(&key.to_ascii_lowercase()).is_some() { self } else { self.with(key, value) }
    }

    /// The same, and the request does not carry `key`.
    #[must_use]
    pub fn without(self, key: &str) -> Self {
        self.with_values(key, [""; 0])
    }

    /// The same, and the request carries no other keys that begin with `prefix`.
    #[must_use]
    pub fn complete(mut self, prefix: &str) -> Self {
        self.complete.push(prefix.to_ascii_lowercase());
        self
    }

    /// The values of a key, whose name is in lower case: none if the request does not carry it, `None` if that is not
    /// known.
    fn get(&self, key: &str) -> Option<&[String]> {
        match self.values.get(key) {
            Some(values) => Some(values),
            None => self.complete.iter().any(|prefix| key.starts_with(prefix.as_str())).then_some(&[]),
        }
    }
}

/// What a request says of itself, and then what is known of its principal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known<'c> {
    pub request: &'c Context,
    pub principal: &'c Context,
}

impl<'c> Known<'c> {
    /// The values of a key: none if the request does not carry it, `None` if that is not known.
    pub fn get(&self, key: &str) -> Option<&'c [String]> {
        self.request.get(key).or_else(|| self.principal.get(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_and_unknown_are_two_things() {
        let principal = Context::default().with("aws:PrincipalTag/Project", "atlas").complete("aws:PrincipalTag/");
        let request = Context::default().without("aws:CalledVia").with("aws:PrincipalTag/Team", "ml");
        let known = Known { request: &request, principal: &principal };
        assert_eq!(known.get("aws:principaltag/project"), Some(["atlas".to_owned()].as_slice()));
        assert_eq!(known.get("aws:principaltag/team"), Some(["ml".to_owned()].as_slice()));
        assert_eq!(known.get("aws:principaltag/persona"), Some([].as_slice()));
        assert_eq!(known.get("aws:calledvia"), Some([].as_slice()));
        assert_eq!(known.get("aws:sourceip"), None);
    }
}
