//! The tags of resources that were looked up or read from files.
//!
//! Source: Resource Groups Tagging API reference, `GetResources`.

use std::collections::{HashMap, HashSet};

use super::{LookedUp, Tags, carrier};
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
    /// The owner that a tag's value names.
    pub fn of(value: Option<&'a str>) -> Self {
        value.filter(|value| !value.is_empty()).map_or(Self::Nobody, Self::Project)
    }
}

/// The tags of resources that were looked up or read from files.
#[derive(Clone, Debug, Default)]
pub(super) struct ResourceTags {
    tags: HashMap<String, LookedUp<Tags>>,
    /// Accounts and regions whose tagged resources are all known.
    complete: HashSet<(String, String)>,
    /// Whether there are more pages than were given.
    is_truncated: bool,
}

/// The list of resources in a page of `aws resourcegroupstaggingapi get-resources`.
pub(super) const LIST: &str = "ResourceTagMappingList";

impl ResourceTags {
    pub fn add(&mut self, arn: &str, tags: LookedUp<Tags>) {
        self.tags.extend(carrier(arn).map(|carrier| (carrier, tags)));
    }

    pub fn has(&self, arn: &str) -> bool {
        carrier(arn).is_some_and(|carrier| self.tags.contains_key(&carrier))
    }

    /// Adds all resources of a page. What all pages of an account and region do not have was never tagged. Returns
    /// what could not be read.
    pub fn add_page(&mut self, page: &Value) -> Vec<String> {
        let mut problems = Vec::new();
        self.is_truncated |= member_text(page, "PaginationToken").is_some_and(|token| !token.is_empty());
        let list = member(page, LIST).and_then(Value::as_array).unwrap_or_default();
        for (index, entry) in list.iter().enumerate() {
            match (member_text(entry, "ResourceARN"), Tags::of_iam(entry, "Tags")) {
                (Some(arn), Ok(tags)) => {
                    self.complete.insert(place(arn));
                    self.add(arn, Ok(tags));
                }
                (None, _) => problems.push(format!("`{LIST}[{index}]`: `ResourceARN` is missing")),
                (_, Err(why)) => problems.push(format!("`{LIST}[{index}]`: {why}")),
            }
        }
        problems
    }

    /// Whether a page says something about the resource `arn`.
    pub fn has_snapshot(&self, arn: &str) -> bool {
        self.complete.contains(&place(arn))
    }

    /// The tag `key` of the resource `arn`.
    pub fn owner(&self, arn: &str, key: &str) -> LookedUp<Owner<'_>> {
        match carrier(arn).and_then(|carrier| self.tags.get(&carrier)) {
            Some(Ok(tags)) => Ok(Owner::of(tags.get(key))),
            Some(Err(why)) => Err(why.clone()),
            None if !self.is_truncated && self.complete.contains(&place(arn)) => Ok(Owner::Nobody),
            None => Ok(Owner::NotLookedUp),
        }
    }
}

/// The account and region of an ARN.
fn place(arn: &str) -> (String, String) {
    let part = |part: Option<&str>| part.unwrap_or_default().to_owned();
    (part(arn::account(arn)), part(arn::region(arn)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_add_up_and_say_what_is_untagged_in_their_place_only() {
        let page = |arn: &str| {
            format!(
                r#"{{"ResourceTagMappingList":[{{"ResourceARN":"{arn}","Tags":[{{"Key":"Project","Value":"atlas"}}]}},{{"Tags":[]}}]}}"#
            )
        };
        let mut known = ResourceTags::default();
        for arn in ["arn:aws:sagemaker:eu-west-1:1:model/a", "arn:aws:sagemaker:eu-west-1:1:model/b"] {
            let text = page(arn);
            let problems = known.add_page(&serde_json::from_str(&text).unwrap());
            assert_eq!(problems, ["`ResourceTagMappingList[1]`: `ResourceARN` is missing"]);
        }
        let owner = |arn: &str| known.owner(arn, "project").unwrap();
        assert_eq!(owner("arn:aws:sagemaker:eu-west-1:1:model/A"), Owner::Project("atlas"));
        assert_eq!(owner("arn:aws:sagemaker:eu-west-1:1:model/b"), Owner::Project("atlas"));
        assert_eq!(owner("arn:aws:sagemaker:eu-west-1:1:model/c"), Owner::Nobody);
        assert_eq!(owner("arn:aws:sagemaker:us-east-1:1:model/a"), Owner::NotLookedUp);
        assert_eq!(owner("arn:aws:s3:::bucket"), Owner::NotLookedUp);
        known.add_page(&serde_json::from_str(r#"{"ResourceTagMappingList":[],"PaginationToken":"x"}"#).unwrap());
        assert_eq!(
            known.owner("arn:aws:sagemaker:eu-west-1:1:model/c", "project"),
            Ok(Owner::NotLookedUp),
            "one page of more"
        );
    }
}
