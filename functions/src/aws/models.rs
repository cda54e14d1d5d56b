//! The network settings of models.

use jiff::Timestamp;
use tagwarden::evidence::Model;

use super::client::Aws;
use super::errors::aws_error;
use crate::ports::{AwsError, AwsResult, DescribeModel};

impl DescribeModel for Aws {
    async fn model(&self, name: &str) -> AwsResult<(Timestamp, Model)> {
        let described = self.sagemaker.describe_model().model_name(name).send().await;
        let described = described.map_err(aws_error("sagemaker:DescribeModel"))?;
        let created = described.creation_time.and_then(|time| Timestamp::from_second(time.secs()).ok());
        let created =
            created.ok_or_else(|| AwsError("sagemaker:DescribeModel returned no creation time".to_owned()))?;
        let vpc = described.vpc_config;
        let model = Model {
            network_isolation: described.enable_network_isolation == Some(true),
            subnets: vpc.as_ref().map(|vpc| vpc.subnets().to_vec()).unwrap_or_default(),
            security_groups: vpc.map(|vpc| vpc.security_group_ids().to_vec()).unwrap_or_default(),
        };
        Ok((created, model))
    }
}
