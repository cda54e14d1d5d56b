//! Operations that are judged only by whose resource they change, stop, delete or open.

use super::Operation;
use super::groups::{changes, open, other, uses};

#[rustfmt::skip]
pub(super) const TRAINING: &[Operation] = &[
    other("StopTrainingJob", "training-job", "trainingJobName", ""),
    other("DeleteTrainingJob", "training-job", "trainingJobName", ""),
    other("StopHyperParameterTuningJob", "hyper-parameter-tuning-job", "hyperParameterTuningJobName", ""),
    other("DeleteHyperParameterTuningJob", "hyper-parameter-tuning-job", "hyperParameterTuningJobName", ""),
    other("StopAutoMLJob", "automl-job", "autoMLJobName", ""),
    other("StopTrainingSession", "training-session", "trainingSessionName", ""),
    other("DeleteTrainingSession", "training-session", "trainingSessionName", ""),
    other("DeleteAlgorithm", "algorithm", "algorithmName", ""),
];

#[rustfmt::skip]
pub(super) const JOBS: &[Operation] = &[
    other("StopProcessingJob", "processing-job", "processingJobName", ""),
    other("DeleteProcessingJob", "processing-job", "processingJobName", ""),
    other("StopTransformJob", "transform-job", "transformJobName", ""),
    other("StopCompilationJob", "compilation-job", "compilationJobName", ""),
    other("DeleteCompilationJob", "compilation-job", "compilationJobName", ""),
    other("StopEdgePackagingJob", "edge-packaging-job", "edgePackagingJobName", ""),
    other("StopOptimizationJob", "optimization-job", "optimizationJobName", ""),
    other("DeleteOptimizationJob", "optimization-job", "optimizationJobName", ""),
    other("StopLabelingJob", "labeling-job", "labelingJobName", ""),
    other("StopInferenceRecommendationsJob", "inference-recommendations-job", "jobName", ""),
    other("StopAIBenchmarkJob", "ai-benchmark-job", "aIBenchmarkJobName", "aIBenchmarkJobArn"),
    other("DeleteAIBenchmarkJob", "ai-benchmark-job", "aIBenchmarkJobName", "aIBenchmarkJobArn"),
    other("StopAIRecommendationJob", "ai-recommendation-job", "aIRecommendationJobName", "aIRecommendationJobArn"),
    other("DeleteAIRecommendationJob", "ai-recommendation-job", "aIRecommendationJobName", "aIRecommendationJobArn"),
    other("DeleteAIWorkloadConfig", "ai-workload-config", "aIWorkloadConfigName", "aIWorkloadConfigArn"),
    other("StopJob", "job", "jobName", ""),
    other("DeleteJob", "job", "jobName", ""),
];

#[rustfmt::skip]
pub(super) const MONITORING: &[Operation] = &[
    other("StopMonitoringSchedule", "monitoring-schedule", "monitoringScheduleName", ""),
    other("DeleteMonitoringSchedule", "monitoring-schedule", "monitoringScheduleName", ""),
    other("UpdateMonitoringAlert", "monitoring-schedule", "monitoringScheduleName", "monitoringScheduleArn"),
    other("DeleteDataQualityJobDefinition", "data-quality-job-definition", "jobDefinitionName", ""),
    other("DeleteModelQualityJobDefinition", "model-quality-job-definition", "jobDefinitionName", ""),
    other("DeleteModelBiasJobDefinition", "model-bias-job-definition", "jobDefinitionName", ""),
    other("DeleteModelExplainabilityJobDefinition", "model-explainability-job-definition", "jobDefinitionName", ""),
];

#[rustfmt::skip]
pub(super) const HOSTING: &[Operation] = &[
    other("DeleteModel", "model", "modelName", ""),
    other("DeleteEndpointConfig", "endpoint-config", "endpointConfigName", ""),
    other("DeleteEndpoint", "endpoint", "endpointName", ""),
    other("PutEndpointPolicy", "endpoint", "endpointName", "endpointArn"),
    other("DeleteEndpointPolicy", "endpoint", "endpointName", ""),
    other("DeleteInferenceComponent", "inference-component", "inferenceComponentName", ""),
    other("UpdateInferenceComponentRuntimeConfig", "inference-component", "inferenceComponentName", "inferenceComponentArn"),
    other("StopInferenceExperiment", "inference-experiment", "name", "inferenceExperimentArn"),
    other("DeleteInferenceExperiment", "inference-experiment", "name", "inferenceExperimentArn"),
    other("DeleteInferenceRouter", "inference-router", "inferenceRouterName", ""),
];

