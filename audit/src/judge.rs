//! Judging what was gathered.

use std::collections::VecDeque;
use std::thread;

use crate::{FindingLine, Period, Summary};
use tagwarden::decide::{Decision, decide_record};
use tagwarden::evidence::Evidence;

use crate::{AuditError, Gathered, LoadedPolicy, Page, Written};

/// How many launches are judged at a time.
const BATCH: usize = 256;

/// What an audit is to tell.
#[derive(Clone, Copy)]
pub struct Audit<'a> {
    /// The policy to judge by.
    pub policy: &'a LoadedPolicy,
    /// Another one, whose verdicts are compared.
    pub other: Option<&'a LoadedPolicy>,
    /// The period that the launches are of.
    pub period: Period,
    /// How many threads judge.
    pub threads: usize,
    /// Whether all input was read.
    pub complete: bool,
}

/// What is written beside the summary.
#[derive(Default)]
pub struct Outputs {
    /// A line of JSON for each finding.
    pub findings: Option<Written>,
    /// The page.
    pub page: Option<Page>,
}

impl Audit<'_> {
    /// Judges the launches in the order of time, writes the `outputs`, and sums up.
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
            // Batches are judged while the one before them is summed up.
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
                    self.tell(&decisions, &mut summary, &mut outputs)?;
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

    /// Counts the decisions about one launch, and writes the first of them down.
    fn tell(&self, decisions: &[Decision], summary: &mut Summary, outputs: &mut Outputs) -> Result<(), AuditError> {
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
