//! Judges one call and acts on it.

use std::collections::BTreeSet;

use tagwarden::decide::{Verdict, decide};
use tagwarden::facts::{Caller, standing_of};
use tagwarden::operations::Operation;
use tagwarden::record::Call;

use super::attempt::{ATTEMPTS, Attempt, Processed, Trigger, Unprocessed};
use super::caution::{keep_actions_for_any_tags, limit_to_known, without_session};
use super::gather::{Ledger, Source, gather};
use super::grace::MENDED;
use super::remembered::Judged;
use super::reported::{reportable, without_resolved};
use super::setup::Guard;
use crate::act::{ActionResult, Limit, Subject, act, created_at};
use crate::policy_file::LoadedPolicy;
use crate::ports::{Enforce, LookUp};

impl<P: LookUp + Enforce> Guard<P> {
    /// Judges a call, acts on the decision, sends the alert and writes the log. `without_tags` is the same call without the tags of
    /// its request, if those are not the ones that the resource was created with.
    pub(super) async fn process(
        &self,
        call: &Call<'_>,
        operation: &'static Operation,
        loaded: &LoadedPolicy,
        attempt: Attempt<'_>,
        without_tags: Option<&Call<'_>>,
    ) -> Processed {
        let policy = &loaded.policy;
        // The resource was recent when its grace began.
        let subject = Subject::of(call, operation, attempt.grace.map_or(attempt.now, |grace| grace.since));
        let source = Source { ports: &self.ports, cache: &self.cache, now: attempt.now };
        let (mut evidence, mut ledger) = gather(call, operation, policy, &source).await?;
        let tagged = operation.arn(call).filter(|_| operation.only_tags());
        if let Some(arn) = tagged
            && self.is_of_another(arn, &subject, &ledger).await?
        {
            ledger.remove(arn);
            evidence.tag_history.forget(arn);
        }
        if operation.charge.is_some() {
            evidence.prices = self.prices.current(&self.ports).await;
        }
        let mut decision = decide(call, policy, &evidence);
        // A sweep comes too late to wait for records.
        let may_wait = attempt.number < ATTEMPTS;
        let comes_late = attempt.trigger == Trigger::Sweep || attempt.grace.is_some();
        let without_session =
            if may_wait || comes_late { without_session(call, loaded, &evidence, &decision) } else { None };
        if may_wait && without_session.is_some() {
            return Err(Unprocessed::Waits("the record that issued the caller's session may still come"));
        }
        // Sessions are forgotten sooner than a long grace is over.
        let is_unsure = attempt.grace.is_some() && without_session.is_some();
        if attempt.trigger != Trigger::Record || is_unsure {
            decision = limit_to_known(decision, without_session, call, policy, attempt);
        }
        if let Some(without_tags) = without_tags {
            keep_actions_for_any_tags(&mut decision, &decide(without_tags, policy, &evidence));
        }
        if attempt.grace.is_some()
            && !is_unsure
            && !self.still_violates(call, operation, &decision, policy, &evidence).await?
        {
            return Ok(Some(self.skip(call, MENDED)));
        }
        let delayed = self.begin_grace(&mut decision, attempt).await?;
        let reportable = reportable(&decision);
        let reported = match attempt.trigger {
            _ if attempt.grace.is_some() => BTreeSet::new(),
            Trigger::Record | Trigger::Sweep | Trigger::Recheck => {
                self.already_reported(call, operation, &decision, attempt.trigger).await
            }
            Trigger::StateChange => BTreeSet::new(),
        };
        let (reported, resolved) = without_resolved(reported, &decision);
        if attempt.trigger == Trigger::Recheck {
            if !resolved.is_empty() {
                self.report_resolved(&decision, resolved, policy).await?;
                self.forget_resolved(call, operation, reported).await.map_err(|failure| failure.to_string())?;
            }
            return Ok(None);
        }
        let has_tags = without_tags.is_none();
        let abac = &policy.abac;
        let standing = standing_of(&Caller::of(call, &evidence, abac.session_tags), abac);
        let mut judged = Judged {
            call,
            operation,
            abac,
            attempt,
            has_tags,
            is_processed: true,
            // Who is not known may have done wrong.
            is_at_fault: !reportable.is_empty() || call.identity.kind.is_none(),
            is_reported: decision.verdict == Verdict::Violation,
            standing,
        };
        let recorded =
            self.record_changes(&judged, &mut evidence, &ledger).await.map_err(|failure| failure.to_string());
        if !(reported.is_empty() && resolved.is_empty()) && reportable.is_subset(&reported) {
            if !resolved.is_empty() {
                self.report_resolved(&decision, resolved, policy).await?;
            }
            let earlier = self.remember(&judged, reported).await;
            let decision = self.log(decision, &[]);
            recorded?;
            self.judge_earlier_changes(&judged, earlier, loaded).await?;
            return Ok(Some(decision));
        }
        let limit = Limit { stops_per_hour: policy.stops_per_hour, now: attempt.now };
        let results = match delayed {
            Some(results) => results,
            None => act(&decision, &subject, limit, &self.ports).await,
        };
        let braked = self.alert_about_brake(&decision, &results, policy).await;
        // That an action failed is reported once. That it was done in the end is reported, too.
        let is_news = |result: &ActionResult| result.failed || result.is_change() || result.braked.is_some();
        let is_repeated = attempt.is_retry && results.iter().any(|result| result.failed)
            || attempt.grace.is_some() && !is_unsure && !results.iter().any(is_news);
        let published =
            if is_repeated { Ok(()) } else { self.report(&decision, &results, resolved, policy, attempt.grace).await };
        let decision = self.log(decision, &results);
        let failed =
            results.iter().filter(|result| result.failed).map(|result| format!("{}: {}", result.action, result.result));
        let problems: Vec<_> = failed.chain(braked.err()).chain(published.err()).chain(recorded.err()).collect();
        let kept = self.record_results(&judged, &results, &ledger).await.map_err(|failure| failure.to_string());
        let problems: Vec<_> = problems.into_iter().chain(kept.err()).collect();
        judged.is_processed = problems.is_empty();
        let earlier = self.remember(&judged, reported.union(&reportable).cloned().collect()).await;
        if !problems.is_empty() {
            return Err(problems.join("; ").into());
        }
        self.judge_earlier_changes(&judged, earlier, loaded).await?;
        Ok(Some(decision))
    }

    /// Whether the ledger is about an earlier resource of this name than the one that a call tags. That one's creation was not
    /// reported so far.
    async fn is_of_another(&self, arn: &str, subject: &Subject<'_>, ledger: &Ledger) -> Result<bool, String> {
        let Some(known) = ledger.get(arn) else { return Ok(false) };
        let created = created_at(subject, &self.ports).await.map_err(|failure| failure.to_string())?;
        Ok(created.is_some_and(|created| !known.creation.is_at(created)))
    }
}
