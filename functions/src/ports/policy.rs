//! The policy file in S3.

use std::future::Future;

use super::error::AwsResult;

/// A policy file that was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyObject {
    /// Its text.
    pub text: String,
    /// What S3 calls this version of it.
    pub etag: Option<String>,
}

/// Fetches the policy file from S3.
pub trait FetchPolicy {
    /// The IAM actions that it takes.
    const ACTIONS: &'static [&'static str] = &["s3:GetObject"];

    /// The object, unless it is still the version `known`.
    fn fetch_policy(
        &self,
        bucket: &str,
        key: &str,
        known: Option<&str>,
    ) -> impl Future<Output = AwsResult<Option<PolicyObject>>> + Send;
}
