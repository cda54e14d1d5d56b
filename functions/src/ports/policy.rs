//! The policy file in S3.

use std::future::Future;

use super::error::AwsResult;

/// A policy file from S3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyObject {
    /// Its text.
    pub text: String,
    /// Its entity tag.
    pub etag: Option<String>,
}

/// Fetches the policy file from S3.
pub trait FetchPolicy {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["s3:GetObject"];

    /// The object, or `None` if its entity tag is still `known`.
    fn fetch_policy(
        &self,
        bucket: &str,
        key: &str,
        known: Option<&str>,
    ) -> impl Future<Output = AwsResult<Option<PolicyObject>>> + Send;
}
