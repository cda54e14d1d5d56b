//! Who called, and which tags the principal has.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::evidence::{Evidence, Named, PrincipalTags, Tags};
use crate::record::json::{Read, Unread};
use crate::record::{Call, Identity, arn};
use crate::terms::SessionTags;

/// Where a tag of the caller came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagSource {
    /// It was passed to the session, or inherited.
    Session,
    /// The role carries it.
    Role,
    /// The user carries it.
    User,
}

impl TagSource {
    /// Its name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Role => "role",
            Self::User => "user",
        }
    }
}

/// The principal behind a call.
#[derive(Clone, Debug)]
pub struct Caller<'a> {
    /// ARN of the IAM role or user (or `root`), if the record has it.
    pub arn: Option<Cow<'a, str>>,
    session: Read<Option<&'a Tags>>,
    identity: Read<Option<(PrincipalTags<'a>, TagSource)>>,
}

impl<'a> Caller<'a> {
    /// Finds out who called, and what is known about their tags.
    pub fn of(call: &Call<'a>, evidence: &'a Evidence, session_tags: SessionTags) -> Self {
        Self::with_identity(call.identity, call.time(), evidence, session_tags)
    }

    /// The same for a caller at that time.
    pub fn with_identity(
        identity: Identity<'a>,
        time: Option<Timestamp>,
        evidence: &'a Evidence,
        session_tags: SessionTags,
    ) -> Self {
        let unreadable =
            |why: String| Self { arn: None, session: Ok(None), identity: Err(Unread::new("userIdentity", why)) };
        match identity.kind {
            // The root user cannot be tagged.
            Some("Root") => Self { arn: identity.principal(), session: Ok(None), identity: Ok(None) },
            Some("IAMUser" | "Role") => Self::looked_up(identity, Ok(None), time, evidence),
            // AWS makes and tags these roles: they belong to no project.
            Some("AssumedRole") if identity.principal().is_some_and(|arn| arn::is_service_linked_role(&arn)) => {
                Self { arn: identity.principal(), session: Ok(None), identity: Ok(None) }
            }
            Some("AssumedRole" | "FederatedUser") => {
                let session = session_tags_of(&identity, evidence, session_tags);
                Self::looked_up(identity, session, time, evidence)
            }
            Some("AWSService") => {
                let service = identity.invoked_by.unwrap_or("an AWS service");
                unreadable(format!("`{service}` made the call itself: the record names no principal with tags"))
            }
            Some("AWSAccount") => unreadable("the caller belongs to another account".to_owned()),
            Some(kind) => unreadable(format!("a caller of type `{kind}` has no IAM role or user to look up")),
            None => unreadable("the record names no caller".to_owned()),
        }
    }

    fn looked_up(
        identity: Identity<'a>,
        session: Read<Option<&'a Tags>>,
        time: Option<Timestamp>,
        evidence: &'a Evidence,
    ) -> Self {
        let (arn, id) = (identity.principal(), identity.unique_id());
        let identity = match arn.as_deref() {
            None => Err(Unread::new("userIdentity", "the record names neither a role nor a user")),
            Some(arn) => {
                let source = if arn::is_user(arn) { TagSource::User } else { TagSource::Role };
                let tags = evidence.tags(Named { arn, id }, time).map_err(|why| Unread::new("userIdentity", why));
                tags.map(|tags| Some((tags, source)))
            }
        };
        Self { arn, session, identity }
    }

    /// The value of the caller's tag `key` and its source; `None` if the caller has no such tag, or one with an empty
    /// value, which names no project. A session's tag overrides the role's (IAM User Guide, "Pass session tags in AWS
    /// STS").
    ///
    /// # Errors
    /// If the tags that decide it could not be read.
    pub fn tag(&self, key: &str) -> Read<Option<(&'a str, TagSource)>> {
        let of_session = self.session.clone()?.and_then(|tags| Some((tags.get(key)?, TagSource::Session)));
        let tag = match of_session {
            Some(tag) => Some(tag),
            None => match &self.identity {
                Ok(Some((tags, source))) => {
                    let value = tags.get(key).map_err(|why| Unread::new("userIdentity", why))?;
                    value.map(|value| (value, *source))
                }
                Ok(None) => None,
                Err(unread) => return Err(unread.clone()),
            },
        };
        Ok(tag.filter(|(value, _)| !value.is_empty()))
    }

    /// The time of the IAM data that says which tag `key` the caller has. `None` if a session or records say it, or that time is
    /// not known.
    pub fn tag_as_of(&self, key: &str) -> Option<Timestamp> {
        let of_session = self.session.as_ref().ok()?.and_then(|tags| tags.get(key));
        let (tags, _) = self.identity.as_ref().ok()?.as_ref().filter(|_| of_session.is_none())?;
        tags.as_of(key)
    }

    /// Whether the caller is a service-linked role, such as that of automatic scaling.
    pub fn is_service_linked_role(&self) -> bool {
        self.arn.as_deref().is_some_and(arn::is_service_linked_role)
    }

    /// Whether the caller is a role or user whose tags can be looked up: the root user has none.
    pub fn has_tags_to_look_up(&self) -> bool {
        self.arn.is_some() && !matches!(self.identity, Ok(None))
    }

    /// All known tags. The session's override the role's or user's.
    pub fn known_tags(&self) -> Tags {
        let mut known = match &self.identity {
            Ok(Some((tags, _))) => tags.known(),
            _ => Tags::default(),
        };
        if let Ok(Some(session)) = &self.session {
            for (key, value) in session.iter() {
                known.set(key, value);
            }
        }
        known
    }
}

