//! Judges what was gathered.

use std::collections::VecDeque;
use std::thread;

use tagwarden::decide::{Decision, decide_record};
use tagwarden::evidence::Evidence;

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
    /// How many threads judge.
    pub threads: usize,
    /// Whether all input was read.
    pub complete: bool,
}

/// What is written in addition to the summary.
#[derive(Default)]
pub struct Outputs {
    /// A line of JSON for each finding.
    pub findings: Option<Written>,
    /// The HTML page.
    pub page: Option<Page>,
}

impl Audit<'_> {
    /// Judges the launches in order of time, writes the `outputs`, and returns the summary.
    ///
    /// # Errors
    /// If an output cannot be written, or a temporary file cannot be read.
    pub fn judge<Place: Ord + Clone>(
        &self,
        mut gathered: Gathered<Place>,
        mut outputs: Outputs,
    ) -> Result<Summary, AuditError> {
        let mut launches = gathered.launches()?;
        let mut summary = Summary::default();
        summary.complete = self.complete;
        summary.input = std::mem::take(&mut gathered.input);
        thread::scope(|scope| {
            // Threads judge the next batches while this one sums up the batch before them.
            let mut judged = VecDeque::new();
            loop {
                while judged.len() <= self.threads
                    && let Some(batch) = launches.next_batch(BATCH)?
                {
                    judged.push_back(scope.spawn(|| self.decide(batch, &gathered.evidence)));
                }
                let Some(batch) = judged.pop_front() else { return Ok(()) };
                let decisions = batch.join().map_err(|_| AuditError("a launch could not be judged".to_owned()))?;
                for decisions in decisions.map_err(AuditError)? {
                    self.report(&decisions, &mut summary, &mut outputs)?;
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

    /// The decisions of each policy about each record, in the order of the records.
    fn decide(&self, records: Vec<String>, evidence: &Evidence) -> Result<Vec<Vec<Decision>>, String> {
        let policies = || [Some(self.policy), self.other].into_iter().flatten();
        let decide = |json: String| policies().map(|named| decide_record(&json, &named.policy, evidence)).collect();
        records.into_iter().map(decide).collect()
    }

    /// Counts the decisions about one launch, and writes the first of them to the outputs.
    fn report(&self, decisions: &[Decision], summary: &mut Summary, outputs: &mut Outputs) -> Result<(), AuditError> {
        let (Some(decision), abac) = (decisions.first(), &self.policy.policy.abac) else { return Ok(()) };
        summary.add(decision, abac);
        if let Some(other) = decisions.get(1) {
            summary.compare(decision, other);
        }
        if let Some(findings) = &mut outputs.findings {
            findings.lines(FindingLine::of(decision))?;
        }
        if let Some(page) = &mut outputs.page {
            page.launch(decision, abac)?;
        }
        Ok(())
    }
}
