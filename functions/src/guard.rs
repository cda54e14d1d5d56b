//! A guard: claim → gather → decide → act → tell, for each call that EventBridge delivers.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::value::RawValue;
use tagwarden::arn;
use tagwarden::call::Call;
use tagwarden::caller::principal;
use tagwarden::decide::{Decision, Verdict, coverage, decide, not_a_call, skipped};
use tagwarden::documents::{self, Item, OtherEvent};
use tagwarden::evidence::Evidence;
use tagwarden::json::Value;
use tagwarden::operations::Operation;
use tagwarden::plan::Verb;
use tagwarden::policy::{Policy, SessionTags};

use crate::act::{Deed, act};
use crate::alert::{alert, done};
use crate::creation::{self, FOUND, SESSION_UNSEEN, UNSEEN};
use crate::gather::{Cache, gather};
use crate::group::{Group, Waiting};
use crate::history::Creator;
use crate::policy_file::{Policies, PolicyFile};
use crate::ports::{Answer, Claim, Creation, Enforce, LookUp, Message, Turn};
use crate::recover::{self, recover};
use crate::state_change::StateChange;
use crate::stop::is_gone;
use crate::target::Target;
use crate::telemetry;
use crate::{aws, config};

/// How often Lambda tries an event: once, and again after one and after two more minutes (Lambda developer guide,
/// "Asynchronous invocation", with the two retries that the template asks for).
const ATTEMPTS: u64 = 3;

/// What told of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trigger {
    /// CloudTrail's record of it.
    Record,
    /// The state of what it created.
    StateChange,
    /// What it created was there.
    Sweep,
}

/// When and how a guard comes to know of a call.
#[derive(Clone, Copy, Debug)]
struct Occasion {
    trigger: Trigger,
    /// The so-many-th attempt at it, from one.
    attempt: u64,
    now: Timestamp,
}

/// A creation, as SageMaker describes what was created.
struct Described {
    arn: String,
    time: Timestamp,
    /// The request, as far as the description tells it.
    request: serde_json::Value,
}

/// A guard with its policy and its way to AWS.
pub struct Guard<P> {
    function: String,
    policy: PolicyFile,
    cache: Cache,
    ports: P,
    log: telemetry::Log,
    /// ARNs of the roles that guards have: the tags that they set are no news.
    roles: Vec<String>,
    /// For how long an alert groups those that follow it.
    interval: SignedDuration,
}

impl<P: LookUp + Enforce> Guard<P> {
    /// A guard for the Lambda function of this name, which tells of each violation.
    pub fn new(function: String, policy: PolicyFile, ports: P, log: telemetry::Log) -> Self {
        let (cache, roles, interval) = (Cache::default(), Vec::new(), SignedDuration::ZERO);
        Self { function, policy, cache, ports, log, roles, interval }
    }

    /// The same, where an alert groups those of its kind that follow it within `interval`.
    #[must_use]
    pub fn grouping(self, interval: SignedDuration) -> Self {
        Self { interval, ..self }
    }

    /// The same, where guards have these roles.
    #[must_use]
    pub fn among(self, roles: Vec<String>) -> Self {
        Self { roles, ..self }
    }

    /// A guard as the environment of its function wants it.
    ///
    /// # Errors
    /// Where the policy is invalid, or the environment lacks something.
    pub fn from_environment(ports: P) -> Result<Self, Error> {
        let function = config::required("AWS_LAMBDA_FUNCTION_NAME")?;
        let roles = config::set(config::ROLES).unwrap_or_default();
        let guard = Self::new(function, PolicyFile::from_environment()?, ports, telemetry::write);
        Ok(guard.grouping(config::alert_interval()?).among(roles.split(',').map(str::to_owned).collect()))
    }

    /// Its way to AWS.
    pub fn ports(&self) -> &P {
        &self.ports
    }

