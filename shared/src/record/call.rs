//! One CloudTrail record: who called what, when and with which request.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::record::json::{self, Read, Unread, Value, member, member_text};

/// A CloudTrail record of an API call, borrowed from its JSON. It holds only what Tagwarden reads. All of it is
/// optional except the service and the call's name, because a guard that rejects a record lets its call through.
///
/// Source: CloudTrail User Guide, "CloudTrail record contents".
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// `eventID`
    pub event_id: Option<&'a str>,
    /// `eventTime`, as written: UTC.
    pub event_time: Option<&'a str>,
    /// `eventSource`, such as `sagemaker.amazonaws.com`.
    pub event_source: &'a str,
    /// `eventName`, such as `CreateTrainingJob`.
    pub event_name: &'a str,
    /// `eventType`: `AwsApiCall`, `AwsServiceEvent`, …
    pub event_type: Option<&'a str>,
    /// `awsRegion`
    pub region: Option<&'a str>,
    /// The account in which the call was made: `recipientAccountId`, else `userIdentity.accountId`.
    pub account: Option<&'a str>,
    /// `errorCode`: the call failed and created nothing.
    pub error_code: Option<&'a str>,
    /// `errorMessage`
    pub error_message: Option<&'a str>,
    /// `readOnly`
    pub read_only: bool,
    /// `userIdentity`
    pub identity: Identity<'a>,
    /// `requestParameters`
    pub request: Read<&'a Value<'a>>,
    /// `responseElements`
    pub response: Option<&'a Value<'a>>,
}

/// The caller, as CloudTrail saw it. Source: CloudTrail User Guide, "CloudTrail userIdentity element".
#[derive(Clone, Copy, Debug, Default)]
pub struct Identity<'a> {
    /// `type`: `Root`, `IAMUser`, `AssumedRole`, `Role`, `FederatedUser`, `Directory`, `AWSAccount`, `AWSService`,
    /// `IdentityCenterUser`, `SAMLUser`, `WebIdentityUser` or `Unknown`.
    pub kind: Option<&'a str>,
    /// `principalId`: for a session, the role's unique id, a colon and the session's name.
    pub principal_id: Option<&'a str>,
    /// `arn`: that of the session, if there is one.
    pub arn: Option<&'a str>,
    /// `accountId`
    pub account: Option<&'a str>,
    /// `accessKeyId` of the credentials that signed the call.
    pub access_key_id: Option<&'a str>,
    /// `invokedBy`: the service that made the call on the caller's behalf.
    pub invoked_by: Option<&'a str>,
    /// `sessionContext.sessionIssuer.arn`: the role or user that the session belongs to.
    pub issuer_arn: Option<&'a str>,
    /// `sessionContext.sessionIssuer.principalId`: its unique id.
    pub issuer_id: Option<&'a str>,
    /// `sessionContext.attributes.creationDate`: when the session's credentials were issued.
    pub session_created: Option<&'a str>,
}

impl<'a> Call<'a> {
    /// Reads a CloudTrail record.
    ///
    /// # Errors
    /// If the value is not a CloudTrail record, with the reason.
    pub fn read(record: &'a Value<'a>) -> Result<Self, String> {
        if !record.is_object() {
            return Err(format!("expected a CloudTrail record, found {}", json::kind(record)));
        }
        let text = |key| member_text(record, key);
        let (event_source, event_name) = match (text("eventSource"), text("eventName")) {
            (Some(source), Some(_)) if source.starts_with("aws:") => {
                return Err(format!("not a CloudTrail record: `{source}` is an event source of Lambda, not a service"));
            }
            (Some(source), Some(name)) => (source, name),
            (None, None) => return Err("not a CloudTrail record: `eventSource` and `eventName` are missing".to_owned()),
            (None, _) => return Err("not a CloudTrail record: `eventSource` is missing".to_owned()),
            (_, None) => return Err("not a CloudTrail record: `eventName` is missing".to_owned()),
        };
        let identity = member(record, "userIdentity").map(Identity::read).unwrap_or_default();
        Ok(Self {
            event_id: text("eventID"),
            event_time: text("eventTime"),
            event_source,
            event_name,
            event_type: text("eventType"),
            region: text("awsRegion"),
            account: text("recipientAccountId").or(identity.account),
            error_code: text("errorCode"),
            error_message: text("errorMessage"),
            read_only: matches!(member(record, "readOnly"), Some(Value::Bool(true))),
            identity,
            request: request(member(record, "requestParameters")),
            response: member(record, "responseElements").filter(|response| response.is_object()),
        })
    }

    /// `eventTime` as a point in time, if it is one.
    pub fn time(&self) -> Option<Timestamp> {
        time(self.event_time?)
    }

    /// Whether the call was denied because of missing permissions.
    pub fn is_denied(&self) -> bool {
        self.error_code.is_some_and(is_denial)
    }

    /// Whether this is a call to SageMaker's control plane.
    pub fn is_sagemaker(&self) -> bool {
        is_sagemaker(self.event_source.as_bytes())
    }
}

/// The point in time that a text in a record names: as CloudTrail writes it, or as Athena and CloudTrail Lake print a `timestamp`,
/// `2026-04-07 08:00:00.000`, which is in UTC.
pub fn time(text: &str) -> Option<Timestamp> {
    let printed = || {
        let time = text.strip_suffix(" UTC").unwrap_or(text);
        let time: DateTime = time.contains(':').then(|| time.parse().ok())??;
        Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
    };
    text.parse().ok().or_else(printed)
}

