//! A caller, in a record that is made up.

use serde_json::{Value, json};
use tagwarden::record::Identity;

/// The call that created a resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Creator {
    /// `eventID`
    pub event_id: Option<String>,
    /// `userIdentity`, of which only what is read is kept.
    pub user_identity: Value,
}

/// A caller as `userIdentity`, of which only what is read is kept.
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
    use tagwarden::record::Call;

    use super::*;

    #[test]
    fn an_identity_is_read_back_as_it_was() {
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
        let record: tagwarden::record::json::Value = serde_json::from_str(&record).expect("JSON");
        let read = Call::read(&record).expect("a record").identity;
        assert_eq!(user_identity(&read), user_identity(&identity));
    }
}