    /// Deals with a payload: one record, where it is an EventBridge event. Returns the decisions.
    ///
    /// # Errors
    /// Where something in it cannot be read, or not all could be done that was planned: so that the invocation fails, is
    /// tried again, and at last ends in the on-failure queue.
    pub async fn handle(&self, payload: &str, function_arn: &str) -> Result<Vec<Decision>, String> {
        let mut items = Vec::new();
        documents::split(payload, &mut |item| items.push(item));
        let (mut decisions, mut problems) = (Vec::new(), Vec::new());
        for item in items {
            let handled = match item {
                Ok(Item::Record(json)) => self.record(json, function_arn).await,
                Ok(Item::OtherEvent(event)) => self.other_event(event, function_arn).await,
                Ok(Item::AuthorizationDetails(_)) => Err("account authorization details are no event".to_owned()),
                Err(problem) => Err(problem.message),
            };
            match handled {
                Ok(decision) => decisions.extend(decision),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(decisions) } else { Err(problems.join("; ")) }
    }

    /// Deals with a CloudTrail record; `None` where that was done before.
    async fn record(&self, json: &str, function_arn: &str) -> Result<Option<Decision>, String> {
        let record: Value = serde_json::from_str(json).map_err(|error| format!("no JSON: {error}"))?;
        let call = Call::read(&record)?;
        let operation = match coverage(&call) {
            Ok(operation) => operation,
            Err(reason) => return Ok(Some(self.skip(&call, &reason))),
        };
        must_be_here(&call, function_arn)?;
        if operation.only_tags() && self.is_by_a_guard(&call) {
            return Ok(Some(self.skip(&call, "Tagwarden set these tags itself")));
        }
        let policies = self.policy.current(&self.ports).await?;
        let Some(attempt) = self.attempt(&call).await? else { return Ok(None) };
        let recovered = recover(json, &call, operation, &self.ports).await.unwrap_or_else(|failure| {
            // The rules will say that the request is unknown.
            tracing::warn!(event_id = call.event_id, %failure, "the request could not be recovered");
            None
        });
        let recovered: Option<Value> = recovered.as_deref().and_then(|json| serde_json::from_str(json).ok());
        let call = recovered.as_ref().and_then(|record| Call::read(record).ok()).unwrap_or(call);
        let occasion = Occasion { trigger: Trigger::Record, attempt, now: Timestamp::now() };
        let dealt_with = self.deal_with(&call, operation, &policies, occasion).await;
        self.settle(call.event_id, dealt_with).await
    }

    /// Deals with an event that is no API call.
    async fn other_event(&self, event: OtherEvent<'_>, function_arn: &str) -> Result<Option<Decision>, String> {
        let Some(change) = StateChange::read(&event)? else { return Ok(Some(self.log(not_a_call(event), &[]))) };
        let record = change.record();
        let text = record.to_string();
        let known: Value = serde_json::from_str(&text).map_err(|error| format!("no JSON: {error}"))?;
        let call = Call::read(&known)?;
        must_be_here(&call, function_arn)?;
        let policies = self.policy.current(&self.ports).await?;
        let Some(attempt) = self.attempt(&call).await? else { return Ok(None) };
        let occasion = Occasion { trigger: Trigger::StateChange, attempt, now: Timestamp::now() };
        let dealt_with = self.creation(record, &call, &policies, occasion).await;
        self.settle(call.event_id, dealt_with).await
    }

    /// Deals with a creation that `call` is all that is known of; `None` where that was done before.
    async fn creation(
        &self,
        record: serde_json::Value,
        call: &Call<'_>,
        policies: &Policies,
        occasion: Occasion,
    ) -> Result<Option<Decision>, String> {
        let operation = coverage(call)?;
        let created = match self.described(call, operation).await? {
            Ok(created) if creation::is_forgotten(created.time, occasion.now) => {
                return Ok(Some(self.skip(call, "its creation is too long ago to know whether it was judged")));
            }
            Ok(created) => created,
            Err(reason) => return Ok(Some(self.skip(call, &reason))),
        };
        let remembered = self.remembered(&created.arn, created.time).await;
        match &remembered {
            Some(known) if known.is_dealt_with => return Ok(None),
            None if occasion.attempt < ATTEMPTS => {
                return Err("CloudTrail's event of this creation may still come: to be tried again".to_owned());
            }
            _ => {}
        }
        let members = remembered.and_then(|known| known.user_identity()).map(|caller| ("userIdentity", caller));
        self.deal_with_creation(record, members, created, operation, policies, occasion).await
    }

    /// Deals with what was come upon at `now`: `record` is what is known of its creation, `creator` tells who made the call.
    /// `None` where it was dealt with before.
    ///
    /// # Errors
    /// Where it cannot be described, its creator cannot be asked for, or not all could be done that was planned.
    pub async fn come_upon(
        &self,
        record: serde_json::Value,
        function_arn: &str,
        now: Timestamp,
        creator: impl AsyncFnOnce(&Operation, &str, Timestamp) -> Answer<Option<Creator>>,
    ) -> Result<Option<Decision>, String> {
        let text = record.to_string();
        let known: Value = serde_json::from_str(&text).map_err(|error| format!("no JSON: {error}"))?;
        let call = Call::read(&known)?;
        must_be_here(&call, function_arn)?;
        let operation = coverage(&call)?;
        let policies = self.policy.current(&self.ports).await?;
        let created = match self.described(&call, operation).await? {
            Ok(created) => created,
            Err(reason) => return Ok(Some(self.skip(&call, &reason))),
        };
        let remembered = self.remembered(&created.arn, created.time).await;
        if remembered.as_ref().is_some_and(|known| known.is_dealt_with) {
            return Ok(None);
        }
        let creator = match remembered.and_then(|known| known.user_identity()) {
            Some(user_identity) => Some(Creator { event_id: None, user_identity }),
            None => creator(operation, &created.arn, created.time).await.map_err(|failure| failure.to_string())?,
        };
        let event_id = creator.as_ref().and_then(|creator| Some(("eventID", creator.event_id.clone()?.into())));
        let members = creator.map(|creator| ("userIdentity", creator.user_identity)).into_iter().chain(event_id);
        let occasion = Occasion { trigger: Trigger::Sweep, attempt: ATTEMPTS, now };
        self.deal_with_creation(record, members, created, operation, &policies, occasion).await
    }

    /// What SageMaker says of a creation, or why it is not judged.
    async fn described(&self, call: &Call<'_>, operation: &Operation) -> Result<Result<Described, String>, String> {
        let (arn, request) = match recover::request(call, operation, &self.ports).await {
            Ok(request) => request,
            Err(gone) if is_gone(&gone) => return Ok(Err("it is gone".to_owned())),
            Err(other) => return Err(other.failure.to_string()),
        };
        if let Some(parent) = creation::parent(&request, operation) {
            return Ok(Err(format!("`{parent}` created it, and was judged for it")));
        }
        let time = creation::created(&request).ok_or("its description does not tell when it was created")?;
        Ok(Ok(Described { arn, time, request }))
    }

    /// Deals with what was created, by a record made of what is known: `record`, with `members` more.
    async fn deal_with_creation(
        &self,
        mut record: serde_json::Value,
        members: impl IntoIterator<Item = (&'static str, serde_json::Value)>,
        Described { arn, time, request }: Described,
        operation: &'static Operation,
        policies: &Policies,
        occasion: Occasion,
    ) -> Result<Option<Decision>, String> {
        let this_creation = format!("{arn}@{time}");
        if let Some(record) = record.as_object_mut() {
            let told = [("eventTime", time.to_string().into()), ("requestParameters", request)];
            record.extend(told.into_iter().chain(members).map(|(name, member)| (name.to_owned(), member)));
            record.entry("eventID").or_insert_with(|| this_creation.as_str().into());
        }
        let text = record.to_string();
        let record: Value = serde_json::from_str(&text).map_err(|error| format!("no JSON: {error}"))?;
        let call = Call::read(&record)?;
        // More than one event may tell of it.
        match self.ports.claim(&this_creation).await {
            Ok(Claim::Done) => return Ok(None),
            Ok(Claim::Busy) => return Err("another invocation is at this creation".to_owned()),
            // Where claims cannot be kept, acting twice is better than not at all.
            Ok(Claim::Ours(_)) | Err(_) => {}
        }
        let dealt_with = self.deal_with(&call, operation, policies, occasion).await;
        self.settle(Some(&this_creation), dealt_with).await
    }

    /// Judges a call and does what is to be done about it.
    async fn deal_with(
        &self,
        call: &Call<'_>,
        operation: &'static Operation,
        policies: &Policies,
        occasion: Occasion,
    ) -> Result<Option<Decision>, String> {
        let policy = &policies.policy;
        let evidence = gather(call, operation, policy, &self.ports, &self.cache).await;
        let mut decision = decide(call, policy, &evidence);
        if occasion.attempt < ATTEMPTS && should_wait_for_session(call, policies, &evidence, &decision) {
            return Err("the record that issued the caller's session may still come: to be tried again".to_owned());
        }
        if occasion.trigger != Trigger::Record {
            decision = mind_what_is_unknown(decision, call, policies, &evidence, occasion);
        }
        let news = creation::news(&decision);
        let told = match occasion.trigger {
            Trigger::Record => self.told_before(call, operation, &decision).await,
            Trigger::StateChange | Trigger::Sweep => BTreeSet::new(),
        };
        if !told.is_empty() && news.is_subset(&told) {
            self.remember(call, operation, true, told).await;
            return Ok(Some(self.log(decision, &[])));
        }
        let deeds = act(&decision, &Target::of(call, operation), &self.ports).await;
        let published = self.tell(&decision, &deeds, policy).await;
        let decision = self.log(decision, &deeds);
        let failed = deeds.iter().filter(|deed| deed.failed).map(|deed| format!("{}: {}", deed.action, deed.result));
        let problems: Vec<_> = failed.chain(published.err()).collect();
        let told = if occasion.trigger == Trigger::Record { told } else { news };
        self.remember(call, operation, problems.is_empty(), told).await;
        if problems.is_empty() { Ok(Some(decision)) } else { Err(problems.join("; ")) }
    }

    /// Completes the claim on what was dealt with, and gives it back where that failed.
    async fn settle<T>(&self, claimed: Option<&str>, dealt_with: Result<T, String>) -> Result<T, String> {
        let Some(claimed) = claimed else { return dealt_with };
        let settled = match &dealt_with {
            Ok(_) => self.ports.complete(claimed).await,
            Err(_) => self.ports.give_back(claimed).await,
        };
        match (settled, &dealt_with) {
            (Ok(()), _) => {}
            (Err(failure), Ok(_)) => {
                tracing::warn!(claimed, %failure, "the claim could not be completed: a duplicate may be acted upon");
            }
            (Err(failure), Err(_)) => {
                tracing::warn!(claimed, %failure, "the claim could not be given back: it will run out");
            }
        }
        dealt_with
    }

    /// What is remembered of the creation of a resource at `time`, or of a later one. Where nothing can be, duplicates are better
    /// than silence.
    async fn remembered(&self, arn: &str, time: Timestamp) -> Option<Creation> {
        let remembered = self.ports.creation(arn).await.unwrap_or_else(|failure| {
            tracing::warn!(arn, %failure, "it cannot be told whether this creation was dealt with: acting all the same");
            None
        });
        remembered.filter(|known| known.covers(time))
    }

    /// What was found and done about a creation before CloudTrail told who called.
    async fn told_before(&self, call: &Call<'_>, operation: &Operation, decision: &Decision) -> BTreeSet<String> {
        let Some((arn, time)) = creation::of(call, operation) else { return BTreeSet::new() };
        if decision.actions.is_empty() {
            return BTreeSet::new();
        }
        let remembered = self.remembered(arn, time).await;
        remembered.filter(|known| known.is_at(time)).map(|known| known.told).unwrap_or_default()
    }

    /// Remembers a creation, for the other events that may tell of it.
    async fn remember(&self, call: &Call<'_>, operation: &Operation, is_dealt_with: bool, told: BTreeSet<String>) {
        let Some((arn, time)) = creation::of(call, operation) else { return };
        let known_caller = call.identity.kind.filter(|_| !is_dealt_with);
        let caller = known_caller.map(|_| creation::user_identity(&call.identity).to_string());
        if let Err(failure) = self.ports.remember(arn, &Creation { time, is_dealt_with, caller, told }).await {
            tracing::warn!(arn, %failure, "the creation could not be remembered: another event of it may be acted upon");
        }
    }

    fn is_by_a_guard(&self, call: &Call) -> bool {
        principal(&call.identity).is_some_and(|caller| self.roles.iter().any(|role| *role == caller))
    }

    /// Claims the event: the so-many-th attempt at it, or `None` where it was dealt with.
    async fn attempt(&self, call: &Call<'_>) -> Result<Option<u64>, String> {
        match self.claim(call).await? {
            Claim::Ours(attempt) => Ok(Some(attempt)),
            Claim::Done => Ok(None),
            Claim::Busy => Err("another invocation is at this event".to_owned()),
        }
    }

    /// Claims the event. Where claims cannot be kept, acting twice is better than not at all; there is no other attempt to
    /// wait for then.
    async fn claim(&self, call: &Call<'_>) -> Result<Claim, String> {
        let Some(event_id) = call.event_id else { return Ok(Claim::Ours(ATTEMPTS)) };
        Ok(self.ports.claim(event_id).await.unwrap_or_else(|failure| {
            tracing::warn!(event_id, %failure, "the event could not be claimed: acting all the same");
            Claim::Ours(ATTEMPTS)
        }))
    }

    async fn tell(&self, decision: &Decision, deeds: &[Deed], policy: &Policy) -> Result<(), String> {
        let planned = decision.actions.iter().any(|action| action.action == Verb::PublishAlert);
        if !planned {
            return Ok(());
        }
        let message = alert(decision, deeds, policy);
        if self.is_grouped(decision, deeds, &message).await {
            return Ok(());
        }
        self.ports.publish(&message).await.map_err(|failure| failure.to_string())
    }

    /// Whether a digest will tell of the alert. What failed is told at once, and so is everything where groups cannot be
    /// kept: a storm is better than silence.
    async fn is_grouped(&self, decision: &Decision, deeds: &[Deed], message: &Message) -> bool {
        if self.interval.is_zero() || deeds.iter().any(|deed| deed.failed) {
            return false;
        }
        let Some(alert) = Waiting::of(decision, done(deeds)) else { return false };
        let now = Timestamp::now();
        let ends = now.saturating_add(self.interval).unwrap_or(now);
        match self.ports.join(&Group::of(decision, &message.attributes), &alert, ends).await {
            Ok(turn) => turn == Turn::Later,
            Err(failure) => {
                tracing::warn!(event_id = alert.event_id, %failure, "the alert could not be grouped: it is sent at once");
                false
            }
        }
    }

    fn skip(&self, call: &Call, reason: &str) -> Decision {
        self.log(skipped(call, reason.to_owned()), &[])
    }

    fn log(&self, decision: Decision, deeds: &[Deed]) -> Decision {
        let now = Timestamp::now();
        (self.log)(&telemetry::record(&self.function, &decision, deeds, now));
        telemetry::violations(&self.function, &decision, now).for_each(|record| (self.log)(&record));
        decision
    }
}

/// Whether the caller's session, which no record has told of yet, could change what is to be done. Events come out of
/// order, and nobody's job should be stopped for that.
fn should_wait_for_session(call: &Call, policies: &Policies, evidence: &Evidence, decision: &Decision) -> bool {
    let is_session = matches!(call.identity.kind, Some("AssumedRole" | "FederatedUser"));
    if !is_session || evidence.sessions.tags(&call.identity) != Ok(None) {
        return false;
    }
    match policies.policy.abac.session_tags {
        SessionTags::None => false,
        SessionTags::Required => decision.verdict == Verdict::Unknown,
        SessionTags::Optional => {
            decision.verdict == Verdict::Violation
                && strongest(decision) != strongest(&decide(call, &policies.cautious, evidence))
        }
    }
}

/// Minds what nobody can tell of a creation without its record: what the caller's tags or the caller could change is not done,
/// and neither is what a long time could have made harmful.
fn mind_what_is_unknown(
    mut decision: Decision,
    call: &Call,
    policies: &Policies,
    evidence: &Evidence,
    occasion: Occasion,
) -> Decision {
    let is_found = occasion.trigger == Trigger::Sweep;
    // A session of long ago is remembered no more.
    let lacks_session = is_found && should_wait_for_session(call, policies, evidence, &decision);
    let unseen = call.identity.kind.map_or(Some(UNSEEN), |_| lacks_session.then_some(SESSION_UNSEEN));
    if lacks_session {
        decision = decide(call, &policies.cautious, evidence);
    }
    if unseen.is_some() {
        creation::for_every_caller(&mut decision, &policies.policy);
    }
    let found = is_found.then_some(FOUND);
    let reasons: Vec<_> = found.into_iter().chain(unseen).chain(decision.reason.as_deref()).collect();
    decision.reason = (!reasons.is_empty()).then(|| reasons.join("; "));
    if let Some(created) = call.time() {
        creation::spare_what_is_old(&mut decision, created, occasion.now);
    }
    decision
}

/// Whether the call was made in the account and region that the function `function_arn` runs in. Elsewhere, roles and jobs of
/// the same names are others: judging by the one and stopping the other would harm the innocent. A runtime on a developer's
/// machine names no account, and there is nothing to compare.
fn must_be_here(call: &Call, function_arn: &str) -> Result<(), String> {
    if !function_arn.starts_with("arn:") {
        return Ok(());
    }
    let (region, account) = (arn::region(function_arn), arn::account(function_arn));
    if (call.region, call.account) == (region, account) {
        return Ok(());
    }
    let place = |account: Option<&str>, region: Option<&str>| {
        format!("account {}, region {}", account.unwrap_or("unknown"), region.unwrap_or("unknown"))
    };
    let (there, here) = (place(call.account, call.region), place(account, region));
    Err(format!("the call was made in {there}; this function only acts in {here}"))
}

fn strongest(decision: &Decision) -> Option<&Verb> {
    decision.actions.first().map(|action| &action.action)
}

/// Serves invocations until the runtime ends the process.
///
/// # Errors
/// Where the policy is invalid, the environment lacks something, or the Lambda Runtime API cannot be reached.
pub async fn run() -> Result<(), Error> {
    telemetry::start();
    let guard = &Guard::from_environment(aws::Aws::connect().await?)?;
    let handler = move |event: LambdaEvent<Box<RawValue>>| async move {
        Ok::<_, Error>(guard.handle(event.payload.get(), &event.context.invoked_function_arn).await?)
    };
    lambda_runtime::run(service_fn(handler)).await
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use tagwarden::evidence::{Session, Tags};

    use super::*;
    use crate::memory::Account;
    use crate::ports::{Failure, Page, Refused};

    const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:guard-training";
    const CALLER: &str = "arn:aws:iam::111122223333:role/DataScientist-atlas";
    const EXECUTION_ROLE: &str = "arn:aws:iam::111122223333:role/ml/atlas/atlas-train";

    /// A sample event, of which `from` is replaced by `to`.
    fn event(name: &str, from: &str, to: &str) -> String {
        let path = format!("{}/../events/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).expect(&path);
        assert!(text.contains(from), "{name} has no {from}");
        text.replace(from, to)
    }

    fn guard(rules: &str) -> Guard<Account> {
        guard_by(Policy::parse(&format!("version = 1\n{rules}")).expect("a valid policy"))
    }

    fn guard_by(policy: Policy) -> Guard<Account> {
        let account = Account::default();
        for role in [CALLER, EXECUTION_ROLE] {
            account.state().tags.insert(role.to_owned(), [("Project", "atlas")].into_iter().collect());
        }
        Guard::new("guard-training".to_owned(), PolicyFile::fixed(policy), account, |_| ())
    }

    /// What was done that can be seen from outside, without look-ups and claims.
    fn done(guard: &Guard<Account>) -> Vec<String> {
        let state = guard.ports.state();
        let seen = |entry: &&String| ["add-tags", "stop", "publish"].iter().any(|verb| entry.starts_with(verb));
        let cut = |entry: &String| if entry.starts_with("publish") { "publish".to_owned() } else { entry.clone() };
        state.journal.iter().filter(seen).map(cut).collect()
    }

    const NO_VPC: &str = "CreateTrainingJob.no-vpc";

    #[tokio::test]
    async fn a_violation_is_stopped_and_told_once() {
        let guard = guard("[rules.missing-vpc]");
        for _ in 0..5 {
            guard.handle(&event(NO_VPC, "no-vpc", "no-vpc"), FUNCTION).await.expect("handled");
        }
        assert_eq!(done(&guard), ["stop StopTrainingJob churn-no-vpc", "publish"]);
    }

    #[tokio::test]
    async fn a_compliant_call_leaves_no_trace() {
        let guard = guard("[rules.missing-vpc]\n[rules.foreign-project-tag]");
        let decisions =
            guard.handle(&event("CreateTrainingJob.compliant", "atlas", "atlas"), FUNCTION).await.expect("handled");
        assert_eq!(decisions[0].verdict, Verdict::Compliant, "{:?}", decisions[0].findings);
        assert_eq!(done(&guard), [""; 0]);
    }

    #[tokio::test]
    async fn a_missing_tag_is_added() {
        let event = event("CreateTrainingJob.missing-tag", "atlas", "atlas");
        let guard_ = guard("[abac]\nsession-tags = 'none'\n[rules.missing-project-tag]");
        guard_.handle(&event, FUNCTION).await.expect("handled");
        assert_eq!(done(&guard_), ["add-tags Project=atlas", "publish"]);

        let guard_ = guard("[rules.missing-project-tag]");
        for _ in 1..ATTEMPTS {
            guard_.handle(&event, FUNCTION).await.expect_err("the session may belong to another project");
        }
        guard_.handle(&event, FUNCTION).await.expect("the last attempt decides");
        assert_eq!(done(&guard_), ["add-tags Project=atlas", "publish"]);
    }

    #[tokio::test]
    async fn a_configuration_in_use_is_marked_not_deleted() {
        let guard = guard("[rules.unencrypted-volume]");
        let live = Page { summaries: vec![serde_json::json!({"EndpointName": "live"})], next: None };
        guard.ports.state().lists.insert("ListEndpoints", Ok(live));
        let uses = serde_json::json!({"EndpointConfigName": "churn-no-volume-key"});
        guard.ports.state().answers.insert("DescribeEndpoint", Ok(uses));
        guard.handle(&event("CreateEndpointConfig.no-volume-key", "churn", "churn"), FUNCTION).await.expect("handled");
        assert_eq!(done(&guard), ["add-tags tagwarden:violation=unencrypted-volume", "publish"]);
        let state = guard.ports.state();
        assert!(state.messages[0].texts[0].1.contains("in use by endpoint `live`"), "{:?}", state.messages[0]);
    }

    #[tokio::test]
    async fn observing_changes_nothing() {
        let mut policy = Policy::parse("version = 1\n[rules.missing-vpc]").expect("a valid policy");
        policy.observe_only = true;
        let guard = guard_by(policy);
        guard.handle(&event(NO_VPC, "no-vpc", "no-vpc"), FUNCTION).await.expect("handled");
        assert_eq!(done(&guard), ["publish"]);
    }

    #[tokio::test]
    async fn what_fails_is_told_and_tried_again() {
        let guard = guard("[rules.missing-vpc]");
        guard.ports.state().failing.insert("stop");
        let error =
            guard.handle(&event(NO_VPC, "no-vpc", "no-vpc"), FUNCTION).await.expect_err("the job is not stopped");
        assert!(error.contains("stop failed: ThrottlingException"), "{error}");
        assert!(guard.ports.state().messages[0].subject.contains("ACTION FAILED"));
        guard.ports.state().failing.clear();
        guard.handle(&event(NO_VPC, "no-vpc", "no-vpc"), FUNCTION).await.expect("handled");
        assert_eq!(done(&guard), ["publish", "stop StopTrainingJob churn-no-vpc", "publish"]);
    }

    #[tokio::test]
    async fn an_alert_that_cannot_be_sent_is_tried_again() {
        let guard = guard("[rules.missing-vpc]");
        guard.ports.state().failing.insert("publish");
        guard.handle(&event(NO_VPC, "no-vpc", "no-vpc"), FUNCTION).await.expect_err("nobody was told");
        guard.ports.state().failing.clear();
        guard.handle(&event(NO_VPC, "no-vpc", "no-vpc"), FUNCTION).await.expect("handled");
        assert_eq!(done(&guard), ["stop StopTrainingJob churn-no-vpc", "stop StopTrainingJob churn-no-vpc", "publish"]);
    }

    #[tokio::test]
    async fn without_claims_it_acts_all_the_same() {
        let guard = guard("[rules.missing-vpc]");
        guard.ports.state().failing.extend(["claim", "complete", "give-back"]);
        guard.handle(&event(NO_VPC, "no-vpc", "no-vpc"), FUNCTION).await.expect("handled");
        assert_eq!(done(&guard), ["stop StopTrainingJob churn-no-vpc", "publish"]);
    }

    #[tokio::test]
    async fn a_failed_look_up_is_unknown_and_the_policy_decides() {
        let event = event("CreateTrainingJob.compliant", "atlas", "atlas");
        for (on_unknown, expected) in
            [("alert", vec!["publish"]), ("stop", vec!["stop StopTrainingJob churn-compliant", "publish"])]
        {
            let guard = guard(&format!("[defaults]\non-unknown = '{on_unknown}'\n[rules.untagged-principal]"));
            guard.ports.state().failing.insert("tags");
            let decisions = guard.handle(&event, FUNCTION).await.expect("handled");
            assert_eq!(decisions[0].verdict, Verdict::Unknown);
            assert_eq!(done(&guard), expected);
        }
    }

    const JOB: &str = "arn:aws:sagemaker:eu-west-1:111122223333:training-job/churn-no-vpc";

    /// The event that the job of the sample event runs, with what describes it: created at `created`.
    fn state_change(guard: &Guard<Account>, id: &str, created: Timestamp) -> String {
        let seconds = created.as_second();
        let described = serde_json::json!({"TrainingJobName": "churn-no-vpc", "TrainingJobArn": JOB, "CreationTime": seconds,
            "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1}});
        guard.ports.state().answers.insert("DescribeTrainingJob", Ok(described));
        serde_json::json!({"id": id, "detail-type": "SageMaker Training Job State Change",
            "detail": {"TrainingJobArn": JOB, "TrainingJobStatus": "InProgress"}})
        .to_string()
    }

    /// CloudTrail's event of the creation of that job.
    fn record(id: &str, created: Timestamp) -> String {
        let mut event: serde_json::Value = serde_json::from_str(&event(NO_VPC, "churn", "churn")).expect("JSON");
        event["detail"]["eventID"] = id.into();
        event["detail"]["eventTime"] = Timestamp::from_second(created.as_second()).expect("a time").to_string().into();
        event.to_string()
    }

    async fn handle(guard: &Guard<Account>, event: &str) -> Result<usize, String> {
        guard.handle(event, FUNCTION).await.map(|decisions| decisions.len())
    }

    /// All attempts at an event of a state, of which the first ones wait for CloudTrail's.
    async fn wait_and_handle(guard: &Guard<Account>, event: &str) -> Result<usize, String> {
        for _ in 1..ATTEMPTS {
            handle(guard, event).await.expect_err("it waits");
        }
        handle(guard, event).await
    }

    const STOPPED_AND_TOLD: [&str; 2] = ["stop StopTrainingJob churn-no-vpc", "publish"];

    #[tokio::test]
    async fn whichever_trigger_comes_first_decides() {
        let now = Timestamp::now();
        let rules = "[abac]\nsession-tags = 'none'\n[rules.missing-vpc]\n[rules.untagged-principal]";
        let guard_ = guard(rules);
        handle(&guard_, &record("r", now)).await.expect("handled");
        assert_eq!(handle(&guard_, &state_change(&guard_, "s", now)).await, Ok(0), "it is dropped without waiting");
        assert_eq!(done(&guard_), STOPPED_AND_TOLD);

        let guard_ = guard(rules);
        let state = state_change(&guard_, "s", now);
        assert_eq!(wait_and_handle(&guard_, &state).await, Ok(1));
        assert!(guard_.ports.state().messages[0].texts[0].1.contains(UNSEEN), "people know why");
        assert_eq!(handle(&guard_, &state_change(&guard_, "s2", now)).await, Ok(0), "another event of that state");
        assert_eq!(handle(&guard_, &record("r", now)).await, Ok(1), "it is judged, and nothing is new");
        assert_eq!(done(&guard_), STOPPED_AND_TOLD);
    }

    /// CloudTrail's event may only be late: nobody's job is stopped for that, and nobody is told of nothing.
    #[tokio::test]
    async fn without_the_caller_only_what_holds_for_all_callers_is_acted_upon() {
        let exemption = format!(
            "[[exemptions]]\nprincipals = ['{CALLER}']\nrules = ['missing-vpc']\nuntil = 2027-01-31\nreason = 'r'\nowner = 'o'"
        );
        let project = "[[overrides]]\nwhen = { projects = ['atlas'] }\nrules.missing-vpc.mode = 'observe'";
        let account = "[[overrides]]\nwhen = { accounts = ['999900001111'] }\nrules.missing-vpc.mode = 'observe'";
        for (rules, expected) in [
            (format!("[rules.missing-vpc]\n{exemption}"), vec!["publish"]),
            (format!("[rules.missing-vpc]\n{project}"), vec!["publish"]),
            (format!("[rules.missing-vpc]\n{account}"), STOPPED_AND_TOLD.to_vec()),
            ("[defaults]\non-unknown = 'stop'\n[rules.untagged-principal]".to_owned(), vec![]),
        ] {
            let guard = guard(&format!("[abac]\nsession-tags = 'none'\n{rules}"));
            let state = state_change(&guard, "s", Timestamp::now());
            wait_and_handle(&guard, &state).await.expect("handled");
            assert_eq!(done(&guard), expected, "{rules}");
        }
    }

    #[tokio::test]
    async fn what_only_the_caller_can_tell_is_told_and_acted_upon_later() {
        let now = Timestamp::now();
        let rules = "[abac]\nsession-tags = 'none'\n[rules.missing-vpc]\naction = 'alert'\n[rules.untagged-principal]\naction = 'stop'";
        let guard = guard(rules);
        guard.ports.state().tags.insert(CALLER.to_owned(), Tags::default());
        let state = state_change(&guard, "s", now);
        wait_and_handle(&guard, &state).await.expect("handled");
        assert_eq!(done(&guard), ["publish"]);
        handle(&guard, &record("r", now)).await.expect("handled");
        assert_eq!(done(&guard), ["publish", "stop StopTrainingJob churn-no-vpc", "publish"]);
    }

    #[tokio::test]
    async fn what_is_created_again_is_judged_again() {
        let now = Timestamp::now();
        let before = now - SignedDuration::from_secs(60);
        let rules = "[rules.missing-vpc]";
        // Two records, then the event of the second.
        let guard_ = guard(rules);
        handle(&guard_, &record("r1", before)).await.expect("handled");
        handle(&guard_, &record("r2", now)).await.expect("handled");
        assert_eq!(done(&guard_), [STOPPED_AND_TOLD, STOPPED_AND_TOLD].concat());
        assert_eq!(handle(&guard_, &state_change(&guard_, "s2", now)).await, Ok(0));
        // At once, even: no record drops another one.
        handle(&guard_, &record("r3", now)).await.expect("handled");
        assert_eq!(done(&guard_).len(), 6);

        // A record, then the event of a second creation, whose record is lost; then it comes after all.
        let guard_ = guard(rules);
        handle(&guard_, &record("r1", before)).await.expect("handled");
        let state = state_change(&guard_, "s2", now);
        assert_eq!(wait_and_handle(&guard_, &state).await, Ok(1));
        handle(&guard_, &record("r2", now)).await.expect("handled");
        assert_eq!(done(&guard_), [STOPPED_AND_TOLD, STOPPED_AND_TOLD].concat());
        // The record of a third.
        handle(&guard_, &record("r3", now + SignedDuration::from_secs(60))).await.expect("handled");
        assert_eq!(done(&guard_).len(), 6);
    }

    #[tokio::test]
    async fn what_could_not_be_stopped_is_tried_again_at_once_and_the_caller_is_known() {
        let now = Timestamp::now();
        let guard = guard("[abac]\nsession-tags = 'none'\n[rules.untagged-principal]\naction = 'stop'");
        guard.ports.state().tags.insert(CALLER.to_owned(), Tags::default());
        guard.ports.state().failing.insert("stop");
        handle(&guard, &record("r", now)).await.expect_err("it is not stopped");
        guard.ports.state().failing.clear();
        handle(&guard, &state_change(&guard, "s", now)).await.expect("it need not wait");
        assert_eq!(done(&guard), ["publish", STOPPED_AND_TOLD[0], STOPPED_AND_TOLD[1]]);
        handle(&guard, &record("r", now)).await.expect("the next attempt finds that it is done");
        assert_eq!(done(&guard).len(), 3);
    }

    #[tokio::test]
    async fn where_nothing_is_remembered_duplicates_are_better_than_silence() {
        let now = Timestamp::now();
        let guard = guard("[rules.missing-vpc]");
        guard.ports.state().failing.extend(["claim", "complete", "give-back", "creation", "remember"]);
        handle(&guard, &record("r", now)).await.expect("handled");
        handle(&guard, &state_change(&guard, "s", now)).await.expect("handled");
        assert_eq!(done(&guard), [STOPPED_AND_TOLD, STOPPED_AND_TOLD].concat());
    }

    #[tokio::test]
    async fn children_and_what_is_long_there_are_left_alone() {
        let guard = guard("[rules.missing-vpc]");
        let long_ago = Timestamp::now() - SignedDuration::from_hours(8 * 24);
        assert_eq!(handle(&guard, &state_change(&guard, "old", long_ago)).await, Ok(1));
        assert_eq!(done(&guard), [""; 0]);
        // An endpoint that was updated, for one: it was created before the guard was there.
        let days_ago = Timestamp::now() - SignedDuration::from_hours(25);
        let state = state_change(&guard, "days", days_ago);
        wait_and_handle(&guard, &state).await.expect("handled");
        assert_eq!(done(&guard), ["publish"]);
        guard.ports.state().journal.clear();
        let state = state_change(&guard, "child", Timestamp::now());
        let tuning = "arn:aws:sagemaker:eu-west-1:111122223333:hyper-parameter-tuning-job/t";
        let child = serde_json::json!({"TrainingJobName": "churn-no-vpc", "TuningJobArn": tuning});
        guard.ports.state().answers.insert("DescribeTrainingJob", Ok(child));
        let decisions = guard.handle(&state, FUNCTION).await.expect("handled");
        assert_eq!(decisions[0].reason, Some(format!("`{tuning}` created it, and was judged for it")));
        let failure = Failure("sagemaker:DescribeTrainingJob failed: ThrottlingException".to_owned());
        let refused = Refused { code: Some("ThrottlingException".to_owned()), failure };
        let state = state_change(&guard, "throttled", Timestamp::now());
        guard.ports.state().answers.insert("DescribeTrainingJob", Err(refused));
        for _ in 0..ATTEMPTS {
            handle(&guard, &state).await.expect_err("it is not known what it is");
        }
        let elsewhere = state_change(&guard, "elsewhere", Timestamp::now()).replace("111122223333", "999900001111");
        let error = handle(&guard, &elsewhere).await.expect_err("it is not ours");
        assert!(error.contains("only acts in account 111122223333"), "{error}");
        assert_eq!(done(&guard), [""; 0]);
    }

    fn session(access_key_id: &str, project: &str) -> Session {
        let tags = Ok([("Project", project)].into_iter().collect());
        Session { access_key_id: Some(access_key_id.to_owned()), issued: None, tags }
    }

    /// The access key that signed the sample event.
    fn access_key(event: &str) -> String {
        let event: serde_json::Value = serde_json::from_str(event).expect("JSON");
        event["detail"]["userIdentity"]["accessKeyId"].as_str().expect("an access key").to_owned()
    }

    #[tokio::test]
    async fn a_launch_that_the_roles_tag_alone_condemns_waits_for_the_session() {
        let event = event("CreateTrainingJob.foreign-tag", "borealis", "borealis");
        let guard_ = guard("[rules.foreign-project-tag]");
        for _ in 1..ATTEMPTS {
            guard_.handle(&event, FUNCTION).await.expect_err("it waits");
        }
        assert_eq!(done(&guard_), [""; 0]);
        guard_.handle(&event, FUNCTION).await.expect("the last attempt decides");
        assert_eq!(done(&guard_), ["stop StopTrainingJob churn-foreign-tag", "publish"]);

        let guard_ = guard("[rules.foreign-project-tag]");
        guard_.handle(&event, FUNCTION).await.expect_err("it waits");
        guard_.ports.state().sessions.add(session(&access_key(&event), "borealis"));
        let decisions = guard_.handle(&event, FUNCTION).await.expect("the session is known");
        assert_eq!(decisions[0].verdict, Verdict::Compliant);
        assert_eq!(done(&guard_), [""; 0]);
    }

    #[tokio::test]
    async fn what_no_session_could_change_does_not_wait() {
        let guard = guard("[rules.foreign-project-tag]\n[rules.missing-vpc]");
        guard.handle(&event(NO_VPC, "no-vpc", "no-vpc"), FUNCTION).await.expect("handled");
        assert_eq!(done(&guard), ["stop StopTrainingJob churn-no-vpc", "publish"]);
    }

    #[tokio::test]
    async fn where_sessions_must_carry_tags_the_last_attempt_decides_as_unknown() {
        let event = event("CreateTrainingJob.compliant", "atlas", "atlas");
        let guard = guard("[abac]\nsession-tags = 'required'\n[rules.foreign-project-tag]");
        for _ in 1..ATTEMPTS {
            guard.handle(&event, FUNCTION).await.expect_err("it waits");
        }
        let decisions = guard.handle(&event, FUNCTION).await.expect("the last attempt decides");
        assert_eq!(decisions[0].verdict, Verdict::Unknown);
        assert_eq!(done(&guard), ["publish"]);
    }

    #[tokio::test]
    async fn a_request_that_cloudtrail_omitted_is_recovered() {
        let event = event("CreateTrainingJob.request-omitted", "omitted", "omitted");
        let guard_ = guard("[rules.missing-project-tag]\n[rules.missing-vpc]");
        let decisions = guard_.handle(&event, FUNCTION).await.expect("handled");
        let rules: Vec<_> = decisions[0].findings.iter().map(|finding| finding.rule).collect();
        assert_eq!((decisions[0].verdict, rules), (Verdict::Violation, vec!["missing-vpc"]));

        let guard_ = guard("[rules.missing-vpc]");
        guard_.ports.state().failing.insert("describe");
        let decisions = guard_.handle(&event, FUNCTION).await.expect("handled");
        assert_eq!(decisions[0].verdict, Verdict::Unknown);
    }

    #[tokio::test]
    async fn an_endpoint_is_judged_by_its_configuration_and_that_by_its_models() {
        let event = event("CreateEndpoint.noncompliant-config", "churn", "churn");
        let config = serde_json::json!({
            "EndpointConfigName": "churn-no-volume-key",
            "EndpointConfigArn": "arn:aws:sagemaker:eu-west-1:111122223333:endpoint-config/churn-no-volume-key",
            "ProductionVariants": [{"VariantName": "v", "ModelName": "m", "InstanceType": "ml.m5.xlarge"}],
        });
        let guard = |rules: &str| {
            let guard = guard(rules);
            guard.ports.state().answers.insert("DescribeEndpointConfig", Ok(config.clone()));
            guard
        };
        let journal = async |rules: &str| {
            let guard = guard(&format!("[rules.noncompliant-endpoint-config]\n{rules}"));
            let decisions = guard.handle(&event, FUNCTION).await;
            let about = |entry: &&String| ["describe", "tags-of", "model"].iter().any(|verb| entry.starts_with(verb));
            let journal: Vec<_> = guard.ports.state().journal.iter().filter(about).cloned().collect();
            (decisions.map(|decisions| decisions[0].verdict), journal)
        };
        let looked_up = [
            "describe DescribeEndpointConfig churn-no-volume-key".to_owned(),
            "tags-of arn:aws:sagemaker:eu-west-1:111122223333:endpoint-config/churn-no-volume-key".to_owned(),
        ];
        assert_eq!(journal("").await, (Ok(Verdict::Compliant), looked_up.to_vec()));
        let with_model = [&looked_up[..], &["model m".to_owned()]].concat();
        assert_eq!(journal("[rules.missing-vpc]").await, (Ok(Verdict::Compliant), with_model));

        let guard = guard("[rules.noncompliant-endpoint-config]\n[rules.unencrypted-volume]");
        guard.ports.state().failing.insert("tags-of");
        let decisions = guard.handle(&event, FUNCTION).await.expect("handled");
        assert_eq!(decisions[0].verdict, Verdict::Unknown);
        assert!(decisions[0].findings[0].message.contains("tags-of failed"), "{:?}", decisions[0].findings);
    }

    #[tokio::test]
    async fn tags_that_a_guard_set_are_no_news() {
        let event = event("AddTags.another-project", "borealis", "borealis");
        let told = async |roles: &[&str]| {
            let roles = roles.iter().map(|role| (*role).to_owned()).collect();
            let guard = guard("[abac]\nsession-tags = 'none'\n[rules.changed-project-tag]").among(roles);
            let decisions = guard.handle(&event, FUNCTION).await.expect("handled");
            (decisions[0].verdict, done(&guard))
        };
        let publish = vec!["publish".to_owned()];
        assert_eq!(told(&[]).await, (Verdict::Violation, publish.clone()));
        assert_eq!(told(&["arn:aws:iam::111122223333:role/Guard"]).await, (Verdict::Violation, publish));
        assert_eq!(told(&["arn:aws:iam::111122223333:role/Guard", CALLER]).await, (Verdict::Skipped, Vec::new()));
    }

    #[tokio::test]
    async fn look_ups_are_few_and_remembered() {
        let guard = guard(policy_with_everything());
        for name in ["CreateTrainingJob.compliant", "CreateTrainingJob.too-long"] {
            guard.handle(&event(name, "atlas", "atlas"), FUNCTION).await.expect("handled");
        }
        let state = guard.ports.state();
        let count = |verb: &str| state.journal.iter().filter(|entry| entry.starts_with(verb)).count();
        assert_eq!([count("tags"), count("policies"), count("trust"), count("key")], [2, 1, 1, 1]);
        assert_eq!(count("sessions"), 2, "sessions are looked up each time");
    }

    fn policy_with_everything() -> &'static str {
        "[rules.foreign-execution-role]\n[rules.overprivileged-execution-role]\n[rules.confused-deputy-trust]\n[rules.unapproved-kms-key]"
    }

    #[tokio::test]
    async fn a_call_of_another_account_or_region_is_refused() {
        let guard = guard("[rules.missing-vpc]");
        for elsewhere in [FUNCTION.replace("111122223333", "999900001111"), FUNCTION.replace("eu-west-1", "eu-west-2")]
        {
            let event = event(NO_VPC, "no-vpc", "no-vpc");
            let error = guard.handle(&event, &elsewhere).await.expect_err("it is not for this function");
            assert!(error.contains("this function only acts in"), "{error}");
        }
        assert_eq!(done(&guard), [""; 0]);
    }

    #[tokio::test]
    async fn what_cannot_be_read_fails_the_invocation() {
        let guard = guard("[rules.missing-vpc]");
        for payload in ["", "7", "{}", r#"{"detail-type":"AWS API Call via CloudTrail","detail":[]}"#] {
            assert!(guard.handle(payload, FUNCTION).await.is_err(), "{payload}");
        }
    }
    const INTERVAL: SignedDuration = SignedDuration::from_mins(5);

    /// The event of the so-many-th job of a script gone wrong.
    fn of_storm(number: usize) -> String {
        let event = event(NO_VPC, "churn-no-vpc", &format!("churn-{number}"));
        let mut event: serde_json::Value = serde_json::from_str(&event).expect("JSON");
        event["detail"]["eventID"] = serde_json::json!(format!("{number:036}"));
        event.to_string()
    }

    fn in_storm() -> Guard<Account> {
        guard("[rules.missing-vpc]").grouping(INTERVAL)
    }

    /// How many violations each message tells of.
    fn told(guard: &Guard<Account>) -> Vec<u64> {
        let state = guard.ports.state();
        let record = |message: &Message| {
            let (_, record) = message.texts.iter().find(|(protocol, _)| *protocol == "sqs").expect("one");
            serde_json::from_str::<serde_json::Value>(record).expect("JSON")
        };
        state.messages.iter().map(|message| record(message)["count"].as_u64().unwrap_or(1)).collect()
    }

    /// What `send-digests` does so many intervals later.
    async fn digests(guard: &Guard<Account>, intervals: i32) -> Result<usize, String> {
        let now = Timestamp::now() + INTERVAL * intervals;
        crate::digest::send(now, INTERVAL, &guard.ports).await
    }

    #[tokio::test]
    async fn a_storm_is_told_of_twice() {
        let guard = in_storm();
        for number in 0..1000 {
            guard.handle(&of_storm(number), FUNCTION).await.expect("handled");
        }
        assert_eq!(done(&guard).iter().filter(|done| done.starts_with("stop")).count(), 1000);
        assert_eq!(digests(&guard, 0).await, Ok(0), "the window is open");
        assert_eq!(digests(&guard, 1).await, Ok(1));
        assert_eq!(told(&guard), [1, 999]);
        let state = guard.ports.state();
        let [alert, digest] = state.messages.as_slice() else { panic!("{:?}", state.messages) };
        assert_eq!(digest.subject, "Tagwarden high: 999 more by DataScientist-atlas: missing-vpc");
        assert_eq!(digest.attributes, alert.attributes);
        let text = &digest.texts[0].1;
        for part in [
            &format!("{CALLER} caused 999 more"),
            "999 stopped",
            "CreateTrainingJob churn-50: stopped",
            "… and 949 more",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[tokio::test]
    async fn a_storm_that_lasts_is_told_of_once_an_interval() {
        let guard = in_storm();
        for interval in 1..4 {
            for number in 0..10 {
                guard.handle(&of_storm(interval * 10 + number), FUNCTION).await.expect("handled");
            }
            assert_eq!(digests(&guard, i32::try_from(interval).expect("small")).await, Ok(1));
        }
        assert_eq!(told(&guard), [1, 9, 10, 10]);
        assert_eq!(digests(&guard, 4).await, Ok(0), "nothing waits: the window is closed");
        guard.handle(&of_storm(99), FUNCTION).await.expect("handled");
        assert_eq!(told(&guard), [1, 9, 10, 10, 1]);
    }

    #[tokio::test]
    async fn others_alerts_and_other_rules_are_no_part_of_a_storm() {
        let guard = in_storm();
        guard.handle(&of_storm(1), FUNCTION).await.expect("handled");
        let other = of_storm(2).replace("DataScientist-atlas", "DataScientist-borealis");
        guard.handle(&other, FUNCTION).await.expect("handled");
        let other = guard_by(Policy::parse("version = 1\n[rules.missing-vpc]\nseverity = 'low'").expect("valid"));
        let guard = Guard { policy: other.policy, ..guard };
        guard.handle(&of_storm(3), FUNCTION).await.expect("handled");
        assert_eq!(told(&guard), [1, 1, 1]);
    }

    #[tokio::test]
    async fn what_fails_in_a_storm_is_told_at_once() {
        let guard = in_storm();
        for number in 0..3 {
            guard.handle(&of_storm(number), FUNCTION).await.expect("handled");
        }
        guard.ports.state().failing.insert("stop");
        guard.handle(&of_storm(3), FUNCTION).await.expect_err("the job is not stopped");
        assert_eq!(told(&guard), [1, 1]);
        assert!(guard.ports.state().messages[1].subject.contains("ACTION FAILED"));
        guard.ports.state().failing.clear();
        guard.handle(&of_storm(3), FUNCTION).await.expect("handled");
        assert_eq!(digests(&guard, 1).await, Ok(1));
        assert_eq!(told(&guard), [1, 1, 3]);
    }

    #[tokio::test]
    async fn where_alerts_cannot_be_grouped_each_is_sent() {
        let guard = in_storm();
        guard.ports.state().failing.insert("join");
        for number in 0..3 {
            guard.handle(&of_storm(number), FUNCTION).await.expect("handled");
        }
        assert_eq!(told(&guard), [1, 1, 1]);
    }

    #[tokio::test]
    async fn the_first_alert_of_a_storm_is_tried_until_it_is_sent_and_no_event_counts_twice() {
        let guard = in_storm();
        guard.ports.state().failing.insert("publish");
        guard.handle(&of_storm(0), FUNCTION).await.expect_err("nobody was told");
        guard.handle(&of_storm(1), FUNCTION).await.expect("it waits");
        guard.ports.state().failing.clear();
        guard.ports.state().failing.insert("complete");
        for number in [0, 1, 1] {
            guard.handle(&of_storm(number), FUNCTION).await.expect("handled");
        }
        assert_eq!(digests(&guard, 1).await, Ok(1));
        assert_eq!(told(&guard), [1, 1]);
    }

    #[tokio::test]
    async fn a_digest_that_was_not_noted_is_sent_again() {
        let guard = in_storm();
        for number in 0..3 {
            guard.handle(&of_storm(number), FUNCTION).await.expect("handled");
        }
        for failing in ["publish", "digested"] {
            guard.ports.state().failing.insert(failing);
            digests(&guard, 1).await.expect_err(failing);
            guard.ports.state().failing.clear();
        }
        assert_eq!(digests(&guard, 1).await, Ok(1));
        assert_eq!(digests(&guard, 2).await, Ok(0));
        assert_eq!(told(&guard), [1, 2, 2]);
    }
}
