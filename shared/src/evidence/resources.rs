//! Whose resources are: their tags, from `tag:GetResources`.
//!
//! Source: Resource Groups Tagging API reference, `GetResources`.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::{Evidence, LookedUp, Tags, carrier};
use crate::record::arn;
use crate::record::json::{Value, member, member_text};

/// What is known about the owner of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner<'a> {
    /// Nothing: no record shows the tag, and it was not looked up.
    NotLookedUp,
    /// It has no such tag, or one with an empty value.
    Nobody,
    /// The value of its tag.
    Project(&'a str),
}

impl<'a> Owner<'a> {
    fn of(value: Option<&'a str>) -> Self {
        value.filter(|value| !value.is_empty()).map_or(Self::Nobody, Self::Project)
    }
}

/// The tags of resources that were looked up or read from files.
#[derive(Clone, Debug, Default)]
pub(super) struct ResourceTags {
    tags: HashMap<String, LookedUp<Tags>>,
    /// Accounts and regions whose tagged resources are all known.
    complete: HashSet<(String, String)>,
}

impl Evidence {
    /// Adds the tags of the resource `arn`, as they were looked up.
    pub fn add_resource_tags(&mut self, arn: &str, tags: LookedUp<Tags>) {
        self.resources.tags.extend(carrier(arn).map(|carrier| (carrier, tags)));
    }

    /// Whether the tags of the resource `arn` were looked up.
    pub fn has_resource_tags(&self, arn: &str) -> bool {
        carrier(arn).is_some_and(|carrier| self.resources.tags.contains_key(&carrier))
    }

    /// Adds all resources of a page of `aws resourcegroupstaggingapi get-resources`. What the pages of an account and
    /// region do not have was never tagged. Returns what could not be read.
    pub fn add_resource_page(&mut self, page: &Value) -> Vec<String> {
        let mut problems = Vec::new();
        let list = member(page, LIST).and_then(Value::as_array).unwrap_or_default();
        for (index, entry) in list.iter().enumerate() {
            let tags = Tags::of_iam(entry, "Tags");
            match (member_text(entry, "ResourceARN"), tags) {
                (Some(arn), Ok(tags)) => {
                    self.resources.complete.insert(place(arn));
                    self.add_resource_tags(arn, Ok(tags));
                }
                (None, _) => problems.push(format!("`{LIST}[{index}]`: `ResourceARN` is missing")),
                (_, Err(why)) => problems.push(format!("`{LIST}[{index}]`: {why}")),
            }
        }
        problems
    }

    /// The value of the tag `key` of the resource `arn` at a certain time: what the records of its changes show, else
    /// what was looked up.
    ///
    /// # Errors
    /// If it is not known, although there is data on the resource.
    pub fn owner(&self, arn: &str, time: Option<Timestamp>, key: &str) -> Result<Owner<'_>, String> {
        let of_records = self.tag_history.at(arn, time).filter(|tags| tags.show(key)).map(|tags| tags.get(key));
        if let Some(Ok(value)) = of_records {
            return Ok(Owner::of(value));
        }
        let looked_up = carrier(arn).and_then(|carrier| self.resources.tags.get(&carrier));
        match (looked_up, of_records) {
            (Some(Ok(tags)), _) => Ok(Owner::of(tags.get(key))),
            (Some(Err(why)), _) => Err(format!("the tags of `{arn}` are not known: {why}")),
            (None, Some(Err(why))) => Err(format!("the tags of `{arn}` are not known: {why}")),
            (None, _) if self.resources.complete.contains(&place(arn)) => Ok(Owner::Nobody),
            (None, _) => Ok(Owner::NotLookedUp),
        }
    }
}

/// The list of resources in a page.
pub(crate) const LIST: &str = "ResourceTagMappingList";

/// The account and region of an ARN.
fn place(arn: &str) -> (String, String) {
    let part = |part: Option<&str>| part.unwrap_or_default().to_owned();
    (part(arn::account(arn)), part(arn::region(arn)))
}
