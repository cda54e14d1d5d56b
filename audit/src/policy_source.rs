//! Policies with the texts from which they were read.

use tagwarden::policy::Policy;

/// A policy, its text and the name of its file.
#[derive(Clone, Debug)]
pub struct PolicySource {
    /// Its name in reports, which is its file's name.
    pub name: String,
    /// Its text.
    pub text: String,
    /// The policy that the text defines.
    pub policy: Policy,
}
