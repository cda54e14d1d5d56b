//! SageMaker's operations that describe, stop or delete one resource.

use super::capture::CaptureBody;
use super::client::Aws;
use super::errors::{aws_error, sagemaker_error};
use crate::ports::{AwsError, AwsResult, CallSageMaker, DescribeResource, SageMakerError, Target};

/// The operations: the method of the SDK, the required members, and the optional members.
macro_rules! operations {
    ($($name:literal => $method:ident($($setter:ident: $member:literal),+ $(; $optional:ident: $other:literal)*),)+) => {
        /// The names of the operations.
        #[cfg(test)]
        const NAMES: &[&str] = &[$($name),+];

        impl CallSageMaker for Aws {
            async fn call(&self, operation: &str, target: &Target) -> Result<serde_json::Value, SageMakerError> {
                let action = format!("sagemaker:{operation}");
                let known = |member: &str| {
                    target.member(member).ok_or_else(|| AwsError(format!("the record does not have `{member}`")))
                };
                let capture = CaptureBody::default();
                match operation {
                    $($name => {
                        let call = self.sagemaker.$method()
                            $(.$setter(Some(known($member)?.into())))+
                            $(.$optional(target.member($other).map(Into::into)))*;
                        let call = call.customize().interceptor(capture.clone());
                        // Without a box, each call would add to the size of this future.
                        let sent = Box::pin(call.send()).await;
                        sent.map_err(sagemaker_error(&action))?;
                    })+
                    other => return Err(AwsError(format!("`{other}` is not a known operation")).into()),
                }
                Ok(capture.json(&action)?)
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
    "UpdateEndpoint" => update_endpoint(set_endpoint_name: "endpointName", set_endpoint_config_name: "endpointConfigName"),
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
    // It also takes an ARN, and the ARN of a cluster does not contain its name.
    "DescribeCluster" => describe_cluster(set_cluster_name: "clusterArn"),
    // Assets
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
    // It also takes an ARN, and only the ARN contains the version.
    "DescribeModelPackage" => describe_model_package(set_model_package_name: "modelPackageArn"),
    "DescribeModelCard" => describe_model_card(set_model_card_name: "modelCardName"),
    "DescribeImage" => describe_image(set_image_name: "imageName"),
    "DescribeFlowDefinition" => describe_flow_definition(set_flow_definition_name: "flowDefinitionName"),
    "DescribeHub" => describe_hub(set_hub_name: "hubName"),
}

impl DescribeResource for Aws {
    async fn tags_of(&self, arn: &str) -> AwsResult<serde_json::Value> {
        // A resource has at most 50 tags, which fit into one page of 100.
        let listed = self.sagemaker.list_tags().resource_arn(arn).max_results(100).send().await;
        let listed = listed.map_err(aws_error("sagemaker:ListTags"))?;
        let tag = |tag: &aws_sdk_sagemaker::types::Tag| serde_json::json!({"Key": tag.key(), "Value": tag.value()});
        Ok(listed.tags().iter().map(tag).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use tagwarden::operations::{Operation, Stop};

    use super::NAMES;
    use crate::resource::names::describing;

    #[test]
    fn exactly_the_operations_in_the_table_can_be_called() {
        let named = |operation: &Operation| {
            let described = operation.described.then(|| describing(operation.name));
            let undone = match operation.stop {
                Stop::By(undo) => vec![undo.to_owned(), describing(undo)],
                Stop::Never(_) => Vec::new(),
            };
            described.into_iter().chain(undone)
        };
        let named: BTreeSet<_> = Operation::all().flat_map(named).collect();
        assert_eq!(NAMES.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>(), named);
        assert_eq!(NAMES.len(), named.len(), "one is listed twice");
    }
}
