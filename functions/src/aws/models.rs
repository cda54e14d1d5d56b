//! Models: their network settings, and the model of the canary.

use aws_sdk_sagemaker::types::ContainerDefinition;
use jiff::Timestamp;
use tagwarden::evidence::Model;

use super::client::Aws;
use super::errors::aws_error;
use crate::ports::{AwsError, AwsResult, CreateOpenModel, DescribeModel};

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

impl CreateOpenModel for Aws {
    async fn create_open_model(&self, name: &str, image: &str, role: &str) -> AwsResult<String> {
        let container = ContainerDefinition::builder().image(image).build();
        let create =
            self.sagemaker.create_model().model_name(name).execution_role_arn(role).primary_container(container);
        let created = create.enable_network_isolation(false).send().await;
        let created = created.map_err(aws_error("sagemaker:CreateModel"))?;
        created.model_arn.ok_or_else(|| AwsError("sagemaker:CreateModel returned no ARN".to_owned()))
    }
}
