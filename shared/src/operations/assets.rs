//! Resources that are kept and do not run: pipelines, MLflow, features, model packages, images, devices, human tasks,
//! hubs, projects, and the records of experiments.

use super::Field::{
    Compute, ContentKey, ExecutionRole, Image, ImageSource, InputUri, InstanceCount, InstanceType, OutputKey,
    OutputUri, SecurityGroup, ServiceRole, StorageKey, StorageSwitch, Subnet, Variables, VolumeKey,
};
use super::Stop::{By, Never};
use super::groups::{
    NO_WAY_BACK, OPTIONAL_ROLE, ROLE, TAGS, changes, create, output, packaged_containers, required, required_output,
    slot, update, uses, validation_transform_job,
};
use super::{Operation, Slot, Stop, Untagged};

const HOLDS_WORK: Stop = Never("deleting it may lose people's work");

/// Where MLflow writes its artifacts.
const ARTIFACT_STORE: &[Slot] = &[slot(OutputUri, "artifactStoreUri")];

/// The network from which people reach a workforce's portal.
const WORKFORCE_VPC: &[Slot] =
    &[slot(Subnet, "workforceVpcConfig.subnets[]"), slot(SecurityGroup, "workforceVpcConfig.securityGroupIds[]")];

pub(super) const OPERATIONS: &[Operation] = &[
    create(
        "CreatePipeline",
        "pipeline",
        "pipelineName",
        "pipelineArn",
        Never("a pipeline's steps are judged when they start"),
        &[TAGS, ROLE],
    )
    .described(),
    update("UpdatePipeline", "pipeline", "pipelineName", "pipelineArn", NO_WAY_BACK, &[OPTIONAL_ROLE]),
    create(
        "StartPipelineExecution",
        "pipeline-execution",
        "",
        "pipelineExecutionArn",
        By("StopPipelineExecution"),
        &[OPTIONAL_ROLE, &[uses("pipeline", "pipelineName").required()]],
    )
    .described(),
    update(
        "RetryPipelineExecution",
        "pipeline-execution",
        "",
        "pipelineExecutionArn",
        By("StopPipelineExecution"),
        &[],
    ),
    create(
        "CreateMlflowTrackingServer",
        "mlflow-tracking-server",
        "trackingServerName",
        "trackingServerArn",
        By("StopMlflowTrackingServer"),
        &[TAGS, ROLE, &[required(OutputUri, "artifactStoreUri")]],
    )
    .described()
    .listed_by("ListMlflowTrackingServers"),
    update(
        "UpdateMlflowTrackingServer",
        "mlflow-tracking-server",
        "trackingServerName",
        "trackingServerArn",
        By("StopMlflowTrackingServer"),
        &[ARTIFACT_STORE],
    ),
    update(
        "StartMlflowTrackingServer",
        "mlflow-tracking-server",
        "trackingServerName",
        "trackingServerArn",
        By("StopMlflowTrackingServer"),
        &[],
    ),
    create(
        "CreateMlflowApp",
        "mlflow-app",
        "name",
        "arn",
        HOLDS_WORK,
        &[TAGS, ROLE, &[slot(ContentKey, "kmsKeyId"), required(OutputUri, "artifactStoreUri")]],
    )
    .described()
    .listed_by("ListMlflowApps"),
    update("UpdateMlflowApp", "mlflow-app", "name", "arn", HOLDS_WORK, &[ARTIFACT_STORE]),
    create(
        "CreatePartnerApp",
        "partner-app",
        "name",
        "arn",
        HOLDS_WORK,
        &[TAGS, &[required(ExecutionRole, "executionRoleArn"), slot(ContentKey, "kmsKeyId")]],
    )
    .described()
    .listed_by("ListPartnerApps"),
    update("UpdatePartnerApp", "partner-app", "", "arn", HOLDS_WORK, &[TAGS]),
    create(
        "CreateFeatureGroup",
        "feature-group",
        "featureGroupName",
        "featureGroupArn",
        HOLDS_WORK,
        &[
            TAGS,
            OPTIONAL_ROLE,
            &[
                slot(StorageKey, "onlineStoreConfig?.securityConfig.kmsKeyId"),
                slot(StorageSwitch, "onlineStoreConfig?.enableOnlineStore"),
            ],
            output!("offlineStoreConfig.s3StorageConfig", "s3Uri"),
        ],
    )
    .described()
    .listed_by("ListFeatureGroups"),
    create(
        "CreateModelPackage",
        "model-package",
        "modelPackageName",
        "modelPackageArn",
        HOLDS_WORK,
        &[
            TAGS,
            &[
                slot(ExecutionRole, "validationSpecification.validationRole"),
                changes("model-package-group", "modelPackageGroupName"),
                slot(ContentKey, "securityConfig.kmsKeyId"),
                slot(InputUri, "samplePayloadUrl"),
                slot(InputUri, "sourceAlgorithmSpecification.sourceAlgorithms[].modelDataUrl"),
                slot(InputUri, "sourceAlgorithmSpecification.sourceAlgorithms[].modelDataSource.s3DataSource.s3Uri"),
                slot(
                    InputUri,
                    "sourceAlgorithmSpecification.sourceAlgorithms[].modelDataSource.s3DataSource.manifestS3Uri",
                ),
                slot(ImageSource, "sourceAlgorithmSpecification.sourceAlgorithms[].algorithmName"),
            ],
            validation_transform_job!(),
            packaged_containers!("inferenceSpecification.containers[]"),
            packaged_containers!("additionalInferenceSpecifications[].containers[]"),
        ],
    )
    .described()
    // "Tags are not supported in Model Package versions. Please add them to the Model Package Group." (what SageMaker answers)
    .untagged(Untagged::Shares("modelPackageGroupName")),
    update(
        "UpdateModelPackage",
        "model-package",
        "",
        "modelPackageArn",
        HOLDS_WORK,
        &[
            packaged_containers!("inferenceSpecification.containers[]"),
            packaged_containers!("additionalInferenceSpecificationsToAdd[].containers[]"),
        ],
    ),
    create(
        "CreateModelPackageGroup",
        "model-package-group",
        "modelPackageGroupName",
        "modelPackageGroupArn",
        HOLDS_WORK,
        &[TAGS],
    ),
    create(
        "CreateModelCard",
        "model-card",
        "modelCardName",
        "modelCardArn",
        HOLDS_WORK,
        &[TAGS, &[slot(ContentKey, "securityConfig.kmsKeyId")]],
    )
    .described(),
    create(
        "CreateModelCardExportJob",
        "model-card-export-job",
        "modelCardExportJobName",
        "modelCardExportJobArn",
        Never("it ends within moments"),
        &[&[required(OutputUri, "outputConfig.s3OutputPath"), uses("model-card", "modelCardName").required()]],
    ),
    create("CreateImage", "image", "imageName", "imageArn", HOLDS_WORK, &[TAGS, ROLE]).described(),
    update("UpdateImage", "image", "imageName", "imageArn", HOLDS_WORK, &[OPTIONAL_ROLE]),
    create(
        "CreateImageVersion",
        "image-version",
        "imageName",
        "imageVersionArn",
        HOLDS_WORK,
        &[&[required(Image, "baseImage"), changes("image", "imageName").required()]],
    ),
    create(
        "CreateDeviceFleet",
        "device-fleet",
        "deviceFleetName",
        "",
        HOLDS_WORK,
        &[TAGS, OPTIONAL_ROLE, required_output!("outputConfig", "s3OutputLocation")],
    ),
    update(
        "UpdateDeviceFleet",
        "device-fleet",
        "deviceFleetName",
        "",
        HOLDS_WORK,
        &[OPTIONAL_ROLE, required_output!("outputConfig", "s3OutputLocation")],
    ),
    create(
        "RegisterDevices",
        "device",
        "deviceFleetName",
        "",
        HOLDS_WORK,
        &[TAGS, &[changes("device-fleet", "deviceFleetName").required()]],
    ),
    create(
        "CreateEdgeDeploymentPlan",
        "edge-deployment-plan",
        "edgeDeploymentPlanName",
        "edgeDeploymentPlanArn",
        HOLDS_WORK,
        &[TAGS],
    ),
    update(
        "StartEdgeDeploymentStage",
        "edge-deployment-plan",
        "edgeDeploymentPlanName",
        "",
        Never("the deployment to devices may already be running"),
        &[],
    ),
    create(
        "CreateFlowDefinition",
        "flow-definition",
        "flowDefinitionName",
        "flowDefinitionArn",
        HOLDS_WORK,
        &[TAGS, ROLE, required_output!("outputConfig", "s3OutputPath")],
    )
    .described(),
    create("CreateHumanTaskUi", "human-task-ui", "humanTaskUiName", "humanTaskUiArn", HOLDS_WORK, &[TAGS]),
    create("CreateWorkforce", "workforce", "workforceName", "workforceArn", HOLDS_WORK, &[TAGS, WORKFORCE_VPC]),
    update("UpdateWorkforce", "workforce", "workforceName", "", HOLDS_WORK, &[WORKFORCE_VPC]),
    create("CreateWorkteam", "workteam", "workteamName", "workteamArn", HOLDS_WORK, &[TAGS]),
    create(
        "CreateHub",
        "hub",
        "hubName",
        "hubArn",
        HOLDS_WORK,
        &[TAGS, &[slot(OutputUri, "s3StorageConfig.s3OutputPath")]],
    )
    .described(),
    create(
        "ImportHubContent",
        "hub-content",
        "hubContentName",
        "hubContentArn",
        HOLDS_WORK,
        &[TAGS, &[changes("hub", "hubName").required()]],
    ),
    create(
        "CreateHubContentReference",
        "hub-content",
        "hubContentName",
        "hubContentArn",
        HOLDS_WORK,
        &[TAGS, &[changes("hub", "hubName").required()]],
    ),
    create(
        "CreateProject",
        "project",
        "projectName",
        "projectArn",
        HOLDS_WORK,
        &[TAGS, &[slot(ServiceRole, "templateProviders[].cfnTemplateProvider.roleARN")]],
    ),
    update("UpdateProject", "project", "projectName", "projectArn", HOLDS_WORK, &[TAGS]),
    create("CreateAction", "action", "actionName", "actionArn", HOLDS_WORK, &[TAGS]),
    create("CreateArtifact", "artifact", "artifactName", "artifactArn", HOLDS_WORK, &[TAGS]),
    create("CreateContext", "context", "contextName", "contextArn", HOLDS_WORK, &[TAGS]),
    create("CreateExperiment", "experiment", "experimentName", "experimentArn", HOLDS_WORK, &[TAGS]),
    create(
        "CreateTrial",
        "experiment-trial",
        "trialName",
        "trialArn",
        HOLDS_WORK,
        &[TAGS, &[changes("experiment", "experimentName").required()]],
    ),
    create(
        "CreateTrialComponent",
        "experiment-trial-component",
        "trialComponentName",
        "trialComponentArn",
        HOLDS_WORK,
        &[TAGS],
    ),
    create("CreateCodeRepository", "code-repository", "codeRepositoryName", "codeRepositoryArn", HOLDS_WORK, &[TAGS]),
];
