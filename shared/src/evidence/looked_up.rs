//! What a look-up finds out about roles, users and keys.

use super::tags::Tags;

/// The result of a look-up: what was found, or why it could not be.
pub type LookedUp<T> = Result<T, String>;

/// An IAM role or user. Source: IAM API reference, `RoleDetail` and `UserDetail`.
#[derive(Clone, Debug)]
pub struct IamEntity {
    /// Its tags.
    pub tags: LookedUp<Tags>,
    /// The managed policies attached to it.
    pub attached_policies: LookedUp<Vec<AttachedPolicy>>,
    /// A role's `AssumeRolePolicyDocument`: who may assume it.
    pub trust_policy: LookedUp<serde_json::Value>,
}

/// Nothing of it was looked up.
impl Default for IamEntity {
    fn default() -> Self {
        let missing = |what: &str| format!("{what} was not looked up");
        Self {
            tags: Err(missing("its tags")),
            attached_policies: Err(missing("what is attached to it")),
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
    /// The key's own ARN, also where it was looked up by an alias.
    pub arn: String,
    /// Whether `KeyManager` is `CUSTOMER`.
    pub customer_managed: bool,
}
