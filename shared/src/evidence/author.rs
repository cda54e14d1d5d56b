//! Who changed tags, with which call.

use super::Tags;
use super::carrier::carrier;
use crate::record::{Call, Identity};

/// Who changed tags, with which call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Author {
    /// `eventID`
    pub event_id: Option<String>,
    /// `eventName`
    pub event_name: String,
    /// `userIdentity.arn`: that of the session, if there is one.
    pub arn: Option<String>,
    kind: Option<String>,
    principal_id: Option<String>,
    access_key_id: Option<String>,
    issuer_arn: Option<String>,
    issuer_id: Option<String>,
    session_created: Option<String>,
    standing: Option<Standing>,
}

/// What a ledger knows of somebody who changed a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Somebody whom the policy trusts, or Tagwarden itself.
    Trusted,
    /// Somebody of this project, or of none, with these values of other tags that resources must share: an empty one if there
    /// is none. Those that are not known are left out.
    Member(Option<String>, Tags),
    /// Somebody whose project was not known.
    Unknown,
}

impl Author {
    pub(super) fn of(call: &Call) -> Self {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let Identity { kind, arn, principal_id, access_key_id, issuer_arn, issuer_id, session_created, .. } =
            call.identity;
        Self {
            event_id: owned(call.event_id),
            event_name: call.event_name.to_owned(),
            arn: owned(arn),
            kind: owned(kind),
            principal_id: owned(principal_id),
            access_key_id: owned(access_key_id),
            issuer_arn: owned(issuer_arn),
            issuer_id: owned(issuer_id),
            session_created: owned(session_created),
            standing: None,
        }
    }

    /// Somebody whom a ledger knows.
    pub(super) fn known(standing: Standing) -> Self {
        Self { standing: Some(standing), ..Self::default() }
    }

    /// What a ledger knows. `None`: a record shows who it was.
    pub fn standing(&self) -> Option<&Standing> {
        self.standing.as_ref()
    }

    /// As `userIdentity` says it.
    pub fn identity(&self) -> Identity<'_> {
        Identity {
            kind: self.kind.as_deref(),
            principal_id: self.principal_id.as_deref(),
            arn: self.arn.as_deref(),
            account: None,
            access_key_id: self.access_key_id.as_deref(),
            invoked_by: None,
            issuer_arn: self.issuer_arn.as_deref(),
            issuer_id: self.issuer_id.as_deref(),
            session_created: self.session_created.as_deref(),
        }
    }

    /// Whether it was the IAM role or user `arn`, or a session of it.
    pub fn is(&self, arn: &str) -> bool {
        let principal = self.identity().principal().and_then(|arn| carrier(&arn));
        principal.is_some() && principal == carrier(arn)
    }
}
