//! Stops jobs and deletes what must not be used.

use aws_sdk_sagemaker::types::TrainingJobStatus;
use jiff::Timestamp;

use super::{Aws, failed, has_code};
use crate::ports::{Answer, DeleteEndpointConfig, StopTrainingJob, Stopped};

/// Most endpoints that are looked at before a configuration is deleted. Only those created or updated since then can use it,
/// so there are none to a few.
const MAX_ENDPOINTS: i32 = 20;

impl StopTrainingJob for Aws {
    async fn stop_training_job(&self, name: &str) -> Answer<Stopped> {
        let Err(error) = self.sagemaker.stop_training_job().training_job_name(name).send().await else {
            return Ok(Stopped::Now);
        };
        // A job that has ended, or is gone, cannot be stopped; that is a validation error too.
        if !has_code(&error, "ValidationException") && !has_code(&error, "ResourceNotFound") {
            return Err(failed("sagemaker:StopTrainingJob")(error));
        }
        match self.sagemaker.describe_training_job().training_job_name(name).send().await {
            Ok(job) => match job.training_job_status {
                Some(TrainingJobStatus::Completed | TrainingJobStatus::Failed) => Ok(Stopped::Before),
                Some(TrainingJobStatus::Stopped | TrainingJobStatus::Stopping) => Ok(Stopped::Before),
                _ => Err(failed("sagemaker:StopTrainingJob")(error)),
            },
            Err(gone) if has_code(&gone, "ValidationException") || has_code(&gone, "ResourceNotFound") => {
                Ok(Stopped::Before)
            }
            Err(other) => Err(failed("sagemaker:DescribeTrainingJob")(other)),
        }
    }
}

impl DeleteEndpointConfig for Aws {
    async fn delete_endpoint_config(&self, name: &str, created: Option<Timestamp>) -> Answer<Stopped> {
        let mut list = self.sagemaker.list_endpoints().max_results(MAX_ENDPOINTS);
        if let Some(created) = created {
            let since = aws_sdk_sagemaker::primitives::DateTime::from_secs(created.as_second());
            list = list.last_modified_time_after(since);
        }
        let listed = list.send().await.map_err(failed("sagemaker:ListEndpoints"))?;
        if listed.next_token().is_some() {
            return Ok(Stopped::InUse(vec![format!("one of more than {MAX_ENDPOINTS} endpoints, possibly")]));
        }
        let names = listed.endpoints().iter().filter_map(|endpoint| endpoint.endpoint_name());
        let described = futures_util::future::try_join_all(names.map(|name| async move {
            let described = self.sagemaker.describe_endpoint().endpoint_name(name).send().await;
            described.map_err(failed("sagemaker:DescribeEndpoint"))
        }));
        let users = described.await?.into_iter().filter(|endpoint| endpoint.endpoint_config_name() == Some(name));
        let users: Vec<_> =
            users.filter_map(|endpoint| endpoint.endpoint_name).map(|name| format!("`{name}`")).collect();
        if !users.is_empty() {
            return Ok(Stopped::InUse(users));
        }
        match self.sagemaker.delete_endpoint_config().endpoint_config_name(name).send().await {
            Ok(_) => Ok(Stopped::Now),
            // What is gone cannot be found; nothing else about this request can be invalid.
            Err(error) if has_code(&error, "ValidationException") => Ok(Stopped::Before),
            Err(error) => Err(failed("sagemaker:DeleteEndpointConfig")(error)),
        }
    }
}
