//! KMS keys.

use aws_sdk_kms::types::KeyManagerType;
use tagwarden::evidence::Key;

use super::client::Aws;
use super::errors::aws_error;
use crate::ports::{AwsError, AwsResult, DescribeKey};

impl DescribeKey for Aws {
    async fn key(&self, arn: &str) -> AwsResult<Key> {
        let described = self.kms.describe_key().key_id(arn).send().await.map_err(aws_error("kms:DescribeKey"))?;
        let metadata = described.key_metadata.ok_or_else(|| AwsError("kms:DescribeKey returned nothing".to_owned()))?;
        let customer_managed = metadata.key_manager == Some(KeyManagerType::Customer);
        Ok(Key { arn: metadata.arn.unwrap_or_else(|| arn.to_owned()), customer_managed })
    }
}
