//! What goes wrong when AWS is asked for something.

use std::fmt;

/// Why AWS did not do what it was asked for: the action, and the error's code and message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsError(pub String);

impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for AwsError {}

/// What a call to AWS comes to.
pub type AwsResult<T> = Result<T, AwsError>;
