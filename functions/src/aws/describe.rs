//! What SageMaker says of its resources.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_sagemaker::config::interceptors::AfterDeserializationInterceptorContextRef;
use aws_sdk_sagemaker::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sagemaker::error::BoxError;
use tagwarden::evidence::Model;

use super::{Aws, failed};
use crate::ports::{Answer, DescribeModel, DescribeResource, Failure};

impl DescribeModel for Aws {
    async fn model(&self, name: &str) -> Answer<Model> {
        let described = self.sagemaker.describe_model().model_name(name).send().await;
        let described = described.map_err(failed("sagemaker:DescribeModel"))?;
        let vpc = described.vpc_config;
        Ok(Model {
            network_isolation: described.enable_network_isolation == Some(true),
            subnets: vpc.as_ref().map(|vpc| vpc.subnets().to_vec()).unwrap_or_default(),
            security_groups: vpc.map(|vpc| vpc.security_group_ids().to_vec()).unwrap_or_default(),
        })
    }
}

/// Keeps the JSON of an answer: the table of paths reads it as it reads requests.
#[derive(Clone, Debug, Default)]
struct Keep(Arc<Mutex<Option<Vec<u8>>>>);

impl Intercept for Keep {
    fn name(&self) -> &'static str {
        "keep the answer"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = context.response().body().bytes().map(<[u8]>::to_vec);
        Ok(())
    }
}

impl Keep {
    fn json(&self, action: &str) -> Answer<serde_json::Value> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = kept.as_deref().ok_or_else(|| Failure(format!("{action} answered nothing")))?;
        serde_json::from_slice(bytes).map_err(|error| Failure(format!("{action} answered no JSON: {error}")))
    }
}

impl DescribeResource for Aws {
    async fn describe(&self, operation: &str, name: &str) -> Answer<serde_json::Value> {
        let keep = Keep::default();
        match operation {
            "CreateTrainingJob" => {
                let action = "sagemaker:DescribeTrainingJob";
                let describe = self.sagemaker.describe_training_job().training_job_name(name);
                describe.customize().interceptor(keep.clone()).send().await.map_err(failed(action))?;
                keep.json(action)
            }
            "CreateEndpointConfig" => {
                let action = "sagemaker:DescribeEndpointConfig";
                let describe = self.sagemaker.describe_endpoint_config().endpoint_config_name(name);
                describe.customize().interceptor(keep.clone()).send().await.map_err(failed(action))?;
                keep.json(action)
            }
            other => Err(Failure(format!("what `{other}` creates cannot be described"))),
        }
    }

    async fn tags_of(&self, arn: &str) -> Answer<serde_json::Value> {
        // A resource has at most 50 tags, which fit into one page of 100.
        let listed = self.sagemaker.list_tags().resource_arn(arn).max_results(100).send().await;
        let listed = listed.map_err(failed("sagemaker:ListTags"))?;
        let tag = |tag: &aws_sdk_sagemaker::types::Tag| serde_json::json!({"Key": tag.key(), "Value": tag.value()});
        Ok(listed.tags().iter().map(tag).collect())
    }
}
