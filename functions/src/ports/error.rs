//! Errors of AWS.

use std::fmt;

/// A failed call to AWS: the action, the error code and the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsError(pub String);

impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for AwsError {}

/// The result of a call to AWS.
pub type AwsResult<T> = Result<T, AwsError>;
