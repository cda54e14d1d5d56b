//! Joins what the files of an archive hold: launches to judge, and the evidence for judging them.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use tagwarden::evidence::{Evidence, Session, TagChange, carrier};
use tagwarden::record::Call;
use tagwarden::record::json::Value;

use crate::{AuditError, Denied, Extract, Input, Problems, Scanned};

use crate::sessions::{Names, fingerprint};
use crate::spool::{Span, Spool, unreadable};

/// What was read so far. Files come in any order; a file's `Place` is its position among them.
pub struct Gathered<Place> {
    /// What is known besides the records.
    pub evidence: Evidence,
    /// Counts of what was read.
    pub input: Input,
    pub(crate) denied: BTreeMap<Denied, u64>,
    launches: Vec<PendingLaunch<Place>>,
    records: Spool,
    /// Every session that was issued, packed. Most sessions launch nothing.
    sessions: Spool,
    /// Access keys and principal ids of the callers, which identify their sessions.
    callers: HashSet<String>,
    /// Fingerprints of the resources, roles and users whose tags changed. The launches show the previous tags.
    retagged: HashSet<u64>,
    /// IAM's data, with the place of its file: later data replaces earlier data.
    iam: Vec<(Place, String)>,
}

/// A record that waits to be judged.
struct PendingLaunch<Place> {
    time: Option<Timestamp>,
    /// Its file's place, and its position in the file.
    place: (Place, usize),
    /// Fingerprint of the resource.
    resource: Option<u64>,
    record: Span,
}

/// The launches in order of time, then of the input.
pub(crate) struct Launches {
    records: std::vec::IntoIter<Span>,
    spool: Spool,
}

impl<Place: Ord + Clone> Gathered<Place> {
    /// Starts with `evidence` that is known already, before anything is read.
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

    /// Adds what was found in a file.
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
        let Extract { launches, sessions, lessons, iam, prices, denied, .. } = extract;
        for (number, launch) in launches.into_iter().enumerate() {
            let record = self.records.push(launch.json.as_bytes())?;
            let resource = launch.resource_arn.as_deref().and_then(carrier).map(|carrier| fingerprint(&carrier));
            self.launches.push(PendingLaunch { time: launch.time, place: (place.clone(), number), resource, record });
            self.callers.extend([launch.access_key_id, launch.principal_id].into_iter().flatten());
        }
        if !sessions.is_empty() {
            self.sessions.push(sessions.as_bytes())?;
        }
        for lesson in &lessons {
            if let Ok(record) = serde_json::from_str::<Value>(lesson)
                && let Ok(call) = Call::read(&record)
            {
                self.evidence.learn(&call);
                self.retagged.extend(TagChange::read(&call).map(|change| fingerprint(change.carrier())));
            }
        }
        self.evidence.prices.extend(prices);
        self.iam.extend(iam.into_iter().map(|details| (place.clone(), details)));
        for (denied, calls) in denied {
            *self.denied.entry(denied).or_default() += calls;
        }
        Ok(())
    }

    /// Learns IAM's data from the files, after all of them were read. Returns what could not be read of it, by file.
    pub fn learn_iam(&mut self) -> Vec<(Place, Problems)> {
        let mut problems = Vec::new();
        self.iam.sort();
        for (place, details) in std::mem::take(&mut self.iam) {
            let Ok(value) = serde_json::from_str::<Value>(&details) else { continue };
            let mut unread = Problems::default();
            self.evidence.add_page(&value).into_iter().for_each(|problem| unread.add_of_file(problem));
            self.input.problems += unread.count();
            problems.push((place, unread));
        }
        problems
    }

    /// Learns a session that was stored elsewhere, if its caller launched anything. Call it after all launches were
    /// added.
    pub fn learn_session(&mut self, session: Session) {
        if session.names().any(|name| self.callers.contains(name)) {
            self.evidence.sessions.add(session);
        }
    }

    /// Passes on the calls that were gathered, in order of time, after IAM's data was learned. Returns the evidence about them.
    ///
    /// # Errors
    /// If a temporary file cannot be read.
    pub fn each_launch(mut self, mut each: impl FnMut(&Call, &Evidence)) -> Result<Evidence, AuditError> {
        const BATCH: usize = 256;
        let mut launches = self.launches()?;
        while let Some(records) = launches.next_batch(BATCH)? {
            for record in records {
                let record = serde_json::from_str::<Value>(&record).map_err(|error| AuditError(error.to_string()))?;
                each(&Call::read(&record).map_err(AuditError)?, &self.evidence);
            }
        }
        Ok(self.evidence)
    }

    /// Learns the sessions of callers that launched anything, and the previous tags of resources that were tagged
    /// again. Returns the launches.
    pub(crate) fn launches(&mut self) -> Result<Launches, AuditError> {
        let callers = Names::of(self.callers.iter());
        std::mem::take(&mut self.sessions)
            .each(|packed| callers.sessions(packed).for_each(|session| self.learn_session(session)))?;
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

impl Launches {
    /// The next records, at most `count`; `None` at the end.
    pub(crate) fn next_batch(&mut self, count: usize) -> Result<Option<Vec<String>>, AuditError> {
        let batch = self.records.by_ref().take(count);
        let records = batch.map(|record| String::from_utf8(self.spool.get(record)?).map_err(unreadable));
        let records = records.collect::<Result<Vec<_>, _>>()?;
        Ok(Some(records).filter(|records| !records.is_empty()))
    }
}
