//! What is read of KMS keys.

use std::future::Future;

use tagwarden::evidence::Key;

use super::error::AwsResult;

/// Reads what kind of key a KMS key is.
pub trait DescribeKey {
    /// The IAM actions that it takes.
    const ACTIONS: &'static [&'static str] = &["kms:DescribeKey"];

    /// The key that `arn`, its own or an alias's, stands for.
    fn key(&self, arn: &str) -> impl Future<Output = AwsResult<Key>> + Send;
}
