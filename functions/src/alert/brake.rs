//! The alert that the brake is on.

use serde_json::json;
use tagwarden::decide::Decision;

use super::message::{message, printable};
use crate::act::ActionResult;
use crate::ports::Message;

/// The message that Tagwarden stops nothing more in this hour. `None` unless these are the results that put the brake on.
pub fn brake(decision: &Decision, results: &[ActionResult], stops_per_hour: u64) -> Option<Message> {
    results.iter().find(|result| result.braked == Some(stops_per_hour + 1))?;
    let (account, region) = (decision.account.as_deref().unwrap_or("?"), decision.region.as_deref().unwrap_or("?"));
    let subject = printable(&format!("Tagwarden critical: the brake is on in account {account}, region {region}"));
    let text = format!(
        "Tagwarden has stopped {stops_per_hour} resources in this hour in account {account}, region {region}.\n\
        That is what `[limits] stops-per-hour` of the policy allows. Until the next full hour it stops nothing more: it goes on\n\
        judging, and it alerts.\n\n\
        A mistake in the policy, a faulty script or an attack can be the cause. Look at the alerts of this hour first.\n\
        If the stops are right: raise `stops-per-hour` in the policy file. With the file in S3, that takes effect within a minute.\n\
        If they are not: set `mode = \"observe\"` under `[defaults]` in the policy file, or the template's parameter `Mode`.\n"
    );
    let record = json!({
        "event_id": decision.event_id,
        "account": decision.account,
        "region": decision.region,
        "severity": "critical",
        "brake": {"stops_per_hour": stops_per_hour},
    });
    let attribute = |name: &str, value: &str| (name.to_owned(), vec![value.to_owned()]);
    let attributes = [("severity", "critical"), ("account", account), ("region", region)];
    let attributes = attributes.into_iter().map(|(name, value)| attribute(name, value)).collect();
    Some(message(decision.event_id.as_deref(), subject, text, record.to_string(), attributes))
}
