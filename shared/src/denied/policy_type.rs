//! The kinds of policies that can deny a call.

use serde::Serialize;

/// The kind of policy that denied a call, as far as the error message says.
///
/// Source: IAM User Guide, "Troubleshoot access denied error messages".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyType {
    /// A service control policy.
    Scp,
    /// A resource control policy.
    Rcp,
    /// A policy of the caller's role or user.
    Identity,
    /// The permissions boundary of the caller's role or user.
    Boundary,
    /// A policy that was passed when the session began.
    Session,
    /// A policy of the resource, such as the trust policy of a role.
    Resource,
    /// The policy of a VPC endpoint.
    VpcEndpoint,
    /// The message does not say.
    #[default]
    Unknown,
}

/// What error messages call them.
const NAMES: [(&str, PolicyType); 8] = [
    ("service control policy", PolicyType::Scp),
    ("resource control policy", PolicyType::Rcp),
    ("identity-based policy", PolicyType::Identity),
    ("permissions boundary", PolicyType::Boundary),
    ("session policy", PolicyType::Session),
    ("resource-based policy", PolicyType::Resource),
    ("role trust policy", PolicyType::Resource),
    ("VPC endpoint policy", PolicyType::VpcEndpoint),
];

impl PolicyType {
    /// The kind whose name begins `text`, and what follows the name.
    pub(super) fn at_start(text: &str) -> Option<(Self, &str)> {
        NAMES.iter().find_map(|(name, kind)| {
            let (start, rest) = text.split_at_checked(name.len())?;
            start.eq_ignore_ascii_case(name).then_some((*kind, rest))
        })
    }

    /// Its name, with an article.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scp => "a service control policy",
            Self::Rcp => "a resource control policy",
            Self::Identity => "an identity-based policy",
            Self::Boundary => "a permissions boundary",
            Self::Session => "a session policy",
            Self::Resource => "a resource-based policy",
            Self::VpcEndpoint => "a VPC endpoint policy",
            Self::Unknown => "a policy of a kind that the message does not name",
        }
    }
}
