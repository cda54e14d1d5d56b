//! Handles the events that EventBridge delivers: CloudTrail's records, and SageMaker's own events.

use aws_lambda_events::event::sqs::SqsBatchResponse;
use serde::Serialize;
use tagwarden::decide::{Decision, NotCovered, coverage, not_a_call};
use tagwarden::operations::Operation;
use tagwarden::record::Call;
use tagwarden::record::documents::OtherEvent;
use tagwarden::record::json::Value;

use super::attempt::{ATTEMPTS, Attempt, Processed, Trigger, Unprocessed, delay_after};
use super::claims::claimed_as;
use super::location::check_account_and_region;
use super::recover::{recover, without_tags};
use super::setup::Guard;
use crate::policy_file::LoadedPolicy;
use crate::ports::{Enforce, Grace, LookUp};
use crate::trigger::{Event, StateChange, events, queue, read_record};

/// Why an event that is delivered again is not judged again.
const PROCESSED_BEFORE: &str = "this event was processed before";

/// An event, as it is delivered to a function.
#[derive(Clone, Copy)]
pub(super) struct Delivery<'a> {
    pub(super) event: &'a str,
    /// The number of the attempt that the event is delivered for, from 1.
    pub(super) attempt: u64,
    /// The grace that the event waited for, if it did.
    pub(super) grace: Option<Grace>,
    pub(super) function_arn: &'a str,
}

/// What became of a payload.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Handled {
    /// The decisions about an event. None for an event that was postponed.
    Event(Vec<Decision>),
    /// The messages of the delay queue that failed.
    Messages(SqsBatchResponse),
}

impl<P: LookUp + Enforce> Guard<P> {
    /// Handles what Lambda delivers: an event of EventBridge's, or messages of the delay queue. An EventBridge event holds one
    /// record.
    ///
    /// # Errors
    /// If something in an event cannot be read, an action failed, or the event cannot be postponed. The invocation then fails,
    /// Lambda retries it, and at last sends the event to the on-failure queue. Of messages, only those that failed are retried.
    pub async fn deliver(&self, payload: &str, function_arn: &str) -> Result<Handled, String> {
        let Some(messages) = queue::messages(payload) else {
            return self.handle(payload, function_arn).await.map(Handled::Event);
        };
        let mut failed = SqsBatchResponse::default();
        for message in messages {
            let event = message.body.as_deref().unwrap_or_default();
            let handled = match queue::grace(&message) {
                Ok(grace) => {
                    self.event(Delivery { event, attempt: queue::attempt(&message), grace, function_arn }).await
                }
                Err(problem) => Err(problem),
            };
            if let Err(problem) = handled {
                let message_id = message.message_id.unwrap_or_default();
                tracing::error!(message_id, problem, "a postponed event failed");
                failed.add_failure(message_id);
            }
        }
        Ok(Handled::Messages(failed))
    }

    /// Handles an event that EventBridge delivers, and returns the decisions.
    pub(super) async fn handle(&self, event: &str, function_arn: &str) -> Result<Vec<Decision>, String> {
        self.event(Delivery { event, attempt: 1, grace: None, function_arn }).await
    }

