//! The tags of roles, users and SageMaker's resources over time, from the calls that set them.
//!
//! Source: IAM API reference, `CreateRole`, `TagRole`, `UntagRole`, `DeleteRole` and the same for users; SageMaker API
//! reference, `AddTags`, `DeleteTags` and the `Tags` of operations that create resources.

use std::collections::{BTreeMap, HashMap};
use std::ops::RangeBounds;

use jiff::Timestamp;

use super::carrier::carrier;
use super::{Author, Standing, Tags};
use crate::operations::{Absence, Field, Operation};
use crate::record::Call;
use crate::record::json::{Value, member, member_text};

/// What a call did to the tags of a role, user or resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagChange {
    carrier: String,
    at: Timestamp,
    event: TagEvent,
}

/// A change of tags, and who made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagEvent {
    pub(super) change: Change,
    pub(super) author: Author,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// The role, user or resource was created, with exactly these tags.
    Created {
        /// The tags.
        tags: Tags,
        /// The role's or user's unique id.
        id: Option<String>,
    },
    /// These tags were set, and the others left unchanged.
    Set(Tags),
    /// These keys were removed, and the others left unchanged.
    Removed(Vec<String>),
    /// It was deleted. A role's session may live on; IAM does not document with which tags.
    Deleted,
    /// What the role may do, or who may assume it, was changed. Its tags were not.
    Rights,
    /// The record does not show what changed.
    Unreadable,
}

/// What is known about one tag: its value, or that there is none, or why that is not known.
pub type TagValue<'a> = Result<Option<&'a str>, &'static str>;

/// `eventSource` of the calls that change the tags of roles and users.
pub(super) const CHANGER: &str = "iam.amazonaws.com";

/// The names of the calls that change the tags of roles.
pub(super) const CHANGING_ROLES: [&str; 4] = ["CreateRole", "TagRole", "UntagRole", "DeleteRole"];

/// The names of the calls that change what a role may do, or who may assume it.
pub(super) const CHANGING_RIGHTS: [&str; 7] = [
    "AttachRolePolicy",
    "DetachRolePolicy",
    "PutRolePolicy",
    "DeleteRolePolicy",
    "UpdateAssumeRolePolicy",
    "PutRolePermissionsBoundary",
    "DeleteRolePermissionsBoundary",
];

/// The names of the calls that change the tags of users.
pub(super) const CHANGING_USERS: [&str; 4] = ["CreateUser", "TagUser", "UntagUser", "DeleteUser"];

impl TagChange {
    /// The change that a successful call made, if it changes the tags of a role, of a user or of an existing SageMaker
    /// resource.
    pub fn read(call: &Call) -> Option<Self> {
        if call.error_code.is_some() {
            return None;
        }
        if call.is_sagemaker() {
            let operation = Operation::named(call.event_name).filter(|operation| operation.only_tags())?;
            return Self::of(call, operation.arn(call)?, read_change(call));
        }
        let (kind, parameter) = Self::subject(call.event_source, call.event_name)?;
        let name = member_text(call.request.as_ref().ok()?, parameter)?;
        let arn = format!("arn:aws:iam::{}:{kind}/{name}", call.account?);
        Self::of(call, &arn, read_change(call))
    }

    /// What a ledger says: the resource `arn` was created at that time with these tags.
    pub fn created(arn: &str, at: Timestamp, tags: Tags, by: Standing) -> Option<Self> {
        let event = TagEvent { change: Change::Created { tags, id: None }, author: Author::known(by) };
        Some(Self { carrier: carrier(arn)?, at, event })
    }

    /// What a ledger says: somebody set the tag `key` of the resource `arn` to this value or, with `None`, removed it.
    pub fn known(arn: &str, at: Timestamp, key: &str, value: Option<&str>, by: Standing) -> Option<Self> {
        let change = match value {
            Some(value) => Change::Set([(key, value)].into_iter().collect()),
            None => Change::Removed(vec![key.to_owned()]),
        };
        Some(Self { carrier: carrier(arn)?, at, event: TagEvent { change, author: Author::known(by) } })
    }

