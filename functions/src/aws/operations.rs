//! SageMaker's operations: those that describe a resource, those that stop or delete it, and those that list resources.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_sagemaker::config::interceptors::AfterDeserializationInterceptorContextRef;
use aws_sdk_sagemaker::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sagemaker::error::BoxError;
use aws_sdk_sagemaker::primitives::DateTime;

use super::{Aws, code, failed};
use crate::ports::{Answer, CallSageMaker, DescribeResource, Failure, ListResources, Page, Refused, Which};
use crate::target::Target;

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
    /// What was answered; nothing where the operation has no answer.
    fn json(&self, action: &str) -> Answer<serde_json::Value> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.as_deref() {
            None | Some([]) => Ok(serde_json::Value::Null),
            Some(bytes) => {
                serde_json::from_slice(bytes).map_err(|error| Failure(format!("{action} answered no JSON: {error}")))
            }
        }
    }
}

/// The operations that can be called, each as a method of the SDK and the members that it takes, required ones and others.
macro_rules! operations {
    ($($name:literal => $method:ident($($setter:ident: $member:literal),+ $(; $optional:ident: $other:literal)*),)+) => {
        /// The names of the operations that can be called.
        pub const OPERATIONS: &[&str] = &[$($name),+];

        impl CallSageMaker for Aws {
            async fn call(&self, operation: &str, target: &Target) -> Result<serde_json::Value, Refused> {
                let action = format!("sagemaker:{operation}");
                let known = |member: &str| {
                    target.member(member).ok_or_else(|| Failure(format!("the record does not tell `{member}`")))
                };
                let keep = Keep::default();
                match operation {
                    $($name => {
                        let call = self.sagemaker.$method()
                            $(.$setter(Some(known($member)?.into())))+
                            $(.$optional(target.member($other).map(Into::into)))*;
                        let call = call.customize().interceptor(keep.clone());
                        // Without a box each of them would add to the size of this future.
                        let sent = Box::pin(call.send()).await;
                        sent.map_err(|error| Refused { code: code(&error).map(str::to_owned), failure: failed(&action)(error) })?;
                    })+
                    other => return Err(Failure(format!("`{other}` is not known here")).into()),
                }
                Ok(keep.json(&action)?)
            }
        }
    };
}

