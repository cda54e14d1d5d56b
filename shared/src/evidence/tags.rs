//! Tags of principals.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::record::json::{self, Value, member};

/// The tags of a role, user or session. Keys are case-insensitive, values are not (IAM User Guide, "Rules for
/// tagging").
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tags(Vec<(String, String)>);

impl Tags {
    /// The value of `key`, regardless of the key's case.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(key)).map(|(_, value)| value.as_str())
    }

    /// Sets `key` to `value`. This replaces the key in any case.
    pub fn set(&mut self, key: &str, value: &str) {
        self.0.retain(|(known, _)| !known.eq_ignore_ascii_case(key));
        let place = self.0.partition_point(|(known, _)| known.as_str() < key);
        self.0.insert(place, (key.to_owned(), value.to_owned()));
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All keys and values, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Adds a list of `{key, value}` objects. STS records write the names in lower case, IAM's API in upper case.
    pub(super) fn add_list(&mut self, list: &Value, key_name: &str, value_name: &str) -> Result<(), String> {
        let Value::Array(elements) = list else {
            return Err(format!("expected a list of tags, found {}", json::kind(list)));
        };
        for element in elements {
            let text = |name| element.as_object().and_then(|tag| tag.get(name)).and_then(Value::as_str);
            match (text(key_name), text(value_name)) {
                (Some(key), value) => self.set(key, value.unwrap_or_default()),
                (None, _) => return Err(format!("a tag without `{key_name}`")),
            }
        }
        Ok(())
    }

    /// Adds an object whose members are tags.
    pub(super) fn add_map(&mut self, map: &Value) -> Result<(), String> {
        let Value::Object(members) = map else {
            return Err(format!("expected tags as an object, found {}", json::kind(map)));
        };
        for (key, value) in members.iter() {
            match value {
                Value::Str(value) => self.set(key, value),
                other => return Err(format!("the value of the tag `{key}` is {}", json::kind(other))),
            }
        }
        Ok(())
    }

    /// The list `name` in `object`, in the form of IAM's API. If the member is missing, there are no tags.
    pub(super) fn of_iam(object: &Value, name: &str) -> Result<Self, String> {
        let mut tags = Self::default();
        if let Some(list) = member(object, name) {
            tags.add_list(list, "Key", "Value")?;
        }
        Ok(tags)
    }
}

impl Serialize for Tags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Tags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tags = BTreeMap::<String, String>::deserialize(deserializer)?;
        Ok(tags.into_iter().collect())
    }
}

impl<K: AsRef<str>, V: AsRef<str>> FromIterator<(K, V)> for Tags {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut tags = Self::default();
        for (key, value) in pairs {
            tags.set(key.as_ref(), value.as_ref());
        }
        tags
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_no_case_and_values_do() {
        let tags = Tags::from_iter([("project", "Atlas")]);
        assert_eq!(tags.get("Project"), Some("Atlas"));
        assert_eq!(tags.get("Projects"), None);
    }

    #[test]
    fn the_last_value_of_a_key_stays() {
        let tags = Tags::from_iter([("Project", "atlas"), ("PROJECT", "borealis")]);
        assert_eq!(tags.iter().collect::<Vec<_>>(), [("PROJECT", "borealis")]);
    }
}
