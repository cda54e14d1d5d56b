//! The names of all operations of SageMaker, judged or not: to tell a misspelt name from one that is of no concern.

/// Every operation of SageMaker and of SageMaker Runtime, in alphabetic order. Source: their service models in the AWS SDKs.
#[rustfmt::skip]
pub static OPERATION_NAMES: &[&str] = &[
    "AddAssociation", "AddTags", "AssociateTrialComponent", "AttachClusterNodeNetworkInterface",
    "AttachClusterNodeVolume", "BatchAddClusterNodes", "BatchDeleteClusterNodes", "BatchDescribeModelPackage",
    "BatchRebootClusterNodes", "BatchReplaceClusterNodes", "CreateAIBenchmarkJob", "CreateAIRecommendationJob",
    "CreateAIWorkloadConfig", "CreateAction", "CreateAlgorithm", "CreateApp", "CreateAppImageConfig",
    "CreateArtifact", "CreateAutoMLJob", "CreateAutoMLJobV2", "CreateCluster", "CreateClusterExtension",
    "CreateClusterSchedulerConfig", "CreateCodeRepository", "CreateCompilationJob", "CreateComputeQuota",
    "CreateContext", "CreateDataQualityJobDefinition", "CreateDeviceFleet", "CreateDomain",
    "CreateEdgeDeploymentPlan", "CreateEdgeDeploymentStage", "CreateEdgePackagingJob", "CreateEndpoint",
    "CreateEndpointConfig", "CreateExperiment", "CreateFeatureGroup", "CreateFlowDefinition", "CreateHub",
    "CreateHubContentPresignedUrls", "CreateHubContentReference", "CreateHumanTaskUi",
    "CreateHyperParameterTuningJob", "CreateImage", "CreateImageVersion", "CreateInferenceComponent",
    "CreateInferenceExperiment", "CreateInferenceRecommendationsJob", "CreateInferenceRouter", "CreateJob",
    "CreateLabelingJob", "CreateMlflowApp", "CreateMlflowTrackingServer", "CreateModel",
    "CreateModelBiasJobDefinition", "CreateModelCard", "CreateModelCardExportJob",
    "CreateModelExplainabilityJobDefinition", "CreateModelPackage", "CreateModelPackageGroup",
    "CreateModelQualityJobDefinition", "CreateMonitoringSchedule", "CreateNotebookInstance",
    "CreateNotebookInstanceLifecycleConfig", "CreateOptimizationJob", "CreatePartnerApp",
    "CreatePartnerAppPresignedUrl", "CreatePipeline", "CreatePresignedDomainUrl", "CreatePresignedMlflowAppUrl",
    "CreatePresignedMlflowTrackingServerUrl", "CreatePresignedNotebookInstanceUrl", "CreateProcessingJob",
    "CreateProject", "CreateSpace", "CreateStudioLifecycleConfig", "CreateTrainingJob", "CreateTrainingPlan",
    "CreateTrainingSession", "CreateTransformJob", "CreateTrial", "CreateTrialComponent", "CreateUserProfile",
    "CreateWorkforce", "CreateWorkteam", "DeleteAIBenchmarkJob", "DeleteAIRecommendationJob",
    "DeleteAIWorkloadConfig", "DeleteAction", "DeleteAlgorithm", "DeleteApp", "DeleteAppImageConfig",
    "DeleteArtifact", "DeleteAssociation", "DeleteCluster", "DeleteClusterExtension",
    "DeleteClusterSchedulerConfig", "DeleteCodeRepository", "DeleteCompilationJob", "DeleteComputeQuota",
    "DeleteContext", "DeleteDataQualityJobDefinition", "DeleteDeviceFleet", "DeleteDomain",
    "DeleteEdgeDeploymentPlan", "DeleteEdgeDeploymentStage", "DeleteEndpoint", "DeleteEndpointConfig",
    "DeleteEndpointPolicy", "DeleteExperiment", "DeleteFeatureGroup", "DeleteFlowDefinition", "DeleteHub",
    "DeleteHubContent", "DeleteHubContentReference", "DeleteHumanTaskUi", "DeleteHyperParameterTuningJob",
    "DeleteImage", "DeleteImageVersion", "DeleteInferenceComponent", "DeleteInferenceExperiment",
    "DeleteInferenceRouter", "DeleteJob", "DeleteMlflowApp", "DeleteMlflowTrackingServer", "DeleteModel",
    "DeleteModelBiasJobDefinition", "DeleteModelCard", "DeleteModelExplainabilityJobDefinition",
    "DeleteModelPackage", "DeleteModelPackageGroup", "DeleteModelPackageGroupPolicy",
    "DeleteModelQualityJobDefinition", "DeleteMonitoringSchedule", "DeleteNotebookInstance",
    "DeleteNotebookInstanceLifecycleConfig", "DeleteOptimizationJob", "DeletePartnerApp", "DeletePipeline",
    "DeleteProcessingJob", "DeleteProject", "DeleteSpace", "DeleteStudioLifecycleConfig", "DeleteTags",
    "DeleteTrainingJob", "DeleteTrainingSession", "DeleteTrial", "DeleteTrialComponent", "DeleteUserProfile",
    "DeleteWorkforce", "DeleteWorkteam", "DeregisterDevices", "DescribeAIBenchmarkJob",
    "DescribeAIRecommendationJob", "DescribeAIWorkloadConfig", "DescribeAction", "DescribeAlgorithm",
    "DescribeApp", "DescribeAppImageConfig", "DescribeArtifact", "DescribeAutoMLJob", "DescribeAutoMLJobV2",
    "DescribeCluster", "DescribeClusterEvent", "DescribeClusterExtension", "DescribeClusterNode",
    "DescribeClusterOperation", "DescribeClusterSchedulerConfig", "DescribeCodeRepository",
    "DescribeCompilationJob", "DescribeComputeQuota", "DescribeContext", "DescribeDataQualityJobDefinition",
    "DescribeDevice", "DescribeDeviceFleet", "DescribeDomain", "DescribeEdgeDeploymentPlan",
    "DescribeEdgePackagingJob", "DescribeEndpoint", "DescribeEndpointConfig", "DescribeExperiment",
    "DescribeFeatureGroup", "DescribeFeatureMetadata", "DescribeFlowDefinition", "DescribeHub",
    "DescribeHubContent", "DescribeHumanTaskUi", "DescribeHyperParameterTuningJob", "DescribeImage",
    "DescribeImageVersion", "DescribeInferenceComponent", "DescribeInferenceExperiment",
    "DescribeInferenceRecommendationsJob", "DescribeInferenceRouter", "DescribeJob", "DescribeJobSchemaVersion",
    "DescribeLabelingJob", "DescribeLineageGroup", "DescribeMlflowApp", "DescribeMlflowTrackingServer",
    "DescribeModel", "DescribeModelBiasJobDefinition", "DescribeModelCard", "DescribeModelCardExportJob",
    "DescribeModelExplainabilityJobDefinition", "DescribeModelPackage", "DescribeModelPackageGroup",
    "DescribeModelQualityJobDefinition", "DescribeMonitoringSchedule", "DescribeNotebookInstance",
    "DescribeNotebookInstanceLifecycleConfig", "DescribeOptimizationJob", "DescribePartnerApp",
    "DescribePipeline", "DescribePipelineDefinitionForExecution", "DescribePipelineExecution",
    "DescribeProcessingJob", "DescribeProject", "DescribeReservedCapacity", "DescribeSpace",
    "DescribeStudioLifecycleConfig", "DescribeSubscribedWorkteam", "DescribeTrainingJob",
    "DescribeTrainingPlan", "DescribeTrainingPlanExtensionHistory", "DescribeTrainingSession",
    "DescribeTransformJob", "DescribeTrial", "DescribeTrialComponent", "DescribeUserProfile",
    "DescribeWorkforce", "DescribeWorkteam", "DetachClusterNodeVolume",
    "DisableSagemakerServicecatalogPortfolio", "DisassociateTrialComponent",
    "EnableSagemakerServicecatalogPortfolio", "ExtendTrainingPlan", "GetDeviceFleetReport", "GetEndpointPolicy",
    "GetLineageGroupPolicy", "GetModelPackageGroupPolicy", "GetSagemakerServicecatalogPortfolioStatus",
    "GetScalingConfigurationRecommendation", "GetSearchSuggestions", "ImportHubContent", "InvokeEndpoint",
    "InvokeEndpointAsync", "InvokeEndpointWithResponseStream", "ListAIBenchmarkJobs",
    "ListAIRecommendationJobs", "ListAIWorkloadConfigs", "ListActions", "ListAlgorithms", "ListAliases",
    "ListAppImageConfigs", "ListApps", "ListArtifacts", "ListAssociations", "ListAutoMLJobs",
    "ListCandidatesForAutoMLJob", "ListClusterEvents", "ListClusterExtensionVersions", "ListClusterExtensions",
    "ListClusterNodes", "ListClusterOperations", "ListClusterSchedulerConfigs", "ListClusters",
    "ListCodeRepositories", "ListCompilationJobs", "ListComputeQuotas", "ListContexts",
    "ListDataQualityJobDefinitions", "ListDeviceFleets", "ListDevices", "ListDomains",
    "ListEdgeDeploymentPlans", "ListEdgePackagingJobs", "ListEndpointConfigs", "ListEndpoints",
    "ListExperiments", "ListFeatureGroups", "ListFlowDefinitions", "ListHubContentVersions", "ListHubContents",
    "ListHubs", "ListHumanTaskUis", "ListHyperParameterTuningJobs", "ListImageVersions", "ListImages",
    "ListInferenceComponents", "ListInferenceExperiments", "ListInferenceRecommendationsJobSteps",
    "ListInferenceRecommendationsJobs", "ListInferenceRouters", "ListJobSchemaVersions", "ListJobs",
    "ListLabelingJobs", "ListLabelingJobsForWorkteam", "ListLineageGroups", "ListMlflowApps",
    "ListMlflowTrackingServers", "ListModelBiasJobDefinitions", "ListModelCardExportJobs",
    "ListModelCardVersions", "ListModelCards", "ListModelExplainabilityJobDefinitions", "ListModelMetadata",
    "ListModelPackageGroups", "ListModelPackages", "ListModelQualityJobDefinitions", "ListModels",
    "ListMonitoringAlertHistory", "ListMonitoringAlerts", "ListMonitoringExecutions", "ListMonitoringSchedules",
    "ListNotebookInstanceLifecycleConfigs", "ListNotebookInstances", "ListOptimizationJobs", "ListPartnerApps",
    "ListPipelineExecutionSteps", "ListPipelineExecutions", "ListPipelineParametersForExecution",
    "ListPipelineVersions", "ListPipelines", "ListProcessingJobs", "ListProjects", "ListResourceCatalogs",
    "ListSpaces", "ListStageDevices", "ListStudioLifecycleConfigs", "ListSubscribedWorkteams", "ListTags",
    "ListTrainingJobs", "ListTrainingJobsForHyperParameterTuningJob", "ListTrainingPlans",
    "ListTrainingSessions", "ListTransformJobs", "ListTrialComponents", "ListTrials",
    "ListUltraServersByReservedCapacity", "ListUserProfiles", "ListWorkforces", "ListWorkteams",
    "PutEndpointPolicy", "PutModelPackageGroupPolicy", "QueryLineage", "RegisterDevices", "RenderUiTemplate",
    "RetryPipelineExecution", "Search", "SearchTrainingPlanOfferings", "SendPipelineExecutionStepFailure",
    "SendPipelineExecutionStepSuccess", "StartClusterHealthCheck", "StartEdgeDeploymentStage",
    "StartInferenceExperiment", "StartMlflowTrackingServer", "StartMonitoringSchedule", "StartNotebookInstance",
    "StartPipelineExecution", "StartSession", "StopAIBenchmarkJob", "StopAIRecommendationJob", "StopAutoMLJob",
    "StopCompilationJob", "StopEdgeDeploymentStage", "StopEdgePackagingJob", "StopHyperParameterTuningJob",
    "StopInferenceExperiment", "StopInferenceRecommendationsJob", "StopJob", "StopLabelingJob",
    "StopMlflowTrackingServer", "StopMonitoringSchedule", "StopNotebookInstance", "StopOptimizationJob",
    "StopPipelineExecution", "StopProcessingJob", "StopTrainingJob", "StopTrainingSession", "StopTransformJob",
    "UpdateAction", "UpdateAppImageConfig", "UpdateArtifact", "UpdateCluster", "UpdateClusterExtension",
    "UpdateClusterSchedulerConfig", "UpdateClusterSoftware", "UpdateCodeRepository", "UpdateComputeQuota",
    "UpdateContext", "UpdateDeviceFleet", "UpdateDevices", "UpdateDomain", "UpdateEndpoint",
    "UpdateEndpointWeightsAndCapacities", "UpdateExperiment", "UpdateFeatureGroup", "UpdateFeatureMetadata",
    "UpdateHub", "UpdateHubContent", "UpdateHubContentReference", "UpdateImage", "UpdateImageVersion",
    "UpdateInferenceComponent", "UpdateInferenceComponentRuntimeConfig", "UpdateInferenceExperiment",
    "UpdateInferenceRouter", "UpdateMlflowApp", "UpdateMlflowTrackingServer", "UpdateModelCard",
    "UpdateModelPackage", "UpdateMonitoringAlert", "UpdateMonitoringSchedule", "UpdateNotebookInstance",
    "UpdateNotebookInstanceLifecycleConfig", "UpdatePartnerApp", "UpdatePipeline", "UpdatePipelineExecution",
    "UpdatePipelineVersion", "UpdateProject", "UpdateSpace", "UpdateTrainingJob", "UpdateTrial",
    "UpdateTrialComponent", "UpdateUserProfile", "UpdateWorkforce", "UpdateWorkteam",
];