operations! {
    // Training
    "DescribeTrainingJob" => describe_training_job(set_training_job_name: "trainingJobName"),
    "StopTrainingJob" => stop_training_job(set_training_job_name: "trainingJobName"),
    "DescribeHyperParameterTuningJob" => describe_hyper_parameter_tuning_job(set_hyper_parameter_tuning_job_name: "hyperParameterTuningJobName"),
    "StopHyperParameterTuningJob" => stop_hyper_parameter_tuning_job(set_hyper_parameter_tuning_job_name: "hyperParameterTuningJobName"),
    "DescribeAutoMLJob" => describe_auto_ml_job(set_auto_ml_job_name: "autoMLJobName"),
    "DescribeAutoMLJobV2" => describe_auto_ml_job_v2(set_auto_ml_job_name: "autoMLJobName"),
    "StopAutoMLJob" => stop_auto_ml_job(set_auto_ml_job_name: "autoMLJobName"),
    "DescribeTrainingSession" => describe_training_session(set_training_session_name: "trainingSessionName"),
    "StopTrainingSession" => stop_training_session(set_training_session_name: "trainingSessionName"),
    "DescribeAlgorithm" => describe_algorithm(set_algorithm_name: "algorithmName"),
    // Other jobs
    "DescribeProcessingJob" => describe_processing_job(set_processing_job_name: "processingJobName"),
    "StopProcessingJob" => stop_processing_job(set_processing_job_name: "processingJobName"),
    "DescribeTransformJob" => describe_transform_job(set_transform_job_name: "transformJobName"),
    "StopTransformJob" => stop_transform_job(set_transform_job_name: "transformJobName"),
    "DescribeCompilationJob" => describe_compilation_job(set_compilation_job_name: "compilationJobName"),
    "StopCompilationJob" => stop_compilation_job(set_compilation_job_name: "compilationJobName"),
    "DescribeEdgePackagingJob" => describe_edge_packaging_job(set_edge_packaging_job_name: "edgePackagingJobName"),
    "StopEdgePackagingJob" => stop_edge_packaging_job(set_edge_packaging_job_name: "edgePackagingJobName"),
    "DescribeOptimizationJob" => describe_optimization_job(set_optimization_job_name: "optimizationJobName"),
    "StopOptimizationJob" => stop_optimization_job(set_optimization_job_name: "optimizationJobName"),
    "DescribeLabelingJob" => describe_labeling_job(set_labeling_job_name: "labelingJobName"),
    "StopLabelingJob" => stop_labeling_job(set_labeling_job_name: "labelingJobName"),
    "DescribeInferenceRecommendationsJob" => describe_inference_recommendations_job(set_job_name: "jobName"),
    "StopInferenceRecommendationsJob" => stop_inference_recommendations_job(set_job_name: "jobName"),
    "DescribeAIBenchmarkJob" => describe_ai_benchmark_job(set_ai_benchmark_job_name: "aIBenchmarkJobName"),
    "StopAIBenchmarkJob" => stop_ai_benchmark_job(set_ai_benchmark_job_name: "aIBenchmarkJobName"),
    "DescribeAIRecommendationJob" => describe_ai_recommendation_job(set_ai_recommendation_job_name: "aIRecommendationJobName"),
    "StopAIRecommendationJob" => stop_ai_recommendation_job(set_ai_recommendation_job_name: "aIRecommendationJobName"),
    "DescribeJob" => describe_job(set_job_name: "jobName", set_job_category: "jobCategory"),
    "StopJob" => stop_job(set_job_name: "jobName", set_job_category: "jobCategory"),
    "DescribeAIWorkloadConfig" => describe_ai_workload_config(set_ai_workload_config_name: "aIWorkloadConfigName"),
    // Monitoring
    "DescribeMonitoringSchedule" => describe_monitoring_schedule(set_monitoring_schedule_name: "monitoringScheduleName"),
    "StopMonitoringSchedule" => stop_monitoring_schedule(set_monitoring_schedule_name: "monitoringScheduleName"),
    "DescribeDataQualityJobDefinition" => describe_data_quality_job_definition(set_job_definition_name: "jobDefinitionName"),
    "DeleteDataQualityJobDefinition" => delete_data_quality_job_definition(set_job_definition_name: "jobDefinitionName"),
    "DescribeModelQualityJobDefinition" => describe_model_quality_job_definition(set_job_definition_name: "jobDefinitionName"),
    "DeleteModelQualityJobDefinition" => delete_model_quality_job_definition(set_job_definition_name: "jobDefinitionName"),
    "DescribeModelBiasJobDefinition" => describe_model_bias_job_definition(set_job_definition_name: "jobDefinitionName"),
    "DeleteModelBiasJobDefinition" => delete_model_bias_job_definition(set_job_definition_name: "jobDefinitionName"),
    "DescribeModelExplainabilityJobDefinition" => describe_model_explainability_job_definition(set_job_definition_name: "jobDefinitionName"),
    "DeleteModelExplainabilityJobDefinition" => delete_model_explainability_job_definition(set_job_definition_name: "jobDefinitionName"),
    // Hosting
    "DescribeModel" => describe_model(set_model_name: "modelName"),
    "DeleteModel" => delete_model(set_model_name: "modelName"),
    "DescribeEndpointConfig" => describe_endpoint_config(set_endpoint_config_name: "endpointConfigName"),
    "DeleteEndpointConfig" => delete_endpoint_config(set_endpoint_config_name: "endpointConfigName"),
    "DescribeEndpoint" => describe_endpoint(set_endpoint_name: "endpointName"),
    "DeleteEndpoint" => delete_endpoint(set_endpoint_name: "endpointName"),
    "DescribeInferenceComponent" => describe_inference_component(set_inference_component_name: "inferenceComponentName"),
    "DeleteInferenceComponent" => delete_inference_component(set_inference_component_name: "inferenceComponentName"),
    "DescribeInferenceExperiment" => describe_inference_experiment(set_name: "name"),
    // Notebooks and Studio
    "DescribeNotebookInstance" => describe_notebook_instance(set_notebook_instance_name: "notebookInstanceName"),
    "StopNotebookInstance" => stop_notebook_instance(set_notebook_instance_name: "notebookInstanceName"),
    "DescribeApp" => describe_app(
        set_domain_id: "domainId", set_app_type: "appType", set_app_name: "appName";
        set_user_profile_name: "userProfileName"; set_space_name: "spaceName"
    ),
    "DeleteApp" => delete_app(
        set_domain_id: "domainId", set_app_type: "appType", set_app_name: "appName";
        set_user_profile_name: "userProfileName"; set_space_name: "spaceName"
    ),
    "DescribeDomain" => describe_domain(set_domain_id: "domainId"),
    "DescribeUserProfile" => describe_user_profile(set_domain_id: "domainId", set_user_profile_name: "userProfileName"),
    "DescribeSpace" => describe_space(set_domain_id: "domainId", set_space_name: "spaceName"),
    // It takes an ARN for a name, and the ARN has no name.
    "DescribeCluster" => describe_cluster(set_cluster_name: "clusterArn"),
    // What is kept
    "DescribePipeline" => describe_pipeline(set_pipeline_name: "pipelineName"),
    "DescribePipelineExecution" => describe_pipeline_execution(set_pipeline_execution_arn: "pipelineExecutionArn"),
    "StopPipelineExecution" => stop_pipeline_execution(
        set_pipeline_execution_arn: "pipelineExecutionArn"; set_client_request_token: "clientRequestToken"
    ),
    "DescribeMlflowTrackingServer" => describe_mlflow_tracking_server(set_tracking_server_name: "trackingServerName"),
    "StopMlflowTrackingServer" => stop_mlflow_tracking_server(set_tracking_server_name: "trackingServerName"),
    "DescribeMlflowApp" => describe_mlflow_app(set_arn: "arn"),
    "DescribePartnerApp" => describe_partner_app(set_arn: "arn"),
    "DescribeFeatureGroup" => describe_feature_group(set_feature_group_name: "featureGroupName"),
    // It takes an ARN for a name, and only the ARN has a package's version.
    "DescribeModelPackage" => describe_model_package(set_model_package_name: "modelPackageArn"),
    "DescribeModelCard" => describe_model_card(set_model_card_name: "modelCardName"),
    "DescribeImage" => describe_image(set_image_name: "imageName"),
    "DescribeFlowDefinition" => describe_flow_definition(set_flow_definition_name: "flowDefinitionName"),
    "DescribeHub" => describe_hub(set_hub_name: "hubName"),
}

