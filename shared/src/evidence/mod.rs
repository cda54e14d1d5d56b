//! What is known beside the call itself: IAM's word on roles and users, sessions, models and keys.
//!
//! The command line fills this from files, a Lambda from look-ups; nothing downstream can tell the difference. What is
//! not in here is [`Unread`], never assumed.

mod iam;
mod models;
mod sessions;
mod tags;

use std::collections::HashMap;

pub use iam::is_authorization_details;
pub use models::{Model, Models};
pub use sessions::{Session, Sessions};
pub use tags::Tags;

use crate::call::Call;
use crate::json::{Read, Unread};

/// Everything that was looked up.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    principals: HashMap<String, Principal>,
    /// Sessions, from AssumeRole* records.
    pub sessions: Sessions,
    /// Models, looked up or from CreateModel records.
    pub models: Models,
    keys: HashMap<String, Key>,
    hint: &'static str,
}

/// An IAM role or user. Source: IAM API reference, `RoleDetail` and `UserDetail`.
#[derive(Clone, Debug, Default)]
pub struct Principal {
    /// Its tags.
    pub tags: Tags,
    /// The managed policies attached to it.
    pub attached_policies: Vec<AttachedPolicy>,
    /// A role's `AssumeRolePolicyDocument`: who may assume it.
    pub trust_policy: Option<serde_json::Value>,
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

impl Evidence {
    /// No evidence yet. `hint` ends the message about missing IAM data: how the reader can provide it.
    pub fn new(hint: &'static str) -> Self {
        Self { hint, ..Self::default() }
    }

    /// Learns what a call teaches about later ones: the session that it issues, the model that it creates.
    pub fn learn(&mut self, call: &Call) {
        if let Some(session) = Session::read(call) {
            self.sessions.add(session);
        }
        if let (Some((name, model)), Some(since)) = (Model::read(call), call.time()) {
            self.models.add(call, &name, since, model);
        }
    }

    /// Adds what is known of the IAM role or user `arn`.
    pub fn add_principal(&mut self, arn: &str, principal: Principal) {
        self.principals.insert(without_path(arn), principal);
    }

    /// Adds what is known of the KMS key that `arn`, a key's or an alias's, stands for.
    pub fn add_key(&mut self, arn: &str, key: Key) {
        self.keys.insert(arn.to_owned(), key);
    }

    /// The IAM role or user `arn`, which the record names at `path`.
    ///
    /// # Errors
    /// Where nothing is known of it.
    pub fn principal(&self, arn: &str, path: &dyn std::fmt::Display) -> Read<&Principal> {
        let known = self.principals.get(&without_path(arn));
        known.ok_or_else(|| Unread::new(path, format!("IAM's data on `{arn}` is missing{}", self.hint)))
    }

    /// The KMS key that `arn`, a key's or an alias's, stands for, if it was looked up.
    pub fn key(&self, arn: &str) -> Option<&Key> {
        self.keys.get(arn)
    }
}

/// The ARN of a role or user without its path: names are unique in an account whatever the path, and the ARN of a session
/// does not have it.
fn without_path(arn: &str) -> String {
    match (arn.split_once('/'), arn.rsplit_once('/')) {
        (Some((prefix, _)), Some((_, name))) => format!("{prefix}/{name}"),
        _ => arn.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_found_with_and_without_its_path() {
        let mut evidence = Evidence::new("");
        evidence.add_principal("arn:aws:iam::111122223333:role/ml/atlas/Train", Principal::default());
        assert!(evidence.principal("arn:aws:iam::111122223333:role/Train", &"p").is_ok());
        assert!(evidence.principal("arn:aws:iam::111122223333:role/ml/atlas/Train", &"p").is_ok());
        assert!(evidence.principal("arn:aws:iam::444455556666:role/Train", &"p").is_err());
        assert!(evidence.principal("arn:aws:iam::111122223333:user/Train", &"p").is_err());
    }
}
