//! The sweep of all kinds of resources.

use futures_util::future::join_all;

use super::findings;
use super::history::History;
use super::kind_sweep::KindSweep;
use super::kinds::kinds;
use super::roles::RoleSweep;
use super::run::{SweepRun, Swept};
use crate::guard::Guard;
use crate::ports::{Enforce, FindResources, LookUp};

/// Judges every resource that no event reported and, once a week, every role that SageMaker may assume.
///
/// # Errors
/// If a resource could not be listed or processed. The others are processed nevertheless, and the next sweep tries again.
pub async fn sweep<P>(guard: &Guard<P>, run: SweepRun<'_>) -> Result<Swept, String>
where
    P: LookUp + Enforce + FindResources,
{
    let (mut swept, mut problems, history) = (Swept::default(), Vec::new(), History::default());
    let kinds = kinds();
    let checkpoints = join_all(kinds.iter().map(|kind| guard.ports().checkpoint(kind.list))).await;
    let checkpoints: Result<Vec<_>, _> = checkpoints.into_iter().collect();
    let mut kinds: Vec<_> = checkpoints.map_err(|failure| failure.to_string())?.into_iter().zip(kinds).collect();
    // What an earlier sweep could not finish comes first.
    kinds.sort_by_key(|(checkpoint, _)| checkpoint.finished);
    for (checkpoint, kind) in kinds {
        if checkpoint.finished >= Some(run.due) {
            continue;
        }
        let one = KindSweep { kind, guard, history: &history, run };
        match one.sweep(checkpoint, &mut swept).await {
            Ok(()) if swept.unfinished => break,
            Ok(()) => {}
            Err(problem) => problems.push(format!("{}: {problem}", kind.list)),
        }
    }
    if !swept.unfinished
        && let Err(problem) = (RoleSweep { guard, run }).sweep(&mut swept).await
    {
        problems.push(format!("roles: {problem}"));
    }
    if !swept.unfinished
        && let Err(problem) = findings::sweep(guard, &history, run).await
    {
        problems.push(format!("findings: {problem}"));
    }
    tracing::info!(
        listed = swept.listed,
        unknown = swept.unknown,
        roles = swept.roles,
        unfinished = swept.unfinished,
        "swept"
    );
    if problems.is_empty() { Ok(swept) } else { Err(problems.join("; ")) }
}