    /// Handles an event. It is postponed if the guard has to wait.
    pub(super) async fn event(&self, delivery: Delivery<'_>) -> Result<Vec<Decision>, String> {
        let (mut decisions, mut problems) = (Vec::new(), Vec::new());
        for event in events(delivery.event) {
            let handled = match event {
                Ok(Event::Record(json)) => self.record(&json, delivery).await,
                Ok(Event::Other(event)) => self.other_event(event, delivery).await,
                Err(problem) => Err(problem.into()),
            };
            match handled {
                Ok(decision) => decisions.extend(decision),
                // It was postponed.
                Err(Unprocessed::Waits(_)) => {}
                Err(Unprocessed::Failed(problem)) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(decisions) } else { Err(problems.join("; ")) }
    }

    /// Postpones an event for which the guard has to wait. If that is impossible, the invocation fails, and Lambda retries it.
    async fn postpone(&self, processed: Processed, Delivery { event, attempt, .. }: Delivery<'_>) -> Processed {
        let Err(Unprocessed::Waits(reason)) = processed else { return processed };
        if attempt >= ATTEMPTS {
            return Err(reason.into());
        }
        match self.ports.postpone(event, attempt + 1, delay_after(attempt)).await {
            Ok(()) => Err(Unprocessed::Waits(reason)),
            Err(failure) => Err(format!("{reason}; {failure}").into()),
        }
    }

    /// Claims the event of a delivery, and returns the attempt number, and whether an earlier attempt failed. `None` if the event
    /// was processed before.
    async fn claim_delivered(
        &self,
        call: &Call<'_>,
        delivery: Delivery<'_>,
    ) -> Result<Option<(u64, bool)>, Unprocessed> {
        match self.claim_attempt(call, delivery.attempt).await {
            Err(waits) => self.postpone(Err(waits), delivery).await.map(|_| None),
            claimed => claimed,
        }
    }

    /// Processes a CloudTrail record.
    async fn record(&self, json: &str, delivery: Delivery<'_>) -> Processed {
        let record: Value = serde_json::from_str(json).map_err(|error| format!("the record is not JSON: {error}"))?;
        let call = Call::read(&record)?;
        let operation = match coverage(&call) {
            Ok(operation) => operation,
            Err(reason) => return Ok(Some(self.skip(&call, reason))),
        };
        check_account_and_region(&call, delivery.function_arn)?;
        if self.is_own_call(&call) {
            return Ok(Some(self.skip(&call, "Tagwarden made this call itself")));
        }
        let loaded = self.policy.current(&self.ports).await?;
        if !loaded.policy.covers(operation) {
            return Ok(Some(self.skip(&call, NotCovered::NotJudged(call.event_name.to_owned()))));
        }
        let claimed = match delivery.grace {
            Some(grace) if !grace.is_over(self.now()) => return Err(self.keep_waiting(json, grace).await?),
            Some(_) => self.claim_after_grace(&call).await?,
            None => self.claim_delivered(&call, delivery).await?,
        };
        let Some((number, is_retry)) = claimed else {
            return Ok(Some(self.skip(&call, PROCESSED_BEFORE)));
        };
        let processed = self.recorded(json, &call, operation, &loaded, (number, is_retry), delivery).await;
        let processed = self.postpone(processed, delivery).await;
        self.release_claim(claimed_as(&call, delivery.grace).as_deref(), processed).await
    }

    /// Processes a CloudTrail record that is claimed.
    async fn recorded(
        &self,
        json: &str,
        call: &Call<'_>,
        operation: &'static Operation,
        loaded: &LoadedPolicy,
        (number, is_retry): (u64, bool),
        delivery: Delivery<'_>,
    ) -> Processed {
        let recovered = recover(json, call, operation, &self.ports).await.unwrap_or_else(|failure| {
            // The rules will report the request as unknown.
            tracing::warn!(event_id = call.event_id, %failure, "could not recover the request");
            None
        });
        // The tags of a description are those of today, not those of the request.
        let untagged = recovered.as_ref().map(without_tags);
        let recovered = recovered.as_ref().and_then(|record| read_record(record).ok());
        let untagged = untagged.as_ref().and_then(|record| read_record(record).ok());
        let call = recovered.as_ref().and_then(|record| Call::read(record).ok()).unwrap_or_else(|| call.clone());
        let untagged = untagged.as_ref().and_then(|record| Call::read(record).ok());
        let (grace, now) = (delivery.grace, self.now());
        let attempt = Attempt { trigger: Trigger::Record, number, is_retry, now, record: Some(json), grace };
        self.process(&call, operation, loaded, attempt, untagged.as_ref()).await
    }

    /// Processes an event that is not an API call. `None` if it was processed before.
    async fn other_event(&self, event: OtherEvent<'_>, delivery: Delivery<'_>) -> Processed {
        let Some(change) = StateChange::read(&event)? else { return Ok(Some(self.log(not_a_call(event), &[]))) };
        let record = change.record();
        let known = read_record(&record)?;
        let call = Call::read(&known)?;
        check_account_and_region(&call, delivery.function_arn)?;
        let loaded = self.policy.current(&self.ports).await?;
        let Some((number, is_retry)) = self.claim_delivered(&call, delivery).await? else {
            return Ok(Some(self.skip(&call, PROCESSED_BEFORE)));
        };
        let attempt =
            Attempt { trigger: Trigger::StateChange, number, is_retry, now: self.now(), record: None, grace: None };
        let processed = self.judge_announced(record.clone(), &call, &loaded, attempt).await;
        let processed = self.postpone(processed, delivery).await;
        self.release_claim(call.event_id, processed).await
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use tagwarden::decide::Verdict;
    use tagwarden::policy::Policy;

    use super::*;
    use crate::guard::testing::*;
    use crate::memory::Account;
    use crate::ports::ListPage;

    #[tokio::test]
    async fn a_violation_is_stopped_and_reported_once() {
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
        handle_after_waiting(&guard_, &event).await.expect("the last attempt decides");
        assert_eq!(done(&guard_), ["add-tags Project=atlas", "publish"]);
    }

    #[tokio::test]
    async fn a_configuration_in_use_is_marked_not_deleted() {
        let guard = guard("[rules.unencrypted-volume]");
        let live = ListPage { summaries: vec![serde_json::json!({"EndpointName": "live"})], next: None };
        guard.ports.state().lists.insert("ListEndpoints", Ok(live));
        let uses = serde_json::json!({"EndpointConfigName": "churn-no-volume-key"});
        guard.ports.state().answers.insert("DescribeEndpoint", Ok(uses));
        guard.handle(&event("CreateEndpointConfig.no-volume-key", "churn", "churn"), FUNCTION).await.expect("handled");
        assert_eq!(done(&guard), ["add-tags tagwarden:violation=unencrypted-volume", "publish"]);
        let state = guard.ports.state();
        assert!(state.messages[0].texts[0].1.contains("in use by endpoint `live`"), "{:?}", state.messages[0]);
    }

    #[tokio::test]
    async fn observe_only_changes_nothing() {
        let mut policy = Policy::parse("version = 1\n[rules.missing-vpc]").expect("a valid policy");
        policy.observe_only = true;
        let guard = guard_by(policy);
        guard.handle(&event(NO_VPC, "no-vpc", "no-vpc"), FUNCTION).await.expect("handled");
        assert_eq!(done(&guard), ["publish"]);
    }

    #[tokio::test]
    async fn a_failed_action_is_reported_and_retried() {
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
    async fn a_message_of_the_on_failure_queue_is_the_event_again() {
        let guard = guard("[rules.missing-vpc]");
        let event = event(NO_VPC, "no-vpc", "no-vpc");
        guard.ports.state().failing.insert("stop");
        for _ in 0..ATTEMPTS {
            guard.handle(&event, FUNCTION).await.expect_err("the job is not stopped");
        }
        guard.ports.state().failing.clear();
        guard.handle(&failed(&event), FUNCTION).await.expect("handled");
        assert!(done(&guard).contains(&"stop StopTrainingJob churn-no-vpc".to_owned()), "{:?}", done(&guard));
    }

    /// A delivery of the delay queue with the event that was postponed last.
    fn redelivery(guard: &Guard<Account>) -> String {
        let (event, attempt, _) = guard.ports.state().postponed.pop().expect("it was postponed");
        let number = serde_json::json!({"attempt": {"stringValue": attempt.to_string(), "dataType": "Number"}});
        let message = |id: &str, event: &str| serde_json::json!({"messageId": id, "body": event, "eventSource": "aws:sqs", "messageAttributes": number});
        serde_json::json!({"Records": [message("good", &event), message("bad", "{")]}).to_string()
    }

    #[tokio::test]
    async fn an_event_that_has_to_wait_is_postponed_without_an_error() {
        let event = event("CreateTrainingJob.foreign-tag", "borealis", "borealis");
        let guard = guard("[rules.foreign-project-tag]");
        assert_eq!(guard.deliver(&event, FUNCTION).await, Ok(Handled::Event(Vec::new())));
        // EventBridge delivers it once more, which does not shorten the wait.
        assert_eq!(guard.deliver(&event, FUNCTION).await, Ok(Handled::Event(Vec::new())));
        let postponed = guard.ports.state().postponed.clone();
        let after_a_minute = (event, 2, SignedDuration::from_mins(1));
        assert_eq!(postponed, [after_a_minute.clone(), after_a_minute]);
        let mut only_the_other_message = SqsBatchResponse::default();
        only_the_other_message.add_failure("bad");
        for done_so_far in [0, 2] {
            let redelivery = redelivery(&guard);
            let handled = guard.deliver(&redelivery, FUNCTION).await;
            assert_eq!(handled, Ok(Handled::Messages(only_the_other_message.clone())));
            assert_eq!(done(&guard).len(), done_so_far);
        }
    }

    #[tokio::test]
    async fn an_event_that_cannot_be_postponed_fails_the_invocation() {
        let event = event("CreateTrainingJob.foreign-tag", "borealis", "borealis");
        let guard = guard("[rules.foreign-project-tag]");
        guard.ports.state().failing.insert("postpone");
        for _ in 1..ATTEMPTS {
            let error = guard.handle(&event, FUNCTION).await.expect_err("it is not lost");
            assert!(error.contains("may still come; postpone failed"), "{error}");
        }
        guard.handle(&event, FUNCTION).await.expect("the last attempt decides");
        assert_eq!(done(&guard), ["stop StopTrainingJob churn-foreign-tag", "publish"]);
    }

    #[tokio::test]
    async fn an_alert_that_cannot_be_sent_is_retried() {
        let guard = guard("[rules.missing-vpc]");
        guard.ports.state().failing.insert("publish");
        guard.handle(&event(NO_VPC, "no-vpc", "no-vpc"), FUNCTION).await.expect_err("no alert was sent");
        guard.ports.state().failing.clear();
        guard.handle(&event(NO_VPC, "no-vpc", "no-vpc"), FUNCTION).await.expect("handled");
        assert_eq!(done(&guard), ["stop StopTrainingJob churn-no-vpc", "stop StopTrainingJob churn-no-vpc", "publish"]);
    }

    #[tokio::test]
    async fn a_guard_acts_without_claims() {
        let guard = guard("[rules.missing-vpc]");
        guard.ports.state().failing.extend(["claim", "complete", "give-back"]);
        guard.handle(&event(NO_VPC, "no-vpc", "no-vpc"), FUNCTION).await.expect("handled");
        assert_eq!(done(&guard), ["stop StopTrainingJob churn-no-vpc", "publish"]);
    }

    #[tokio::test]
    async fn a_failed_lookup_is_unknown_and_the_policy_decides() {
        let event = event("CreateTrainingJob.compliant", "atlas", "atlas");
        for (on_unknown, expected) in
            [("alert", vec!["publish"]), ("stop", vec!["stop StopTrainingJob churn-compliant", "publish"])]
        {
            let guard = guard(&format!("[defaults]\non-unknown = '{on_unknown}'\n[rules.untagged-principal]"));
            guard.ports.state().failing.insert("principal");
            let decisions = guard.handle(&event, FUNCTION).await.expect("handled");
            assert_eq!(decisions[0].verdict, Verdict::Unknown);
            assert_eq!(done(&guard), expected);
        }
    }

    #[tokio::test]
    async fn a_request_that_cloudtrail_omitted_is_recovered() {
        let event = event("CreateTrainingJob.request-omitted", "omitted", "omitted");
        let guard_ = guard("[rules.missing-project-tag]\n[rules.missing-vpc]");
        let job: serde_json::Value = serde_json::from_str(&event).expect("JSON");
        let arn = job["detail"]["responseElements"]["trainingJobArn"].as_str().expect("an ARN").to_owned();
        guard_.ports.state().resource_tags.insert(arn, [("Project", "atlas")].into_iter().collect());
        let decisions = guard_.handle(&event, FUNCTION).await.expect("handled");
        let rules: Vec<_> = decisions[0].findings.iter().map(|finding| finding.rule).collect();
        assert_eq!((decisions[0].verdict, rules), (Verdict::Violation, vec!["missing-vpc"]));

        let guard_ = guard("[rules.missing-vpc]");
        guard_.ports.state().failing.insert("describe");
        let decisions = guard_.handle(&event, FUNCTION).await.expect("handled");
        assert_eq!(decisions[0].verdict, Verdict::Unknown);
    }

    #[tokio::test]
    async fn an_endpoint_is_judged_by_its_configuration_and_its_models() {
        let event = event("CreateEndpoint.noncompliant-config", "churn", "churn");
        let config = serde_json::json!({
            "EndpointConfigName": "churn-no-volume-key",
            "EndpointConfigArn": "arn:aws:sagemaker:eu-west-1:111122223333:endpoint-config/churn-no-volume-key",
            "CreationTime": 0,
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
    async fn tags_that_a_guard_set_are_not_judged() {
        let event = event("AddTags.another-project", "borealis", "borealis");
        let judged = async |roles: &[&str]| {
            let roles = roles.iter().map(|role| (*role).to_owned()).collect();
            let guard = guard("[abac]\nsession-tags = 'none'\n[rules.changed-project-tag]").with_guard_roles(roles);
            let decisions = guard.handle(&event, FUNCTION).await.expect("handled");
            (decisions[0].verdict, done(&guard))
        };
        let publish = vec!["publish".to_owned()];
        assert_eq!(judged(&[]).await, (Verdict::Violation, publish.clone()));
        assert_eq!(judged(&["arn:aws:iam::111122223333:role/Guard"]).await, (Verdict::Violation, publish));
        assert_eq!(judged(&["arn:aws:iam::111122223333:role/Guard", CALLER]).await, (Verdict::Skipped, Vec::new()));
    }

    #[tokio::test]
    async fn lookups_are_few_and_cached() {
        let guard = guard(policy_with_everything());
        for name in ["CreateTrainingJob.compliant", "CreateTrainingJob.too-long"] {
            guard.handle(&event(name, "atlas", "atlas"), FUNCTION).await.expect("handled");
        }
        let state = guard.ports.state();
        let count = |verb: &str| state.journal.iter().filter(|entry| entry.starts_with(verb)).count();
        assert_eq!([count("principal"), count("grants"), count("key")], [1, 1, 1]);
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
    async fn an_unreadable_payload_fails_the_invocation() {
        let guard = guard("[rules.missing-vpc]");
        for payload in ["", "7", "{}", r#"{"detail-type":"AWS API Call via CloudTrail","detail":[]}"#] {
            assert!(guard.handle(payload, FUNCTION).await.is_err(), "{payload}");
        }
    }
}
