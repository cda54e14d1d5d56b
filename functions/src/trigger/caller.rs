//! Callers in records that Tagwarden builds.

use serde_json::{Value, json};
use tagwarden::call::Identity;

/// The call that created a resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Creator {
    /// `eventID`
    pub event_id: Option<String>,
    /// `userIdentity`, reduced to the members that are read.
    pub user_identity: Value,
}

/// The caller as `userIdentity`, reduced to the members that are read.
pub fn user_identity(identity: &Identity) -> Value {
    json!({
        "type": identity.kind,
        "principalId": identity.principal_id,
        "arn": identity.arn,
        "accountId": identity.account,
        "accessKeyId": identity.access_key_id,
        "invokedBy": identity.invoked_by,
        "sessionContext": {
            "sessionIssuer": {"arn": identity.issuer_arn},
            "attributes": {"creationDate": identity.session_created},
        },
    })
}

#[cfg(test)]
mod tests {
    use tagwarden::call::Call;

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
            session_created: Some("2026-03-02T09:00:00Z"),
        };
        let record =
            json!({"eventSource": "s", "eventName": "n", "userIdentity": user_identity(&identity)}).to_string();
        let record: tagwarden::json::Value = serde_json::from_str(&record).expect("JSON");
        let read = Call::read(&record).expect("a record").identity;
        assert_eq!(user_identity(&read), user_identity(&identity));
    }
}
