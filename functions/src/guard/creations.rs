//! Judges created resources by their description, if no CloudTrail record has reported them.

use jiff::Timestamp;
use tagwarden::decide::{Decision, coverage};
use tagwarden::operations::Operation;
use tagwarden::record::{Call, arn};
use tagwarden::settings::Abac;

use super::attempt::{ATTEMPTS, Attempt, Processed, Trigger, Unprocessed};
use super::caution::is_past_retention;
use super::location::check_account_and_region;
use super::recover;
use super::setup::Guard;
use crate::policy_file::LoadedPolicy;
use crate::ports::{AwsResult, Claim, Creation, Enforce, LookUp, Target};
use crate::resource::description::{created, parent};
use crate::resource::names::{describing, noun};
use crate::resource::request::is_recoverable;
use crate::resource::state::{is_gone, is_over};
use crate::trigger::{creation_of_arn, read_record};

/// What SageMaker says about a creation.
enum Description {
    /// The resource exists, and is to be judged.
    Created(Created),
    /// The resource is not to be judged, for this reason.
    Skip(String),
}

/// A created resource, as SageMaker describes it.
struct Created {
    arn: String,
    time: Timestamp,
    /// The request, as far as the description shows it.
    request: serde_json::Value,
}

impl<P: LookUp + Enforce> Guard<P> {
    /// Judges the creation that SageMaker's own event announced. `record` and `call` hold what the event says. `None` if the
    /// creation was processed before.
    pub(super) async fn judge_announced(
        &self,
        record: serde_json::Value,
        call: &Call<'_>,
        loaded: &LoadedPolicy,
        attempt: Attempt<'_>,
    ) -> Processed {
        let operation = coverage(call).map_err(|reason| reason.to_string())?;
        let created = match self.describe(call, operation).await? {
            Description::Created(created) if is_past_retention(created.time, attempt.now) => {
                return Ok(Some(self.skip(call, "it was created too long ago to know whether it was judged")));
            }
            Description::Created(created) => created,
            Description::Skip(reason) => return Ok(Some(self.skip(call, reason))),
        };
        let known = self.remembered(&created.arn, created.time).await.map(|known| known.creation);
        match &known {
            Some(known) if known.is_processed => return Ok(None),
            None if attempt.number < ATTEMPTS => {
                return Err(Unprocessed::Waits("CloudTrail's event of this creation may still come"));
            }
            _ => {}
        }
        let this_creation = format!("{}@{}", created.arn, created.time);
        let record = as_remembered(record, created, known.as_ref(), &loaded.policy.abac);
        self.process_creation(record, this_creation, loaded, attempt).await
    }

    /// Judges a resource that a sweep found at `now`. `record` holds what the list says, and `history` looks up CloudTrail's record of
    /// the creation. `None` if the creation was processed before.
    ///
    /// # Errors
    /// If the resource cannot be described, the history cannot be read, or an action failed.
    pub async fn judge_listed(
        &self,
        record: serde_json::Value,
        function_arn: &str,
        now: Timestamp,
        history: impl AsyncFnOnce(&Operation, &str, Timestamp) -> AwsResult<Option<serde_json::Value>>,
    ) -> Result<Option<Decision>, String> {
        self.judge_found(record, Trigger::Sweep, function_arn, now, history).await
    }

    /// Reports which of the rules that failed for the resource `arn` fail no more.
    ///
    /// # Errors
    /// If the resource cannot be described, or the history cannot be read.
    pub async fn recheck(
        &self,
        arn: &str,
        function_arn: &str,
        now: Timestamp,
        history: impl AsyncFnOnce(&Operation, &str, Timestamp) -> AwsResult<Option<serde_json::Value>>,
    ) -> Result<(), String> {
        let Some(by) = creating(arn) else { return Ok(()) };
        self.judge_found(creation_of_arn(by, arn, None), Trigger::Recheck, function_arn, now, history).await.map(drop)
    }

