//! Sessions and their tags, from the STS calls that issued them.
//!
//! Source: IAM User Guide, "Pass session tags in AWS STS", and "Logging IAM and AWS STS API calls with AWS CloudTrail".

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::Tags;
use crate::record::json::{OMITTED, Read, Unread, Value, member, member_text};
use crate::record::{Call, Identity};

/// A session, as the record of the STS call that issued it shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// `responseElements.credentials.accessKeyId`, which signs the session's calls.
    pub access_key_id: Option<String>,
    /// The session's principal id, `<role id>:<session name>`, and when it was issued. They identify the session if
    /// another access key signs the calls (IAM Identity Center) or none does (a service acts for the session).
    pub issued: Option<(String, Timestamp)>,
    /// The tags that were passed or inherited, or why they could not be read.
    pub tags: Result<Tags, String>,
}

/// `eventSource` of the calls that issue sessions.
pub(super) const ISSUER: &str = "sts.amazonaws.com";

/// The names of the calls that issue sessions.
pub(super) const ISSUING: [&str; 4] =
    ["AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "GetFederationToken"];

/// The member of a request that lists the passed tags.
const TAGS: &str = "tags";

/// The members that map tag keys to values: passed by an identity provider, and inherited from the calling session.
const TAG_MAPS: [&str; 2] = ["principalTags", "incomingTransitiveTags"];

impl Session {
    /// A request with none of these members asks for a session without tags. `omitted` may stand for any of them.
    pub const ASK_FOR_TAGS: [&str; 4] = [TAGS, TAG_MAPS[0], TAG_MAPS[1], OMITTED];

    /// The session that `call` issued, if it is a successful call that issues sessions.
    pub fn read(call: &Call) -> Option<Self> {
        if !Self::is_issued_by(call.event_source.as_bytes(), call.event_name.as_bytes()) || call.error_code.is_some() {
            return None;
        }
        let response = call.response?;
        let credentials = member(response, "credentials");
        let principal_id = member(response, "assumedRoleUser")
            .and_then(|user| member_text(user, "assumedRoleId"))
            .or_else(|| member(response, "federatedUser").and_then(|user| member_text(user, "federatedUserId")));
        Some(Self {
            access_key_id: credentials.and_then(|keys| member_text(keys, "accessKeyId")).map(str::to_owned),
            issued: principal_id.map(str::to_owned).zip(call.time()),
            tags: Self::tags(call.request.clone()),
        })
    }

    /// The tags of the session that this request asked for.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn tags(request: Read<&Value>) -> Result<Tags, String> {
        let request = request.map_err(|unread| unread.why)?;
        let mut tags = Tags::default();
        if let Some(passed) = member(request, TAGS) {
            tags.add_list(passed, "key", "value")?;
        }
        for name in TAG_MAPS {
            if let Some(map) = member(request, name) {
                tags.add_map(map)?;
            }
        }
        Ok(tags)
    }

    /// When the session that `call` issued ends, if the record shows it.
    pub fn end(call: &Call) -> Option<Timestamp> {
        end(member_text(member(call.response?, "credentials")?, "expiration")?)
    }

    /// Whether calls of this name to this service issue sessions.
    pub fn is_issued_by(event_source: &[u8], event_name: &[u8]) -> bool {
        event_source == ISSUER.as_bytes() && ISSUING.iter().any(|name| name.as_bytes() == event_name)
    }

    /// The access key and the principal id: a caller shares one of them with its session.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let principal_id = self.issued.as_ref().map(|(principal_id, _)| principal_id.as_str());
        self.access_key_id.as_deref().into_iter().chain(principal_id)
    }
}

