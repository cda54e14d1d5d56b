//! Records that Tagwarden builds.

use serde_json::Value;
use tagwarden::operations::Operation;
use tagwarden::record::{Identity, arn, json};

/// The caller as `userIdentity`, reduced to the members that are read.
pub fn user_identity(identity: &Identity) -> Value {
    serde_json::json!({
        "type": identity.kind,
        "principalId": identity.principal_id,
        "arn": identity.arn,
        "accountId": identity.account,
        "accessKeyId": identity.access_key_id,
        "invokedBy": identity.invoked_by,
        "sessionContext": {
            "sessionIssuer": {"arn": identity.issuer_arn, "principalId": identity.issuer_id},
            "attributes": {"creationDate": identity.session_created},
        },
    })
}

/// The record of the call of `by` that created the resource `arn`, as far as the ARN shows it.
pub fn creation_of_arn(by: &Operation, arn: &str, event_id: Option<&str>) -> Value {
    serde_json::json!({
        "eventSource": "sagemaker.amazonaws.com",
        "eventName": by.name,
        "eventID": event_id,
        "awsRegion": arn::region(arn),
        "recipientAccountId": arn::account(arn),
        "responseElements": {by.resource_arn.unwrap_or_default(): arn},
    })
}

/// A record as the tree that a call borrows from.
///
/// # Errors
/// If the record cannot be represented as such a tree.
pub fn read_record(record: &Value) -> Result<json::Value<'_>, String> {
    json::borrowed(record).map_err(|error| format!("the record cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use tagwarden::record::Call;

    use super::*;

    #[test]
    fn an_identity_survives_the_round_trip() {
        let identity = Identity {
            kind: Some("AssumedRole"),
            principal_id: Some("AROA:ana"),
            arn: Some("arn:aws:sts::111122223333:assumed-role/Train/ana"),
            account: Some("111122223333"),
            access_key_id: Some("ASIA1"),
            invoked_by: None,
            issuer_arn: Some("arn:aws:iam::111122223333:role/Train"),
            issuer_id: Some("AROA"),
            session_created: Some("2026-03-02T09:00:00Z"),
        };
        let record =
            serde_json::json!({"eventSource": "s", "eventName": "n", "userIdentity": user_identity(&identity)});
        let record = read_record(&record).expect("a tree");
        let read = Call::read(&record).expect("a record").identity;
        assert_eq!(user_identity(&read), user_identity(&identity));
    }
    #[test]
    fn integers_can_be_read() {
        let record = serde_json::json!({"count": 4});
        let count = read_record(&record).expect("a tree");
        assert_eq!(count.get("count").as_u64(), Some(4));
    }
}
