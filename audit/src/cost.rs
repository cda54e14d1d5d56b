//! What launches with a violation cost at most, and how long those of them ran that were stopped.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde::Serialize;
use tagwarden::decide::{self, Decision, coverage, resource};
use tagwarden::evidence::Evidence;
use tagwarden::facts::Cost;
use tagwarden::operations::{Operation, Stop};
use tagwarden::record::Call;
use tagwarden::record::json::Read;
use tagwarden::terms::Usd;

/// What the jobs of violating launches cost, at list prices. Jobs that do not run on instances of the request are left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Costs {
    /// What they cost at most, if each runs for as long as it may.
    pub at_most_usd: Usd,
    /// The same by the caller's project.
    pub by_project: BTreeMap<String, Usd>,
    /// The same by rule. A launch that violates several rules counts for each of them.
    pub by_rule: BTreeMap<&'static str, Usd>,
    /// Launches whose cost is unknown: a price is missing, or something else that the cost depends on.
    pub unknown: u64,
    /// Launches of jobs that may run for any time.
    pub unbounded: u64,
    /// Those whose stop is recorded.
    pub stopped: StoppedJobs,
    #[serde(skip)]
    running: HashMap<JobName, (Timestamp, Option<Cost>)>,
    #[serde(skip)]
    seconds: Vec<u64>,
}

/// Jobs of violating launches that somebody stopped: Tagwarden or anyone else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StoppedJobs {
    /// How many.
    pub jobs: u64,
    /// The median of the seconds from a launch to its stop.
    pub median_seconds: u64,
    /// The most seconds.
    pub longest_seconds: u64,
    /// What they used at most until then, as far as their prices are known.
    pub used_usd: Usd,
}

/// Account, region, type and name.
type JobName = [String; 4];

/// What a record says about a job whose instances are charged by the hour.
pub(crate) struct JobRecord {
    name: JobName,
    time: Option<Timestamp>,
    event: JobEvent,
}

enum JobEvent {
    /// It was started, and costs this at most; `None` if no instance is charged.
    Started(Read<Option<Cost>>),
    Stopped,
}

impl JobRecord {
    /// What `call` says, if prices are known.
    pub(crate) fn of(call: &Call, evidence: &Evidence) -> Option<Self> {
        let operation = coverage(call).ok().filter(|_| !evidence.prices.is_empty())?;
        let stops = |job: &Operation| job.charge.is_some() && job.stop == Stop::By(operation.name);
        let event = if operation.charge.is_some() {
            JobEvent::Started(decide::cost(call, operation, evidence))
        } else if Operation::all().any(stops) {
            JobEvent::Stopped
        } else {
            return None;
        };
        let place = |part: Option<&str>| part.unwrap_or_default().to_owned();
        let name = resource(call, operation).name?;
        let name = [place(call.account), place(call.region), operation.kind.to_owned(), name];
        Some(Self { name, time: call.time(), event })
    }
}

impl Costs {
    /// Counts a job. Records come in order of time.
    pub(crate) fn add(
        &mut self,
        record: JobRecord,
        decision: &Decision,
        project: String,
        rules: impl Iterator<Item = &'static str>,
    ) {
        let cost = match record.event {
            JobEvent::Stopped => return self.stop(&record.name, record.time),
            JobEvent::Started(_) if decision.verdict != decide::Verdict::Violation => return,
            JobEvent::Started(Ok(None)) => return,
            JobEvent::Started(cost) => cost.ok().flatten(),
        };
        match cost.as_ref().map(Cost::at_most) {
            None => self.unknown += 1,
            Some(None) => self.unbounded += 1,
            Some(Some(usd)) => {
                add(&mut self.at_most_usd, usd);
                add(self.by_project.entry(project).or_default(), usd);
                rules.for_each(|rule| add(self.by_rule.entry(rule).or_default(), usd));
            }
        }
        self.running.extend(record.time.map(|time| (record.name, (time, cost))));
    }

    fn stop(&mut self, name: &JobName, time: Option<Timestamp>) {
        let Some(((started, cost), time)) = self.running.remove(name).zip(time) else { return };
        let seconds = u64::try_from(time.duration_since(started).as_secs()).unwrap_or_default();
        self.seconds.push(seconds);
        cost.into_iter().for_each(|cost| add(&mut self.stopped.used_usd, cost.after(seconds)));
    }

    /// Sums up the stopped jobs.
    pub(crate) fn finish(&mut self) {
        self.seconds.sort_unstable();
        let jobs = self.seconds.len();
        let at = |index: usize| self.seconds.get(index).copied().unwrap_or_default();
        let (median_seconds, longest_seconds) = (at(jobs / 2), at(jobs.saturating_sub(1)));
        self.stopped = StoppedJobs { jobs: jobs as u64, median_seconds, longest_seconds, ..self.stopped };
    }
}

fn add(sum: &mut Usd, usd: Usd) {
    *sum = [*sum, usd].into_iter().sum();
}