#[rustfmt::skip]
pub(super) const STUDIO: &[Operation] = &[
    other("StopNotebookInstance", "notebook-instance", "notebookInstanceName", ""),
    other("DeleteNotebookInstance", "notebook-instance", "notebookInstanceName", ""),
    other("UpdateNotebookInstanceLifecycleConfig", "notebook-instance-lifecycle-config", "notebookInstanceLifecycleConfigName", ""),
    other("DeleteNotebookInstanceLifecycleConfig", "notebook-instance-lifecycle-config", "notebookInstanceLifecycleConfigName", ""),
    other("DeleteDomain", "domain", "domainId", ""),
    other("DeleteUserProfile", "user-profile", "userProfileName", ""),
    other("DeleteSpace", "space", "spaceName", ""),
    other("UpdateAppImageConfig", "app-image-config", "appImageConfigName", "appImageConfigArn"),
    other("DeleteAppImageConfig", "app-image-config", "appImageConfigName", ""),
    other("DeleteStudioLifecycleConfig", "studio-lifecycle-config", "studioLifecycleConfigName", ""),
    Operation {
        slots: &[&[changes("user-profile", "userProfileName"), changes("space", "spaceName")]],
        ..other("DeleteApp", "app", "appName", "")
    },
    open(
        "CreatePresignedDomainUrl", "domain", "domainId", "",
        &[&[uses("domain", "domainId").required(), uses("user-profile", "userProfileName").required(), uses("space", "spaceName")]],
    ),
    open(
        "CreatePresignedNotebookInstanceUrl", "notebook-instance", "notebookInstanceName", "",
        &[&[uses("notebook-instance", "notebookInstanceName").required()]],
    ),
];

#[rustfmt::skip]
pub(super) const CLUSTERS: &[Operation] = &[
    other("UpdateClusterSoftware", "cluster", "clusterName", "clusterArn"),
    other("DeleteCluster", "cluster", "clusterName", "clusterArn"),
    other("BatchDeleteClusterNodes", "cluster", "clusterName", ""),
    other("BatchRebootClusterNodes", "cluster", "clusterName", ""),
    other("BatchReplaceClusterNodes", "cluster", "clusterName", ""),
    other("AttachClusterNodeVolume", "cluster", "", "clusterArn"),
    other("DetachClusterNodeVolume", "cluster", "", "clusterArn"),
    other("AttachClusterNodeNetworkInterface", "cluster", "clusterName", "clusterArn"),
    other("UpdateClusterExtension", "cluster-extension", "", "extensionArn"),
    other("DeleteClusterExtension", "cluster-extension", "", "extensionArn"),
    other("UpdateClusterSchedulerConfig", "cluster-scheduler-config", "clusterSchedulerConfigId", "clusterSchedulerConfigArn"),
    other("UpdateComputeQuota", "compute-quota", "computeQuotaId", "computeQuotaArn"),
];

