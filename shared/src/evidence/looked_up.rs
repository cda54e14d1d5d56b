//! The results of look-ups of roles, users and keys.

use jiff::Timestamp;

use super::tags::Tags;

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
    /// The managed policies attached to it.
    pub attached_policies: LookedUp<Vec<AttachedPolicy>>,
    /// A role's `AssumeRolePolicyDocument`: who may assume it.
    pub trust_policy: LookedUp<serde_json::Value>,
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
            attached_policies: Err(missing("its attached policies")),
            trust_policy: Err(missing("its trust policy")),
        }
    }
}

/// A managed policy attached to a role.
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