/// Actions in IAM's `sagemaker:` that no operation of SageMaker or SageMaker Runtime has the name of, in alphabetic order. Source:
/// Service Authorization Reference, "Actions, resources, and condition keys for Amazon SageMaker AI".
#[rustfmt::skip]
pub static OTHER_ACTIONS: &[&str] = &[
    "BatchGetMetrics", "BatchGetRecord", "BatchPutMetrics", "CallMlflowAppApi", "CallPartnerAppApi",
    "CallWithBearerToken", "CreateLineageGroupPolicy", "CreateReservedCapacity", "CreateSharedModel",
    "DeleteHumanLoop", "DeleteLineageGroupPolicy", "DeleteRecord", "DeleteResourcePolicy", "DeployHubModel",
    "DescribeClusterInference", "DescribeHumanLoop", "DescribeSharedModel", "GetDeployments",
    "GetDeviceRegistration", "GetRecord", "GetResourcePolicy", "ListHumanLoops", "ListSharedModelEvents",
    "ListSharedModelVersions", "ListSharedModels", "PutLineageGroupPolicy", "PutRecord", "PutResourcePolicy",
    "SendHeartbeat", "SendSharedModelEvent", "StartHumanLoop", "StopHumanLoop", "TrainHubModel",
    "UpdateClusterInference", "UpdateSharedModel",
];

