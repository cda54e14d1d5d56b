//! What the files of an archive hold, joined: launches to judge, and the evidence to judge them by.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::atomic::AtomicBool;

use jiff::Timestamp;
use tagwarden::audit::{Denied, Extract, Input, Period};
use tagwarden::call::Call;
use tagwarden::evidence::{Evidence, Session};
use tagwarden::json::Value;

use super::archive::LogFile;
use super::progress::Progress;
use super::scan::{self, Scanned};
use super::spool::{Span, Spool};
use crate::exit::Failure;
use crate::{input, output};

pub struct Gathered {
    pub evidence: Evidence,
    pub input: Input,
    pub denied: BTreeMap<Denied, u64>,
    launches: Vec<Launch>,
    records: Spool,
    /// Every session that was issued, as one line of JSON: most of them launch nothing.
    sessions: Spool,
    /// Access keys and principal ids of the callers, by which their sessions are found.
    callers: HashSet<String>,
    /// IAM's data, with the place of its file: the last word counts.
    iam: Vec<(usize, String)>,
}

/// A record that waits to be judged.
struct Launch {
    time: Option<Timestamp>,
    /// Its file's place in the list, and its place in the file.
    place: (usize, usize),
    record: Span,
}

/// The launches in the order of time, then of the input.
pub struct Launches {
    launches: std::vec::IntoIter<Launch>,
    records: Spool,
}

impl Gathered {
    pub fn new(evidence: Evidence) -> Self {
        Self {
            evidence,
            input: Input::default(),
            denied: BTreeMap::new(),
            launches: Vec::new(),
            records: Spool::default(),
            sessions: Spool::default(),
            callers: HashSet::new(),
            iam: Vec::new(),
        }
    }

    /// Reads all files, unless `interrupted`.
    pub fn scan(
        &mut self,
        files: &[LogFile],
        period: Period,
        threads: usize,
        interrupted: &AtomicBool,
    ) -> Result<(), Failure> {
        let progress = Progress::new(files);
        scan::scan(files, period, threads, interrupted, |found| {
            for scanned in found {
                progress.advance(scanned.bytes, self.input.files + 1);
                let Some(LogFile { path, .. }) = files.get(scanned.file) else { continue };
                progress.pause(|| scanned.extract.problems.iter().for_each(|problem| complain(path, problem)));
                self.take(scanned)?;
            }
            Ok(())
        })?;
        progress.finish();
        self.iam.sort();
        for (file, details) in std::mem::take(&mut self.iam) {
            let Ok(value) = serde_json::from_str::<Value>(&details) else { continue };
            for problem in self.evidence.add_authorization_details(&value) {
                self.input.problems += 1;
                files.get(file).into_iter().for_each(|file| complain(&file.path, &format!(" {problem}")));
            }
        }
        Ok(())
    }

    fn take(&mut self, Scanned { file, bytes, inflated_bytes, extract }: Scanned) -> Result<(), Failure> {
        self.input.files += 1;
        self.input.bytes += bytes;
        self.input.inflated_bytes += inflated_bytes;
        self.input.add(&extract);
        let Extract { launches, sessions, lessons, iam, denied, .. } = extract;
        for (number, launch) in launches.into_iter().enumerate() {
            let record = self.records.push(&launch.json)?;
            self.launches.push(Launch { time: launch.time, place: (file, number), record });
            self.callers.extend([launch.access_key_id, launch.principal_id].into_iter().flatten());
        }
        for session in &sessions {
            self.sessions
                .push(&serde_json::to_string(session).map_err(|error| Failure::Message(error.to_string()))?)?;
        }
        for lesson in &lessons {
            if let Ok(record) = serde_json::from_str::<Value>(lesson)
                && let Ok(call) = Call::read(&record)
            {
                self.evidence.learn(&call);
            }
        }
        self.iam.extend(iam.into_iter().map(|details| (file, details)));
        for (denied, calls) in denied {
            *self.denied.entry(denied).or_default() += calls;
        }
        Ok(())
    }

    /// Learns the sessions of those who launched anything, and gives what they launched.
    pub fn launches(&mut self) -> Result<Launches, Failure> {
        let (callers, evidence) = (&self.callers, &mut self.evidence);
        std::mem::take(&mut self.sessions).each(|line| {
            if let Ok(session) = serde_json::from_str::<Session>(line)
                && session.names().any(|name| callers.contains(name))
            {
                evidence.sessions.add(session);
            }
        })?;
        let mut launches = std::mem::take(&mut self.launches);
        launches.sort_by_key(|launch| (launch.time, launch.place));
        Ok(Launches { launches: launches.into_iter(), records: std::mem::take(&mut self.records) })
    }

    pub fn problem(&mut self, message: &str) {
        self.input.problems += 1;
        output::complain(message);
    }
}

impl Launches {
    /// The next records, at most `count`; `None` at the end.
    pub fn next_batch(&mut self, count: usize) -> Result<Option<Vec<String>>, Failure> {
        let batch: Vec<_> = self.launches.by_ref().take(count).collect();
        let records = batch.iter().map(|launch| self.records.get(launch.record)).collect::<Result<Vec<_>, _>>()?;
        Ok(Some(records).filter(|records| !records.is_empty()))
    }
}

/// Says what could not be read of a file; the problem begins with the line where that is known.
fn complain(path: &Path, problem: &str) {
    output::complain(&format!("{}:{problem}", input::name(path)));
}
