//! KMS keys.

use std::future::Future;

use tagwarden::evidence::Key;

use super::error::AwsResult;

/// Describes KMS keys.
pub trait DescribeKey {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["kms:DescribeKey"];

    /// The key of `arn`, which may be the ARN of the key or of an alias.
    fn key(&self, arn: &str) -> impl Future<Output = AwsResult<Key>> + Send;
}
