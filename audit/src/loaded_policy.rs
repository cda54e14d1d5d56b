//! Policies with the texts from which they were read.

use tagwarden::policy::Policy;

/// A policy as it was loaded.
#[derive(Clone, Debug)]
pub struct LoadedPolicy {
    /// Its name in reports, which is its file's name.
    pub name: String,
    /// Its text.
    pub text: String,
    /// The policy that the text defines.
    pub policy: Policy,
}
