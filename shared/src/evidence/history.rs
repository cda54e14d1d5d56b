//! The tags of roles and users over time, from the IAM calls that set them.
//!
//! Source: IAM API reference, `CreateRole`, `TagRole`, `UntagRole`, `DeleteRole` and their kin for users.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeBounds;

use jiff::Timestamp;

use super::Tags;
use crate::arn;
use crate::call::Call;
use crate::json::{Value, member, member_text};

/// What an IAM call did to the tags of a role or user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagChange {
    principal: String,
    at: Timestamp,
    change: Change,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Change {
    /// It was created, with exactly these tags.
    Created(Tags),
    /// These were set, the others left.
    Set(Tags),
    /// These keys were removed, the others left.
    Removed(Vec<String>),
    /// It is no more. A session of it may live on: with which tags, IAM does not document.
    Deleted,
    /// The record does not show what was changed.
    Unreadable,
}

/// What is known of one tag: its value, or that there is none, or why that is not known.
type Told<'a> = Result<Option<&'a str>, &'static str>;

/// `eventSource` of the calls that change the tags of roles and users.
pub(super) const CHANGER: &str = "iam.amazonaws.com";

/// The names of the calls that change the tags of roles.
pub(super) const CHANGING_ROLES: [&str; 4] = ["CreateRole", "TagRole", "UntagRole", "DeleteRole"];

/// The names of the calls that change the tags of users.
pub(super) const CHANGING_USERS: [&str; 4] = ["CreateUser", "TagUser", "UntagUser", "DeleteUser"];

impl TagChange {
    /// The change that a successful call made, if it is one that changes the tags of a role or user.
    pub fn read(call: &Call) -> Option<Self> {
        if call.error_code.is_some() {
            return None;
        }
        let (kind, parameter) = Self::subject(call.event_source, call.event_name)?;
        let request = *call.request.as_ref().ok()?;
        let name = member_text(request, parameter)?;
        let change = match call.event_name {
            "CreateRole" | "CreateUser" => tags(member(request, "tags")).map(Change::Created),
            "TagRole" | "TagUser" => member(request, "tags").and_then(|list| tags(Some(list))).map(Change::Set),
            "UntagRole" | "UntagUser" => keys(request).map(Change::Removed),
            _ => Some(Change::Deleted),
        };
        Some(Self {
            principal: key(call.account?, kind, name),
            at: call.time()?,
            change: change.unwrap_or(Change::Unreadable),
        })
    }

    /// Whether calls of this name to this service change the tags of roles or users: of which kind, and what names them.
    pub fn subject(event_source: &str, event_name: &str) -> Option<(&'static str, &'static str)> {
        let kind = if CHANGING_ROLES.contains(&event_name) {
            ("role", "roleName")
        } else if CHANGING_USERS.contains(&event_name) {
            ("user", "userName")
        } else {
            return None;
        };
        (event_source == CHANGER).then_some(kind)
    }
}

/// The tags in a list, none where there is no list; `None` where they cannot be read.
fn tags(list: Option<&Value>) -> Option<Tags> {
    let mut tags = Tags::default();
    if let Some(list) = list {
        tags.add_list(list, "key", "value").ok()?;
    }
    Some(tags)
}

fn keys(request: &Value) -> Option<Vec<String>> {
    let keys = member(request, "tagKeys")?.as_array()?;
    keys.iter().map(|key| key.as_str().map(str::to_owned)).collect()
}

/// Names are unique in an account whatever their path and case (IAM User Guide, "IAM identifiers").
fn key(account: &str, kind: &str, name: &str) -> String {
    format!("{account}:{kind}/{}", name.to_ascii_lowercase())
}

impl Change {
    /// What it tells of the tag `key`; `None` where it leaves the tag as it was.
    fn tells(&self, key: &str) -> Option<Told<'_>> {
        match self {
            Self::Created(tags) => Some(Ok(tags.get(key))),
            Self::Set(tags) => tags.get(key).map(|value| Ok(Some(value))),
            Self::Removed(keys) => keys.iter().any(|removed| removed.eq_ignore_ascii_case(key)).then_some(Ok(None)),
            Self::Deleted => Some(Err("it had been deleted by then")),
            Self::Unreadable => Some(Err("a record that changed its tags cannot be read")),
        }
    }

    fn keys(&self) -> impl Iterator<Item = &str> {
        let set = match self {
            Self::Created(tags) | Self::Set(tags) => Some(tags),
            _ => None,
        };
        set.into_iter().flat_map(|tags| tags.iter().map(|(key, _)| key))
    }
}

/// All known changes of the tags of roles and users.
#[derive(Clone, Debug, Default)]
pub struct TagHistory(HashMap<String, Changes>);

/// The changes of one role's or user's tags. Records tell whole seconds: several may come at one time.
type Changes = BTreeMap<Timestamp, Vec<Change>>;

impl TagHistory {
    /// Adds a change. The order does not matter, and neither do duplicates.
    pub fn add(&mut self, TagChange { principal, at, change }: TagChange) {
        let changes = self.0.entry(principal).or_default().entry(at).or_default();
        if !changes.contains(&change) {
            changes.push(change);
        }
    }

    /// The tags of the role or user `arn` at a certain time. `None` where no change of them is known.
    pub fn at(&self, arn: &str, time: Option<Timestamp>) -> Option<TagsAt<'_>> {
        let kind = if arn::is_user(arn) { "user" } else { "role" };
        let changes = self.0.get(&key(arn::account(arn)?, kind, arn::name(arn)?))?;
        Some(TagsAt { changes, time: time? })
    }
}

/// The tags of a role or user at a certain time, as far as the changes up to then tell.
#[derive(Clone, Copy, Debug)]
pub struct TagsAt<'a> {
    changes: &'a Changes,
    time: Timestamp,
}

