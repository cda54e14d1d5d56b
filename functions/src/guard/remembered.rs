//! Remembers resources: what was judged and reported, and whose they are.

use std::borrow::Cow;
use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::json;
use tagwarden::decide::{Decision, coverage};
use tagwarden::evidence::{Evidence, Standing, TagValue, Tags};
use tagwarden::facts::{lawful_tag, lawful_tag_before, mark};
use tagwarden::operations::{Field, Operation};
use tagwarden::record::Call;
use tagwarden::record::json::{Value, find, member, member_text};
use tagwarden::settings::Abac;
use tagwarden::terms::MARK;

use super::attempt::{Attempt, Trigger, Unprocessed};
use super::gather::Ledger;
use super::setup::Guard;
use crate::act::ActionResult;
use crate::policy_file::LoadedPolicy;
use crate::ports::{AwsResult, Creation, Enforce, KnownChange, LedgerEntry, LookUp, UsedConfig};
use crate::trigger::user_identity;

/// A call that was judged.
pub(super) struct Judged<'a> {
    pub(super) call: &'a Call<'a>,
    pub(super) operation: &'static Operation,
    pub(super) abac: &'a Abac,
    pub(super) attempt: Attempt<'a>,
    /// Whether the tags of the request are those that the resource was created with.
    pub(super) has_tags: bool,
    pub(super) is_processed: bool,
    /// Whether anything was reported about it.
    pub(super) is_at_fault: bool,
    /// Whether a violation is reported.
    pub(super) is_reported: bool,
    /// What is known about the caller.
    pub(super) standing: Standing,
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

    /// The tags that the request gave to the resource, of those that the policy is about. A further tag that it did not give is
    /// empty: earlier entries do not know of it.
    fn tags(&self) -> Option<Tags> {
        let request = self.call.request.as_ref().ok().filter(|_| self.has_tags && self.operation.has(Field::Tags))?;
        let list = find(request, "tags").into_iter().next()?.value.ok()?;
        let list = list.map_or(Some(&[][..]), Value::as_array)?;
        let given = |key: &str| {
            let tag = list.iter().find(|tag| member_text(tag, "key") == Some(key))?;
            Some(member_text(tag, "value").unwrap_or_default())
        };
        let abac_tag = given(&self.abac.tag).map(|value| (self.abac.tag.as_str(), value));
        let further = self.abac.tags.iter().map(|tag| (tag.key.as_str(), given(&tag.key).unwrap_or_default()));
        Some(abac_tag.into_iter().chain(further).collect())
    }
}

impl<P: LookUp + Enforce> Guard<P> {
    /// What is known about the resource `arn` that was created at `time`, or about a later one. If it cannot be read, the guard acts:
    /// a duplicate is better than silence.
    pub(super) async fn remembered(&self, arn: &str, time: Timestamp) -> Option<LedgerEntry> {
        self.try_remembered(arn, time).await.unwrap_or_else(|failure| {
            tracing::warn!(arn, %failure, "could not read the ledger: acting as if nothing was known");
            None
        })
    }

    /// The same, or why the ledger cannot be read.
    pub(super) async fn try_remembered(&self, arn: &str, time: Timestamp) -> AwsResult<Option<LedgerEntry>> {
        Ok(self.ports.entries(&[arn]).await?.remove(arn).filter(|known| known.creation.covers(time)))
    }

    /// What was reported about a creation before.
    pub(super) async fn already_reported(
        &self,
        call: &Call<'_>,
        operation: &Operation,
        decision: &Decision,
        trigger: Trigger,
    ) -> BTreeSet<String> {
        let Some((arn, time)) = creation_of(call, operation) else { return BTreeSet::new() };
        // Only a sweep comes back later, and can find that something was put right.
        if decision.actions.is_empty() && trigger == Trigger::Record {
            return BTreeSet::new();
        }
        let known = self.remembered(arn, time).await.map(|known| known.creation);
        known.filter(|known| known.is_at(time) && known.is_processed).map(|known| known.reported).unwrap_or_default()
    }

    /// Forgets that rules failed for a resource: if they fail again, they are reported again.
    pub(super) async fn forget_resolved(
        &self,
        call: &Call<'_>,
        operation: &Operation,
        reported: BTreeSet<String>,
    ) -> AwsResult<()> {
        let Some((arn, time)) = creation_of(call, operation) else { return Ok(()) };
        let Some(known) = self.try_remembered(arn, time).await? else { return Ok(()) };
        self.ports.remember(arn, &Creation { reported, ..known.creation }).await.map(drop)
    }

    /// Remembers a creation, for other events that may report it, and for calls that use or tag the resource. Returns the records of
    /// changes of its tags that can be judged now.
    pub(super) async fn remember(&self, judged: &Judged<'_>, reported: BTreeSet<String>) -> Vec<String> {
        let Some((arn, time)) = creation_of(judged.call, judged.operation) else { return Vec::new() };
        let known_caller = judged.call.identity.kind.filter(|_| !judged.is_processed);
        let creation = Creation {
            time,
            judged: judged.attempt.now,
            is_processed: judged.is_processed,
            is_caller_unknown: judged.attempt.trigger == Trigger::StateChange && judged.call.identity.kind.is_none(),
            caller: known_caller.map(|_| user_identity(&judged.call.identity).to_string()),
            reported,
            tags: judged.tags(),
            creator: judged.standing.clone(),
            config: judged.config(),
        };
        let records = self.ports.remember(arn, &creation).await.unwrap_or_else(|failure| {
            tracing::warn!(arn, %failure, "could not remember the resource: another event may report it again");
            Vec::new()
        });
        if creation.tags.is_some() { records } else { Vec::new() }
    }

