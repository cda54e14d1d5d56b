//! Training: jobs, tuning jobs, AutoML jobs, training sessions and plans.

use super::Field::{
    Compute, ExecutionRole, Image, ImageSource, InputUri, InstanceCount, InstanceCountChoice, InstanceType, KeepAlive,
    MaxRuntime, NetworkIsolation, OutputKey, OutputUri, ParallelJobs, RemoteShell, SecurityGroup, Serverless,
    ServiceRole, SpotTraining, StorageKey, Subnet, TotalJobs, TrafficEncryption, Variables, VolumeKey, Vpc,
};
use super::Stop::{By, Never};
use super::groups::{
    ROLE, TAGS, channels, create, output, packaged_containers, required, required_output, slot, update, uses,
    validation_transform_job, vpc, with_default,
};
use super::{Component, Operation};

/// API reference, `StoppingCondition`: "The default value is 1 day."
pub(super) const STOPPING_CONDITION: u64 = 86_400;

/// API reference, `AutoMLJobCompletionCriteria`: "For TextGenerationJobConfig problem types, the maximum time defaults
/// to 72 hours".
const TEXT_GENERATION: u64 = 259_200;

/// API reference, `StoppingCondition`: "The maximum value is 28 days."
const LONGEST_TRAINING: u64 = 28 * 86_400;

/// Developer Guide, "Resource limits for automatic model tuning": 30 days, which cannot be increased.
const LONGEST_TUNING: u64 = 30 * 86_400;

/// `ResourceConfig` at a path, without the path itself.
macro_rules! resource_config {
    ($path:literal) => {
        &[
            slot(InstanceType, concat!($path, ".instanceType")),
            slot(InstanceType, concat!($path, ".instanceGroups[].instanceType")),
            slot(InstanceType, concat!($path, ".instancePreferences[].instanceType")),
            slot(InstanceType, concat!($path, ".selectedInstanceType")),
            slot(InstanceCount, concat!($path, ".instanceCount")),
            slot(InstanceCount, concat!($path, ".instanceGroups[].instanceCount")),
            slot(InstanceCountChoice, concat!($path, ".instancePreferences[].instanceCount")),
            slot(InstanceCountChoice, concat!($path, ".selectedInstanceCount")),
            slot(VolumeKey, concat!($path, ".volumeKmsKeyId")),
        ]
    };
}

/// `HyperParameterTrainingJobDefinition` at a path: each launches its own training jobs.
macro_rules! training_job_definition {
    ($path:literal) => {
        &[
            slot(ExecutionRole, concat!($path, ".roleArn")),
            slot(Variables, concat!($path, ".environment")),
            slot(Variables, concat!($path, ".staticHyperParameters")),
            slot(Compute, $path),
            slot(InstanceType, concat!($path, ".hyperParameterTuningResourceConfig.instanceType")),
            slot(InstanceType, concat!($path, ".hyperParameterTuningResourceConfig.instanceConfigs[].instanceType")),
            slot(InstanceCount, concat!($path, ".hyperParameterTuningResourceConfig.instanceCount")),
            slot(
                InstanceCountChoice,
                concat!($path, ".hyperParameterTuningResourceConfig.instanceConfigs[].instanceCount"),
            ),
            slot(VolumeKey, concat!($path, ".hyperParameterTuningResourceConfig.volumeKmsKeyId")),
            slot(KeepAlive, concat!($path, ".resourceConfig.keepAlivePeriodInSeconds")),
            with_default(STOPPING_CONDITION, concat!($path, ".stoppingCondition.maxRuntimeInSeconds")),
            slot(SpotTraining, concat!($path, ".enableManagedSpotTraining")),
            slot(OutputKey, concat!($path, ".outputDataConfig.kmsKeyId")),
            slot(OutputUri, concat!($path, ".outputDataConfig.s3OutputPath")),
            slot(OutputUri, concat!($path, ".checkpointConfig.s3Uri")),
            slot(InputUri, concat!($path, ".inputDataConfig[].dataSource.s3DataSource.s3Uri")),
            slot(NetworkIsolation, concat!($path, ".enableNetworkIsolation")),
            slot(TrafficEncryption, concat!($path, ".enableInterContainerTrafficEncryption")),
            slot(Image, concat!($path, ".algorithmSpecification.trainingImage")),
            slot(ImageSource, concat!($path, ".algorithmSpecification.algorithmName")),
        ]
    };
}

/// `AutoMLSecurityConfig` at a path. AutoML chooses its instances itself.
macro_rules! automl_security_config {
    ($path:literal) => {
        &[
            slot(StorageKey, concat!($path, ".volumeKmsKeyId")),
            slot(TrafficEncryption, concat!($path, ".enableInterContainerTrafficEncryption")),
        ]
    };
}