impl DescribeResource for Aws {
    async fn tags_of(&self, arn: &str) -> Answer<serde_json::Value> {
        // A resource has at most 50 tags, which fit into one page of 100.
        let listed = self.sagemaker.list_tags().resource_arn(arn).max_results(100).send().await;
        let listed = listed.map_err(failed("sagemaker:ListTags"))?;
        let tag = |tag: &aws_sdk_sagemaker::types::Tag| serde_json::json!({"Key": tag.key(), "Value": tag.value()});
        Ok(listed.tags().iter().map(tag).collect())
    }
}

/// The operations that list resources, each as a method of the SDK, with what can limit the list.
macro_rules! lists {
    ($($name:literal => $method:ident($($limit:ident: $setter:ident)?),)+) => {
        /// The names of the operations that list.
        pub const LISTS: &[&str] = &[$($name),+];

        impl ListResources for Aws {
            async fn list(&self, operation: &str, which: Which<'_>) -> Result<Page, Refused> {
                let action = format!("sagemaker:{operation}");
                let keep = Keep::default();
                match operation {
                    $($name => {
                        let list = self.sagemaker.$method().set_max_results(Some(which.most));
                        let list = list.set_next_token(which.page.map(str::to_owned)) $(.$setter(lists!(@$limit which)))?;
                        let sent = Box::pin(list.customize().interceptor(keep.clone()).send()).await;
                        sent.map_err(|error| Refused { code: code(&error).map(str::to_owned), failure: failed(&action)(error) })?;
                    })+
                    other => return Err(Failure(format!("`{other}` is not known here")).into()),
                }
                Ok(page(keep.json(&action)?))
            }
        }
    };
    (@since $which:ident) => { $which.since.map(|since| DateTime::from_secs(since.as_second())) };
    (@of $which:ident) => { $which.of.map(str::to_owned) };
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
    "ListMonitoringSchedules" => list_monitoring_schedules(of: set_monitoring_job_definition_name),
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

/// The answer of a list: one member holds the resources, another the token of the next page.
fn page(answer: serde_json::Value) -> Page {
    let serde_json::Value::Object(members) = answer else { return Page::default() };
    let next = members.get("NextToken").and_then(|token| token.as_str()).map(str::to_owned);
    let lists = members.into_iter().filter_map(|(_, member)| match member {
        serde_json::Value::Array(summaries) => Some(summaries),
        _ => None,
    });
    Page { summaries: lists.flatten().collect(), next }
}
