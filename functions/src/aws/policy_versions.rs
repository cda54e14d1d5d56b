//! Documents of managed policies, kept for the life of the process.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use tagwarden::grants::PolicyDocument;

/// Documents of managed policies, by ARN and version. A version never changes (IAM User Guide, "Versioning IAM policies").
#[derive(Debug, Default)]
pub(super) struct PolicyVersions(Mutex<BTreeMap<(String, String), PolicyDocument>>);

impl PolicyVersions {
    pub fn get(&self, key: &(String, String)) -> Option<PolicyDocument> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    pub fn put(&self, key: (String, String), document: &PolicyDocument) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, document.clone());
    }
}
