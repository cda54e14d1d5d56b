//! The tags that a resource lawfully has: what its creator gave it, and what somebody who may change it made of that.

use jiff::Timestamp;

use super::history::TagEvent;
use super::{Author, TagValue, TagsAt};

/// Whether a change of a tag counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lawful {
    /// It counts.
    Yes,
    /// It does not: the tag remains what it was.
    No,
    /// That is not known, for this reason.
    Unknown(&'static str),
}

/// A change of a tag.
#[derive(Clone, Copy, Debug)]
pub struct Retagging<'a> {
    /// Whether it came with the creation of its resource.
    pub is_creation: bool,
    /// When it was made.
    pub at: Timestamp,
    /// Who made it.
    pub author: &'a Author,
    /// Who created the resource, if that is known.
    pub creator: Option<&'a Author>,
    /// The value that it was created with, if that is known.
    pub created_with: Option<&'a str>,
    /// The lawful value before. `None`: not known, because no record shows the creation.
    pub before: Option<TagValue<'a>>,
    /// The new value. `None`: removed.
    pub after: Option<&'a str>,
}

impl<'a> TagsAt<'a> {
    /// The lawful value of the tag `key` before the changes of that second. A creation in that second comes before them. `is_lawful`
    /// judges each change. `None` if no record shows it.
    pub fn lawful_before(&self, key: &str, is_lawful: &dyn Fn(Retagging<'a>) -> Lawful) -> Option<TagValue<'a>> {
        self.fold(key, false, is_lawful)
    }

    /// The same at that second.
    pub fn lawful_at(&self, key: &str, is_lawful: &dyn Fn(Retagging<'a>) -> Lawful) -> Option<TagValue<'a>> {
        self.fold(key, true, is_lawful)
    }

    /// Who created the resource, and with which value of the tag `key`, if that is known.
    pub fn creator(&self, key: &str) -> Option<(&'a Author, Option<&'a str>)> {
        let created = |(_, events): (Timestamp, &'a [TagEvent])| events.iter().find(|event| event.change.is_creation());
        let event = self.seconds().filter_map(created).last()?;
        Some((&event.author, event.change.effect_on(key).and_then(Result::ok).flatten()))
    }

    fn fold(
        &self,
        key: &str,
        with_that_second: bool,
        is_lawful: &dyn Fn(Retagging<'a>) -> Lawful,
    ) -> Option<TagValue<'a>> {
        let mut value: Option<TagValue<'a>> = None;
        let (mut creator, mut created_with) = (None, None);
        for (at, events) in self.seconds() {
            let created = events.iter().find(|event| event.change.is_creation());
            if let Some(event) = created {
                creator = Some(&event.author);
                created_with = event.change.effect_on(key).and_then(Result::ok).flatten();
            }
            let judged = |event: &'a TagEvent, before: Option<TagValue<'a>>, is_creation: bool| {
                let after = match event.change.effect_on(key)? {
                    Ok(after) => after,
                    Err(why) => return Some(Err(why)),
                };
                match is_lawful(Retagging {
                    is_creation,
                    at,
                    author: &event.author,
                    creator,
                    created_with,
                    before,
                    after,
                }) {
                    Lawful::Yes => Some(Ok(after)),
                    Lawful::No => is_creation.then_some(Ok(None)),
                    Lawful::Unknown(why) => Some(Err(why)),
                }
            };
            // Within a second, the creation comes first.
            let (created, changed): (Vec<_>, Vec<_>) = events.iter().partition(|event| event.change.is_creation());
            value = created.into_iter().rev().find_map(|event| judged(event, None, true)).or(value);
            if at == self.time() && !with_that_second {
                break;
            }
            let mut effects = changed.into_iter().filter_map(|event| judged(event, value, false));
            let first = effects.next();
            let is_ambiguous = effects.any(|effect| Some(effect) != first);
            value = if is_ambiguous {
                Some(Err("its tags changed more than once within a second"))
            } else {
                first.or(value)
            };
        }
        value
    }
}