#[rustfmt::skip]
pub(super) const ASSETS: &[Operation] = &[
    other("UpdatePipelineVersion", "pipeline", "", "pipelineArn"),
    other("DeletePipeline", "pipeline", "pipelineName", "pipelineArn"),
    other("UpdatePipelineExecution", "pipeline-execution", "", "pipelineExecutionArn"),
    other("StopPipelineExecution", "pipeline-execution", "", "pipelineExecutionArn"),
    other("SendPipelineExecutionStepSuccess", "pipeline-execution", "", "pipelineExecutionArn"),
    other("SendPipelineExecutionStepFailure", "pipeline-execution", "", "pipelineExecutionArn"),
    other("StopMlflowTrackingServer", "mlflow-tracking-server", "trackingServerName", "trackingServerArn"),
    other("DeleteMlflowTrackingServer", "mlflow-tracking-server", "trackingServerName", "trackingServerArn"),
    other("DeleteMlflowApp", "mlflow-app", "", "arn"),
    other("DeletePartnerApp", "partner-app", "", "arn"),
    other("UpdateFeatureGroup", "feature-group", "featureGroupName", "featureGroupArn"),
    other("UpdateFeatureMetadata", "feature-group", "featureGroupName", ""),
    other("DeleteFeatureGroup", "feature-group", "featureGroupName", ""),
    other("DeleteModelPackage", "model-package", "modelPackageName", ""),
    other("PutModelPackageGroupPolicy", "model-package-group", "modelPackageGroupName", "modelPackageGroupArn"),
    other("DeleteModelPackageGroupPolicy", "model-package-group", "modelPackageGroupName", ""),
    other("DeleteModelPackageGroup", "model-package-group", "modelPackageGroupName", ""),
    other("UpdateModelCard", "model-card", "modelCardName", "modelCardArn"),
    other("DeleteModelCard", "model-card", "modelCardName", ""),
    other("UpdateImageVersion", "image", "imageName", "imageVersionArn"),
    other("DeleteImageVersion", "image", "imageName", ""),
    other("DeleteImage", "image", "imageName", ""),
    other("UpdateDevices", "device-fleet", "deviceFleetName", ""),
    other("DeregisterDevices", "device-fleet", "deviceFleetName", ""),
    other("DeleteDeviceFleet", "device-fleet", "deviceFleetName", ""),
    other("DeleteFlowDefinition", "flow-definition", "flowDefinitionName", ""),
    other("DeleteHumanTaskUi", "human-task-ui", "humanTaskUiName", ""),
    other("DeleteWorkforce", "workforce", "workforceName", ""),
    other("UpdateHub", "hub", "hubName", "hubArn"),
    other("DeleteHub", "hub", "hubName", ""),
    other("DeleteProject", "project", "projectName", ""),
    other("UpdateCodeRepository", "code-repository", "codeRepositoryName", "codeRepositoryArn"),
    other("DeleteCodeRepository", "code-repository", "codeRepositoryName", ""),
    other("UpdateAction", "action", "actionName", "actionArn"),
    other("DeleteAction", "action", "actionName", "actionArn"),
    other("UpdateArtifact", "artifact", "", "artifactArn"),
    other("DeleteArtifact", "artifact", "", "artifactArn"),
    other("UpdateContext", "context", "contextName", "contextArn"),
    other("DeleteContext", "context", "contextName", "contextArn"),
    other("UpdateExperiment", "experiment", "experimentName", "experimentArn"),
    other("DeleteExperiment", "experiment", "experimentName", "experimentArn"),
    other("UpdateTrial", "experiment-trial", "trialName", "trialArn"),
    other("DeleteTrial", "experiment-trial", "trialName", "trialArn"),
    other("UpdateTrialComponent", "experiment-trial-component", "trialComponentName", "trialComponentArn"),
    other("DeleteTrialComponent", "experiment-trial-component", "trialComponentName", "trialComponentArn"),
    Operation {
        slots: &[&[changes("experiment-trial", "trialName").required()]],
        ..other("AssociateTrialComponent", "experiment-trial-component", "trialComponentName", "trialComponentArn")
    },
    Operation {
        slots: &[&[changes("experiment-trial", "trialName").required()]],
        ..other("DisassociateTrialComponent", "experiment-trial-component", "trialComponentName", "trialComponentArn")
    },
    open(
        "CreatePresignedMlflowTrackingServerUrl", "mlflow-tracking-server", "trackingServerName", "",
        &[&[uses("mlflow-tracking-server", "trackingServerName").required()]],
    ),
    open("CreatePresignedMlflowAppUrl", "mlflow-app", "", "arn", &[&[uses("mlflow-app", "arn").required()]]),
    open("CreatePartnerAppPresignedUrl", "partner-app", "", "arn", &[&[uses("partner-app", "arn").required()]]),
];