    async fn judge_found(
        &self,
        record: serde_json::Value,
        trigger: Trigger,
        function_arn: &str,
        now: Timestamp,
        history: impl AsyncFnOnce(&Operation, &str, Timestamp) -> AwsResult<Option<serde_json::Value>>,
    ) -> Result<Option<Decision>, String> {
        let known = read_record(&record)?;
        let call = Call::read(&known)?;
        check_account_and_region(&call, function_arn)?;
        let operation = coverage(&call)?;
        let loaded = self.policy.current(&self.ports).await?;
        let created = match self.describe(&call, operation).await? {
            Description::Created(created) => created,
            Description::Skip(reason) => return Ok(Some(self.skip(&call, reason))),
        };
        // The next sweep comes soon enough.
        let known = self.try_remembered(&created.arn, created.time).await.map_err(|failure| failure.to_string())?;
        if trigger == Trigger::Sweep && known.as_ref().is_some_and(|known| known.is_settled(now)) {
            return Ok(None);
        }
        let known = known.map(|known| known.creation);
        // Each sweep asks anew about a resource that is not settled.
        let this_creation = format!("{}@{} swept {now}", created.arn, created.time);
        let found = match known.as_ref().and_then(Creation::user_identity) {
            Some(_) => None,
            None => history(operation, &created.arn, created.time).await.map_err(|failure| failure.to_string())?,
        };
        let record = match found {
            Some(found) => as_called(found, created),
            None => as_remembered(record, created, known.as_ref(), &loaded.policy.abac),
        };
        match self.process_creation(record, this_creation, &loaded, Attempt::only(trigger, now)).await {
            Ok(decision) => Ok(decision),
            // The next sweep finds it again if the other invocation fails.
            Err(Unprocessed::Waits(_)) => Ok(None),
            Err(Unprocessed::Failed(problem)) => Err(problem),
        }
    }

    /// Whether a resource does not exist any more, or has ended. No, if SageMaker cannot describe resources of its kind.
    ///
    /// # Errors
    /// If SageMaker does not say.
    pub async fn is_over(&self, arn: &str) -> Result<bool, String> {
        let Some(by) = creating(arn) else { return Ok(false) };
        let described = self.ports.call(&describing(by.name), &Target::with_arn(arn, by)).await;
        match described {
            Ok(described) => Ok(is_over(noun(by.name), &described)),
            Err(gone) if is_gone(&gone) => Ok(true),
            Err(other) => Err(other.error.to_string()),
        }
    }

    /// Asks SageMaker about the resource that a call created.
    async fn describe(&self, call: &Call<'_>, operation: &Operation) -> Result<Description, String> {
        let (arn, request) = match recover::request(call, operation, &self.ports).await {
            Ok(request) => request,
            Err(gone) if is_gone(&gone) => return Ok(Description::Skip("it does not exist any more".to_owned())),
            Err(other) => return Err(other.error.to_string()),
        };
        if let Some(parent) = parent(&request, operation) {
            return Ok(Description::Skip(format!("`{parent}` created it, and was judged for it")));
        }
        let time = created(&request).ok_or("its description has no creation time")?;
        Ok(Description::Created(Created { arn, time, request }))
    }

    /// Processes a creation, once for all events that report it as `this_creation`.
    async fn process_creation(
        &self,
        Known { record, has_tags_of_today }: Known,
        this_creation: String,
        loaded: &LoadedPolicy,
        attempt: Attempt<'_>,
    ) -> Processed {
        let untagged = recover::without_tags(&record);
        let (record, untagged) = (read_record(&record)?, read_record(&untagged)?);
        let (call, untagged) = (Call::read(&record)?, Call::read(&untagged)?);
        let operation = coverage(&call).map_err(String::from)?;
        match self.claim(&this_creation).await {
            Claim::Processed => return Ok(None),
            Claim::InProgress => {
                return Err(Unprocessed::Waits("another invocation is processing this creation"));
            }
            Claim::Acquired(_) => {}
        }
        let untagged = has_tags_of_today.then_some(&untagged);
        let processed = self.process(&call, operation, loaded, attempt, untagged).await;
        self.release_claim(Some(&this_creation), processed).await
    }
}

/// A creation as a record of the creating call.
struct Known {
    record: serde_json::Value,
    /// Whether its tags are those of today.
    has_tags_of_today: bool,
}

