//! Which condition keys go with which SageMaker actions.
//!
//! Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon SageMaker AI". The keys
//! that it calls deprecated (`sagemaker:VolumeKmsKey` …) are listed for the actions of their successors
//! (`sagemaker:VolumeKmsKeyArn` …): it does not say which of the two a request carries.

/// Whether requests for a SageMaker action can carry a condition key. `aws:` keys about the caller or the call go
/// with every action; `aws:RequestTag/…` and `aws:TagKeys` only with those that take tags. Key names ignore case.
pub fn applies(key: &str, action: &str) -> bool {
    let is_named = |name: &str| match name.strip_suffix('/') {
        Some(_) => key.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)),
        None => key.eq_ignore_ascii_case(name),
    };
    let mut listed = KEYS.iter().filter(|(name, _)| is_named(name)).peekable();
    if listed.peek().is_none() {
        return key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:"));
    }
    listed.any(|(_, actions)| actions.binary_search(&action).is_ok())
}

/// The actions whose requests may have tags.
#[rustfmt::skip]
const TAKING_TAGS: &[&str] = &[
    "AddTags", "CreateAIBenchmarkJob", "CreateAIRecommendationJob", "CreateAIWorkloadConfig",
    "CreateAction", "CreateAlgorithm", "CreateApp", "CreateAppImageConfig", "CreateArtifact",
    "CreateAutoMLJob", "CreateAutoMLJobV2", "CreateCluster", "CreateClusterSchedulerConfig",
    "CreateCodeRepository", "CreateCompilationJob", "CreateComputeQuota", "CreateContext",
    "CreateDataQualityJobDefinition", "CreateDeviceFleet", "CreateDomain", "CreateEdgeDeploymentPlan",
    "CreateEdgeDeploymentStage", "CreateEdgePackagingJob", "CreateEndpoint", "CreateEndpointConfig",
    "CreateExperiment", "CreateFeatureGroup", "CreateFlowDefinition", "CreateHub",
    "CreateHubContentReference", "CreateHumanTaskUi", "CreateHyperParameterTuningJob", "CreateImage",
    "CreateInferenceComponent", "CreateInferenceExperiment", "CreateInferenceRecommendationsJob",
    "CreateJob", "CreateLabelingJob", "CreateMlflowApp", "CreateMlflowTrackingServer", "CreateModel",
    "CreateModelBiasJobDefinition", "CreateModelCard", "CreateModelExplainabilityJobDefinition",
    "CreateModelPackage", "CreateModelPackageGroup", "CreateModelQualityJobDefinition",
    "CreateMonitoringSchedule", "CreateNotebookInstance", "CreateNotebookInstanceLifecycleConfig",
    "CreateOptimizationJob", "CreatePartnerApp", "CreatePipeline", "CreateProcessingJob", "CreateProject",
    "CreateReservedCapacity", "CreateSpace", "CreateStudioLifecycleConfig", "CreateTrainingJob",
    "CreateTrainingPlan", "CreateTransformJob", "CreateTrial", "CreateTrialComponent", "CreateUserProfile",
    "CreateWorkforce", "CreateWorkteam", "ImportHubContent", "RegisterDevices", "UpdateMonitoringSchedule",
    "UpdateProject",
];

