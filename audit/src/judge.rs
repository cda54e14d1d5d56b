//! Judges what was gathered.

use std::collections::VecDeque;
use std::thread;

use tagwarden::decide::{Decision, decide};
use tagwarden::denied::{DeniedCall, Explainer};
use tagwarden::evidence::Evidence;
use tagwarden::record::Call;
use tagwarden::record::json::Value;

use crate::cost::JobRecord;
use crate::{AuditError, FindingLine, Gathered, Page, Period, PolicySource, Summary, Written};

/// How many launches a thread judges at a time.
const BATCH: usize = 256;

/// What an audit is to report.
#[derive(Clone, Copy)]
pub struct Audit<'a> {
    /// The policy that judges.
    pub policy: &'a PolicySource,
    /// Another policy, whose verdicts are compared.
    pub other: Option<&'a PolicySource>,
    /// The period of the launches.
    pub period: Period,
    /// Further tags of callers by which violations are counted.
    pub by: &'a [String],
    /// How many threads judge.
    pub threads: usize,
    /// Whether all input was read.
    pub complete: bool,
}

/// What is written in addition to the summary.
#[derive(Default)]
pub struct Outputs<'a> {
    /// A line of JSON for each finding.
    pub findings: Option<Written>,
    /// The HTML page.
    pub page: Option<Page>,
    /// Gets each decision, in order of time.
    pub each: Option<&'a mut dyn FnMut(&Decision)>,
}

/// What is said about a record.
enum Judged {
    /// The decision of each policy about a launch, and what its record says about a job.
    Launch(Vec<Decision>, Option<Box<JobRecord>>),
    /// Why a call was denied.
    Denied(Box<DeniedCall>),
}

impl Audit<'_> {
    /// Judges the launches in order of time, writes the `outputs`, and returns the summary.
    ///
    /// # Errors
    /// If an output cannot be written, or a temporary file cannot be read.
    pub fn judge<Place: Ord + Clone>(
        &self,
        mut gathered: Gathered<Place>,
        mut outputs: Outputs<'_>,
    ) -> Result<Summary, AuditError> {
        let mut launches = gathered.launches()?;
        let mut summary = Summary::default();
        summary.complete = self.complete;
        summary.input = std::mem::take(&mut gathered.input);
        let explainer = Explainer::new(&self.policy.policy);
        thread::scope(|scope| {
            // Threads judge the next batches while this one sums up the batch before them.
            let mut judged = VecDeque::new();
            loop {
                while judged.len() <= self.threads
                    && let Some(batch) = launches.next_batch(BATCH)?
                {
                    judged.push_back(scope.spawn(|| self.decide(batch, &gathered.evidence, &explainer)));
                }
                let Some(batch) = judged.pop_front() else { return Ok(()) };
                let judged = batch.join().map_err(|_| AuditError("a launch could not be judged".to_owned()))?;
                for judged in judged.map_err(AuditError)? {
                    match judged {
                        Judged::Launch(decisions, job) => self.report(&decisions, job, &mut summary, &mut outputs)?,
                        Judged::Denied(denied) => summary.coaching.add(&denied),
                    }
                }
            }
        })?;
        summary.finish(gathered.denied);
        if let (Some(comparison), Some(other)) = (&mut summary.comparison, self.other) {
            comparison.policy.clone_from(&other.name);
        }
        if let Some(findings) = outputs.findings {
            findings.close()?;
        }
        if let Some(page) = outputs.page {
            page.finish(&summary, self.policy, self.period)?;
        }
        Ok(summary)
    }

    /// What is said about each record, in the order of the records.
    fn decide(&self, records: Vec<String>, evidence: &Evidence, explainer: &Explainer) -> Result<Vec<Judged>, String> {
        let policies = || [Some(self.policy), self.other].into_iter().flatten();
        let judge = |json: String| {
            let record: Value = serde_json::from_str(&json).map_err(|error| format!("not JSON: {error}"))?;
            let call = Call::read(&record)?;
            Ok(match explainer.record(&call, evidence) {
                Some(denied) => Judged::Denied(Box::new(denied)),
                None => {
                    let decisions = policies().map(|named| decide(&call, &named.policy, evidence)).collect();
                    Judged::Launch(decisions, JobRecord::of(&call, evidence).map(Box::new))
                }
            })
        };
        records.into_iter().map(judge).collect()
    }

    /// Counts the decisions about one launch, and writes the first of them to the outputs.
    fn report(
        &self,
        decisions: &[Decision],
        job: Option<Box<JobRecord>>,
        summary: &mut Summary,
        outputs: &mut Outputs<'_>,
    ) -> Result<(), AuditError> {
        let (Some(decision), abac) = (decisions.first(), &self.policy.policy.abac) else { return Ok(()) };
        summary.add(decision, job, abac, self.by);
        if let Some(other) = decisions.get(1) {
            summary.compare(decision, other);
        }
        if let Some(findings) = &mut outputs.findings {
            findings.lines(FindingLine::of(decision))?;
        }
        if let Some(page) = &mut outputs.page {
            page.launch(decision, abac)?;
        }
        if let Some(each) = &mut outputs.each {
            each(decision);
        }
        Ok(())
    }
}
