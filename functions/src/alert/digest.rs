//! `send-digests`: reports the grouped alerts, once for each group and interval.

use std::fmt::Write;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::event::alert_event;
use super::message::{message, printable};
use crate::channels::{self, Report};
use crate::ports::{AlertWindow, AwsError, AwsResult, DigestAlerts, Message, Publish, PutEvents, TrackReports};

/// Sends a digest for every window that has ended at `now`, and closes the windows in which no alert waits. After a digest, the
/// window stays open for another `interval`, so alerts that continue lead to one digest in each. Returns the number of digests.
///
/// # Errors
/// If a digest could not be sent or recorded. It is sent with the next run then, perhaps for a second time. The other digests are
/// sent nevertheless.
pub async fn send(
    now: Timestamp,
    interval: SignedDuration,
    ports: &(impl DigestAlerts + Publish + PutEvents + TrackReports),
) -> Result<usize, String> {
    let ends = now.saturating_add(interval).unwrap_or(now);
    let (mut sent, mut problems) = (0, Vec::new());
    for id in ports.ended_windows(now).await.map_err(|failure| failure.to_string())? {
        match end(&id, now, ends, ports).await {
            Ok(count) => sent += count,
            Err(failure) => problems.push(failure.to_string()),
        }
    }
    if problems.is_empty() { Ok(sent) } else { Err(problems.join("; ")) }
}

/// Ends the window `id`. Returns the number of digests that were sent.
async fn end(
    id: &str,
    now: Timestamp,
    ends: Timestamp,
    ports: &(impl DigestAlerts + Publish + PutEvents + TrackReports),
) -> AwsResult<usize> {
    let Some(window) = ports.window(id, now).await? else { return Ok(0) };
    if window.waiting() == 0 {
        ports.close(id).await?;
        return Ok(0);
    }
    let message = digest(&window);
    let events = vec![alert_event(&message, &window.group.id())];
    let report = Report { id: format!("{id} {}", window.sent), message: Some(message), events };
    // If Lambda ends the function in between, the digest is sent again: a duplicate is better than silence.
    channels::send(&report, ports).await.map_err(AwsError)?;
    ports.record_digest(id, &window, ends).await?;
    Ok(1)
}

/// The message about the alerts that wait in a window.
fn digest(window: &AlertWindow) -> Message {
    message(None, subject(window), text(window), record(window), window.group.attributes.clone())
}

/// The values of an attribute.
fn attribute<'a>(window: &'a AlertWindow, name: &str) -> &'a [String] {
    window.group.attributes.get(name).map_or(&[], Vec::as_slice)
}

fn subject(window: &AlertWindow) -> String {
    let who =
        window.group.principal.as_deref().map_or("an unknown caller", |arn| arn.rsplit('/').next().unwrap_or(arn));
    let (severity, rules) = (attribute(window, "severity").join(""), attribute(window, "rule").join(", "));
    printable(&format!("Tagwarden {severity}: {} more by {who}: {rules}", window.waiting()))
}

/// The message for people.
fn text(window: &AlertWindow) -> String {
    let mut text = String::new();
    let mut line = |line: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{line}");
    };
    let who = window.group.principal.as_deref().unwrap_or("an unknown caller");
    let of = |name| match attribute(window, name) {
        [] => "?".to_owned(),
        values => values.join(", "),
    };
    line(&format!("{who} caused {} more alerts like the one that was sent before,", window.waiting()));
    line(&format!(
        "in account {}, region {}: after {} until {}.",
        of("account"),
        of("region"),
        window.since,
        window.last
    ));
    line("");
    line(&format!("[{}, {}] {}", of("severity"), of("verdict"), of("rule")));
    line("");
    for (done, count) in &window.done {
        line(&format!("{count} {done}"));
    }
    line("");
    for one in &window.listed {
        let resource = one.resource.as_deref().unwrap_or("(no name)");
        line(&format!("{} {} {resource}: {}", one.event_time, one.event_name, one.done));
    }
    let unlisted = not_listed(window);
    if unlisted > 0 {
        line(&format!("… and {unlisted} more, which the log lists."));
    }
    text
}

fn not_listed(window: &AlertWindow) -> u64 {
    window.waiting().saturating_sub(u64::try_from(window.listed.len()).unwrap_or(u64::MAX))
}

/// The same as JSON.
fn record(window: &AlertWindow) -> String {
    let first = |name| attribute(window, name).first();
    let record = json!({
        "principal": window.group.principal,
        "account": first("account"),
        "region": first("region"),
        "project": first("project"),
        "verdict": first("verdict"),
        "severity": first("severity"),
        "rules": attribute(window, "rule"),
        "count": window.waiting(),
        "done": window.done,
        "since": window.since,
        "last": window.last,
        "events": window.listed,
        "not_listed": not_listed(window),
    });
    record.to_string()
}