/// Whether the session of such a caller carries tags, by what the policy says of all sessions. Roles of IAM Identity Center cannot be
/// tagged, so their sessions must.
pub fn session_tags(identity: &Identity, of_all: SessionTags) -> SessionTags {
    match of_all {
        SessionTags::Optional if identity.principal().is_some_and(|arn| arn::is_of_identity_center(&arn)) => {
            SessionTags::Required
        }
        of_all => of_all,
    }
}

fn session_tags_of<'a>(identity: &Identity, evidence: &'a Evidence, of_all: SessionTags) -> Read<Option<&'a Tags>> {
    if of_all == SessionTags::None {
        return Ok(None);
    }
    let tags = evidence.sessions.tags(identity)?;
    if tags.is_none() && session_tags(identity, of_all) == SessionTags::Required {
        let because = match of_all {
            SessionTags::Required => "but the policy says that sessions carry the tag",
            _ => "and roles of IAM Identity Center cannot be tagged themselves",
        };
        let why = format!("the record that issued this session was not seen, {because}");
        return Err(Unread::new("userIdentity.sessionContext", why).with_fix(UNSEEN));
    }
    Ok(tags)
}

/// What to do about a session that was not seen.
const UNSEEN: &str = "add the `AssumeRole*` record that issued the session; it is up to 12 hours older, and in the log of the region \
    that issued it (`us-east-1` for the global endpoint)";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Session;
    use crate::record::json::Value;

    const ROLE: &str = "arn:aws:iam::111122223333:role/Train";

    fn evidence(
        role_tags: &[(&'static str, &'static str)],
        session: Option<&[(&'static str, &'static str)]>,
    ) -> Evidence {
        let mut evidence = Evidence::new("");
        evidence.principal_mut(ROLE).tags = Ok(role_tags.iter().copied().collect());
        if let Some(tags) = session {
            let tags = Ok(tags.iter().copied().collect());
            evidence.sessions.add(Session { access_key_id: Some("ASIA1".to_owned()), issued: None, tags });
        }
        evidence
    }

    fn project(evidence: &Evidence, mode: SessionTags) -> Result<Option<(String, TagSource)>, String> {
        let record: Value = serde_json::from_str(r#"{"eventSource":"s","eventName":"n"}"#).unwrap();
        let mut call = Call::read(&record).unwrap();
        call.identity = Identity {
            kind: Some("AssumedRole"),
            arn: Some("arn:aws:sts::111122223333:assumed-role/Train/ana"),
            access_key_id: Some("ASIA1"),
            ..Identity::default()
        };
        let caller = Caller::of(&call, evidence, mode);
        assert_eq!(caller.arn.as_deref(), Some(ROLE));
        let tag = caller.tag("Project").map_err(|unread| unread.why)?;
        Ok(tag.map(|(value, source)| (value.to_owned(), source)))
    }

    fn found(value: &str, source: TagSource) -> Result<Option<(String, TagSource)>, String> {
        Ok(Some((value.to_owned(), source)))
    }

    #[test]
    fn a_session_tag_overrides_the_roles_whatever_its_case() {
        let evidence = evidence(&[("Project", "atlas")], Some(&[("PROJECT", "borealis")]));
        assert_eq!(project(&evidence, SessionTags::Optional), found("borealis", TagSource::Session));
        assert_eq!(project(&evidence, SessionTags::Required), found("borealis", TagSource::Session));
        assert_eq!(project(&evidence, SessionTags::None), found("atlas", TagSource::Role));
    }

    #[test]
    fn an_empty_session_tag_overrides_too_and_names_nothing() {
        let evidence = evidence(&[("Project", "atlas")], Some(&[("Project", "")]));
        assert_eq!(project(&evidence, SessionTags::Optional), Ok(None));
    }

    #[test]
    fn an_untagged_session_leaves_the_roles_tag() {
        let evidence = evidence(&[("Project", "atlas")], Some(&[("Team", "x")]));
        assert_eq!(project(&evidence, SessionTags::Optional), found("atlas", TagSource::Role));
        assert_eq!(project(&evidence, SessionTags::Required), found("atlas", TagSource::Role));
    }

    #[test]
    fn a_session_that_was_not_seen_counts_by_the_policy() {
        let tagged = evidence(&[("Project", "atlas")], None);
        assert_eq!(project(&tagged, SessionTags::Optional), found("atlas", TagSource::Role));
        assert!(project(&tagged, SessionTags::Required).is_err());
        let untagged = evidence(&[], None);
        assert_eq!(project(&untagged, SessionTags::Optional), Ok(None));
        assert!(project(&Evidence::new(""), SessionTags::Optional).is_err());
    }

    #[test]
    fn every_type_of_caller_has_an_answer() {
        let record: Value = serde_json::from_str(r#"{"eventSource":"s","eventName":"n"}"#).unwrap();
        let evidence = Evidence::new("");
        for kind in [
            "Root",
            "IAMUser",
            "AssumedRole",
            "Role",
            "FederatedUser",
            "Directory",
            "AWSAccount",
            "AWSService",
            "IdentityCenterUser",
            "SAMLUser",
            "WebIdentityUser",
            "Unknown",
            "SomethingNew",
        ] {
            let mut call = Call::read(&record).unwrap();
            call.identity.kind = Some(kind);
            let tag = Caller::of(&call, &evidence, SessionTags::Optional).tag("Project");
            assert_eq!(tag.is_ok(), kind == "Root", "{kind}");
        }
    }
}
