//! Graces: a stop that waits after its alert, until what is wrong is mended or the time is over.

use tagwarden::decide::{Decision, FindingOutcome, Verb, decide};
use tagwarden::evidence::Evidence;
use tagwarden::operations::{Field, Operation};
use tagwarden::policy::Policy;
use tagwarden::record::Call;

use super::attempt::{Attempt, Unprocessed};
use super::setup::Guard;
use crate::act::ActionResult;
use crate::ports::{Enforce, Grace, LookUp};
use crate::resource::request::with_tags;
use crate::trigger::read_record;

/// Why a stop with a grace is not done for some events.
const NOT_BY_THIS_EVENT: &str = "its rules have a grace, which begins with CloudTrail's event, and that did not come";

/// Why nothing is done when a grace is over.
pub(super) const MENDED: &str = "it was mended before its grace was over";

impl<P: LookUp + Enforce> Guard<P> {
    /// Begins the grace of a decision that plans a stop with one, before anything is reported: the record comes again when it is
    /// over. Returns what is reported of the stop; `None` if nothing has to wait.
    pub(super) async fn begin_grace(
        &self,
        decision: &mut Decision,
        attempt: Attempt<'_>,
    ) -> Result<Option<Vec<ActionResult>>, Unprocessed> {
        let planned = decision.actions.iter().find_map(|action| Some((action.action.name(), action.after_minutes?)));
        let Some((action, minutes)) = planned.filter(|_| attempt.grace.is_none()) else { return Ok(None) };
        let Some(record) = attempt.record else {
            decision.actions.retain(|action| action.after_minutes.is_none());
            for alert in &mut decision.actions {
                alert.not_stopped.get_or_insert(NOT_BY_THIS_EVENT);
            }
            return Ok(Some(Vec::new()));
        };
        let grace = Grace::from(attempt.now, minutes);
        self.wait(record, grace).await?;
        let until = grace.until.strftime("%Y-%m-%d %H:%M UTC");
        let result = format!("it waits until {until}, and is done then unless it is mended");
        Ok(Some(vec![ActionResult { action, result, waits: true, ..ActionResult::default() }]))
    }

    /// Puts the record of a call off once more, because its grace is not over.
    pub(super) async fn keep_waiting(&self, record: &str, grace: Grace) -> Result<Unprocessed, Unprocessed> {
        self.wait(record, grace).await?;
        Ok(Unprocessed::Waits("its grace is not over"))
    }

    async fn wait(&self, record: &str, grace: Grace) -> Result<(), Unprocessed> {
        let waits = self.ports.postpone_until(record, grace, grace.delay(self.now())).await;
        waits.map_err(|failure| failure.to_string().into())
    }

