//! `record-sessions`: records the tags of sessions, and changes of the tags of roles and users, for the calls that these make later.

use jiff::{SignedDuration, Timestamp};
use tagwarden::evidence::Session;
use tagwarden::record::Call;
use tagwarden::record::json::Value;

use super::envelope::{Event, events};
use super::tag_changes::{MEMORY, RecordedChange, change};
use crate::ports::{RecordSession, RecordTagChange};

/// How long a session is remembered if its record has no end. No role session lasts longer (IAM User Guide, "Update the maximum
/// session duration").
const LONGEST_SESSION: SignedDuration = SignedDuration::from_hours(12);

/// How long a session is remembered after its end, because the events of its last calls are late.
const LATE_EVENTS: SignedDuration = SignedDuration::from_hours(1);

/// Records the sessions and the changes of tags in an event. Returns how many. One without tags is known to have none, so that its launches need not wait.
///
/// # Errors
/// If the event cannot be read, or a session cannot be stored. The invocation then fails and is retried.
pub async fn record(
    payload: &str,
    now: Timestamp,
    ports: &(impl RecordSession + RecordTagChange),
) -> Result<usize, String> {
    let (mut recorded, mut problems) = (0, Vec::new());
    for event in events(payload) {
        match event {
            Ok(Event::Record(json)) => match record_call(&json, now, ports).await {
                Ok(is_recorded) => recorded += usize::from(is_recorded),
                Err(problem) => problems.push(problem),
            },
            Ok(Event::Other(_)) => {}
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(recorded) } else { Err(problems.join("; ")) }
}

/// Records what a call shows. Returns whether it shows something.
async fn record_call(
    json: &str,
    now: Timestamp,
    ports: &(impl RecordSession + RecordTagChange),
) -> Result<bool, String> {
    let record: Value = serde_json::from_str(json).map_err(|error| format!("the record is not JSON: {error}"))?;
    let call = Call::read(&record)?;
    if let Some((session, end)) = session(&call) {
        let end = end.unwrap_or_else(|| now.saturating_add(LONGEST_SESSION).unwrap_or(now));
        let expires = end.saturating_add(LATE_EVENTS).unwrap_or(end);
        ports.record(&session, expires).await.map_err(|failure| failure.to_string())?;
        return Ok(true);
    }
    let Some(RecordedChange { carrier, record }) = change(&call, json)? else { return Ok(false) };
    let expires = now.saturating_add(MEMORY).unwrap_or(now);
    ports.record_tag_change(&carrier, &record, expires).await.map_err(|failure| failure.to_string())?;
    Ok(true)
}

/// The session that a record issued, if its tags can be read, and its end, if the record has it.
fn session(call: &Call) -> Option<(Session, Option<Timestamp>)> {
    let session = Session::read(call).filter(|session| session.tags.is_ok())?;
    Some((session, Session::end(call)))
}

#[cfg(test)]
mod tests {
    use tagwarden::record::Identity;

    use super::*;
    use crate::memory::Account;

    fn event(name: &str) -> String {
        let path = format!("{}/../events/{name}.json", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(&path).expect(&path)
    }

    #[tokio::test]
    async fn sessions_are_recorded_until_they_end() {
        let account = Account::default();
        let now = "2026-03-02T09:00:00Z".parse().expect("a time");
        assert_eq!(record(&event("AssumeRole.session-tags"), now, &account).await, Ok(1));
        let identity = Identity {
            principal_id: Some("AROAEXAMPLE:atlas-release"),
            session_created: Some("2026-03-02T09:20:05Z"),
            ..Identity::default()
        };
        assert_eq!(account.state().sessions.tags(&identity), Ok(None), "another role's session of the same name");
        assert_eq!(account.state().journal, ["record 2026-03-02T22:30:00Z"], "an hour after its end");

        let failed = format!(r#"{{"requestContext":{{}},"requestPayload":{}}}"#, event("AssumeRole.session-tags"));
        assert_eq!(record(&failed, now, &account).await, Ok(1), "a message of the on-failure queue");

        let untagged = event("AssumeRole.session-tags").replace("\"tags\"", "\"others\"");
        assert_eq!(record(&untagged, now, &account).await, Ok(1), "it has no tags, which is known");
        let unreadable = event("AssumeRole.session-tags").replace("\"tags\": [", "\"tags\": 7, \"others\": [");
        assert_eq!(record(&unreadable, now, &account).await, Ok(0));
        assert_eq!(record(&event("CreateTrainingJob.compliant"), now, &account).await, Ok(0));
        assert!(record("{}", now, &account).await.is_err());
    }

    #[tokio::test]
    async fn a_session_that_cannot_be_stored_fails_the_invocation() {
        let account = Account::default();
        account.state().failing.insert("record");
        assert!(record(&event("AssumeRole.session-tags"), Timestamp::UNIX_EPOCH, &account).await.is_err());
    }

    #[tokio::test]
    async fn changes_of_tags_are_recorded_for_ninety_days() {
        let account = Account::default();
        let now = "2026-03-02T11:20:00Z".parse().expect("a time");
        assert_eq!(record(&event("TagRole.own-role"), now, &account).await, Ok(1));
        let state = account.state();
        assert_eq!(state.journal, ["record-change 2026-05-31T11:20:00Z"]);
        let recorded = state.tag_changes.get("111122223333:role/experimentrunner").map(Vec::as_slice);
        let [recorded] = recorded.expect("the role") else { panic!("one change") };
        assert!(recorded.contains("borealis") && !recorded.contains("userAgent"), "{recorded}");
    }
}