/// `AutoMLJobCompletionCriteria` in the object at a path.
macro_rules! completion_criteria {
    ($path:literal) => {
        &[
            slot(MaxRuntime, concat!($path, ".completionCriteria.maxRuntimePerTrainingJobInSeconds")),
            slot(MaxRuntime, concat!($path, ".completionCriteria.maxAutoMLJobRuntimeInSeconds")),
        ]
    };
}

pub(super) const OPERATIONS: &[Operation] = &[
    create(
        "CreateTrainingJob",
        "training-job",
        "trainingJobName",
        "trainingJobArn",
        By("StopTrainingJob"),
        &[
            TAGS,
            ROLE,
            resource_config!("resourceConfig"),
            vpc!("vpcConfig"),
            required_output!("outputDataConfig", "s3OutputPath"),
            channels!("inputDataConfig"),
            &[
                slot(Compute, "resourceConfig"),
                slot(Variables, "environment"),
                slot(Variables, "hyperParameters"),
                slot(InstanceType, "debugRuleConfigurations[].instanceType"),
                slot(InstanceType, "profilerRuleConfigurations[].instanceType"),
                slot(KeepAlive, "resourceConfig.keepAlivePeriodInSeconds"),
                slot(Serverless, "serverlessJobConfig"),
                with_default(STOPPING_CONDITION, "stoppingCondition.maxRuntimeInSeconds"),
                slot(SpotTraining, "enableManagedSpotTraining"),
                slot(OutputUri, "checkpointConfig.s3Uri"),
                slot(OutputUri, "debugHookConfig.s3OutputPath"),
                slot(OutputUri, "debugRuleConfigurations[].s3OutputPath"),
                slot(OutputUri, "tensorBoardOutputConfig.s3OutputPath"),
                slot(OutputUri, "profilerConfig.s3OutputPath"),
                slot(OutputUri, "profilerRuleConfigurations[].s3OutputPath"),
                slot(NetworkIsolation, "enableNetworkIsolation"),
                slot(TrafficEncryption, "enableInterContainerTrafficEncryption"),
                slot(Image, "algorithmSpecification.trainingImage"),
                slot(Image, "debugRuleConfigurations[].ruleEvaluatorImage"),
                slot(Image, "profilerRuleConfigurations[].ruleEvaluatorImage"),
                slot(ImageSource, "algorithmSpecification.algorithmName"),
                slot(RemoteShell, "remoteDebugConfig.enableRemoteDebug"),
            ],
        ],
    )
    .described()
    .listed_by("ListTrainingJobs")
    .ends()
    .announced_by("SageMaker Training Job State Change", &["InProgress"])
    .charged_as(Component::Training, Some(LONGEST_TRAINING)),
    update(
        "UpdateTrainingJob",
        "training-job",
        "trainingJobName",
        "trainingJobArn",
        By("StopTrainingJob"),
        &[&[
            slot(InstanceType, "profilerRuleConfigurations[].instanceType"),
            slot(OutputUri, "profilerConfig.s3OutputPath"),
            slot(OutputUri, "profilerRuleConfigurations[].s3OutputPath"),
            slot(Image, "profilerRuleConfigurations[].ruleEvaluatorImage"),
            slot(RemoteShell, "remoteDebugConfig.enableRemoteDebug"),
        ]],
    ),
    create(
        "CreateHyperParameterTuningJob",
        "hyper-parameter-tuning-job",
        "hyperParameterTuningJobName",
        "hyperParameterTuningJobArn",
        By("StopHyperParameterTuningJob"),
        &[
            TAGS,
            &[
                required(ParallelJobs, "hyperParameterTuningJobConfig.resourceLimits.maxParallelTrainingJobs"),
                slot(TotalJobs, "hyperParameterTuningJobConfig.resourceLimits.maxNumberOfTrainingJobs"),
                slot(MaxRuntime, "hyperParameterTuningJobConfig.resourceLimits.maxRuntimeInSeconds"),
                uses(
                    "hyper-parameter-tuning-job",
                    "warmStartConfig.parentHyperParameterTuningJobs[].hyperParameterTuningJobName",
                ),
            ],
            training_job_definition!("trainingJobDefinition?"),
            resource_config!("trainingJobDefinition?.resourceConfig"),
            vpc!("trainingJobDefinition?.vpcConfig"),
            training_job_definition!("trainingJobDefinitions[]"),
            resource_config!("trainingJobDefinitions[].resourceConfig"),
            vpc!("trainingJobDefinitions[].vpcConfig"),
        ],
    )
    .described()
    .listed_by("ListHyperParameterTuningJobs")
    .ends()
    .announced_by("SageMaker HyperParameter Tuning Job State Change", &["InProgress"])
    .charged_as(Component::Training, Some(LONGEST_TUNING)),
    create(
        "CreateAutoMLJob",
        "automl-job",
        "autoMLJobName",
        "autoMLJobArn",
        By("StopAutoMLJob"),
        &[
            TAGS,
            ROLE,
            automl_security_config!("autoMLJobConfig.securityConfig"),
            vpc!("autoMLJobConfig.securityConfig.vpcConfig"),
            required_output!("outputDataConfig", "s3OutputPath"),
            channels!("inputDataConfig"),
            completion_criteria!("autoMLJobConfig"),
            &[slot(InputUri, "autoMLJobConfig.candidateGenerationConfig.featureSpecificationS3Uri")],
        ],
    )
    .described(),
    create(
        "CreateAutoMLJobV2",
        "automl-job",
        "autoMLJobName",
        "autoMLJobArn",
        By("StopAutoMLJob"),
        &[
            TAGS,
            ROLE,
            automl_security_config!("securityConfig"),
            vpc!("securityConfig.vpcConfig"),
            required_output!("outputDataConfig", "s3OutputPath"),
            channels!("autoMLJobInputDataConfig"),
            completion_criteria!("autoMLProblemTypeConfig.imageClassificationJobConfig"),
            completion_criteria!("autoMLProblemTypeConfig.textClassificationJobConfig"),
            completion_criteria!("autoMLProblemTypeConfig.timeSeriesForecastingJobConfig"),
            completion_criteria!("autoMLProblemTypeConfig.tabularJobConfig"),
            &[
                slot(Variables, "autoMLProblemTypeConfig.textGenerationJobConfig.textGenerationHyperParameters"),
                slot(ServiceRole, "autoMLComputeConfig.emrServerlessComputeConfig.executionRoleARN"),
                with_default(
                    TEXT_GENERATION,
                    "autoMLProblemTypeConfig.textGenerationJobConfig?.completionCriteria.maxRuntimePerTrainingJobInSeconds",
                ),
                slot(
                    MaxRuntime,
                    "autoMLProblemTypeConfig.textGenerationJobConfig?.completionCriteria.maxAutoMLJobRuntimeInSeconds",
                ),
                slot(InputUri, "autoMLProblemTypeConfig.timeSeriesForecastingJobConfig.featureSpecificationS3Uri"),
                slot(InputUri, "autoMLProblemTypeConfig.tabularJobConfig.featureSpecificationS3Uri"),
            ],
        ],
    )
    .described()
    // The list and the description also cover what `CreateAutoMLJob` created.
    .listed_by("ListAutoMLJobs")
    .ends(),
    create(
        "CreateTrainingSession",
        "training-session",
        "trainingSessionName",
        "trainingSessionArn",
        By("StopTrainingSession"),
        &[
            TAGS,
            ROLE,
            vpc!("vpcConfig"),
            &[
                slot(OutputKey, "outputConfig.s3Location.kmsKeyArn"),
                required(OutputUri, "outputConfig.s3Location.path"),
            ],
        ],
    )
    .described()
    .listed_by("ListTrainingSessions")
    .ends(),
    create(
        "CreateTrainingPlan",
        "training-plan",
        "trainingPlanName",
        "trainingPlanArn",
        Never("reserved capacity is bought, and cannot be given back"),
        &[TAGS],
    ),
    create(
        "CreateAlgorithm",
        "algorithm",
        "algorithmName",
        "algorithmArn",
        Never("other people may already train with it"),
        &[
            TAGS,
            &[
                slot(ExecutionRole, "validationSpecification.validationRole"),
                required(Image, "trainingSpecification.trainingImage"),
                slot(InputUri, "trainingSpecification.additionalS3DataSource.s3Uri"),
                slot(Variables, "validationSpecification.validationProfiles[].trainingJobDefinition.hyperParameters"),
                slot(Compute, "validationSpecification.validationProfiles[].trainingJobDefinition.resourceConfig"),
                with_default(
                    STOPPING_CONDITION,
                    "validationSpecification.validationProfiles[].trainingJobDefinition.stoppingCondition.maxRuntimeInSeconds",
                ),
            ],
            resource_config!("validationSpecification.validationProfiles[].trainingJobDefinition.resourceConfig"),
            output!(
                "validationSpecification.validationProfiles[].trainingJobDefinition.outputDataConfig",
                "s3OutputPath"
            ),
            channels!("validationSpecification.validationProfiles[].trainingJobDefinition.inputDataConfig"),
            validation_transform_job!(),
            packaged_containers!("inferenceSpecification.containers[]"),
        ],
    )
    .described(),
];
