//! Remembers resources: what was judged and reported, and whose they are.

use std::collections::BTreeSet;

use jiff::Timestamp;
use tagwarden::decide::Decision;
use tagwarden::evidence::{Evidence, Tags};
use tagwarden::facts::{mark, owner, owner_before};
use tagwarden::operations::{Field, Operation};
use tagwarden::record::Call;
use tagwarden::record::json::{find, member_text};
use tagwarden::settings::Abac;
use tagwarden::terms::MARK;

use super::attempt::{Attempt, Trigger};
use super::gather::Ledger;
use super::setup::Guard;
use crate::act::ActionResult;
use crate::ports::{AwsResult, Creation, Enforce, LawfulChange, LedgerEntry, LookUp, UsedConfig};
use crate::trigger::user_identity;

/// A call that was judged.
pub(super) struct Judged<'a> {
    pub(super) call: &'a Call<'a>,
    pub(super) operation: &'static Operation,
    pub(super) abac: &'a Abac,
    pub(super) attempt: Attempt,
    /// Whether the tags of the request are those that the resource was created with.
    pub(super) has_tags: bool,
    pub(super) is_processed: bool,
    /// Whether anything was reported about it.
    pub(super) is_at_fault: bool,
}

/// The creation that a call reports: the ARN and the time of a resource that something else can report as well, or that has tags.
pub(super) fn creation_of<'a>(call: &Call<'a>, operation: &Operation) -> Option<(&'a str, Timestamp)> {
    let is_kept = operation.event.is_some() || operation.list.is_some() || operation.has(Field::Tags);
    operation.arn(call).filter(|_| is_kept && operation.creates()).zip(call.time())
}

impl Judged<'_> {
    /// The configuration that the call gave to an endpoint.
    fn config(&self) -> Option<UsedConfig> {
        let mut configs = self.operation.slots().filter(|slot| slot.field == Field::EndpointConfig);
        let name = find(self.call.request.as_ref().ok()?, configs.next()?.path).first()?.text().ok()??.to_owned();
        // What a sweep finds may be of an update.
        let at = if self.attempt.trigger == Trigger::Record { self.call.time()? } else { self.attempt.now };
        Some(UsedConfig { at, name, is_at_fault: self.is_at_fault })
    }

    /// The ABAC tag that the request gave to the resource.
    fn tags(&self) -> Option<Tags> {
        let request = self.call.request.as_ref().ok().filter(|_| self.has_tags && self.operation.has(Field::Tags))?;
        let list = find(request, "tags").into_iter().next()?.value.ok()?;
        let Some(list) = list else { return Some(Tags::default()) };
        let abac_tag = list.as_array()?.iter().find(|tag| member_text(tag, "key") == Some(&self.abac.tag));
        let value = abac_tag.and_then(|tag| member_text(tag, "value"));
        Some(value.map(|value| (self.abac.tag.as_str(), value)).into_iter().collect())
    }

    fn author(&self) -> Option<String> {
        self.call.identity.principal().map(|arn| arn.into_owned())
    }
}

impl<P: LookUp + Enforce> Guard<P> {
    /// What is known about the resource `arn` that was created at `time`, or about a later one. If it cannot be read, the guard acts:
    /// a duplicate is better than silence.
    pub(super) async fn remembered(&self, arn: &str, time: Timestamp) -> Option<LedgerEntry> {
        let mut entries = self.ports.entries(&[arn]).await.unwrap_or_else(|failure| {
            tracing::warn!(arn, %failure, "could not read the ledger: acting as if nothing was known");
            Default::default()
        });
        entries.remove(arn).filter(|known| known.creation.covers(time))
    }

    /// What was reported about a creation before.
    pub(super) async fn already_reported(
        &self,
        call: &Call<'_>,
        operation: &Operation,
        decision: &Decision,
    ) -> BTreeSet<String> {
        let Some((arn, time)) = creation_of(call, operation) else { return BTreeSet::new() };
        if decision.actions.is_empty() {
            return BTreeSet::new();
        }
        let known = self.remembered(arn, time).await.map(|known| known.creation);
        known.filter(|known| known.is_at(time) && known.is_processed).map(|known| known.reported).unwrap_or_default()
    }

    /// Remembers a creation, for other events that may report it, and for calls that use or tag the resource.
    pub(super) async fn remember(&self, judged: &Judged<'_>, reported: BTreeSet<String>) {
        let Some((arn, time)) = creation_of(judged.call, judged.operation) else { return };
        let known_caller = judged.call.identity.kind.filter(|_| !judged.is_processed);
        let creation = Creation {
            time,
            judged: judged.attempt.now,
            is_processed: judged.is_processed,
            is_caller_unknown: judged.attempt.trigger == Trigger::StateChange && judged.call.identity.kind.is_none(),
            caller: known_caller.map(|_| user_identity(&judged.call.identity).to_string()),
            reported,
            tags: judged.tags(),
            config: judged.config(),
        };
        warn(arn, self.ports.remember(arn, &creation).await);
    }

    /// Records what a call changed about an existing resource, if that was lawful: its ABAC tag, its mark, the configuration of an
    /// endpoint.
    pub(super) async fn record_changes(&self, judged: &Judged<'_>, evidence: &mut Evidence, ledger: &Ledger) {
        let Judged { call, operation, abac, .. } = *judged;
        let Some((arn, entry)) = operation.arn(call).and_then(|arn| Some((arn, ledger.get(arn)?))) else { return };
        let created = entry.creation.time;
        if operation.only_tags() {
            evidence.learn(call);
            let owners = (owner_before(arn, call, evidence, abac), owner(arn, call, evidence, abac));
            let marks = mark(arn, call, evidence, abac);
            for (key, (before, after)) in [(abac.tag.as_str(), owners), (MARK, marks)] {
                let (Some(Ok(after)), Some(at)) = (after, call.time()) else { continue };
                if before != Some(Ok(after)) {
                    let value = after.map(str::to_owned);
                    let change = LawfulChange { at, key: key.to_owned(), value, author: judged.author() };
                    warn(arn, self.ports.add_change(arn, created, &change).await);
                }
            }
        } else if !operation.creates()
            && let Some(config) = judged.config()
        {
            warn(arn, self.ports.add_config(arn, created, &config).await);
        }
    }

    /// Records what Tagwarden itself changed.
    pub(super) async fn record_results(&self, judged: &Judged<'_>, results: &[ActionResult], ledger: &Ledger) {
        let Judged { call, operation, attempt, .. } = *judged;
        let Some(arn) = operation.arn(call) else { return };
        let of_creation = creation_of(call, operation).map(|(_, time)| time);
        let Some(created) = of_creation.or_else(|| Some(ledger.get(arn)?.creation.time)) else { return };
        for result in results {
            for (key, value) in &result.tagged {
                let (key, value) = (key.clone(), Some(value.clone()));
                let change = LawfulChange { at: attempt.now, key, value, author: None };
                warn(arn, self.ports.add_change(arn, created, &change).await);
            }
            if let Some(name) = &result.rolled_back_to {
                let config = UsedConfig { at: attempt.now, name: name.clone(), is_at_fault: false };
                warn(arn, self.ports.add_config(arn, created, &config).await);
            }
        }
    }
}

/// Logs that the ledger could not be written.
fn warn(arn: &str, written: AwsResult<()>) {
    if let Err(failure) = written {
        tracing::warn!(arn, %failure, "could not write the ledger: another event about the resource may be judged without it");
    }
}