/// The same actions by fewer, shorter patterns: a common beginning and `*` for those that share one with no other action.
pub fn abbreviate(actions: &[&str]) -> Vec<String> {
    let mut known: Vec<&str> =
        OPERATION_NAMES.iter().chain(OTHER_ACTIONS).copied().chain(actions.iter().copied()).collect();
    known.sort_unstable();
    known.dedup();
    let mut patterns = Vec::new();
    cover(&known, 0, actions, &mut patterns);
    patterns
}

/// Covers those of `known`, names that share their first `length` bytes, which are among `wanted`.
fn cover(known: &[&str], length: usize, wanted: &[&str], patterns: &mut Vec<String>) {
    let are_wanted = known.iter().filter(|name| wanted.contains(name)).count();
    match known {
        _ if are_wanted == 0 => {}
        [name] => patterns.push((*name).to_owned()),
        [first, .., last] if are_wanted == known.len() => {
            // In order, the first and the last differ no later than any two.
            let shared = first.bytes().zip(last.bytes()).take_while(|(one, other)| one == other).count();
            patterns.push(format!("{}*", first.get(..shared).unwrap_or_default()));
        }
        _ => {
            let next = |name: &&str| name.as_bytes().get(length).copied();
            known.chunk_by(|one, other| next(one) == next(other)).for_each(|group| match group {
                [ended] if next(ended).is_none() => cover(group, length, wanted, patterns),
                _ => cover(group, length + 1, wanted, patterns),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_order() {
        assert!(OPERATION_NAMES.is_sorted());
        assert!(OTHER_ACTIONS.is_sorted());
        assert!(OTHER_ACTIONS.iter().all(|action| OPERATION_NAMES.binary_search(action).is_err()));
    }

    #[test]
    fn patterns_stand_for_what_was_named_and_nothing_else() {
        assert_eq!(abbreviate(&["CreateTrainingJob"]), ["CreateTrainingJob"]);
        assert_eq!(
            abbreviate(&["CreateSpace", "CreateStudioLifecycleConfig"]),
            ["CreateSpace", "CreateStudioLifecycleConfig"]
        );
        assert_eq!(abbreviate(&["CreateModel", "CreateModelCard"]), ["CreateModel", "CreateModelCard"]);
        assert_eq!(
            abbreviate(&["CreateNotebookInstance", "CreateNotebookInstanceLifecycleConfig"]),
            ["CreateNotebookInstance*"]
        );
        for fewer in 1..7 {
            let actions: Vec<_> = OPERATION_NAMES.iter().copied().step_by(fewer).collect();
            let patterns = abbreviate(&actions);
            let matches = |name: &&str| {
                patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
                    Some(start) => name.starts_with(start),
                    None => name == pattern,
                })
            };
            let matched: Vec<_> = OPERATION_NAMES.iter().chain(OTHER_ACTIONS).copied().filter(matches).collect();
            assert_eq!(matched, actions);
        }
    }
}
