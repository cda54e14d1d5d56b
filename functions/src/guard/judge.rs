//! Judges one call and acts on it.

use std::collections::BTreeSet;

use tagwarden::decide::decide;
use tagwarden::operations::Operation;
use tagwarden::record::Call;

use super::attempt::{ATTEMPTS, Attempt, Processed, Trigger, Unprocessed};
use super::caution::{limit_to_known, without_session};
use super::gather::gather;
use super::reported::reportable;
use super::setup::Guard;
use crate::act::act;
use crate::policy_file::LoadedPolicy;
use crate::ports::{Enforce, LookUp, Target};

impl<P: LookUp + Enforce> Guard<P> {
    /// Judges a call, acts on the decision, sends the alert and writes the log.
    pub(super) async fn process(
        &self,
        call: &Call<'_>,
        operation: &'static Operation,
        loaded: &LoadedPolicy,
        attempt: Attempt,
    ) -> Processed {
        let policy = &loaded.policy;
        let evidence = gather(call, operation, policy, &self.ports, &self.cache).await;
        let mut decision = decide(call, policy, &evidence);
        // A sweep comes too late to wait for records.
        let may_wait = attempt.number < ATTEMPTS;
        let without_session = if may_wait || attempt.trigger == Trigger::Sweep {
            without_session(call, loaded, &evidence, &decision)
        } else {
            None
        };
        if may_wait && without_session.is_some() {
            return Err(Unprocessed::Waits("the record that issued the caller's session may still come"));
        }
        if attempt.trigger != Trigger::Record {
            decision = limit_to_known(decision, without_session, call, policy, attempt);
        }
        let reportable = reportable(&decision);
        let reported = match attempt.trigger {
            Trigger::Record => self.already_reported(call, operation, &decision).await,
            Trigger::StateChange | Trigger::Sweep => BTreeSet::new(),
        };
        if !reported.is_empty() && reportable.is_subset(&reported) {
            self.remember(call, operation, true, reported).await;
            return Ok(Some(self.log(decision, &[])));
        }
        let results = act(&decision, &Target::of(call, operation), &self.ports).await;
        let published = self.send_alert(&decision, &results, policy).await;
        let decision = self.log(decision, &results);
        let failed =
            results.iter().filter(|result| result.failed).map(|result| format!("{}: {}", result.action, result.result));
        let problems: Vec<_> = failed.chain(published.err()).collect();
        let reported = if attempt.trigger == Trigger::Record { reported } else { reportable };
        self.remember(call, operation, problems.is_empty(), reported).await;
        if problems.is_empty() { Ok(Some(decision)) } else { Err(problems.join("; ").into()) }
    }
}