/// Whether an error code says that permissions are missing: that of most services, and that of Amazon EC2 (CloudTrail User Guide,
/// "errorCode"; Amazon EC2 API Reference, "Error codes").
pub fn is_denial(error_code: &str) -> bool {
    let code = error_code.strip_prefix("Client.").unwrap_or(error_code);
    matches!(code, "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation")
}

/// Whether an `eventSource` is SageMaker's control plane.
pub fn is_sagemaker(event_source: &[u8]) -> bool {
    event_source == b"sagemaker.amazonaws.com"
}

impl<'a> Identity<'a> {
    fn read(identity: &'a Value<'a>) -> Self {
        let text = |key| member_text(identity, key);
        let session = member(identity, "sessionContext");
        let issuer = session.and_then(|session| member(session, "sessionIssuer"));
        let attributes = session.and_then(|session| member(session, "attributes"));
        Self {
            kind: text("type"),
            principal_id: text("principalId"),
            arn: text("arn"),
            account: text("accountId"),
            access_key_id: text("accessKeyId"),
            invoked_by: text("invokedBy"),
            issuer_arn: issuer.and_then(|issuer| member_text(issuer, "arn")),
            issuer_id: issuer.and_then(|issuer| member_text(issuer, "principalId")),
            session_created: attributes.and_then(|attributes| member_text(attributes, "creationDate")),
        }
    }

    /// The unique id of the IAM role or user behind the call, if the record says so (IAM User Guide, "Unique identifiers").
    pub fn unique_id(&self) -> Option<&'a str> {
        match self.kind? {
            "IAMUser" | "Role" => self.principal_id,
            "AssumedRole" => self.issuer_id.or_else(|| Some(self.principal_id?.split_once(':')?.0)),
            "FederatedUser" => self.issuer_id,
            _ => None,
        }
    }

    /// ARN of the IAM role or user (or `root`) behind the call, if the record says so.
    pub fn principal(&self) -> Option<Cow<'a, str>> {
        match self.kind? {
            "Root" | "IAMUser" | "Role" => self.arn.map(Cow::Borrowed),
            "AssumedRole" | "FederatedUser" => {
                self.issuer_arn.map(Cow::Borrowed).or_else(|| role_of_session(self.arn?).map(Cow::Owned))
            }
            _ => None,
        }
    }
}

/// `arn:aws:sts::111122223333:assumed-role/Train/ana` → `arn:aws:iam::111122223333:role/Train`.
fn role_of_session(session_arn: &str) -> Option<String> {
    let (prefix, names) = session_arn.split_once(":assumed-role/")?;
    let (role, _session) = names.split_once('/')?;
    Some(format!("{}:role/{role}", prefix.replacen(":sts:", ":iam:", 1)))
}

/// What to do about a request that was omitted.
const OMITTED: &str =
    "CloudTrail does not record requests of this size: look at the resource itself, as the deployed functions do";

/// Reads the value of `requestParameters`, if there is one.
///
/// # Errors
/// If it is missing, omitted, or not an object.
pub fn request<'a>(value: Option<&'a Value<'a>>) -> Read<&'a Value<'a>> {
    let unread = |why: &str| Err(Unread::new("requestParameters", why));
    match value {
        None => unread("the record has none"),
        Some(request) if json::is_omitted(request) => {
            unread("CloudTrail omitted them because of their size").map_err(|unread| unread.with_fix(OMITTED))
        }
        Some(request) if request.is_object() => Ok(request),
        Some(other) => {
            Err(Unread::new("requestParameters", format!("expected an object, found {}", json::kind(other))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request_of(text: &str) -> Result<(), String> {
        let record: Value = serde_json::from_str(text).unwrap();
        let call = Call::read(&record).unwrap();
        call.request.map(drop).map_err(|unread| unread.why)
    }

    #[test]
    fn a_request_that_is_not_there_is_unread() {
        let record = |request: &str| format!(r#"{{"eventSource":"s","eventName":"n","requestParameters":{request}}}"#);
        assert_eq!(request_of(&record(r#"{"a":1}"#)), Ok(()));
        for missing in ["null", "{}", r#""omitted""#, r#"{"omitted":true}"#, "[1]"] {
            assert!(request_of(&record(missing)).is_err(), "{missing}");
        }
        assert!(request_of(r#"{"eventSource":"s","eventName":"n"}"#).is_err());
    }

    #[test]
    fn only_the_service_and_the_name_are_indispensable() {
        for (text, expected) in [
            ("7", "expected a CloudTrail record, found a number"),
            ("{}", "not a CloudTrail record: `eventSource` and `eventName` are missing"),
            (r#"{"eventName":"n"}"#, "not a CloudTrail record: `eventSource` is missing"),
            (r#"{"eventSource":"s","eventName":3}"#, "not a CloudTrail record: `eventName` is missing"),
            (
                r#"{"eventSource":"aws:s3","eventName":"ObjectCreated:Put"}"#,
                "not a CloudTrail record: `aws:s3` is an event source of Lambda, not a service",
            ),
        ] {
            let record: Value = serde_json::from_str(text).unwrap();
            assert_eq!(Call::read(&record).unwrap_err(), expected);
        }
    }

    #[test]
    fn times_are_read_as_engines_print_them() {
        let eight = "2026-04-07T08:00:00Z".parse().ok();
        for text in [
            "2026-04-07T08:00:00Z",
            "2026-04-07T10:00:00+02:00",
            "2026-04-07 08:00:00.000",
            "2026-04-07 08:00:00.000 UTC",
            "2026-04-07T08:00:00",
        ] {
            assert_eq!(time(text), eight, "{text}");
        }
        for text in ["", "2026-04-07", "yesterday", "2026-04-07 08:00:00.000 Europe/Berlin"] {
            assert_eq!(time(text), None, "{text}");
        }
    }
}
