//! What goes wrong when AWS is asked for something.

use std::fmt;

/// Why AWS did not do what it was asked for: the action, and the error's code and message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure(pub String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

/// What a call to AWS comes to.
pub type Answer<T> = Result<T, Failure>;
