//! Hosting: models, endpoints and their configurations, inference components, experiments and routers.

use super::Field::{
    Compute, EndpointConfig, ExecutionRole, Image, ImageSource, InputUri, InstanceCount, InstanceCountCeiling,
    InstanceType, Model, NetworkIsolation, OutputKey, OutputSwitch, OutputUri, RemoteShell, SecurityGroup, Serverless,
    Subnet, Variables, VolumeKey, Vpc,
};
use super::Stop::{By, Never};
use super::groups::{NO_WAY_BACK, ROLE, TAGS, container, create, output, required, slot, update, uses, vpc};
use super::{Operation, Slot, Stop};

/// `ProductionVariant` at a path.
macro_rules! variant {
    ($path:literal) => {
        &[
            slot(InstanceType, concat!($path, ".instanceType")),
            slot(InstanceType, concat!($path, ".instancePools[].instanceType")),
            slot(Serverless, concat!($path, ".serverlessConfig")),
            slot(InstanceCount, concat!($path, ".initialInstanceCount")),
            slot(InstanceCountCeiling, concat!($path, ".managedInstanceScaling.maxInstanceCount")),
            slot(OutputKey, concat!($path, ".coreDumpConfig.kmsKeyId")),
            slot(OutputUri, concat!($path, ".coreDumpConfig.destinationS3Uri")),
            slot(Model, concat!($path, ".modelName")),
            slot(Model, concat!($path, ".instancePools[].modelNameOverride")),
            slot(RemoteShell, concat!($path, ".enableSSMAccess")),
        ]
    };
}

/// `InferenceComponentSpecification` at a path. It takes isolation and VPC from the endpoint's configuration, not from
/// its model.
macro_rules! component {
    ($path:literal) => {
        &[
            slot(InstanceType, concat!($path, ".instanceType")),
            slot(Image, concat!($path, ".container.image")),
            slot(Variables, concat!($path, ".container.environment")),
            slot(InputUri, concat!($path, ".container.artifactUrl")),
            uses("model", concat!($path, ".modelName")),
        ]
    };
}

/// What an inference experiment deploys, as `required` or as a `slot`.
macro_rules! model_variants {
    ($constructor:ident) => {
        &[
            $constructor(Compute, "modelVariants[]"),
            $constructor(InstanceType, "modelVariants[].infrastructureConfig.realTimeInferenceConfig.instanceType"),
            $constructor(InstanceCount, "modelVariants[].infrastructureConfig.realTimeInferenceConfig.instanceCount"),
            $constructor(Model, "modelVariants[].modelName"),
        ]
    };
}

/// Where a router writes its asynchronous responses.
const ROUTING_TARGETS: &[Slot] = &[
    slot(OutputKey, "routingTargets[].asyncInferenceConfig.outputConfig.kmsKeyId"),
    slot(OutputUri, "routingTargets[].asyncInferenceConfig.outputConfig.s3OutputPath"),
    slot(OutputUri, "routingTargets[].asyncInferenceConfig.outputConfig.s3FailurePath"),
];

const ENDPOINT_CONFIG: &[Slot] = &[required(EndpointConfig, "endpointConfigName")];

const EXPERIMENT: Stop = Never("stopping an experiment needs a decision on each of its variants");

