//! Policies with the texts that they were read from.

use tagwarden::policy::Policy;

/// A policy as it was loaded.
#[derive(Clone, Debug)]
pub struct LoadedPolicy {
    /// What reports call it: its file's name.
    pub name: String,
    /// Its text.
    pub text: String,
    /// What the text says.
    pub policy: Policy,
}
