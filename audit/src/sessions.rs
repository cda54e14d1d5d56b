//! The sessions of log files, packed: there are many, and few of them launch anything.

use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tagwarden::evidence::{Session, Tags};

/// Sessions, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackedSessions(Vec<u8>);

/// A packed session.
#[derive(Serialize, Deserialize)]
struct Entry<'p> {
    /// Fingerprints of its two names.
    names: [u64; 2],
    access_key_id: Option<&'p str>,
    /// Its principal id, and when it was issued, in nanoseconds since 1970.
    issued: Option<(&'p str, i128)>,
    /// Its tags, or why they could not be read, as JSON; empty if it has none.
    tags: &'p str,
}

/// Fingerprints of names: access keys and principal ids.
pub(crate) struct Names(HashSet<u64>);

impl PackedSessions {
    /// Adds a session.
    pub fn push(&mut self, session: &Session) {
        let mut names = session.names().map(fingerprint);
        let has_tags = session.tags.as_ref().map_or(true, |tags| !tags.is_empty());
        let tags = has_tags.then(|| serde_json::to_string(&session.tags).ok()).flatten().unwrap_or_default();
        let entry = Entry {
            names: [names.next(), names.next()].map(Option::unwrap_or_default),
            access_key_id: session.access_key_id.as_deref(),
            issued: session.issued.as_ref().map(|(principal, time)| (principal.as_str(), time.as_nanosecond())),
            tags: &tags,
        };
        // Memory takes all that is written to it.
        let _ = postcard::to_io(&entry, &mut self.0);
    }

    /// All sessions.
    pub fn iter(&self) -> impl Iterator<Item = Session> {
        entries(&self.0).filter_map(|entry| entry.session())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

fn entries(mut packed: &[u8]) -> impl Iterator<Item = Entry<'_>> {
    std::iter::from_fn(move || {
        let (entry, rest) = postcard::take_from_bytes(packed).ok()?;
        packed = rest;
        Some(entry)
    })
}

impl Entry<'_> {
    fn session(&self) -> Option<Session> {
        let issued = match self.issued {
            Some((principal, time)) => Some((principal.to_owned(), Timestamp::from_nanosecond(time).ok()?)),
            None => None,
        };
        let tags = match self.tags {
            "" => Ok(Tags::default()),
            json => serde_json::from_str(json).ok()?,
        };
        Some(Session { access_key_id: self.access_key_id.map(str::to_owned), issued, tags })
    }
}

impl Names {
    pub(crate) fn of<'n>(names: impl Iterator<Item = &'n String>) -> Self {
        Self(names.map(|name| fingerprint(name)).collect())
    }

    /// The packed sessions that have one of these names, and perhaps a few others.
    pub(crate) fn sessions(&self, packed: &[u8]) -> impl Iterator<Item = Session> {
        let named = entries(packed).filter(|entry| entry.names.iter().any(|name| self.0.contains(name)));
        named.filter_map(|entry| entry.session())
    }
}

/// A fingerprint of a name. Different names rarely share one.
pub(crate) fn fingerprint(name: &str) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(key: Option<&str>, principal: Option<&str>, tags: Result<Tags, String>) -> Session {
        let issued = principal.map(|principal| (principal.to_owned(), "2026-03-02T08:00:00.5Z".parse().unwrap()));
        Session { access_key_id: key.map(str::to_owned), issued, tags }
    }

    #[test]
    fn what_was_packed_is_found_by_either_name() {
        let sessions = [
            session(Some("ASIA1"), Some("AROA1:ana"), Ok(Tags::default())),
            session(Some("ASIA2"), None, Ok(Tags::from_iter([("Project", "atlas")]))),
            session(None, Some("AROA3:ü"), Err("hidden".to_owned())),
        ];
        let mut packed = PackedSessions::default();
        sessions.iter().for_each(|session| packed.push(session));
        assert_eq!(packed.iter().collect::<Vec<_>>(), sessions);
        for (index, name) in [(0, "ASIA1"), (0, "AROA1:ana"), (1, "ASIA2"), (2, "AROA3:ü")] {
            let found: Vec<_> = Names::of([name.to_owned()].iter()).sessions(packed.as_bytes()).collect();
            assert_eq!(found, [sessions[index].clone()], "{name}");
        }
        assert_eq!(Names::of([String::new()].iter()).sessions(packed.as_bytes()).count(), 0);
    }
}
