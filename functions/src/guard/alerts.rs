//! Alerts the security team.

use std::collections::BTreeSet;

use tagwarden::decide::{Decision, Verb};
use tagwarden::policy::Policy;

use super::claims::after_grace;
use super::setup::Guard;
use crate::act::ActionResult;
use crate::alert;
use crate::channels::{self, Report};
use crate::ports::{AlertGroup, AlertTiming, Enforce, Grace, LookUp, PendingAlert};

impl<P: LookUp + Enforce> Guard<P> {
    /// Reports a decision: as an alert if one is planned, or in the group of the alert, and as an event. `resolved` are the rules that
    /// failed before, and fail no more.
    pub(super) async fn report(
        &self,
        decision: &Decision,
        results: &[ActionResult],
        mut resolved: BTreeSet<String>,
        policy: &Policy,
        grace: Option<Grace>,
    ) -> Result<(), String> {
        let planned = decision.actions.iter().any(|action| action.action == Verb::PublishAlert);
        if !planned && resolved.is_empty() {
            return Ok(());
        }
        let brief = alert::brief(decision, policy);
        resolved.extend(alert::resolved_by(&brief, results));
        let mut events = vec![alert::decision_event(&brief, results, &resolved)];
        let mut message = Some(alert::alert(&brief, results, policy)).filter(|_| planned);
        if let Some(alert) = &message {
            let pending = PendingAlert::of(&brief, alert::done(results));
            // What is done when a grace is over is not the alert that began it.
            let pending = pending.map(|pending| match grace {
                Some(_) => PendingAlert { event_id: after_grace(&pending.event_id), ..pending },
                None => pending,
            });
            let group = AlertGroup::of(&brief, &alert.attributes);
            if self.is_grouped(pending, &group, results).await {
                message = None;
            } else {
                events.push(alert::alert_event(alert, &group.id()));
            }
        }
        let what = subject_of(decision);
        let what = if grace.is_some() { after_grace(&what) } else { what };
        // That it was done in the end is another report than that an action failed.
        let id = if results.iter().any(|result| result.failed) { format!("{what} failed") } else { what };
        channels::send(&Report { id, message, events }, &self.ports).await
    }

    /// Reports only that rules fail no more.
    pub(super) async fn report_resolved(
        &self,
        decision: &Decision,
        resolved: BTreeSet<String>,
        policy: &Policy,
    ) -> Result<(), String> {
        let brief = alert::brief(decision, policy);
        let id = format!("{} resolved", subject_of(decision));
        let events = vec![alert::decision_event(&brief, &[], &resolved)];
        channels::send(&Report { id, message: None, events }, &self.ports).await
    }

    /// Alerts once an hour if the brake is on.
    pub(super) async fn alert_about_brake(
        &self,
        decision: &Decision,
        results: &[ActionResult],
        policy: &Policy,
    ) -> Result<(), String> {
        let message = policy.stops_per_hour.and_then(|stops| alert::brake(decision, results, stops));
        let Some(message) = message else { return Ok(()) };
        let id = format!("brake {}", subject_of(decision));
        let events = vec![alert::alert_event(&message, "brake")];
        channels::send(&Report { id, message: Some(message), events }, &self.ports).await
    }

    /// Whether a digest will report the alert. An alert about a failed action is sent at once. So is every alert if it cannot
    /// be grouped: too many alerts are better than none.
    async fn is_grouped(&self, alert: Option<PendingAlert>, group: &AlertGroup, results: &[ActionResult]) -> bool {
        if self.interval.is_zero() || results.iter().any(|result| result.failed) {
            return false;
        }
        let Some(alert) = alert else { return false };
        let now = self.now();
        let ends = now.saturating_add(self.interval).unwrap_or(now);
        match self.ports.add_alert(group, &alert, ends).await {
            Ok(timing) => timing == AlertTiming::InDigest,
            Err(failure) => {
                tracing::warn!(event_id = alert.event_id, %failure, "could not group the alert: sending it at once");
                false
            }
        }
    }
}