pub(super) const OPERATIONS: &[Operation] = &[
    create(
        "CreateModel",
        "model",
        "modelName",
        "modelArn",
        By("DeleteModel"),
        &[
            TAGS,
            &[slot(ExecutionRole, "executionRoleArn"), slot(NetworkIsolation, "enableNetworkIsolation")],
            vpc!("vpcConfig"),
            container!("primaryContainer"),
            container!("containers[]"),
        ],
    )
    .described()
    .listed_by("ListModels")
    .used_by(&["CreateEndpointConfig"])
    .announced_by("SageMaker Model State Change", &[]),
    create(
        "CreateEndpointConfig",
        "endpoint-config",
        "endpointConfigName",
        "endpointConfigArn",
        By("DeleteEndpointConfig"),
        &[
            TAGS,
            &[
                slot(ExecutionRole, "executionRoleArn"),
                required(Compute, "productionVariants[]"),
                slot(Compute, "shadowProductionVariants[]"),
                slot(VolumeKey, "kmsKeyId"),
                slot(NetworkIsolation, "enableNetworkIsolation"),
                slot(OutputSwitch, "dataCaptureConfig.enableCapture"),
                slot(InputUri, "explainerConfig.clarifyExplainerConfig.shapConfig.shapBaselineConfig.shapBaselineUri"),
                slot(OutputUri, "asyncInferenceConfig.outputConfig.s3FailurePath"),
            ],
            vpc!("vpcConfig"),
            output!("dataCaptureConfig", "destinationS3Uri"),
            output!("asyncInferenceConfig.outputConfig", "s3OutputPath"),
            variant!("productionVariants[]"),
            variant!("shadowProductionVariants[]"),
        ],
    )
    .described()
    .listed_by("ListEndpointConfigs")
    .used_by(&["CreateEndpoint"])
    .announced_by("SageMaker Endpoint Config State Change", &[]),
    // The endpoint's configuration says what it runs.
    create("CreateEndpoint", "endpoint", "endpointName", "endpointArn", By("DeleteEndpoint"), &[TAGS, ENDPOINT_CONFIG])
        .described()
        .listed_by("ListEndpoints")
        .used_by(&["CreateInferenceComponent", "CreateInferenceExperiment"])
        // Events spell the states of endpoints differently than the API.
        .announced_by("SageMaker Endpoint State Change", &["IN_SERVICE"]),
    // Back to the configuration before, if that one is known.
    update("UpdateEndpoint", "endpoint", "endpointName", "endpointArn", By("UpdateEndpoint"), &[ENDPOINT_CONFIG]),
    update(
        "UpdateEndpointWeightsAndCapacities",
        "endpoint",
        "endpointName",
        "endpointArn",
        NO_WAY_BACK,
        &[&[slot(InstanceCount, "desiredWeightsAndCapacities[].desiredInstanceCount")]],
    ),
    create(
        "CreateInferenceComponent",
        "inference-component",
        "inferenceComponentName",
        "inferenceComponentArn",
        By("DeleteInferenceComponent"),
        &[
            TAGS,
            &[uses("endpoint", "endpointName").required()],
            component!("specification"),
            component!("specifications[]"),
        ],
    )
    .described()
    .listed_by("ListInferenceComponents"),
    update(
        "UpdateInferenceComponent",
        "inference-component",
        "inferenceComponentName",
        "inferenceComponentArn",
        NO_WAY_BACK,
        &[component!("specification"), component!("specifications[]")],
    ),
    create(
        "CreateInferenceExperiment",
        "inference-experiment",
        "name",
        "inferenceExperimentArn",
        EXPERIMENT,
        &[
            TAGS,
            ROLE,
            model_variants!(required),
            &[slot(VolumeKey, "kmsKey")],
            output!("dataStorageConfig", "destination", "kmsKey"),
        ],
    )
    .described()
    .listed_by("ListInferenceExperiments"),
    update(
        "UpdateInferenceExperiment",
        "inference-experiment",
        "name",
        "inferenceExperimentArn",
        EXPERIMENT,
        &[model_variants!(slot), output!("dataStorageConfig", "destination", "kmsKey")],
    ),
    update("StartInferenceExperiment", "inference-experiment", "name", "inferenceExperimentArn", EXPERIMENT, &[]),
    create(
        "CreateInferenceRouter",
        "inference-router",
        "inferenceRouterName",
        "inferenceRouterArn",
        Never("it may already route requests"),
        &[TAGS, ROUTING_TARGETS],
    ),
    update(
        "UpdateInferenceRouter",
        "inference-router",
        "inferenceRouterName",
        "inferenceRouterArn",
        NO_WAY_BACK,
        &[ROUTING_TARGETS],
    ),
];