/// Reads a time that CloudTrail writes as `Mar 2, 2026, 9:30:00 PM`, in UTC.
fn end(expiration: &str) -> Option<Timestamp> {
    let time = DateTime::strptime("%b %d, %Y, %I:%M:%S %p", expiration).ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// All known sessions.
#[derive(Clone, Debug, Default)]
pub struct Sessions {
    by_access_key: HashMap<String, Records>,
    by_principal: HashMap<String, Vec<(Timestamp, Records)>>,
    unavailable: Option<String>,
}

/// What the records of one session say about its tags. There may be several: CloudTrail delivers at least once, and to
/// both accounts of a cross-account call.
type Records = Vec<Result<Tags, String>>;

impl Sessions {
    /// Adds a session. The order does not matter.
    pub fn add(&mut self, session: Session) {
        if let Some(access_key_id) = session.access_key_id {
            add_record(self.by_access_key.entry(access_key_id).or_default(), &session.tags);
        }
        if let Some((principal_id, issued)) = session.issued {
            let sessions = self.by_principal.entry(principal_id).or_default();
            match sessions.iter_mut().find(|(time, _)| *time == issued) {
                Some((_, records)) => add_record(records, &session.tags),
                None => sessions.push((issued, vec![session.tags])),
            }
        }
    }

    /// Sessions could not be looked up, for this reason. A session that is not known may exist nevertheless.
    pub fn set_unavailable(&mut self, why: String) {
        self.unavailable = Some(why);
    }

    /// The tags of the session that made a call: the session whose access key signed it, else the session with the
    /// caller's principal id that was issued at the same time as the caller's credentials. `None` if no such session is
    /// known.
    ///
    /// # Errors
    /// If the session is known but its tags are not, or if records contradict each other: another session's tags must
    /// never count.
    pub fn tags(&self, identity: &Identity) -> Read<Option<&Tags>> {
        let signed = identity.access_key_id.and_then(|key| self.by_access_key.get(key));
        let records = signed.or_else(|| {
            let sessions = self.by_principal.get(identity.principal_id?)?;
            let created: Timestamp = identity.session_created?.parse().ok()?;
            sessions.iter().find(|(issued, _)| *issued == created).map(|(_, records)| records)
        });
        let Some(records) = records else {
            return self.unavailable.as_deref().map_or(Ok(None), |why| Err(session_unread(why)));
        };
        let mut readable = records.iter().filter_map(|tags| tags.as_ref().ok());
        match (readable.next(), readable.next()) {
            (Some(tags), None) => Ok(Some(tags)),
            (Some(_), Some(_)) => Err(session_unread("two records give this session different tags")),
            (None, _) => Err(session_unread("the record that issued this session does not show its tags")),
        }
    }
}

fn session_unread(why: &str) -> Unread {
    Unread::new("userIdentity.sessionContext", why)
}

fn add_record(records: &mut Records, tags: &Result<Tags, String>) {
    if !records.contains(tags) {
        records.push(tags.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUED: &str = "2026-03-02T08:00:00Z";
    const LATER: &str = "2026-03-02T09:00:00Z";

    fn session(record: &str) -> Option<Session> {
        let record: Value = serde_json::from_str(record).unwrap();
        Session::read(&Call::read(&record).unwrap())
    }

    fn assume_role(request: &str, key: &str, time: &str) -> String {
        format!(
            r#"{{"eventSource":"sts.amazonaws.com","eventName":"AssumeRole","eventTime":"{time}","readOnly":true,
            "requestParameters":{request},"responseElements":{{"credentials":{{"accessKeyId":"{key}"}},
            "assumedRoleUser":{{"assumedRoleId":"AROA1:ana"}}}}}}"#
        )
    }

    fn sessions(records: &[String]) -> Sessions {
        let mut sessions = Sessions::default();
        records.iter().filter_map(|record| session(record)).for_each(|session| sessions.add(session));
        sessions
    }

    fn project(sessions: &Sessions, identity: Identity) -> Result<Option<String>, String> {
        let tags = sessions.tags(&identity).map_err(|unread| unread.why)?;
        Ok(tags.and_then(|tags| tags.get("Project")).map(str::to_owned))
    }

    const ATLAS: &str = r#"{"tags":[{"key":"Project","value":"atlas"}]}"#;
    const BOREALIS: &str = r#"{"tags":[{"key":"project","value":"borealis"}]}"#;

    #[test]
    fn tags_are_read_from_every_form() {
        for (request, expected) in [
            (ATLAS, Some("atlas")),
            (r#"{"principalTags":{"Project":"atlas"},"transitiveTagKeys":["Project"]}"#, Some("atlas")),
            (r#"{"incomingTransitiveTags":{"Project":"atlas"},"tags":[{"key":"Team","value":"x"}]}"#, Some("atlas")),
            (r#"{"durationSeconds":900}"#, None),
        ] {
            let tags = session(&assume_role(request, "ASIA1", ISSUED)).unwrap().tags.unwrap();
            assert_eq!(tags.get("Project"), expected, "{request}");
        }
    }

    #[test]
    fn the_access_key_finds_the_session() {
        let sessions = sessions(&[assume_role(ATLAS, "ASIA1", ISSUED), assume_role(BOREALIS, "ASIA2", LATER)]);
        let signed_by = |key| Identity { access_key_id: Some(key), ..Identity::default() };
        assert_eq!(project(&sessions, signed_by("ASIA1")), Ok(Some("atlas".to_owned())));
        assert_eq!(project(&sessions, signed_by("ASIA2")), Ok(Some("borealis".to_owned())));
        assert_eq!(project(&sessions, signed_by("ASIA3")), Ok(None));
    }

    #[test]
    fn another_key_is_found_by_principal_and_time_of_issue() {
        let sessions = sessions(&[assume_role(ATLAS, "ASIA1", ISSUED), assume_role(BOREALIS, "ASIA2", LATER)]);
        let issued = |principal_id, created| Identity {
            access_key_id: Some("ASIA9"),
            principal_id: Some(principal_id),
            session_created: Some(created),
            ..Identity::default()
        };
        assert_eq!(project(&sessions, issued("AROA1:ana", ISSUED)), Ok(Some("atlas".to_owned())));
        assert_eq!(project(&sessions, issued("AROA1:ana", LATER)), Ok(Some("borealis".to_owned())));
        assert_eq!(project(&sessions, issued("AROA1:ana", "2026-03-02T08:00:01Z")), Ok(None));
        assert_eq!(project(&sessions, issued("AROA1:bob", ISSUED)), Ok(None));
    }

    #[test]
    fn contradicting_or_unreadable_records_are_unread() {
        let caller = Identity { principal_id: Some("AROA1:ana"), session_created: Some(ISSUED), ..Identity::default() };
        let twice = sessions(&[assume_role(ATLAS, "ASIA1", ISSUED), assume_role(ATLAS, "ASIA1", ISSUED)]);
        assert_eq!(project(&twice, caller), Ok(Some("atlas".to_owned())));
        let contradicting = sessions(&[assume_role(ATLAS, "ASIA1", ISSUED), assume_role(BOREALIS, "ASIA2", ISSUED)]);
        assert!(project(&contradicting, caller).is_err());
        let hidden = sessions(&[assume_role("null", "ASIA1", ISSUED)]);
        assert!(project(&hidden, caller).is_err());
        let hidden_in_one_account =
            sessions(&[assume_role("null", "ASIA1", ISSUED), assume_role(ATLAS, "ASIA1", ISSUED)]);
        assert_eq!(project(&hidden_in_one_account, caller), Ok(Some("atlas".to_owned())));
    }

    #[test]
    fn the_end_is_read() {
        assert_eq!(end("Mar 2, 2026, 9:30:00 PM"), "2026-03-02T21:30:00Z".parse().ok());
        assert_eq!(end("soon"), None);
    }

    #[test]
    fn a_failed_call_issues_nothing() {
        let failed = assume_role(ATLAS, "ASIA1", ISSUED).replacen('{', r#"{"errorCode":"AccessDenied","#, 1);
        assert_eq!(session(&failed), None);
    }
}
