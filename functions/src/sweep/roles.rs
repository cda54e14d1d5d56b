//! The weekly check of all roles that SageMaker may assume, launched or not.

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use tagwarden::grants::trusts_service;

use super::report::summarize;
use super::run::{SweepRun, Swept};
use crate::guard::Guard;
use crate::ports::{Checkpoint, Enforce, FindResources, ListedRole, LookUp};

/// How long after a check the next one begins.
const INTERVAL: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The key of the checkpoint.
const LIST: &str = "ListRoles";

/// How many roles are judged at once. Each takes some eight calls to IAM, which allows few of them a second.
const AT_ONCE: usize = 2;

/// The check of roles.
pub(super) struct RoleSweep<'a, P> {
    pub(super) guard: &'a Guard<P>,
    pub(super) run: SweepRun<'a>,
}

impl<P: LookUp + Enforce + FindResources> RoleSweep<'_, P> {
    /// Judges all roles that trust SageMaker, if the last check was a week ago.
    pub(super) async fn sweep(&self, swept: &mut Swept) -> Result<(), String> {
        let checkpoint = self.guard.ports().checkpoint(LIST).await.map_err(|failure| failure.to_string())?;
        let Checkpoint { finished, mut next } = checkpoint;
        let is_due = finished.is_none_or(|finished| self.run.due.duration_since(finished) >= INTERVAL);
        if !is_due || !self.guard.judges_roles().await? {
            return Ok(());
        }
        let mut problems = Vec::new();
        loop {
            let page = match self.guard.ports().roles(next.as_deref()).await {
                Ok(page) => page,
                // The token may be of no use any more. The next sweep begins anew.
                Err(failure) => {
                    self.save(Checkpoint { finished, next: None }).await?;
                    return Err(failure.to_string());
                }
            };
            for few in page.roles.into_iter().filter(may_be_passed).collect::<Vec<_>>().chunks(AT_ONCE) {
                if Timestamp::now() >= self.run.deadline {
                    swept.unfinished = true;
                    return Ok(());
                }
                swept.roles += few.len();
                let judged = join_all(few.iter().map(|role| self.judge(role))).await;
                problems.extend(judged.into_iter().filter_map(Result::err));
            }
            next = page.next;
            let is_done = next.is_none() && problems.is_empty();
            self.save(Checkpoint { finished: if is_done { Some(self.run.due) } else { finished }, next: next.clone() })
                .await?;
            if next.is_none() {
                break;
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(summarize(&problems)) }
    }

    async fn judge(&self, role: &ListedRole) -> Result<(), String> {
        let SweepRun { due, function_arn, .. } = self.run;
        self.guard.judge_role(&role.arn, role.created, function_arn, due).await.map(drop)
    }

    async fn save(&self, checkpoint: Checkpoint) -> Result<(), String> {
        self.guard.ports().save_checkpoint(LIST, &checkpoint).await.map_err(|failure| failure.to_string())
    }
}

/// Whether SageMaker may assume the role, as far as that can be read. AWS manages service-linked roles.
fn may_be_passed(role: &ListedRole) -> bool {
    let is_linked = role.arn.contains(":role/aws-service-role/");
    let may = |trust| trusts_service(trust, "sagemaker.amazonaws.com");
    !is_linked && role.trust_policy.as_ref().map_or(true, may)
}
