//! Reads the `[tags.KEY]` tables.

use super::entries::{Entries, texts_in};
use super::nodes::{Reader, Table};
use crate::facts::are_alike;
use crate::operations::{Field, Operation};
use crate::settings::tables::tag;
use crate::settings::{Abac, TagDefault, TagRequirement};
use crate::terms::{MARK, quoted};

/// The longest key of a tag, in characters (AWS General Reference, "Tag naming limits").
const MAX_KEY: usize = 128;

impl Reader {
    /// What the policy says of tags besides the ABAC tag.
    pub fn tags(&mut self, root: &Table, abac: &Abac) -> Vec<TagRequirement> {
        let mut tags: Vec<TagRequirement> = Vec::new();
        for (name, node) in self.table_at(root, "tags").into_iter().flatten() {
            let (key, span) = (name.get_ref().as_ref(), name.span());
            let Some(table) = self.table(node) else { continue };
            let entries = self.entries(tag::ALL, table);
            let other = tags.iter().find(|other| are_alike(&other.key, key));
            let unusable = match () {
                () if are_alike(key, &abac.tag) => {
                    Some((format!("`{key}` is the ABAC tag"), "`[abac]` says what it must be".to_owned()))
                }
                () if are_alike(key, MARK) => {
                    Some((format!("`{key}` is Tagwarden's mark"), "remove the table".to_owned()))
                }
                () if key.trim().is_empty() || key.trim() != key || key.chars().count() > MAX_KEY => {
                    let expected = format!("expected 1 to {MAX_KEY} characters, without white space around them");
                    Some((format!("`{key}` is not a tag key"), expected))
                }
                () if key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:")) => Some((
                    format!("nobody can set the tag `{key}`"),
                    "AWS reserves keys that begin with `aws:`".to_owned(),
                )),
                () => other.map(|other| {
                    let help = "IAM ignores the case of tag keys: keep one of the two tables".to_owned();
                    (format!("`{key}` and `{}` are almost the same tag key", other.key), help)
                }),
            };
            if let Some((message, help)) = unusable {
                self.error(span, message, help);
                continue;
            }
            let requirement = requirement(key, &entries);
            self.check_tag(&requirement, table);
            tags.push(requirement);
        }
        tags
    }

    /// Reports what contradicts itself, and what can never have an effect.
    fn check_tag(&mut self, tag: &TagRequirement, table: &Table) {
        let TagRequirement { key, required, matches_principal, values, default, .. } = tag;
        for (name, span) in texts_in(table, &tag::OPERATIONS) {
            if let Some(operation) = Operation::named(&name)
                && !operation.has(Field::Tags)
                && !operation.only_tags()
            {
                self.warning(span, format!("requests of `{name}` take no tags"), "remove the operation");
            }
        }
        let Some(place) = table.get(tag::DEFAULT.name).map(toml::Spanned::span) else { return };
        let Some(default) = default else { return };
        if !required {
            let help = "a default is set only where a tag is missing that must be there: set `required = true`";
            self.warning(place.clone(), format!("the default of `{key}` is never set"), help);
        }
        let TagDefault::Value(value) = default else { return };
        if values.as_ref().is_some_and(|values| !values.iter().any(|pattern| pattern.matches(value))) {
            let allowed = quoted(texts_in(table, &tag::VALUES).iter().map(|(text, _)| text));
            let help = format!("expected a value that matches one of {allowed}");
            self.error(place, format!("the default `{value}` is not among the `values` of `{key}`"), help);
        } else if *matches_principal {
            let help = "write `default = \"principal\"` for the caller's value";
            self.warning(place, format!("the default `{value}` differs from the tag of most callers"), help);
        }
    }
}

fn requirement(key: &str, entries: &Entries) -> TagRequirement {
    let default = |text: String| if text == tag::PRINCIPAL { TagDefault::Principal } else { TagDefault::Value(text) };
    TagRequirement {
        key: key.to_owned(),
        required: entries.flag(&tag::REQUIRED),
        matches_principal: entries.choice(&tag::MATCH).is_some(),
        values: entries.patterns(&tag::VALUES),
        default: entries.text(&tag::DEFAULT).map(default),
        operations: entries.texts(&tag::OPERATIONS).unwrap_or_default(),
    }
}