    /// Whether a stop is still planned when a grace is over, for a rule that also fails with the tags that the resource has now.
    /// Those tags make nobody guilty: somebody else may have set them.
    pub(super) async fn still_violates(
        &self,
        call: &Call<'_>,
        operation: &'static Operation,
        decision: &Decision,
        policy: &Policy,
        evidence: &Evidence,
    ) -> Result<bool, Unprocessed> {
        let stops = decision.actions.iter().filter(|action| matches!(action.action, Verb::Stop(_)));
        let mut rules: Vec<_> = stops.flat_map(|action| action.because.iter().copied()).collect();
        let arn = operation.arn(call).filter(|_| operation.creates() && operation.has(Field::Tags));
        if let (Some(arn), Ok(request), false) = (arn, &call.request, rules.is_empty()) {
            let tags = self.ports.tags_of(arn).await.map_err(|failure| failure.to_string())?;
            let request = serde_json::to_value(request).map_err(|error| error.to_string())?;
            let request = with_tags(request, tags);
            let request = read_record(&request)?;
            let now = decide(&Call { request: Ok(&request), ..call.clone() }, policy, evidence);
            let fails = |rule: &&str| {
                now.findings.iter().any(|finding| finding.rule == *rule && finding.outcome != FindingOutcome::Exempted)
            };
            rules.retain(fails);
        }
        Ok(!rules.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};
    use serde_json::json;
    use tagwarden::decide::Verdict;

    use super::super::handle::Delivery;
    use crate::guard::testing::*;
    use crate::memory::Account;

    use super::*;

    const RULES: &str =
        "[abac]\nsession-tags = 'none'\n[rules.missing-project-tag]\naction = 'stop'\ngrace-minutes = 30\n";
    const STOP: &str = "stop StopTrainingJob churn-missing-tag";

    fn half_an_hour_later() -> Timestamp {
        now() + SignedDuration::from_mins(30)
    }

    fn untagged() -> String {
        event("CreateTrainingJob.missing-tag", "atlas", "atlas")
    }

    /// A guard that reported a job without a tag, and the record that it postponed.
    async fn reported(rules: &str) -> (Guard<Account>, String, Grace) {
        let guard = guard(rules);
        for _ in 0..3 {
            guard.handle(&untagged(), FUNCTION).await.expect("handled");
        }
        assert_eq!(done(&guard), ["publish"]);
        let waiting = std::mem::take(&mut guard.ports.state().waiting);
        let [(record, grace, delay)] = waiting.try_into().expect("one that waits");
        assert_eq!((grace.until, delay), (half_an_hour_later(), SignedDuration::from_mins(15)));
        (guard, record, grace)
    }

    /// Delivers the record again.
    async fn redeliver(guard: &Guard<Account>, record: &str, grace: Grace) -> Result<Vec<Decision>, String> {
        guard.event(Delivery { event: record, attempt: 1, grace: Some(grace), function_arn: FUNCTION }).await
    }

    /// What is done when a grace of this policy is over, after `meanwhile`.
    async fn done_after(rules: &str, meanwhile: impl FnOnce(&mut Guard<Account>)) -> Vec<String> {
        let (guard, record, grace) = reported(rules).await;
        let mut guard = guard.with_clock(half_an_hour_later);
        meanwhile(&mut guard);
        for _ in 0..3 {
            redeliver(&guard, &record, grace).await.expect("handled");
        }
        done(&guard).split_off(1)
    }

    fn arn(record: &str) -> String {
        let event: serde_json::Value = serde_json::from_str(record).expect("JSON");
        event["detail"]["responseElements"]["trainingJobArn"].as_str().expect("an ARN").to_owned()
    }

    #[tokio::test]
    async fn a_violation_is_reported_at_once_and_stopped_when_its_grace_is_over() {
        let (guard, record, grace) = reported(RULES).await;
        let text = guard.ports.state().messages[0].texts[0].1.clone();
        let until = "stop-training-job: not yet done: it waits until 2026-03-02 12:30 UTC, and is done then unless it is mended";
        assert!(text.contains(until), "{text}");
        let subject = guard.ports.state().messages[0].subject.clone();
        assert!(subject.contains("(not yet stopped): missing-project-tag"), "{subject}");
        // A message cannot wait for half an hour.
        assert_eq!(redeliver(&guard, &record, grace).await, Ok(Vec::new()));
        assert_eq!(guard.ports.state().waiting.pop().map(|(_, again, _)| again), Some(grace));
        assert_eq!(done(&guard), ["publish"]);
        let guard = guard.with_clock(half_an_hour_later);
        for expected in [Verdict::Violation, Verdict::Skipped] {
            let decisions = redeliver(&guard, &record, grace).await.expect("handled");
            assert_eq!(decisions[0].verdict, expected);
        }
        assert_eq!(done(&guard), ["publish", STOP, "publish"]);
    }

    #[tokio::test]
    async fn what_is_mended_is_neither_stopped_nor_reported_again() {
        let nothing = [""; 0];
        let tagged = |guard: &mut Guard<Account>, project: &str| {
            let tags = [("Project", project)].into_iter().collect();
            guard.ports.state().resource_tags.insert(arn(&untagged()), tags);
        };
        assert_eq!(done_after(RULES, |guard| tagged(guard, "atlas")).await, nothing);
        let ended = |guard: &mut Guard<Account>| {
            let event: serde_json::Value = serde_json::from_str(&untagged()).expect("JSON");
            let created: Timestamp = event["detail"]["eventTime"].as_str().expect("text").parse().expect("a time");
            let described = json!({"TrainingJobStatus": "Completed", "CreationTime": created.as_second()});
            guard.ports.state().answers.insert("DescribeTrainingJob", Ok(described));
        };
        assert_eq!(done_after(RULES, ended).await, nothing);
        let policy = |rules: &str| {
            let policy = guard(rules).policy;
            move |guard: &mut Guard<Account>| guard.policy = policy
        };
        assert_eq!(done_after(RULES, policy("[rules.missing-vpc]")).await, nothing, "the rule is off");
        let exempt = format!(
            "{RULES}[[exemptions]]\nprincipals = ['{CALLER}']\nrules = ['missing-project-tag']\nuntil = 2027-01-31\nreason = 'r'\nowner = 'o'"
        );
        assert_eq!(done_after(RULES, policy(&exempt)).await, nothing, "the caller is exempt");
    }

    /// Somebody else's tag is no reason to stop a job that was only to be reported.
    #[tokio::test]
    async fn tags_that_somebody_set_meanwhile_make_nobody_guilty() {
        let foreign = |guard: &mut Guard<Account>| {
            let tags = [("Project", "borealis")].into_iter().collect();
            guard.ports.state().resource_tags.insert(arn(&untagged()), tags);
        };
        assert_eq!(done_after(&format!("{RULES}[rules.foreign-project-tag]"), foreign).await, [""; 0]);
    }

    #[tokio::test]
    async fn what_fails_is_tried_again_and_reported_once() {
        let (guard, record, grace) = reported(RULES).await;
        let guard = guard.with_clock(half_an_hour_later);
        guard.ports.state().failing.insert("stop");
        for _ in 0..2 {
            redeliver(&guard, &record, grace).await.expect_err("the job is not stopped");
        }
        guard.ports.state().failing.clear();
        redeliver(&guard, &record, grace).await.expect("handled");
        assert_eq!(done(&guard), ["publish", "publish", STOP, "publish"]);
        assert!(guard.ports.state().messages[1].subject.contains("ACTION FAILED"));
        guard.ports.state().failing.insert("tags-of");
        let (guard, record, grace) = reported(RULES).await;
        let guard = guard.with_clock(half_an_hour_later);
        guard.ports.state().failing.insert("tags-of");
        redeliver(&guard, &record, grace).await.expect_err("whether it was mended is not known");
        assert_eq!(done(&guard), ["publish"]);
    }

    #[tokio::test]
    async fn nothing_is_reported_that_cannot_wait() {
        let guard = guard(RULES);
        guard.ports.state().failing.insert("postpone");
        guard.handle(&untagged(), FUNCTION).await.expect_err("the stop would be lost");
        assert_eq!(done(&guard), [""; 0]);
        guard.ports.state().failing.clear();
        guard.handle(&untagged(), FUNCTION).await.expect("handled");
        assert_eq!((done(&guard), guard.ports.state().waiting.len()), (vec!["publish".to_owned()], 1));
    }

    #[tokio::test]
    async fn the_shortest_grace_counts_and_none_is_the_shortest() {
        for (rules, minutes) in [
            ("[rules.missing-vpc]\ngrace-minutes = 5\n", Some(5)),
            ("[rules.missing-vpc]\ngrace-minutes = 1440\n", Some(30)),
            ("[rules.missing-vpc]\n", None),
            ("[rules.missing-vpc]\naction = 'alert'\n", Some(30)),
        ] {
            let guard = guard(&format!("{RULES}{rules}"));
            let event = event(NO_VPC, "no-vpc", "no-vpc").replace(r#""key": "Project""#, r#""key": "Other""#);
            let decisions = guard.handle(&event, FUNCTION).await.expect("handled");
            assert_eq!(decisions[0].actions[0].after_minutes, minutes, "{rules}");
            let stopped = done(&guard).len() == 2;
            assert_eq!(
                (stopped, guard.ports.state().waiting.len()),
                (minutes.is_none(), usize::from(minutes.is_some())),
                "{rules}"
            );
        }
        let mut policy = Policy::parse(&format!("version = 1\n{RULES}")).expect("a valid policy");
        policy.observe_only = true;
        let guard = guard_by(policy);
        guard.handle(&untagged(), FUNCTION).await.expect("handled");
        assert_eq!((done(&guard), guard.ports.state().waiting.len()), (vec!["publish".to_owned()], 0));
    }

    /// The gate looks at how recent the call was when it was reported.
    #[tokio::test]
    async fn a_grace_of_a_day_is_not_too_long() {
        fn a_day_later() -> Timestamp {
            now() + SignedDuration::from_hours(24)
        }
        let guard = guard(&RULES.replace("30", "1440"));
        guard.handle(&untagged(), FUNCTION).await.expect("handled");
        let (record, grace, _) = guard.ports.state().waiting.pop().expect("it waits");
        let guard = guard.with_clock(a_day_later);
        redeliver(&guard, &record, grace).await.expect("handled");
        assert_eq!(done(&guard), ["publish", STOP, "publish"]);
    }

    /// Each storm has its digest: the jobs, and that they were stopped.
    #[tokio::test]
    async fn both_alerts_about_a_job_count_in_a_storm() {
        let guard = guard(RULES).with_alert_interval(SignedDuration::from_mins(60));
        guard.handle(&untagged(), FUNCTION).await.expect("handled");
        let (record, grace, _) = guard.ports.state().waiting.pop().expect("it waits");
        let guard = guard.with_clock(half_an_hour_later);
        redeliver(&guard, &record, grace).await.expect("handled");
        assert_eq!(done(&guard), ["publish", STOP]);
        let digests = crate::alert::digest::send(
            half_an_hour_later() + SignedDuration::from_hours(1),
            SignedDuration::from_mins(60),
            &guard.ports,
        );
        assert_eq!(digests.await, Ok(1));
    }
}