    /// The tags that a successful call gave to the SageMaker resource that it created or updated.
    pub fn with_resource(call: &Call) -> Option<Self> {
        let is_successful = call.is_sagemaker() && call.error_code.is_none();
        let operation = Operation::named(call.event_name).filter(|_| is_successful)?;
        let arn = operation.arn(call).filter(|_| operation.has(Field::Tags))?;
        let tags = call.request.as_ref().ok().map(|request| member(request, "tags"));
        match (operation.absence, tags) {
            (Absence::Unset, list) => {
                Self::of(call, arn, list.and_then(read_tags).map(|tags| Change::Created { tags, id: None }))
            }
            (Absence::Unchanged, Some(Some(list))) => Self::of(call, arn, read_tags(Some(list)).map(Change::Set)),
            (Absence::Unchanged, _) => None,
        }
    }

    fn of(call: &Call, arn: &str, change: Option<Change>) -> Option<Self> {
        let event = TagEvent { change: change.unwrap_or(Change::Unreadable), author: Author::of(call) };
        Some(Self { carrier: carrier(arn)?, at: call.time()?, event })
    }

    /// The role, user or resource, in the form of [`carrier`].
    pub fn carrier(&self) -> &str {
        &self.carrier
    }

    /// Whether calls of this name to this service change the tags of roles or users.
    pub fn is_of_principals(event_source: &str, event_name: &str) -> bool {
        !CHANGING_RIGHTS.contains(&event_name) && Self::subject(event_source, event_name).is_some()
    }

    /// Whether calls of this name to this service change roles or users: the kind, and the request member that names the
    /// role or user.
    fn subject(event_source: &str, event_name: &str) -> Option<(&'static str, &'static str)> {
        let kind = if CHANGING_ROLES.contains(&event_name) || CHANGING_RIGHTS.contains(&event_name) {
            ("role", "roleName")
        } else if CHANGING_USERS.contains(&event_name) {
            ("user", "userName")
        } else {
            return None;
        };
        (event_source == CHANGER).then_some(kind)
    }
}

/// What a call did; `None` if that cannot be read.
fn read_change(call: &Call) -> Option<Change> {
    let request = *call.request.as_ref().ok()?;
    match call.event_name {
        "CreateRole" | "CreateUser" => {
            Some(Change::Created { tags: read_tags(member(request, "tags"))?, id: created_id(call) })
        }
        "TagRole" | "TagUser" | "AddTags" => Some(Change::Set(read_tags(Some(member(request, "tags")?))?)),
        "UntagRole" | "UntagUser" | "DeleteTags" => read_keys(request).map(Change::Removed),
        name if CHANGING_RIGHTS.contains(&name) => Some(Change::Rights),
        _ => Some(Change::Deleted),
    }
}

/// The unique id of the role or user that a call created.
fn created_id(call: &Call) -> Option<String> {
    let of = |entity, id| member_text(member(call.response?, entity)?, id);
    of("role", "roleId").or_else(|| of("user", "userId")).map(str::to_owned)
}

/// The tags in a list, which are none if there is no list; `None` if they cannot be read.
fn read_tags(list: Option<&Value>) -> Option<Tags> {
    let mut tags = Tags::default();
    if let Some(list) = list {
        tags.add_list(list, "key", "value").ok()?;
    }
    Some(tags)
}

fn read_keys(request: &Value) -> Option<Vec<String>> {
    let keys = member(request, "tagKeys")?.as_array()?;
    keys.iter().map(|key| key.as_str().map(str::to_owned)).collect()
}