/// Keys with their actions. A key that ends with a slash stands for all keys that begin with it.
#[rustfmt::skip]
static KEYS: &[(&str, &[&str])] = &[
    ("aws:RequestTag/", TAKING_TAGS),
    ("aws:TagKeys", TAKING_TAGS),
    ("aws:TagKeys", &["DeleteTags"]),
    ("sagemaker:AcceleratorTypes", &[
        "CreateEndpointConfig", "CreateNotebookInstance", "UpdateNotebookInstance",
    ]),
    ("sagemaker:AppNetworkAccessType", &["CreateDomain", "UpdateDomain"]),
    ("sagemaker:AuthMode", &["CreateDomain"]),
    ("sagemaker:BearerTokenType", &["CallWithBearerToken"]),
    ("sagemaker:CurrentCustomerMetadataProperties/", &[
        "AddTags", "BatchDescribeModelPackage", "CreateModelPackage", "DeleteModelPackage", "DeleteTags",
        "DescribeModelPackage", "ListTags", "UpdateModelPackage",
    ]),
    ("sagemaker:CurrentModelLifeCycleStage", &[
        "AddTags", "BatchDescribeModelPackage", "CreateModelPackage", "DeleteModelPackage", "DeleteTags",
        "DescribeModelPackage", "ListTags", "UpdateModelPackage",
    ]),
    ("sagemaker:CurrentModelLifeCycleStageStatus", &[
        "AddTags", "BatchDescribeModelPackage", "CreateModelPackage", "DeleteModelPackage", "DeleteTags",
        "DescribeModelPackage", "ListTags", "UpdateModelPackage",
    ]),
    ("sagemaker:CustomerMetadataProperties/", &["CreateModelPackage", "UpdateModelPackage"]),
    ("sagemaker:CustomerMetadataPropertiesToRemove", &["UpdateModelPackage"]),
    ("sagemaker:DirectGatedModelAccess", &["CreateModel", "CreateTrainingJob"]),
    ("sagemaker:DirectInternetAccess", &["CreateNotebookInstance"]),
    ("sagemaker:DomainSharingOutputKmsKey", &[
        "CreateDomain", "CreateUserProfile", "UpdateDomain", "UpdateUserProfile",
    ]),
    ("sagemaker:DomainSharingOutputKmsKeyArn", &[
        "CreateDomain", "CreateUserProfile", "UpdateDomain", "UpdateUserProfile",
    ]),
    ("sagemaker:EnableRemoteDebug", &["CreateTrainingJob", "UpdateTrainingJob"]),
    ("sagemaker:FeatureGroupDisableGlueTableCreation", &["CreateFeatureGroup"]),
    ("sagemaker:FeatureGroupEnableOnlineStore", &["CreateFeatureGroup"]),
    ("sagemaker:FeatureGroupOfflineStoreConfig", &["CreateFeatureGroup"]),
    ("sagemaker:FeatureGroupOfflineStoreKmsKey", &["CreateFeatureGroup"]),
    ("sagemaker:FeatureGroupOfflineStoreKmsKeyArn", &["CreateFeatureGroup"]),
    ("sagemaker:FeatureGroupOfflineStoreS3Uri", &["CreateFeatureGroup"]),
    ("sagemaker:FeatureGroupOnlineStoreKmsKey", &["CreateFeatureGroup"]),
    ("sagemaker:FeatureGroupOnlineStoreKmsKeyArn", &["CreateFeatureGroup"]),
    ("sagemaker:FileSystemAccessMode", &["CreateHyperParameterTuningJob", "CreateTrainingJob"]),
    ("sagemaker:FileSystemDirectoryPath", &["CreateHyperParameterTuningJob", "CreateTrainingJob"]),
    ("sagemaker:FileSystemId", &["CreateHyperParameterTuningJob", "CreateTrainingJob"]),
    ("sagemaker:FileSystemType", &["CreateHyperParameterTuningJob", "CreateTrainingJob"]),
    ("sagemaker:ImageArns", &[
        "CreateApp", "CreateDomain", "CreateSpace", "CreateUserProfile", "UpdateDomain", "UpdateSpace",
        "UpdateUserProfile",
    ]),
    ("sagemaker:ImageVersionArns", &[
        "CreateApp", "CreateDomain", "CreateSpace", "CreateUserProfile", "UpdateDomain", "UpdateSpace",
        "UpdateUserProfile",
    ]),
    ("sagemaker:InstanceTypes", &[
        "CreateApp", "CreateCluster", "CreateDataQualityJobDefinition", "CreateDomain", "CreateEndpointConfig",
        "CreateHyperParameterTuningJob", "CreateModelBiasJobDefinition",
        "CreateModelExplainabilityJobDefinition", "CreateModelQualityJobDefinition", "CreateMonitoringSchedule",
        "CreateNotebookInstance", "CreateProcessingJob", "CreateSpace", "CreateTrainingJob",
        "CreateTransformJob", "CreateUserProfile", "UpdateCluster", "UpdateDomain", "UpdateMonitoringSchedule",
        "UpdateNotebookInstance", "UpdateSpace", "UpdateTrainingJob", "UpdateUserProfile",
    ]),
    ("sagemaker:InterContainerTrafficEncryption", &[
        "CreateAutoMLJob", "CreateAutoMLJobV2", "CreateDataQualityJobDefinition",
        "CreateHyperParameterTuningJob", "CreateModelBiasJobDefinition",
        "CreateModelExplainabilityJobDefinition", "CreateModelQualityJobDefinition", "CreateMonitoringSchedule",
        "CreateProcessingJob", "CreateTrainingJob", "UpdateMonitoringSchedule",
    ]),
    ("sagemaker:IsUpdateRecord", &["PutRecord"]),
    ("sagemaker:KeepAlivePeriod", &["CreateTrainingJob", "UpdateTrainingJob"]),
    ("sagemaker:MaxRuntimeInSeconds", &[
        "CreateDataQualityJobDefinition", "CreateHyperParameterTuningJob", "CreateModelBiasJobDefinition",
        "CreateModelExplainabilityJobDefinition", "CreateModelQualityJobDefinition", "CreateMonitoringSchedule",
        "CreateProcessingJob", "CreateTrainingJob", "UpdateMonitoringSchedule",
    ]),
    ("sagemaker:MinimumInstanceMetadataServiceVersion", &["CreateNotebookInstance", "UpdateNotebookInstance"]),
    ("sagemaker:ModelApprovalStatus", &["CreateModelPackage", "UpdateModelPackage"]),
    ("sagemaker:ModelArn", &["CreateEndpointConfig", "CreateInferenceComponent", "CreateTransformJob"]),
    ("sagemaker:ModelLifeCycle:Stage", &["CreateModelPackage", "UpdateModelPackage"]),
    ("sagemaker:ModelLifeCycle:StageStatus", &["CreateModelPackage", "UpdateModelPackage"]),
    ("sagemaker:NetworkIsolation", &[
        "CreateDataQualityJobDefinition", "CreateEndpointConfig", "CreateHyperParameterTuningJob",
        "CreateModel", "CreateModelBiasJobDefinition", "CreateModelExplainabilityJobDefinition",
        "CreateModelQualityJobDefinition", "CreateMonitoringSchedule", "CreateProcessingJob",
        "CreateTrainingJob", "UpdateMonitoringSchedule",
    ]),
    ("sagemaker:NotebookInstanceLifecycleConfigArns", &["CreateNotebookInstance", "UpdateNotebookInstance"]),
    ("sagemaker:OutputKmsKey", &[
        "CreateAutoMLJob", "CreateAutoMLJobV2", "CreateDataQualityJobDefinition",
        "CreateHyperParameterTuningJob", "CreateJob", "CreateLabelingJob", "CreateModelBiasJobDefinition",
        "CreateModelExplainabilityJobDefinition", "CreateModelQualityJobDefinition", "CreateMonitoringSchedule",
        "CreateProcessingJob", "CreateTrainingJob", "CreateTransformJob", "UpdateMonitoringSchedule",
    ]),
    ("sagemaker:OutputKmsKeyArn", &[
        "CreateAutoMLJob", "CreateAutoMLJobV2", "CreateDataQualityJobDefinition",
        "CreateHyperParameterTuningJob", "CreateJob", "CreateLabelingJob", "CreateModelBiasJobDefinition",
        "CreateModelExplainabilityJobDefinition", "CreateModelQualityJobDefinition", "CreateMonitoringSchedule",
        "CreateProcessingJob", "CreateTrainingJob", "CreateTransformJob", "UpdateMonitoringSchedule",
    ]),
    ("sagemaker:OwnerUserProfileArn", &["CreateApp", "CreateSpace", "DeleteApp", "DeleteSpace", "UpdateSpace"]),
    ("sagemaker:PipelineVersionId", &["DescribePipeline", "StartPipelineExecution", "UpdatePipelineVersion"]),
    ("sagemaker:RemoteAccess", &["CreateSpace", "UpdateSpace"]),
    ("sagemaker:RootAccess", &["CreateNotebookInstance", "UpdateNotebookInstance"]),
    ("sagemaker:SearchVisibilityCondition/", &["Search"]),
    ("sagemaker:ServerlessMaxConcurrency", &["CreateEndpointConfig"]),
    ("sagemaker:ServerlessMemorySize", &["CreateEndpointConfig"]),
    ("sagemaker:SpaceSharingType", &["CreateApp", "CreateSpace", "DeleteApp", "DeleteSpace", "UpdateSpace"]),
    ("sagemaker:StudioLifecycleConfigArns", &[
        "CreateApp", "CreateDomain", "CreateSpace", "CreateUserProfile", "UpdateDomain", "UpdateSpace",
        "UpdateUserProfile",
    ]),
    ("sagemaker:TaggingAction", &["AddTags"]),
    ("sagemaker:TargetModel", &["InvokeEndpoint"]),
    ("sagemaker:UpdatableFeatures", &["PutRecord"]),
    ("sagemaker:VolumeKmsKey", &[
        "CreateAutoMLJob", "CreateAutoMLJobV2", "CreateDataQualityJobDefinition", "CreateDomain",
        "CreateEndpointConfig", "CreateHyperParameterTuningJob", "CreateLabelingJob",
        "CreateModelBiasJobDefinition", "CreateModelExplainabilityJobDefinition",
        "CreateModelQualityJobDefinition", "CreateMonitoringSchedule", "CreateNotebookInstance",
        "CreateProcessingJob", "CreateTrainingJob", "CreateTransformJob", "UpdateMonitoringSchedule",
    ]),
    ("sagemaker:VolumeKmsKeyArn", &[
        "CreateAutoMLJob", "CreateAutoMLJobV2", "CreateDataQualityJobDefinition", "CreateDomain",
        "CreateEndpointConfig", "CreateHyperParameterTuningJob", "CreateLabelingJob",
        "CreateModelBiasJobDefinition", "CreateModelExplainabilityJobDefinition",
        "CreateModelQualityJobDefinition", "CreateMonitoringSchedule", "CreateNotebookInstance",
        "CreateProcessingJob", "CreateTrainingJob", "CreateTransformJob", "UpdateMonitoringSchedule",
    ]),
    ("sagemaker:VpcSecurityGroupIds", &[
        "CreateAutoMLJob", "CreateAutoMLJobV2", "CreateCluster", "CreateDataQualityJobDefinition",
        "CreateDomain", "CreateEndpointConfig", "CreateHyperParameterTuningJob", "CreateJob", "CreateModel",
        "CreateModelBiasJobDefinition", "CreateModelExplainabilityJobDefinition",
        "CreateModelQualityJobDefinition", "CreateMonitoringSchedule", "CreateNotebookInstance",
        "CreateProcessingJob", "CreateTrainingJob", "CreateUserProfile", "UpdateCluster", "UpdateDomain",
        "UpdateMonitoringSchedule", "UpdateUserProfile",
    ]),
    ("sagemaker:VpcSubnets", &[
        "CreateAutoMLJob", "CreateAutoMLJobV2", "CreateCluster", "CreateDataQualityJobDefinition",
        "CreateDomain", "CreateEndpointConfig", "CreateHyperParameterTuningJob", "CreateJob", "CreateModel",
        "CreateModelBiasJobDefinition", "CreateModelExplainabilityJobDefinition",
        "CreateModelQualityJobDefinition", "CreateMonitoringSchedule", "CreateNotebookInstance",
        "CreateProcessingJob", "CreateTrainingJob", "UpdateCluster", "UpdateDomain", "UpdateMonitoringSchedule",
    ]),
    ("sagemaker:WorkteamArn", &["CreateFlowDefinition", "CreateLabelingJob"]),
    ("sagemaker:WorkteamType", &["CreateFlowDefinition", "CreateLabelingJob"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::{OPERATION_NAMES, OTHER_ACTIONS};

    #[test]
    fn the_table_is_sound() {
        for (key, actions) in KEYS {
            assert!(actions.is_sorted(), "{key}");
            for action in *actions {
                let known =
                    OPERATION_NAMES.binary_search(action).is_ok() || OTHER_ACTIONS.binary_search(action).is_ok();
                assert!(known, "{key}: {action}");
            }
        }
    }

    #[test]
    fn a_key_goes_with_the_actions_that_have_it() {
        for (key, action, expected) in [
            ("sagemaker:InstanceTypes", "CreateTrainingJob", true),
            ("sagemaker:instancetypes", "CreateTrainingJob", true),
            ("sagemaker:InstanceTypes", "CreateModel", false),
            ("sagemaker:OutputKmsKey", "CreateTrainingJob", true),
            ("sagemaker:OutputKmsKeyArn", "CreateEndpointConfig", false),
            ("sagemaker:UseSpot", "CreateTrainingJob", false),
            ("aws:RequestTag/Project", "CreateTrainingJob", true),
            ("aws:RequestTag/Project", "StopTrainingJob", false),
            ("aws:PrincipalTag/Project", "StopTrainingJob", true),
            ("aws:RequestedRegion", "ListTags", true),
        ] {
            assert_eq!(applies(key, action), expected, "{key} on {action}");
        }
    }
}
