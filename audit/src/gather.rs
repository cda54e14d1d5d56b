//! What the files of an archive hold, joined: launches to judge, and the evidence to judge them by.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use crate::{Denied, Extract, Input};
use jiff::Timestamp;
use tagwarden::evidence::{Evidence, Session, TagChange, carrier};
use tagwarden::record::Call;
use tagwarden::record::json::Value;

use crate::spool::{Span, Spool, unreadable};
use crate::{AuditError, Scanned};

/// What was read so far. A file's `Place` says where it stands among the others, which come in any order.
pub struct Gathered<Place> {
    /// What is known beside the records.
    pub evidence: Evidence,
    /// What was read.
    pub input: Input,
    pub(crate) denied: BTreeMap<Denied, u64>,
    launches: Vec<PendingLaunch<Place>>,
    records: Spool,
    /// Every session that was issued: fingerprints of its two names, then JSON. Most of them launch nothing.
    sessions: Spool,
    /// Access keys and principal ids of the callers, by which their sessions are found.
    callers: HashSet<String>,
    /// Whose tags were changed: what these were before is learned from the launches.
    retagged: HashSet<u64>,
    /// IAM's data, with the place of its file: the last word counts.
    iam: Vec<(Place, String)>,
}

/// A record that waits to be judged.
struct PendingLaunch<Place> {
    time: Option<Timestamp>,
    /// Its file's place, and its place in the file.
    place: (Place, usize),
    /// Fingerprint of what it launched.
    resource: Option<u64>,
    record: Span,
}

/// The launches in the order of time, then of the input.
pub(crate) struct Launches {
    records: std::vec::IntoIter<Span>,
    spool: Spool,
}

impl<Place: Ord + Clone> Gathered<Place> {
    /// Nothing was read yet; `evidence` is known beforehand.
    pub fn new(evidence: Evidence) -> Self {
        Self {
            evidence,
            input: Input::default(),
            denied: BTreeMap::new(),
            launches: Vec::new(),
            records: Spool::default(),
            sessions: Spool::default(),
            callers: HashSet::new(),
            retagged: HashSet::new(),
            iam: Vec::new(),
        }
    }

    /// Takes in what a file holds.
    ///
    /// # Errors
    /// If a temporary file cannot be written.
    pub fn take(
        &mut self,
        place: &Place,
        Scanned { bytes, inflated_bytes, extract }: Scanned,
    ) -> Result<(), AuditError> {
        self.input.files += 1;
        self.input.bytes += bytes;
        self.input.inflated_bytes += inflated_bytes;
        self.input.add(&extract);
        let Extract { launches, sessions, lessons, iam, denied, .. } = extract;
        for (number, launch) in launches.into_iter().enumerate() {
            let record = self.records.push(launch.json.as_bytes())?;
            let resource = launch.resource_arn.as_deref().and_then(carrier).map(|carrier| fingerprint(&carrier));
            self.launches.push(PendingLaunch { time: launch.time, place: (place.clone(), number), resource, record });
            self.callers.extend([launch.access_key_id, launch.principal_id].into_iter().flatten());
        }
        let mut entry = Vec::new();
        for session in &sessions {
            let mut names = session.names().map(fingerprint);
            let names = [names.next(), names.next()].map(|name| name.unwrap_or_default().to_le_bytes());
            entry.clear();
            entry.extend(names.as_flattened());
            serde_json::to_writer(&mut entry, session).map_err(|error| AuditError(error.to_string()))?;
            self.sessions.push(&entry)?;
        }
        for lesson in &lessons {
            if let Ok(record) = serde_json::from_str::<Value>(lesson)
                && let Ok(call) = Call::read(&record)
            {
                self.evidence.learn(&call);
                self.retagged.extend(TagChange::read(&call).map(|change| fingerprint(change.carrier())));
            }
        }
        self.iam.extend(iam.into_iter().map(|details| (place.clone(), details)));
        for (denied, calls) in denied {
            *self.denied.entry(denied).or_default() += calls;
        }
        Ok(())
    }

    /// Learns IAM's data that was among the files, once all are read. Returns what could not be read of it, each with its file's
    /// place.
    pub fn learn_iam(&mut self) -> Vec<(Place, String)> {
        let mut problems = Vec::new();
        self.iam.sort();
        for (place, details) in std::mem::take(&mut self.iam) {
            let Ok(value) = serde_json::from_str::<Value>(&details) else { continue };
            let unread = self.evidence.add_authorization_details(&value).into_iter();
            problems.extend(unread.map(|problem| (place.clone(), format!(" {problem}"))));
        }
        self.input.problems += problems.len() as u64;
        problems
    }

    /// Learns a session that was kept elsewhere, if it is of somebody who launched anything, once all launches are taken in.
    pub fn learn_session(&mut self, session: Session) {
        if session.names().any(|name| self.callers.contains(name)) {
            self.evidence.sessions.add(session);
        }
    }

    /// Learns the sessions of those who launched anything, and the tags of what was tagged again, and gives what was launched.
    pub(crate) fn launches(&mut self) -> Result<Launches, AuditError> {
        let callers: HashSet<_> = self.callers.iter().map(|name| fingerprint(name)).collect();
        std::mem::take(&mut self.sessions).each(|entry| {
            let Some((names, json)) = entry.split_at_checked(2 * size_of::<u64>()) else { return };
            let mut names = names.as_chunks().0.iter().map(|name| u64::from_le_bytes(*name));
            if names.any(|name| callers.contains(&name))
                && let Ok(session) = serde_json::from_slice(json)
            {
                self.learn_session(session);
            }
        })?;
        let mut launches = std::mem::take(&mut self.launches);
        launches.sort_by(|one, other| (one.time, &one.place).cmp(&(other.time, &other.place)));
        for launch in &launches {
            if launch.resource.is_some_and(|resource| self.retagged.contains(&resource))
                && let Ok(record) = serde_json::from_slice::<Value>(&self.records.get(launch.record)?)
                && let Ok(call) = Call::read(&record)
            {
                self.evidence.learn(&call);
            }
        }
        let records: Vec<_> = launches.into_iter().map(|launch| launch.record).collect();
        Ok(Launches { records: records.into_iter(), spool: std::mem::take(&mut self.records) })
    }
}

/// Tells names apart, but for a few.
fn fingerprint(name: &str) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(name)
}

impl Launches {
    /// The next records, at most `count`; `None` at the end.
    pub(crate) fn next_batch(&mut self, count: usize) -> Result<Option<Vec<String>>, AuditError> {
        let batch = self.records.by_ref().take(count);
        let records = batch.map(|record| String::from_utf8(self.spool.get(record)?).map_err(unreadable));
        let records = records.collect::<Result<Vec<_>, _>>()?;
        Ok(Some(records).filter(|records| !records.is_empty()))
    }
}
