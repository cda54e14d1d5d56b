//! SageMaker's operations that list resources.

use aws_sdk_sagemaker::primitives::DateTime;

use super::capture::CaptureBody;
use super::client::Aws;
use super::errors::sagemaker_error;
use crate::ports::{AwsError, ListFilter, ListPage, ListResources, SageMakerError};

/// The operations that list resources: the method of the SDK, and the filter that the operation supports.
macro_rules! lists {
    ($($name:literal => $method:ident($($limit:ident: $setter:ident)?),)+) => {
        /// The names of the operations.
        #[cfg(test)]
        const NAMES: &[&str] = &[$($name),+];

        impl ListResources for Aws {
            async fn list(&self, operation: &str, filter: ListFilter<'_>) -> Result<ListPage, SageMakerError> {
                let action = format!("sagemaker:{operation}");
                let capture = CaptureBody::default();
                match operation {
                    $($name => {
                        let list = self.sagemaker.$method().set_max_results(Some(filter.max_results));
                        let list = list.set_next_token(filter.page.map(str::to_owned)) $(.$setter(lists!(@$limit filter)))?;
                        let sent = Box::pin(list.customize().interceptor(capture.clone()).send()).await;
                        sent.map_err(sagemaker_error(&action))?;
                    })+
                    other => return Err(AwsError(format!("`{other}` is not a known operation")).into()),
                }
                Ok(page(capture.json(&action)?))
            }
        }
    };
    (@since $filter:ident) => { $filter.since.map(|since| DateTime::from_secs(since.as_second())) };
    (@using $filter:ident) => { $filter.using.map(str::to_owned) };
}

lists! {
    "ListTrainingJobs" => list_training_jobs(since: set_creation_time_after),
    "ListHyperParameterTuningJobs" => list_hyper_parameter_tuning_jobs(since: set_creation_time_after),
    "ListAutoMLJobs" => list_auto_ml_jobs(since: set_creation_time_after),
    "ListTrainingSessions" => list_training_sessions(since: set_creation_time_after),
    "ListProcessingJobs" => list_processing_jobs(since: set_creation_time_after),
    "ListTransformJobs" => list_transform_jobs(since: set_creation_time_after),
    "ListCompilationJobs" => list_compilation_jobs(since: set_creation_time_after),
    "ListOptimizationJobs" => list_optimization_jobs(since: set_creation_time_after),
    "ListLabelingJobs" => list_labeling_jobs(since: set_creation_time_after),
    "ListInferenceRecommendationsJobs" => list_inference_recommendations_jobs(since: set_creation_time_after),
    "ListAIBenchmarkJobs" => list_ai_benchmark_jobs(since: set_creation_time_after),
    "ListAIRecommendationJobs" => list_ai_recommendation_jobs(since: set_creation_time_after),
    "ListMonitoringSchedules" => list_monitoring_schedules(using: set_monitoring_job_definition_name),
    "ListModels" => list_models(),
    "ListEndpointConfigs" => list_endpoint_configs(since: set_creation_time_after),
    "ListEndpoints" => list_endpoints(since: set_last_modified_time_after),
    "ListInferenceComponents" => list_inference_components(since: set_creation_time_after),
    "ListInferenceExperiments" => list_inference_experiments(),
    "ListNotebookInstances" => list_notebook_instances(),
    "ListDomains" => list_domains(),
    "ListUserProfiles" => list_user_profiles(),
    "ListSpaces" => list_spaces(),
    "ListApps" => list_apps(),
    "ListClusters" => list_clusters(),
    "ListMlflowTrackingServers" => list_mlflow_tracking_servers(),
    "ListMlflowApps" => list_mlflow_apps(),
    "ListPartnerApps" => list_partner_apps(),
    "ListFeatureGroups" => list_feature_groups(),
}

/// Reads the response of a list: one member holds the resources, another one the token of the next page.
fn page(answer: serde_json::Value) -> ListPage {
    let serde_json::Value::Object(members) = answer else { return ListPage::default() };
    let next = members.get("NextToken").and_then(|token| token.as_str()).map(str::to_owned);
    let lists = members.into_iter().filter_map(|(_, member)| match member {
        serde_json::Value::Array(summaries) => Some(summaries),
        _ => None,
    });
    ListPage { summaries: lists.flatten().collect(), next }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use tagwarden::operations::Operation;

    use super::NAMES;

    #[test]
    fn exactly_the_lists_in_the_table_can_be_called() {
        let named: BTreeSet<_> = Operation::all().filter_map(|operation| operation.list).collect();
        assert_eq!(NAMES.iter().copied().collect::<BTreeSet<_>>(), named);
        assert_eq!(NAMES.len(), named.len(), "one is listed twice");
    }
}
