//! The locations that audits read and write.

use crate::config;
use crate::ports::S3Object;

/// The locations that the environment variables name.
pub struct Locations {
    /// The name of the log bucket.
    pub logs: String,
    /// Where extracts and reports are stored.
    pub results: S3Object,
    /// Where the IAM data is.
    pub iam: Option<S3Object>,
    /// The policy file: `s3://BUCKET/KEY` or a path. `None` for the built-in policy.
    pub policy: Option<String>,
}

impl Locations {
    /// Reads the environment variables.
    ///
    /// # Errors
    /// If one is missing or invalid.
    pub fn from_environment() -> Result<Self, String> {
        Ok(Self {
            logs: config::required(config::LOG_BUCKET)?,
            results: S3Object::parse(&config::required(config::RESULTS)?)?,
            iam: config::set(config::IAM).map(|location| S3Object::parse(&location)).transpose()?,
            policy: config::set(config::POLICY),
        })
    }
}
