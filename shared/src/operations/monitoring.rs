//! Model monitoring: schedules, and the job definitions that they run.

use super::Field::{
    Compute, ExecutionRole, Image, InputUri, InstanceCount, InstanceType, MaxRuntime, NetworkIsolation, OutputKey,
    OutputUri, SecurityGroup, Subnet, TrafficEncryption, Variables, VolumeKey, Vpc,
};
use super::Stop::By;
use super::groups::{ROLE, TAGS, create, output, required, required_output, slot, update, vpc};
use super::{Absence, Operation, Slot};

/// `MonitoringClusterConfig` at a path, if the request requires it.
macro_rules! cluster_config {
    ($path:literal) => {
        &[
            required(Compute, $path),
            required(InstanceType, concat!($path, ".instanceType")),
            required(InstanceCount, concat!($path, ".instanceCount")),
            slot(VolumeKey, concat!($path, ".volumeKmsKeyId")),
        ]
    };
}

/// The flags of `MonitoringNetworkConfig`, and `MonitoringStoppingCondition`, for which the API documents no default,
/// in the object at a path.
macro_rules! limits {
    ($prefix:literal) => {
        &[
            slot(MaxRuntime, concat!($prefix, "stoppingCondition.maxRuntimeInSeconds")),
            slot(NetworkIsolation, concat!($prefix, "networkConfig.enableNetworkIsolation")),
            slot(TrafficEncryption, concat!($prefix, "networkConfig.enableInterContainerTrafficEncryption")),
        ]
    };
}

/// What the four kinds of job definitions share, under names with each kind's prefix.
macro_rules! definition {
    ($app:literal, $input:literal, $output:literal, $($constructor:ident $uri:literal),+) => {
        &[
            TAGS,
            ROLE,
            cluster_config!("jobResources.clusterConfig"),
            limits!(""),
            vpc!("networkConfig.vpcConfig"),
            required_output!($output, "monitoringOutputs[].s3Output.s3Uri"),
            &[
                required(Image, concat!($app, ".imageUri")),
                slot(Variables, concat!($app, ".environment")),
                slot(InputUri, concat!($input, ".batchTransformInput.dataCapturedDestinationS3Uri")),
                $($constructor(InputUri, $uri),)+
            ],
        ]
    };
}

/// `MonitoringJobDefinition` in a schedule's request, which may name a job definition instead.
macro_rules! inline {
    ($member:literal) => {
        concat!("monitoringScheduleConfig.monitoringJobDefinition?.", $member)
    };
}

const INLINE_DEFINITION: &[Slot] = &[
    slot(ExecutionRole, inline!("roleArn")),
    slot(Compute, inline!("monitoringResources.clusterConfig")),
    slot(InstanceType, inline!("monitoringResources.clusterConfig.instanceType")),
    slot(InstanceCount, inline!("monitoringResources.clusterConfig.instanceCount")),
    slot(VolumeKey, inline!("monitoringResources.clusterConfig.volumeKmsKeyId")),
    slot(Image, inline!("monitoringAppSpecification.imageUri")),
    slot(Variables, inline!("environment")),
    slot(InputUri, inline!("monitoringAppSpecification.recordPreprocessorSourceUri")),
    slot(InputUri, inline!("monitoringAppSpecification.postAnalyticsProcessorSourceUri")),
    slot(InputUri, inline!("monitoringInputs[].batchTransformInput.dataCapturedDestinationS3Uri")),
    slot(InputUri, inline!("baselineConfig.constraintsResource.s3Uri")),
    slot(InputUri, inline!("baselineConfig.statisticsResource.s3Uri")),
];
const INLINE_LIMITS: &[Slot] = limits!("monitoringScheduleConfig.monitoringJobDefinition?.");
const INLINE_VPC: &[Slot] = vpc!("monitoringScheduleConfig.monitoringJobDefinition?.networkConfig.vpcConfig");
const INLINE_OUTPUT: &[Slot] = output!(
    "monitoringScheduleConfig.monitoringJobDefinition?.monitoringOutputConfig",
    "monitoringOutputs[].s3Output.s3Uri"
);

pub(super) const OPERATIONS: &[Operation] = &[
    create(
        "CreateMonitoringSchedule",
        "monitoring-schedule",
        "monitoringScheduleName",
        "monitoringScheduleArn",
        By("StopMonitoringSchedule"),
        &[TAGS, INLINE_DEFINITION, INLINE_LIMITS, INLINE_VPC, INLINE_OUTPUT],
    )
    .described()
    .listed_by("ListMonitoringSchedules"),
    // The API requires the members of a definition here as well: an update holds a whole definition.
    Operation {
        absence: Absence::Unset,
        ..update(
            "UpdateMonitoringSchedule",
            "monitoring-schedule",
            "monitoringScheduleName",
            "monitoringScheduleArn",
            By("StopMonitoringSchedule"),
            &[INLINE_DEFINITION, INLINE_LIMITS, INLINE_VPC, INLINE_OUTPUT],
        )
    },
    update(
        "StartMonitoringSchedule",
        "monitoring-schedule",
        "monitoringScheduleName",
        "",
        By("StopMonitoringSchedule"),
        &[],
    ),
    create(
        "CreateDataQualityJobDefinition",
        "data-quality-job-definition",
        "jobDefinitionName",
        "jobDefinitionArn",
        By("DeleteDataQualityJobDefinition"),
        definition!(
            "dataQualityAppSpecification",
            "dataQualityJobInput",
            "dataQualityJobOutputConfig",
            slot "dataQualityAppSpecification.recordPreprocessorSourceUri",
            slot "dataQualityAppSpecification.postAnalyticsProcessorSourceUri",
            slot "dataQualityBaselineConfig.constraintsResource.s3Uri",
            slot "dataQualityBaselineConfig.statisticsResource.s3Uri"
        ),
    )
    .described(),
    create(
        "CreateModelQualityJobDefinition",
        "model-quality-job-definition",
        "jobDefinitionName",
        "jobDefinitionArn",
        By("DeleteModelQualityJobDefinition"),
        definition!(
            "modelQualityAppSpecification",
            "modelQualityJobInput",
            "modelQualityJobOutputConfig",
            slot "modelQualityAppSpecification.recordPreprocessorSourceUri",
            slot "modelQualityAppSpecification.postAnalyticsProcessorSourceUri",
            slot "modelQualityBaselineConfig.constraintsResource.s3Uri",
            slot "modelQualityJobInput.groundTruthS3Input.s3Uri"
        ),
    )
    .described(),
    create(
        "CreateModelBiasJobDefinition",
        "model-bias-job-definition",
        "jobDefinitionName",
        "jobDefinitionArn",
        By("DeleteModelBiasJobDefinition"),
        definition!(
            "modelBiasAppSpecification",
            "modelBiasJobInput",
            "modelBiasJobOutputConfig",
            required "modelBiasAppSpecification.configUri",
            slot "modelBiasBaselineConfig.constraintsResource.s3Uri",
            slot "modelBiasJobInput.groundTruthS3Input.s3Uri"
        ),
    )
    .described(),
    create(
        "CreateModelExplainabilityJobDefinition",
        "model-explainability-job-definition",
        "jobDefinitionName",
        "jobDefinitionArn",
        By("DeleteModelExplainabilityJobDefinition"),
        definition!(
            "modelExplainabilityAppSpecification",
            "modelExplainabilityJobInput",
            "modelExplainabilityJobOutputConfig",
            required "modelExplainabilityAppSpecification.configUri",
            slot "modelExplainabilityBaselineConfig.constraintsResource.s3Uri"
        ),
    )
    .described(),
];
