//! A policy with the text that it was read from.

use tagwarden::policy::Policy;

/// A policy, its text and the name of its file.
#[derive(Clone, Debug)]
pub struct PolicySource {
    /// What reports call it: its file's name.
    pub name: String,
    /// Its text.
    pub text: String,
    /// What the text says.
    pub policy: Policy,
}