impl Change {
    /// What it says about the tag `key`; `None` if it leaves the tag unchanged.
    pub(super) fn effect_on(&self, key: &str) -> Option<TagValue<'_>> {
        match self {
            Self::Created { tags, .. } => Some(Ok(tags.get(key))),
            Self::Set(tags) => tags.get(key).map(|value| Ok(Some(value))),
            Self::Removed(keys) => keys.iter().any(|removed| removed.eq_ignore_ascii_case(key)).then_some(Ok(None)),
            Self::Deleted => Some(Err("it was already deleted")),
            Self::Unreadable => Some(Err("a record that changed its tags cannot be read")),
            Self::Rights => None,
        }
    }

    /// Whether it sets all tags, whatever they were.
    pub(super) fn is_creation(&self) -> bool {
        matches!(self, Self::Created { .. } | Self::Deleted)
    }

    /// The unique id of the role or user that it created, if the record has it.
    fn created_id(&self) -> Option<&str> {
        match self {
            Self::Created { id, .. } => id.as_deref(),
            _ => None,
        }
    }

    fn keys(&self) -> impl Iterator<Item = &str> {
        let set = match self {
            Self::Created { tags, .. } | Self::Set(tags) => Some(tags),
            _ => None,
        };
        set.into_iter().flat_map(|tags| tags.iter().map(|(key, _)| key))
    }
}

/// All known changes of the tags of roles, users and resources.
#[derive(Clone, Debug, Default)]
pub struct TagHistory(HashMap<String, Changes>);

/// The changes of one carrier's tags. Records have whole seconds, so several changes may have the same time.
type Changes = BTreeMap<Timestamp, Vec<TagEvent>>;

impl TagHistory {
    /// Adds a change. The order does not matter, and neither do duplicates.
    pub fn add(&mut self, TagChange { carrier, at, event }: TagChange) {
        let events = self.0.entry(carrier).or_default().entry(at).or_default();
        if !events.contains(&event) {
            events.push(event);
        }
    }

    /// Forgets what is known about the role, user or resource `arn`.
    pub fn forget(&mut self, arn: &str) {
        carrier(arn).map(|carrier| self.0.remove(&carrier));
    }

    /// The tags of the role, user or resource `arn` at a certain time. `None` if no change of them is known.
    pub fn at(&self, arn: &str, time: Option<Timestamp>) -> Option<TagsAt<'_>> {
        if self.0.is_empty() {
            return None;
        }
        Some(TagsAt { changes: self.0.get(&carrier(arn)?)?, since: Timestamp::MIN, time: time? })
    }
}

/// The tags of a role, user or resource at a certain time, as far as the changes up to then show them.
#[derive(Clone, Copy, Debug)]
pub struct TagsAt<'a> {
    changes: &'a Changes,
    /// Earlier changes do not count.
    since: Timestamp,
    time: Timestamp,
}