/// What reports about a decision are about: the event, or a role that was judged by itself at some time.
fn subject_of(decision: &Decision) -> String {
    let arn = decision.resource.as_ref().and_then(|resource| resource.arn.as_deref()).unwrap_or_default();
    let time = decision.event_time.as_deref().unwrap_or_default();
    decision.event_id.clone().unwrap_or_else(|| format!("{arn}@{time}"))
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use crate::alert::digest;
    use crate::guard::testing::*;
    use crate::memory::Account;
    use crate::ports::Message;

    use super::*;

    const INTERVAL: SignedDuration = SignedDuration::from_mins(5);

    /// The event of one of many jobs that a faulty script starts.
    fn of_storm(number: usize) -> String {
        let event = event(NO_VPC, "churn-no-vpc", &format!("churn-{number}"));
        let mut event: serde_json::Value = serde_json::from_str(&event).expect("JSON");
        event["detail"]["eventID"] = serde_json::json!(format!("{number:036}"));
        event.to_string()
    }

    fn in_storm() -> Guard<Account> {
        guard("[rules.missing-vpc]").with_alert_interval(INTERVAL)
    }

    /// How many violations each message reports.
    fn counts(guard: &Guard<Account>) -> Vec<u64> {
        let state = guard.ports.state();
        let record = |message: &Message| {
            let (_, record) = message.texts.iter().find(|(protocol, _)| *protocol == "sqs").expect("one");
            serde_json::from_str::<serde_json::Value>(record).expect("JSON")
        };
        state.messages.iter().map(|message| record(message)["count"].as_u64().unwrap_or(1)).collect()
    }

    /// Runs `send-digests` after this number of intervals.
    async fn digests(guard: &Guard<Account>, intervals: i32) -> Result<usize, String> {
        let now = now() + INTERVAL * intervals;
        digest::send(now, INTERVAL, &guard.ports).await
    }

    #[tokio::test]
    async fn a_storm_leads_to_one_alert_and_one_digest() {
        let guard = in_storm();
        for number in 0..1000 {
            guard.handle(&of_storm(number), FUNCTION).await.expect("handled");
        }
        assert_eq!(done(&guard).iter().filter(|done| done.starts_with("stop")).count(), 1000);
        assert_eq!(digests(&guard, 0).await, Ok(0), "the window is open");
        assert_eq!(digests(&guard, 1).await, Ok(1));
        assert_eq!(counts(&guard), [1, 999]);
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

    /// The block in an alert makes the same launch exempt, if the policy has it.
    #[tokio::test]
    async fn an_alert_carries_the_exemption_that_would_apply() {
        let rules = "[abac]\nsession-tags = 'none'\n[rules.missing-vpc]\n[rules.network-isolation-off]";
        let launch = event(NO_VPC, "churn-no-vpc", "churn");
        let guard_ = guard(rules);
        guard_.handle(&launch, FUNCTION).await.expect("handled");
        let text = guard_.ports.state().messages[0].texts[0].1.clone();
        let (_, block) = text.split_once("[[exemptions]]").expect("one");
        let block = block.split("\n\n").next().expect("its end");
        let guard = guard(&format!("{rules}\n[[exemptions]]{block}"));
        let decisions = guard.handle(&launch, FUNCTION).await.expect("handled");
        let failing: Vec<_> =
            decisions[0].findings.iter().map(|finding| (finding.rule, finding.outcome.as_str())).collect();
        assert_eq!(failing, [("missing-vpc", "exempted")]);
        let text = guard.ports.state().messages[0].texts[0].1.clone();
        assert!(text.contains("[exempted] missing-vpc") && !text.contains("[[exemptions]]"), "{text}");
    }

    #[tokio::test]
    async fn a_lasting_storm_leads_to_one_digest_each_interval() {
        let guard = in_storm();
        for interval in 1..4 {
            for number in 0..10 {
                guard.handle(&of_storm(interval * 10 + number), FUNCTION).await.expect("handled");
            }
            assert_eq!(digests(&guard, i32::try_from(interval).expect("small")).await, Ok(1));
        }
        assert_eq!(counts(&guard), [1, 9, 10, 10]);
        assert_eq!(digests(&guard, 4).await, Ok(0), "nothing waits: the window is closed");
        guard.handle(&of_storm(99), FUNCTION).await.expect("handled");
        assert_eq!(counts(&guard), [1, 9, 10, 10, 1]);
    }

    #[tokio::test]
    async fn other_callers_and_other_severities_are_grouped_apart() {
        let mut guard = in_storm();
        guard.handle(&of_storm(1), FUNCTION).await.expect("handled");
        let other = of_storm(2).replace("DataScientist-atlas", "DataScientist-borealis");
        guard.handle(&other, FUNCTION).await.expect("handled");
        let other = guard_by(Policy::parse("version = 1\n[rules.missing-vpc]\nseverity = 'low'").expect("valid"));
        guard.policy = other.policy;
        guard.handle(&of_storm(3), FUNCTION).await.expect("handled");
        assert_eq!(counts(&guard), [1, 1, 1]);
    }

    #[tokio::test]
    async fn a_failed_action_in_a_storm_is_reported_at_once() {
        let guard = in_storm();
        for number in 0..3 {
            guard.handle(&of_storm(number), FUNCTION).await.expect("handled");
        }
        guard.ports.state().failing.insert("stop");
        guard.handle(&of_storm(3), FUNCTION).await.expect_err("the job is not stopped");
        assert_eq!(counts(&guard), [1, 1]);
        assert!(guard.ports.state().messages[1].subject.contains("ACTION FAILED"));
        guard.ports.state().failing.clear();
        guard.handle(&of_storm(3), FUNCTION).await.expect("handled");
        assert_eq!(digests(&guard, 1).await, Ok(1));
        assert_eq!(counts(&guard), [1, 1, 3]);
    }

    #[tokio::test]
    async fn each_alert_is_sent_if_alerts_cannot_be_grouped() {
        let guard = in_storm();
        guard.ports.state().failing.insert("join");
        for number in 0..3 {
            guard.handle(&of_storm(number), FUNCTION).await.expect("handled");
        }
        assert_eq!(counts(&guard), [1, 1, 1]);
    }

    #[tokio::test]
    async fn the_first_alert_is_retried_and_no_event_counts_twice() {
        let guard = in_storm();
        guard.ports.state().failing.insert("publish");
        guard.handle(&of_storm(0), FUNCTION).await.expect_err("no alert was sent");
        guard.handle(&of_storm(1), FUNCTION).await.expect("it waits");
        guard.ports.state().failing.clear();
        guard.ports.state().failing.insert("complete");
        for number in [0, 1, 1] {
            guard.handle(&of_storm(number), FUNCTION).await.expect("handled");
        }
        assert_eq!(digests(&guard, 1).await, Ok(1));
        assert_eq!(counts(&guard), [1, 1]);
    }

    #[tokio::test]
    async fn a_digest_that_was_not_recorded_is_sent_again() {
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
        assert_eq!(counts(&guard), [1, 2, 2]);
    }
}
