//! Changes of the tags of roles and users, for the calls that these make later.

use jiff::SignedDuration;
use serde_json::{Map, Value, json};
use tagwarden::evidence::TagChange;
use tagwarden::record::Call;

use super::record::user_identity;

/// How long a change is remembered.
pub(super) const MEMORY: SignedDuration = SignedDuration::from_hours(90 * 24);

/// A change, and its record.
pub(super) struct RecordedChange {
    /// The key of the role or user.
    pub(super) carrier: String,
    /// The record, reduced to the members that are read.
    pub(super) record: String,
}

/// The change that a call made to the tags of a role or user.
pub(super) fn change(call: &Call, json: &str) -> Result<Option<RecordedChange>, String> {
    if !TagChange::is_of_principals(call.event_source, call.event_name) {
        return Ok(None);
    }
    let Some(change) = TagChange::read(call) else { return Ok(None) };
    let record: Value = serde_json::from_str(json).map_err(|error| format!("the record is not JSON: {error}"))?;
    let request = record.get("requestParameters").and_then(Value::as_object).into_iter().flatten();
    let is_read = |name: &str| ["roleName", "userName", "tags", "tagKeys"].contains(&name);
    let request: Map<_, _> = request.filter(|(name, _)| is_read(name)).map(|(k, v)| (k.clone(), v.clone())).collect();
    let id_at = |pointer: &str| record.pointer(pointer).cloned();
    let role = json!({"roleId": id_at("/responseElements/role/roleId")});
    let user = json!({"userId": id_at("/responseElements/user/userId")});
    let record = json!({
        "eventSource": call.event_source,
        "eventName": call.event_name,
        "eventTime": call.time().map(|time| time.to_string()),
        "eventID": call.event_id,
        "recipientAccountId": call.account,
        "userIdentity": user_identity(&call.identity),
        "requestParameters": request,
        "responseElements": {"role": role, "user": user},
    });
    Ok(Some(RecordedChange { carrier: change.carrier().to_owned(), record: record.to_string() }))
}
