//! Requests, as IAM decides about them.

use std::fmt;

use super::context::Context;

/// What somebody asks AWS for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request<'r> {
    /// Such as `s3:GetObject`.
    pub action: &'r str,
    /// The ARN of the resource; `*` if the action is about none.
    pub resource: &'r str,
    /// What is known of its condition keys, apart from what is known of the principal.
    pub context: Context,
}

impl<'r> Request<'r> {
    /// A request of which nothing else is known.
    pub fn new(action: &'r str, resource: &'r str) -> Self {
        Self { action, resource, context: Context::default() }
    }
}

impl fmt::Display for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "`{}` on `{}`", self.action, self.resource)
    }
}