/// The operation that creates such a resource, if SageMaker can describe it.
fn creating(arn: &str) -> Option<&'static Operation> {
    let kind = arn::kind(arn)?;
    Operation::all().find(|by| by.creates() && is_recoverable(by) && by.kind == kind)
}

/// Sets a member of a record.
fn set(record: &mut serde_json::Value, member: &str, value: serde_json::Value) {
    if let Some(members) = record.as_object_mut() {
        members.insert(member.to_owned(), value);
    }
}

/// CloudTrail's record of a creation. If it lacks the request, the description completes it.
fn as_called(mut record: serde_json::Value, Created { request, .. }: Created) -> Known {
    let is_read = read_record(&record).is_ok_and(|record| Call::read(&record).is_ok_and(|call| call.request.is_ok()));
    if !is_read {
        set(&mut record, "requestParameters", request);
    }
    Known { record, has_tags_of_today: !is_read }
}

/// A creation by its description, with the caller and the tags that the ledger knows. `record` holds what an event or a list says.
fn as_remembered(
    mut record: serde_json::Value,
    Created { arn, time, mut request }: Created,
    known: Option<&Creation>,
    abac: &Abac,
) -> Known {
    let tags = known.and_then(|known| known.tags.as_ref());
    if let (Some(tags), Some(listed)) = (tags, request.get_mut("tags").and_then(serde_json::Value::as_array_mut)) {
        let key = |tag: &serde_json::Value| tag.get("key").and_then(|key| key.as_str()).map(str::to_owned);
        let is_known = |key: &str| key.eq_ignore_ascii_case(&abac.tag) || tags.get(key).is_some();
        listed.retain(|tag| !key(tag).is_some_and(|key| is_known(&key)));
        let given = tags.iter().filter(|(_, value)| !value.is_empty());
        listed.extend(given.map(|(key, value)| serde_json::json!({"key": key, "value": value})));
    }
    set(&mut record, "eventTime", time.to_string().into());
    set(&mut record, "requestParameters", request);
    if let Some(caller) = known.and_then(Creation::user_identity) {
        set(&mut record, "userIdentity", caller);
    }
    if record.get("eventID").is_none_or(serde_json::Value::is_null) {
        set(&mut record, "eventID", format!("{arn}@{time}").into());
    }
    let knows_all = tags.is_some_and(|tags| abac.tags.iter().all(|tag| tags.get(&tag.key).is_some()));
    Known { record, has_tags_of_today: !knows_all }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use tagwarden::evidence::Tags;

    use crate::alert::notes::CALLER_UNKNOWN;
    use crate::guard::testing::*;
    use crate::memory::Account;
    use crate::ports::{AwsError, SageMakerError};

    use super::*;

    const JOB: &str = "arn:aws:sagemaker:eu-west-1:111122223333:training-job/churn-no-vpc";

    /// The event that the job of the sample event runs. Its description says that it was created at `created`.
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

    /// All attempts at an event of SageMaker's. The first attempts wait for CloudTrail's event.
    async fn wait_and_handle(guard: &Guard<Account>, event: &str) -> Result<usize, String> {
        handle_after_waiting(guard, event).await.map(|decisions| decisions.len())
    }

    const STOPPED_AND_REPORTED: [&str; 2] = ["stop StopTrainingJob churn-no-vpc", "publish"];

    #[tokio::test]
    async fn the_first_trigger_decides() {
        let now = now();
        let rules = "[abac]\nsession-tags = 'none'\n[rules.missing-vpc]\n[rules.untagged-principal]";
        let guard_ = guard(rules);
        handle(&guard_, &record("r", now)).await.expect("handled");
        assert_eq!(handle(&guard_, &state_change(&guard_, "s", now)).await, Ok(0), "it is dropped without waiting");
        assert_eq!(done(&guard_), STOPPED_AND_REPORTED);

        let guard_ = guard(rules);
        let state = state_change(&guard_, "s", now);
        assert_eq!(wait_and_handle(&guard_, &state).await, Ok(1));
        assert!(guard_.ports.state().messages[0].texts[0].1.contains(CALLER_UNKNOWN), "people know why");
        assert_eq!(handle(&guard_, &state_change(&guard_, "s2", now)).await, Ok(0), "another event of that state");
        assert_eq!(handle(&guard_, &record("r", now)).await, Ok(1), "it is judged, and nothing is new");
        assert_eq!(done(&guard_), STOPPED_AND_REPORTED);
    }

    /// CloudTrail's event may only be late. That must not stop a job, or send an alert without a cause.
    #[tokio::test]
    async fn without_a_known_caller_only_actions_for_any_caller_are_taken() {
        let exemption = format!(
            "[[exemptions]]\nprincipals = ['{CALLER}']\nrules = ['missing-vpc']\nuntil = 2027-01-31\nreason = 'r'\nowner = 'o'"
        );
        let project = "[[overrides]]\nwhen = { projects = ['atlas'] }\nrules.missing-vpc.mode = 'observe'";
        let account = "[[overrides]]\nwhen = { accounts = ['999900001111'] }\nrules.missing-vpc.mode = 'observe'";
        for (rules, expected) in [
            (format!("[rules.missing-vpc]\n{exemption}"), vec!["publish"]),
            (format!("[rules.missing-vpc]\n{project}"), vec!["publish"]),
            (format!("[rules.missing-vpc]\n{account}"), STOPPED_AND_REPORTED.to_vec()),
            ("[defaults]\non-unknown = 'stop'\n[rules.untagged-principal]".to_owned(), vec![]),
        ] {
            let guard = guard(&format!("[abac]\nsession-tags = 'none'\n{rules}"));
            let state = state_change(&guard, "s", now());
            wait_and_handle(&guard, &state).await.expect("handled");
            assert_eq!(done(&guard), expected, "{rules}");
        }
    }

    /// A grace begins with CloudTrail's record, which can come again.
    #[tokio::test]
    async fn without_a_record_nothing_with_a_grace_is_stopped() {
        let guard = guard("[abac]\nsession-tags = 'none'\n[rules.missing-vpc]\ngrace-minutes = 30");
        let state = state_change(&guard, "s", now());
        wait_and_handle(&guard, &state).await.expect("handled");
        assert_eq!(done(&guard), ["publish"]);
        assert!(guard.ports.state().messages[0].texts[0].1.contains("Not stopped: its rules have a grace"));
        handle(&guard, &record("r", now())).await.expect("handled");
        assert_eq!(done(&guard), ["publish", "publish"]);
        assert_eq!(guard.ports.state().waiting.len(), 1, "now it waits");
    }

    #[tokio::test]
    async fn actions_that_depend_on_the_caller_follow_later() {
        let now = now();
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
    async fn a_recreated_resource_is_judged_again() {
        let now = now();
        let before = now - SignedDuration::from_secs(60);
        let rules = "[rules.missing-vpc]";
        // Two records, and then the event of the second creation.
        let guard_ = guard(rules);
        handle(&guard_, &record("r1", before)).await.expect("handled");
        handle(&guard_, &record("r2", now)).await.expect("handled");
        assert_eq!(done(&guard_), [STOPPED_AND_REPORTED, STOPPED_AND_REPORTED].concat());
        assert_eq!(handle(&guard_, &state_change(&guard_, "s2", now)).await, Ok(0));
        // Nobody can create it twice in a second: a third record of the same time reports the same creation.
        handle(&guard_, &record("r3", now)).await.expect("handled");
        assert_eq!(done(&guard_).len(), 4);

        // A record, and then the event of a second creation. The record of the second creation is late.
        let guard_ = guard(rules);
        handle(&guard_, &record("r1", before)).await.expect("handled");
        let state = state_change(&guard_, "s2", now);
        assert_eq!(wait_and_handle(&guard_, &state).await, Ok(1));
        handle(&guard_, &record("r2", now)).await.expect("handled");
        assert_eq!(done(&guard_), [STOPPED_AND_REPORTED, STOPPED_AND_REPORTED].concat());
        // The record of a third creation. Nothing is stopped while the name is that of the second one.
        let later = now + SignedDuration::from_secs(60);
        handle(&guard_, &record("r3", later)).await.expect("handled");
        assert_eq!(done(&guard_)[4..], ["publish"]);
        state_change(&guard_, "s3", later);
        handle(&guard_, &record("r4", later + SignedDuration::from_secs(1))).await.expect("handled");
        assert_eq!(done(&guard_).len(), 5, "it was reported");
        handle(&guard_, &record("r5", later + SignedDuration::from_secs(60))).await.expect("handled");
        state_change(&guard_, "s3", later + SignedDuration::from_secs(120));
        handle(&guard_, &record("r6", later + SignedDuration::from_secs(120))).await.expect("handled");
        assert_eq!(done(&guard_)[6..], STOPPED_AND_REPORTED);
    }

    #[tokio::test]
    async fn a_failed_stop_is_retried_by_the_next_trigger_with_the_known_caller() {
        let now = now();
        let guard = guard("[abac]\nsession-tags = 'none'\n[rules.untagged-principal]\naction = 'stop'");
        guard.ports.state().tags.insert(CALLER.to_owned(), Tags::default());
        guard.ports.state().failing.insert("stop");
        handle(&guard, &record("r", now)).await.expect_err("it is not stopped");
        guard.ports.state().failing.clear();
        handle(&guard, &state_change(&guard, "s", now)).await.expect("it need not wait");
        assert_eq!(done(&guard), ["publish", STOPPED_AND_REPORTED[0], STOPPED_AND_REPORTED[1]]);
        handle(&guard, &record("r", now)).await.expect("the next attempt finds that it is done");
        assert_eq!(done(&guard).len(), 3);
    }

    #[tokio::test]
    async fn without_a_memory_duplicates_are_sent() {
        let now = now();
        let guard = guard("[rules.missing-vpc]");
        guard.ports.state().failing.extend(["claim", "complete", "give-back", "creation", "remember"]);
        handle(&guard, &record("r", now)).await.expect("handled");
        handle(&guard, &state_change(&guard, "s", now)).await.expect("handled");
        assert_eq!(done(&guard), [STOPPED_AND_REPORTED, STOPPED_AND_REPORTED].concat());
    }

    #[tokio::test]
    async fn child_resources_and_old_resources_are_left_alone() {
        let guard = guard("[rules.missing-vpc]");
        let long_ago = now() - SignedDuration::from_hours(8 * 24);
        assert_eq!(handle(&guard, &state_change(&guard, "old", long_ago)).await, Ok(1));
        assert_eq!(done(&guard), [""; 0]);
        // This happens if an endpoint is updated that was created before the guard was deployed.
        let days_ago = now() - SignedDuration::from_hours(25);
        let state = state_change(&guard, "days", days_ago);
        wait_and_handle(&guard, &state).await.expect("handled");
        assert_eq!(done(&guard), ["publish"]);
        guard.ports.state().journal.clear();
        let state = state_change(&guard, "child", now());
        let tuning = "arn:aws:sagemaker:eu-west-1:111122223333:hyper-parameter-tuning-job/t";
        let child = serde_json::json!({"TrainingJobName": "churn-no-vpc", "TuningJobArn": tuning});
        guard.ports.state().answers.insert("DescribeTrainingJob", Ok(child));
        let decisions = guard.handle(&state, FUNCTION).await.expect("handled");
        assert_eq!(decisions[0].reason, Some(format!("`{tuning}` created it, and was judged for it")));
        let failure = AwsError("sagemaker:DescribeTrainingJob failed: ThrottlingException".to_owned());
        let refused = SageMakerError { code: Some("ThrottlingException".to_owned()), error: failure };
        let state = state_change(&guard, "throttled", now());
        guard.ports.state().answers.insert("DescribeTrainingJob", Err(refused));
        for _ in 0..ATTEMPTS {
            handle(&guard, &state).await.expect_err("the resource cannot be described");
        }
        let elsewhere = state_change(&guard, "elsewhere", now()).replace("111122223333", "999900001111");
        let error = handle(&guard, &elsewhere).await.expect_err("the event is from another account");
        assert!(error.contains("only acts in account 111122223333"), "{error}");
        assert_eq!(done(&guard), [""; 0]);
    }
}