impl<'a> TagsAt<'a> {
    /// The value of the tag `key`; `None` if there was no such tag.
    ///
    /// # Errors
    /// If the changes do not show it, with the reason.
    pub fn get(&self, key: &str) -> TagValue<'a> {
        let value = self.last(key, ..=self.time);
        if value == self.before(key) {
            value.unwrap_or(Err("no earlier record shows this tag"))
        } else {
            Err("its tags changed in the same second as the call")
        }
    }

    /// Whether a record up to that time shows anything about the tag `key`.
    pub fn show(&self, key: &str) -> bool {
        self.last(key, ..=self.time).is_some()
    }

    /// What is known about the tag `key` before that second. `None` if no record shows it.
    pub fn before(&self, key: &str) -> Option<TagValue<'a>> {
        self.last(key, ..self.time)
    }

    /// When and by whom the tag `key` was set to the value that it had at that time, if that changed its value.
    pub fn set_by(&self, key: &str) -> Option<(Timestamp, &'a Author)> {
        let sets = |event: &&TagEvent| event.change.effect_on(key).is_some();
        let mut times = self.range(..=self.time).rev();
        let (at, event) = times.find_map(|(at, events)| Some((*at, events.iter().find(sets)?)))?;
        let is_another = self.last(key, ..at) != event.change.effect_on(key);
        (is_another && matches!(event.change, Change::Set(_))).then_some((at, &event.author))
    }

    fn last(&self, key: &str, times: impl RangeBounds<Timestamp>) -> Option<TagValue<'a>> {
        for events in self.range(times).rev().map(|(_, events)| events) {
            let mut values = events.iter().filter_map(|event| event.change.effect_on(key));
            match values.next() {
                None => {}
                Some(one) if values.all(|other| other == one) => return Some(one),
                Some(_) => return Some(Err("its tags changed more than once within a second")),
            }
        }
        None
    }

    /// The changes since a certain time, that second included.
    pub(super) fn since(self, since: Timestamp) -> Self {
        Self { since: since.max(self.since), ..self }
    }

    /// The changes of the role or user with this unique id, or that was created at that time: names are used again.
    pub(super) fn of_principal(self, id: Option<&str>, created: Option<Timestamp>) -> Self {
        let of_id = |event: &TagEvent| event.change.created_id().is_some_and(|created| Some(created) == id);
        let mut creations = self.range(..=self.time).rev().filter(|(_, events)| events.iter().any(of_id));
        let recorded = creations.next().map(|(at, _)| *at);
        recorded.or(created.filter(|created| *created <= self.time)).map_or(self, |created| self.since(created))
    }

    /// The unique id of the role or user that was created last, if its record has it.
    pub(super) fn created_id(&self) -> Option<&'a str> {
        self.range(..=self.time).rev().flat_map(|(_, events)| events).find_map(|event| event.change.created_id())
    }

    /// When the tag `key` changed after that time, the second `until` included.
    pub(super) fn changed_after(&self, key: &str, until: Timestamp) -> Option<Timestamp> {
        let changes = |events: &[TagEvent]| events.iter().any(|event| event.change.effect_on(key).is_some());
        self.range(..=until).find(|(at, events)| **at > self.time && changes(events)).map(|(at, _)| *at)
    }

    /// When, and by which call, a role was created, deleted or given other rights after `from`, the second `to` included.
    pub(super) fn rights_changed(&self, from: Timestamp, to: Timestamp) -> Option<(Timestamp, &'a str)> {
        let changes = |event: &TagEvent| event.change == Change::Rights || event.change.is_creation();
        let mut between = self.range(..=to).filter(|(at, _)| **at > from);
        between.find_map(|(at, events)| {
            let event = events.iter().find(|event| changes(event))?;
            Some((*at, event.author.event_name.as_str()))
        })
    }

    fn range(
        &self,
        times: impl RangeBounds<Timestamp>,
    ) -> impl DoubleEndedIterator<Item = (&'a Timestamp, &'a Vec<TagEvent>)> {
        let since = self.since;
        self.changes.range(times).filter(move |(at, _)| **at >= since)
    }

    /// The changes up to that time, oldest first: those of each second.
    pub(super) fn seconds(&self) -> impl Iterator<Item = (Timestamp, &'a [TagEvent])> {
        self.range(..=self.time).map(|(at, events)| (*at, events.as_slice()))
    }

    /// The time.
    pub(super) fn time(&self) -> Timestamp {
        self.time
    }

    /// All tags that are known.
    pub fn known(&self) -> Tags {
        let events = self.range(..=self.time).flat_map(|(_, events)| events);
        let keys = events.flat_map(|event| event.change.keys());
        keys.filter_map(|key| Some((key, self.get(key).ok()??))).collect()
    }

    /// The tags that were set or, with `None`, removed since the creation.
    pub fn changed_since_creation(&self) -> BTreeMap<&'a str, Option<&'a str>> {
        let mut changed = BTreeMap::new();
        for event in self.range(..=self.time).flat_map(|(_, events)| events) {
            match &event.change {
                Change::Created { .. } => changed.clear(),
                Change::Set(tags) => changed.extend(tags.iter().map(|(key, value)| (key, Some(value)))),
                Change::Removed(keys) => changed.extend(keys.iter().map(|key| (key.as_str(), None))),
                Change::Deleted | Change::Rights | Change::Unreadable => {}
            }
        }
        changed
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
        assert!(others.at(ROLE, "2026-03-02T09:00:00Z".parse().ok()).is_none(), "a user is not a role");
    }
}
