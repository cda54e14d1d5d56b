//! The sweep of one kind of resource.

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tagwarden::operations::Operation;
use tagwarden::record::arn;

use super::history::History;
use super::kinds::Kind;
use super::report::summarize;
use super::run::{SweepRun, Swept};
use crate::guard::Guard;
use crate::ports::{Checkpoint, Enforce, FindResources, ListFilter, LookUp};
use crate::resource::description::{created, to_cloudtrail_form};
use crate::resource::names;
use crate::resource::state::is_over;

/// Longer than any job waits and runs: a training job runs for at most 28 days, a labeling job for at most 30 ("Amazon SageMaker AI
/// endpoints and quotas", AWS General Reference).
const LONGEST_JOB: SignedDuration = SignedDuration::from_hours(60 * 24);

/// How long a sweep leaves a new resource to its events, which may be late.
const LATE: SignedDuration = SignedDuration::from_mins(15);

/// The largest page of a list (API reference, `MaxResults`).
const PAGE: i32 = 100;

/// How many resources are processed at once. Guards share the quotas of the same operations.
const AT_ONCE: usize = 4;

/// A listed resource.
struct Listed {
    /// The record of its creation, as far as the list shows it.
    record: Value,
    arn: Option<String>,
    created: Option<Timestamp>,
}

/// The sweep of one kind.
pub(super) struct KindSweep<'a, P> {
    pub(super) kind: Kind,
    pub(super) guard: &'a Guard<P>,
    pub(super) history: &'a History,
    pub(super) run: SweepRun<'a>,
}

impl<P: LookUp + Enforce + FindResources> KindSweep<'_, P> {
    pub(super) async fn sweep(
        &self,
        Checkpoint { finished, mut next }: Checkpoint,
        swept: &mut Swept,
    ) -> Result<(), String> {
        let mut problems = Vec::new();
        loop {
            let (listed, following) = self.page(next).await?;
            swept.listed += listed.len();
            let unknown = self.unknown(listed).await;
            for few in unknown.chunks(AT_ONCE) {
                if self.is_over() {
                    swept.unfinished = true;
                    return Ok(());
                }
                swept.unknown += few.len();
                let processed = join_all(few.iter().map(|one| self.process(one))).await;
                problems.extend(processed.into_iter().filter_map(Result::err));
            }
            let finished = if following.is_none() && problems.is_empty() { Some(self.run.due) } else { finished };
            let checkpoint = Checkpoint { finished, next: following };
            self.guard
                .ports()
                .save_checkpoint(self.kind.list, &checkpoint)
                .await
                .map_err(|failure| failure.to_string())?;
            next = checkpoint.next;
            if next.is_none() {
                break;
            }
            if self.is_over() {
                swept.unfinished = true;
                break;
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(summarize(&problems)) }
    }

    /// Whether the time is over.
    fn is_over(&self) -> bool {
        Timestamp::now() >= self.run.deadline
    }

    /// A page of the list, and the token of the next page.
    async fn page(&self, page: Option<String>) -> Result<(Vec<Listed>, Option<String>), String> {
        let since =
            self.kind.operation.ends.then(|| self.run.due.saturating_sub(LONGEST_JOB).unwrap_or(Timestamp::MIN));
        let filter = |page| ListFilter { since, page, using: None, max_results: PAGE };
        let list = |page| self.guard.ports().list(self.kind.list, filter(page));
        let listed = match list(page.as_deref()).await {
            // The token of a page expires.
            Err(refused) if page.is_some() && refused.is_one_of(&["ValidationException"]) => list(None).await,
            listed => listed,
        };
        let listed = match listed {
            // Not every region supports every kind.
            Err(refused) if refused.is_one_of(&["UnknownOperationException"]) => return Ok((Vec::new(), None)),
            listed => listed.map_err(|refused| refused.error.to_string())?,
        };
        Ok((listed.summaries.into_iter().filter_map(|summary| self.listed(summary)).collect(), listed.next))
    }

    /// The listed resource. `None` if it has ended, or if its events may still come.
    fn listed(&self, summary: Value) -> Option<Listed> {
        if is_over(names::listed(self.kind.list), &summary) {
            return None;
        }
        let summary = to_cloudtrail_form(summary);
        let created = created(&summary);
        if created.is_some_and(|created| self.run.due.duration_since(created) < LATE) {
            return None;
        }
        let arn = self.kind.operation.resource_arn.and_then(|path| summary.get(path)?.as_str());
        let arn = arn.map(str::to_owned);
        let record = json!({
            "eventSource": "sagemaker.amazonaws.com",
            "eventName": self.kind.operation.name,
            "awsRegion": arn::region(self.run.function_arn),
            "recipientAccountId": arn::account(self.run.function_arn),
            "requestParameters": summary,
        });
        Some(Listed { record, arn, created })
    }

    /// The resources that are not settled.
    async fn unknown(&self, listed: Vec<Listed>) -> Vec<Listed> {
        let arns: Vec<_> = listed.iter().filter_map(|one| one.arn.as_deref()).collect();
        if arns.is_empty() {
            return listed;
        }
        let known = self.guard.ports().entries(&arns).await.unwrap_or_else(|failure| {
            // The guard checks each resource again before it acts.
            tracing::warn!(%failure, "could not read the ledger");
            Default::default()
        });
        let is_settled = |one: &Listed| {
            let known = one.arn.as_ref().and_then(|arn| known.get(arn)).zip(one.created);
            known.is_some_and(|(known, created)| known.is_settled(self.run.due) && known.creation.covers(created))
        };
        listed.into_iter().filter(|one| !is_settled(one)).collect()
    }

    async fn process(&self, one: &Listed) -> Result<(), String> {
        let SweepRun { due, function_arn, .. } = self.run;
        let history = async |operation: &Operation, arn: &str, time| {
            self.history.creation(operation, arn, time, due, self.guard.ports()).await
        };
        self.guard.judge_listed(one.record.clone(), function_arn, due, history).await.map(drop)
    }
}