    /// Judges changes of tags that came before the creation of their resource was known.
    pub(super) async fn judge_earlier_changes(
        &self,
        judged: &Judged<'_>,
        records: Vec<String>,
        loaded: &LoadedPolicy,
    ) -> Result<(), Unprocessed> {
        let Some((arn, _)) = creation_of(judged.call, judged.operation).filter(|_| !records.is_empty()) else {
            return Ok(());
        };
        let attempt = Attempt::only(Trigger::Record, judged.attempt.now);
        for record in &records {
            let record: Value = serde_json::from_str(record).map_err(|error| error.to_string())?;
            let call = Call::read(&record)?;
            // Without a box, this function's future would contain itself.
            let operation = coverage(&call).map_err(String::from)?;
            Box::pin(self.process(&call, operation, loaded, attempt, None)).await?;
        }
        self.ports.forget_records(arn).await.map_err(|failure| failure.to_string().into())
    }

    /// Records what a call changed about an existing resource: its tags that must equal the caller's and its mark, unless that was certainly unlawful, and the
    /// configuration of an endpoint.
    ///
    /// # Errors
    /// If the ledger cannot be written. Later decisions would be wrong.
    pub(super) async fn record_changes(
        &self,
        judged: &Judged<'_>,
        evidence: &mut Evidence,
        ledger: &Ledger,
    ) -> AwsResult<()> {
        let Judged { call, operation, abac, .. } = *judged;
        let (Some(arn), Some(at)) = (operation.arn(call), call.time()) else { return Ok(()) };
        if operation.only_tags() {
            evidence.learn(call);
            let matched = abac.matched_keys().map(|key| {
                let before = lawful_tag_before(arn, key, call, evidence, abac);
                (key, before, lawful_tag(arn, key, call, evidence, abac))
            });
            let (mark_before, mark) = mark(arn, call, evidence, abac);
            for (key, before, after) in matched.chain([(MARK, mark_before, mark)]).collect::<Vec<_>>() {
                // What an administrator sets may change nothing now, but with another change of the same second.
                let counts = |after: &TagValue| before != Some(*after) || judged.standing == Standing::Trusted;
                let Some(after) = after.filter(counts) else { continue };
                let Some(value) = set_to(call, key) else { continue };
                let is_open = after.is_err() && !judged.is_reported;
                let record = is_open.then(|| tagging_record(call, arn, key, value));
                let (key, value) = (key.to_owned(), value.map(str::to_owned));
                let author = call.identity.principal().map(Cow::into_owned);
                let standing = judged.standing.clone();
                let change = KnownChange { at, key, value, author, standing };
                self.ports.add_change(arn, &change, record.as_deref()).await?;
            }
        } else if let (Some(entry), Some(config)) = (ledger.get(arn).filter(|_| !operation.creates()), judged.config())
        {
            self.ports.add_config(arn, entry.creation.time, &config).await?;
        }
        Ok(())
    }

    /// Records what Tagwarden itself changed.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub(super) async fn record_results(
        &self,
        judged: &Judged<'_>,
        results: &[ActionResult],
        ledger: &Ledger,
    ) -> AwsResult<()> {
        let Judged { call, operation, attempt, .. } = *judged;
        let Some(arn) = operation.arn(call) else { return Ok(()) };
        let is_creation = creation_of(call, operation).is_some();
        for result in results {
            // A tag that is set back is not changed.
            for (key, value) in result.tagged.iter().filter(|(key, _)| key == MARK || is_creation) {
                let (key, value) = (key.clone(), Some(value.clone()));
                let change = KnownChange { at: attempt.now, key, value, author: None, standing: Standing::Trusted };
                self.ports.add_change(arn, &change, None).await?;
            }
            if let (Some(name), Some(entry)) = (&result.rolled_back_to, ledger.get(arn)) {
                let config = UsedConfig { at: attempt.now, name: name.clone(), is_at_fault: false };
                self.ports.add_config(arn, entry.creation.time, &config).await?;
            }
        }
        Ok(())
    }
}

/// The value that a call gave to the tag `key`; `Some(None)` if it removed it.
fn set_to<'a>(call: &Call<'a>, key: &str) -> Option<Option<&'a str>> {
    let request = *call.request.as_ref().ok()?;
    let tags = member(request, "tags").and_then(Value::as_array).map(|tags| tags.iter());
    let set = tags.into_iter().flatten().find(|tag| member_text(tag, "key") == Some(key));
    let mut removed =
        member(request, "tagKeys").and_then(Value::as_array).map(|keys| keys.iter()).into_iter().flatten();
    match set {
        Some(tag) => Some(member_text(tag, "value")),
        None => removed.any(|removed| removed.as_str() == Some(key)).then_some(None),
    }
}

/// The record of a call that sets or removes one tag of the resource `arn`.
fn tagging_record(call: &Call, arn: &str, key: &str, value: Option<&str>) -> String {
    let request = match value {
        Some(value) => json!({"resourceArn": arn, "tags": [{"key": key, "value": value}]}),
        None => json!({"resourceArn": arn, "tagKeys": [key]}),
    };
    json!({
        "eventID": call.event_id,
        "eventTime": call.event_time,
        "eventSource": call.event_source,
        "eventName": call.event_name,
        "awsRegion": call.region,
        "recipientAccountId": call.account,
        "userIdentity": user_identity(&call.identity),
        "requestParameters": request,
    })
    .to_string()
}
