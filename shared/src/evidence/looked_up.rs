//! The results of look-ups of roles, users and keys.

use jiff::Timestamp;

use super::tags::Tags;
use crate::grants::PolicyDocument;

/// The result of a look-up: what was found, or why nothing could be found.
pub type LookedUp<T> = Result<T, String>;

/// An IAM role or user. Source: IAM API reference, `RoleDetail` and `UserDetail`.
#[derive(Clone, Debug)]
pub struct IamEntity {
    /// `RoleId` or `UserId`: a role that was deleted and made again has another one.
    pub id: Option<String>,
    /// `CreateDate`
    pub created: Option<Timestamp>,
    /// When it was looked up. `None`: at the time of all of IAM's data.
    pub as_of: Option<Timestamp>,
    /// Its tags.
    pub tags: LookedUp<Tags>,
    /// What grants it permissions.
    pub grants: LookedUp<GrantSources>,
    /// A role's `AssumeRolePolicyDocument`: who may assume it.
    pub trust_policy: LookedUp<PolicyDocument>,
}

/// An entity of which nothing was looked up.
impl Default for IamEntity {
    fn default() -> Self {
        let missing = |what: &str| format!("{what} was not looked up");
        Self {
            id: None,
            created: None,
            as_of: None,
            tags: Err(missing("its tags")),
            grants: Err(missing("what grants it permissions")),
            trust_policy: Err(missing("its trust policy")),
        }
    }
}

impl IamEntity {
    /// Notes why what is not known yet cannot be looked up.
    pub fn add_failure(&mut self, why: &str) {
        let reasons = [self.tags.as_mut().err(), self.grants.as_mut().err(), self.trust_policy.as_mut().err()];
        reasons.into_iter().flatten().for_each(|reason| why.clone_into(reason));
    }
}

/// What grants permissions to a role, user or group.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GrantSources {
    /// Its inline policies, by name.
    pub inline: Vec<(String, LookedUp<PolicyDocument>)>,
    /// The managed policies attached to it.
    pub attached: Vec<AttachedPolicy>,
    /// The managed policy that is its permissions boundary.
    pub boundary: Option<String>,
    /// The names of a user's groups.
    pub groups: Vec<String>,
}

/// A managed policy attached to a role, user or group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachedPolicy {
    /// `PolicyName`, such as `AdministratorAccess`.
    pub name: String,
    /// `PolicyArn`
    pub arn: String,
}

/// A KMS key. Source: KMS API reference, `DescribeKey`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The key's own ARN, even if it was looked up by an alias.
    pub arn: String,
    /// Whether `KeyManager` is `CUSTOMER`.
    pub customer_managed: bool,
}
