//! The network settings of models.

use tagwarden::evidence::Model;

use super::client::Aws;
use super::errors::aws_error;
use crate::ports::{AwsResult, DescribeModel};

impl DescribeModel for Aws {
    async fn model(&self, name: &str) -> AwsResult<Model> {
        let described = self.sagemaker.describe_model().model_name(name).send().await;
        let described = described.map_err(aws_error("sagemaker:DescribeModel"))?;
        let vpc = described.vpc_config;
        Ok(Model {
            network_isolation: described.enable_network_isolation == Some(true),
            subnets: vpc.as_ref().map(|vpc| vpc.subnets().to_vec()).unwrap_or_default(),
            security_groups: vpc.map(|vpc| vpc.security_group_ids().to_vec()).unwrap_or_default(),
        })
    }
}
