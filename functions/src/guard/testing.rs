//! Guards of accounts in memory, and sample events, for tests.

use jiff::{SignedDuration, Timestamp};
use tagwarden::decide::Decision;
use tagwarden::policy::Policy;

use super::handle::Delivery;
use super::setup::Guard;
use crate::memory::Account;
use crate::policy_file::PolicyFile;

pub(super) const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:guard-training";
pub(super) const CALLER: &str = "arn:aws:iam::111122223333:role/DataScientist-atlas";
pub(super) const EXECUTION_ROLE: &str = "arn:aws:iam::111122223333:role/ml/atlas/atlas-train";

/// A short time after the sample events.
pub(super) fn now() -> Timestamp {
    "2026-03-02T12:00:00Z".parse().expect("a time")
}

/// A sample event, with `from` replaced by `to`.
pub(super) fn event(name: &str, from: &str, to: &str) -> String {
    let path = format!("{}/../events/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect(&path);
    assert!(text.contains(from), "{name} has no {from}");
    text.replace(from, to)
}

/// The event as the on-failure queue keeps it (Lambda Developer Guide, "Capturing records of Lambda asynchronous invocations").
pub(crate) fn failed(event: &str) -> String {
    format!(
        r#"{{"version":"1.0","timestamp":"2026-03-02T15:00:00.000Z","requestContext":{{"requestId":"r",
        "functionArn":"{FUNCTION}:$LATEST","condition":"RetriesExhausted","approximateInvokeCount":3}},
        "requestPayload":{event},"responseContext":{{"statusCode":200,"executedVersion":"$LATEST","functionError":"Unhandled"}},
        "responsePayload":{{"errorType":"Error","errorMessage":"stop failed"}}}}"#
    )
}

/// Handles an event that the guard postpones as often as it may, and returns the decisions of the last attempt.
pub(super) async fn handle_after_waiting(guard: &Guard<Account>, event: &str) -> Result<Vec<Decision>, String> {
    let mut handled = guard.handle(event, FUNCTION).await?;
    for minutes in [1, 2] {
        assert!(handled.is_empty(), "it waits");
        let (postponed, attempt, delay) = guard.ports.state().postponed.pop().expect("it is postponed");
        assert_eq!((postponed.as_str(), delay), (event, SignedDuration::from_mins(minutes)));
        handled = guard.event(Delivery { event: &postponed, attempt, grace: None, function_arn: FUNCTION }).await?;
    }
    Ok(handled)
}

pub(super) fn guard(rules: &str) -> Guard<Account> {
    guard_by(Policy::parse(&format!("version = 1\n{rules}")).expect("a valid policy"))
}

pub(super) fn guard_by(policy: Policy) -> Guard<Account> {
    let account = Account::default();
    for role in [CALLER, EXECUTION_ROLE] {
        account.state().tags.insert(role.to_owned(), [("Project", "atlas")].into_iter().collect());
    }
    Guard::new("guard-training".to_owned(), PolicyFile::fixed(policy), account, |_| ()).with_clock(now)
}

/// The actions and alerts in the journal, without lookups and claims.
pub(super) fn done(guard: &Guard<Account>) -> Vec<String> {
    let state = guard.ports.state();
    let seen = |entry: &&String| ["add-tags", "stop", "publish"].iter().any(|verb| entry.starts_with(verb));
    let cut = |entry: &String| if entry.starts_with("publish") { "publish".to_owned() } else { entry.clone() };
    state.journal.iter().filter(seen).map(cut).collect()
}

pub(super) const NO_VPC: &str = "CreateTrainingJob.no-vpc";
