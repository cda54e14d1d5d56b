//! The daily check of findings in Security Hub. It archives those about resources that are gone or were corrected, even if an event
//! was lost.

use jiff::{SignedDuration, Timestamp};
use tagwarden::operations::Operation;

use super::history::History;
use super::report::summarize;
use super::run::SweepRun;
use crate::guard::Guard;
use crate::ports::{Checkpoint, Enforce, FindResources, LookUp};

/// How long after a check the next one begins.
const INTERVAL: SignedDuration = SignedDuration::from_hours(24);

/// The key of the checkpoint.
const LIST: &str = "GetFindings";

/// Archives the findings about resources that are gone or have ended, and reports what was put right, if the last check was a day ago.
pub(super) async fn sweep<P>(guard: &Guard<P>, history: &History, run: SweepRun<'_>) -> Result<(), String>
where
    P: LookUp + Enforce + FindResources,
{
    let ports = guard.ports();
    let checkpoint = ports.checkpoint(LIST).await.map_err(|failure| failure.to_string())?;
    if checkpoint.finished.is_some_and(|finished| run.due.duration_since(finished) < INTERVAL) {
        return Ok(());
    }
    let mut problems = Vec::new();
    for arn in ports.with_findings().await.map_err(|failure| failure.to_string())? {
        if Timestamp::now() >= run.deadline {
            // The next sweep begins anew, with fewer.
            return Ok(());
        }
        match guard.is_over(&arn).await {
            Ok(false) => {
                let history = async |operation: &Operation, arn: &str, time| {
                    history.creation(operation, arn, time, run.due, ports).await
                };
                problems.extend(guard.recheck(&arn, run.function_arn, run.due, history).await.err());
            }
            Ok(true) => {
                let archived = ports.archive(&arn, &run.due.to_string()).await;
                problems.extend(archived.err().map(|failure| failure.to_string()));
            }
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(summarize(&problems));
    }
    let done = Checkpoint { finished: Some(run.due), next: None };
    ports.save_checkpoint(LIST, &done).await.map_err(|failure| failure.to_string())
}
