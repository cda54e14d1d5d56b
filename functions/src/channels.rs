//! The channels of a report: the topic for people, and the bus for programs. Chat, Security Hub and other buses get the bus's events
//! by rules of EventBridge, which has its own retries.
//!
//! Each channel gets each report at least once. A channel that fails keeps the report from no other one: the attempt then fails, and
//! the next attempt goes only to the channels that were not reached.

use std::collections::BTreeSet;

use crate::ports::{AwsResult, BusEvent, Message, Publish, PutEvents, TrackReports};

const TOPIC: &str = "topic";
const BUS: &str = "bus";

/// What is to be reported.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// What the report is about. Another attempt to send it has the same id.
    pub id: String,
    /// The message for people.
    pub message: Option<Message>,
    /// The events for programs.
    pub events: Vec<BusEvent>,
}

/// Sends a report to the channels that earlier attempts did not reach.
///
/// # Errors
/// If a channel fails.
pub async fn send(report: &Report, ports: &(impl Publish + PutEvents + TrackReports)) -> Result<(), String> {
    let Report { id, message, events } = report;
    if message.is_none() && events.is_empty() {
        return Ok(());
    }
    let reached = ports.reached(id).await.unwrap_or_else(|failure| {
        tracing::warn!(id, %failure, "could not read which channels were reached: sending to all");
        BTreeSet::new()
    });
    let mut sent = Vec::new();
    if let Some(message) = message
        && !reached.contains(TOPIC)
    {
        sent.push((TOPIC, ports.publish(message).await));
    }
    if !events.is_empty() && !reached.contains(BUS) {
        sent.push((BUS, ports.put_events(events).await));
    }
    let problems: Vec<_> = sent.iter().filter_map(|(_, sent)| sent.as_ref().err()).map(ToString::to_string).collect();
    if problems.is_empty() {
        return Ok(());
    }
    for (channel, _) in sent.iter().filter(|(_, sent)| sent.is_ok()) {
        remember(id, channel, ports.record_reached(id, channel).await);
    }
    Err(problems.join("; "))
}

fn remember(id: &str, channel: &str, recorded: AwsResult<()>) {
    if let Err(failure) = recorded {
        tracing::warn!(id, channel, %failure, "could not record that the channel was reached: it may get the report again");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Account;

    fn report() -> Report {
        let message = Message {
            subject: "s".to_owned(),
            texts: vec![("default", "t".to_owned())],
            attributes: Default::default(),
        };
        let event = BusEvent { detail_type: "d", resources: Vec::new(), detail: serde_json::json!({}) };
        Report { id: "r".to_owned(), message: Some(message), events: vec![event] }
    }

    /// Sends while these fail. Returns how often each channel has been reached until then.
    async fn sent(account: &Account, failing: &[&'static str]) -> (usize, usize) {
        account.state().failing = failing.iter().copied().collect();
        let sent = send(&report(), account).await;
        let channels = ["publish", "put-events"];
        assert_eq!(sent.is_err(), failing.iter().any(|verb| channels.contains(verb)), "{failing:?}: {sent:?}");
        let state = account.state();
        (state.messages.len(), state.events.len())
    }

    #[tokio::test]
    async fn each_channel_gets_a_report_once_whatever_fails() {
        for failing in [vec![], vec!["publish"], vec!["put-events"], vec!["publish", "put-events"]] {
            let account = Account::default();
            let first = sent(&account, &failing).await;
            let reached = |channel| usize::from(!failing.contains(&channel));
            assert_eq!(first, (reached("publish"), reached("put-events")), "{failing:?}");
            if !failing.is_empty() {
                sent(&account, &failing).await;
                assert_eq!(sent(&account, &[]).await, (1, 1), "{failing:?}");
            }
        }
    }

    #[tokio::test]
    async fn without_memory_a_channel_may_get_a_report_twice_but_no_report_is_lost() {
        let account = Account::default();
        assert_eq!(sent(&account, &["put-events", "record-reached"]).await, (1, 0));
        assert_eq!(sent(&account, &["reached"]).await, (2, 1));
    }
}