impl<'a> TagsAt<'a> {
    /// The value of the tag `key`; `None` where there was no such tag.
    ///
    /// # Errors
    /// Where the changes do not tell, with the reason.
    pub fn get(&self, key: &str) -> Result<Option<&'a str>, &'static str> {
        let value = self.last(key, ..=self.time);
        if value == self.last(key, ..self.time) {
            value
        } else {
            Err("its tags changed in the very second of the call")
        }
    }

    fn last(&self, key: &str, times: impl RangeBounds<Timestamp>) -> Told<'a> {
        for changes in self.changes.range(times).rev().map(|(_, changes)| changes) {
            let mut told = changes.iter().filter_map(|change| change.tells(key));
            match told.next() {
                None => {}
                Some(one) if told.all(|other| other == one) => return one,
                Some(_) => return Err("its tags changed more than once within a second"),
            }
        }
        Err("no record of an earlier time tells this tag of it")
    }

    /// All tags that are known.
    pub fn known(&self) -> Tags {
        let changes = self.changes.range(..=self.time).flat_map(|(_, changes)| changes);
        let keys = changes.flat_map(Change::keys);
        keys.filter_map(|key| Some((key, self.get(key).ok()??))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE: &str = "arn:aws:iam::111122223333:role/ml/Train";

    fn history(records: &[(&str, &str, &str)]) -> TagHistory {
        let mut history = TagHistory::default();
        for (name, time, request) in records {
            let record = format!(
                r#"{{"eventSource":"iam.amazonaws.com","eventName":"{name}","eventTime":"2026-03-02T{time}Z",
                "recipientAccountId":"111122223333","requestParameters":{request}}}"#
            );
            let record: Value = serde_json::from_str(&record).unwrap();
            history.add(TagChange::read(&Call::read(&record).unwrap()).expect(name));
        }
        history
    }

    fn project(history: &TagHistory, time: &str) -> Result<Option<String>, &'static str> {
        let tags = history.at(ROLE, Some(format!("2026-03-02T{time}Z").parse().unwrap())).expect("a history");
        tags.get("project").map(|value| value.map(str::to_owned))
    }

    fn is(project: &str) -> Result<Option<String>, &'static str> {
        Ok(Some(project.to_owned()))
    }

    const CREATED: &str = r#"{"roleName":"Train","tags":[{"key":"Project","value":"atlas"}]}"#;
    const BOREALIS: &str = r#"{"roleName":"Train","tags":[{"key":"PROJECT","value":"borealis"}]}"#;
    const TEAM: &str = r#"{"roleName":"Train","tags":[{"key":"Team","value":"x"}]}"#;
    const UNTAGGED: &str = r#"{"roleName":"train","tagKeys":["Project"]}"#;

    #[test]
    fn each_change_counts_from_its_time_on_in_any_order() {
        let mut records = [
            ("CreateRole", "08:00:00", CREATED),
            ("TagRole", "09:00:00", BOREALIS),
            ("TagRole", "09:30:00", TEAM),
            ("UntagRole", "10:00:00", UNTAGGED),
            ("TagRole", "10:00:00", TEAM),
            ("DeleteRole", "11:00:00", r#"{"roleName":"Train"}"#),
            ("CreateRole", "12:00:00", r#"{"roleName":"Train"}"#),
        ];
        for _ in 0..records.len() {
            records.rotate_left(1);
            let history = history(&records);
            assert!(project(&history, "07:59:59").is_err(), "what was before is not known");
            assert_eq!(project(&history, "08:00:01"), is("atlas"));
            assert_eq!(project(&history, "09:59:59"), is("borealis"));
            assert_eq!(project(&history, "10:00:01"), Ok(None));
            assert!(project(&history, "11:00:01").is_err(), "deleted");
            assert_eq!(project(&history, "12:00:01"), Ok(None));
        }
    }

    #[test]
    fn one_known_tag_tells_nothing_of_another() {
        assert!(project(&history(&[("TagRole", "08:00:00", TEAM)]), "09:00:00").is_err());
        let tagged = history(&[("TagRole", "08:00:00", BOREALIS), ("TagRole", "08:30:00", TEAM)]);
        assert_eq!(project(&tagged, "09:00:00"), is("borealis"));
        let known = tagged.at(ROLE, "2026-03-02T09:00:00Z".parse().ok()).unwrap().known();
        assert_eq!(known.iter().collect::<Vec<_>>(), [("PROJECT", "borealis"), ("Team", "x")]);
    }

    #[test]
    fn what_happened_within_a_second_has_no_order() {
        let both = history(&[("TagRole", "08:00:00", CREATED), ("TagRole", "08:00:00", BOREALIS)]);
        assert!(project(&both, "09:00:00").is_err());
        let twice = history(&[("TagRole", "08:00:00", BOREALIS), ("TagRole", "08:00:00", BOREALIS)]);
        assert_eq!(project(&twice, "09:00:00"), is("borealis"));
        assert!(project(&twice, "08:00:00").is_err(), "the very second");
    }

    #[test]
    fn what_cannot_be_read_makes_it_unknown() {
        for request in [r#"{"roleName":"Train","tags":7}"#, r#"{"roleName":"Train"}"#] {
            let history = history(&[("TagRole", "08:00:00", CREATED), ("TagRole", "08:30:00", request)]);
            assert!(project(&history, "09:00:00").is_err(), "{request}");
        }
        let others =
            history(&[("TagUser", "08:00:00", r#"{"userName":"Train","tags":[{"key":"Project","value":"x"}]}"#)]);
        assert!(others.at(ROLE, "2026-03-02T09:00:00Z".parse().ok()).is_none(), "a user is no role");
    }
}
