//! Jobs other than training: processing, transform, compilation, optimization, labeling, inference recommendations and
//! others.

use super::Field::{
    Compute, Image, InputUri, InstanceCount, InstanceCountChoice, InstanceType, MaxRuntime, Model, NetworkIsolation,
    OutputKey, OutputUri, SecurityGroup, Serverless, StorageKey, Subnet, TrafficEncryption, Variables, VolumeKey, Vpc,
};
use super::Stop::{By, Never};
use super::groups::{ROLE, TAGS, create, output, required, required_output, slot, uses, vpc, with_default};
use super::training::STOPPING_CONDITION;
use super::{Component, Operation};

/// Service model, `ProcessingMaxRuntimeInSeconds`.
const LONGEST_PROCESSING: u64 = 777_600;

pub(super) const OPERATIONS: &[Operation] = &[
    create(
        "CreateProcessingJob",
        "processing-job",
        "processingJobName",
        "processingJobArn",
        By("StopProcessingJob"),
        &[
            TAGS,
            ROLE,
            vpc!("networkConfig.vpcConfig"),
            output!("processingInputs[].datasetDefinition.athenaDatasetDefinition", "outputS3Uri"),
            output!("processingInputs[].datasetDefinition.redshiftDatasetDefinition", "outputS3Uri"),
            output!("processingOutputConfig", "outputs[].s3Output.s3Uri"),
            &[
                slot(Variables, "environment"),
                required(Compute, "processingResources.clusterConfig"),
                slot(InstanceType, "processingResources.clusterConfig.instanceType"),
                slot(InstanceType, "processingResources.clusterConfig.instancePreferences[].instanceType"),
                slot(InstanceType, "processingResources.clusterConfig.selectedInstanceType"),
                slot(InstanceCount, "processingResources.clusterConfig.instanceCount"),
                slot(InstanceCountChoice, "processingResources.clusterConfig.instancePreferences[].instanceCount"),
                slot(InstanceCountChoice, "processingResources.clusterConfig.selectedInstanceCount"),
                slot(VolumeKey, "processingResources.clusterConfig.volumeKmsKeyId"),
                // The API documents no default.
                slot(MaxRuntime, "stoppingCondition.maxRuntimeInSeconds"),
                slot(InputUri, "processingInputs[].s3Input.s3Uri"),
                slot(NetworkIsolation, "networkConfig.enableNetworkIsolation"),
                slot(TrafficEncryption, "networkConfig.enableInterContainerTrafficEncryption"),
                required(Image, "appSpecification.imageUri"),
            ],
        ],
    )
    .described()
    .listed_by("ListProcessingJobs")
    .ends()
    .announced_by("SageMaker Processing Job State Change", &["InProgress"])
    .charged_as(Component::Processing, Some(LONGEST_PROCESSING)),
    create(
        "CreateTransformJob",
        "transform-job",
        "transformJobName",
        "transformJobArn",
        By("StopTransformJob"),
        &[
            TAGS,
            required_output!("transformOutput", "s3OutputPath"),
            output!("dataCaptureConfig", "destinationS3Uri"),
            &[
                slot(Variables, "environment"),
                required(Compute, "transformResources"),
                required(InstanceType, "transformResources.instanceType"),
                required(InstanceCount, "transformResources.instanceCount"),
                slot(VolumeKey, "transformResources.volumeKmsKeyId"),
                required(InputUri, "transformInput.dataSource.s3DataSource.s3Uri"),
                required(Model, "modelName"),
            ],
        ],
    )
    .described()
    .listed_by("ListTransformJobs")
    .ends()
    .announced_by("SageMaker Transform Job State Change", &["InProgress"])
    // A request cannot limit the run time, and no limit is documented.
    .charged_as(Component::Transform, None),
    create(
        "CreateCompilationJob",
        "compilation-job",
        "compilationJobName",
        "compilationJobArn",
        By("StopCompilationJob"),
        &[
            TAGS,
            ROLE,
            vpc!("vpcConfig"),
            required_output!("outputConfig", "s3OutputLocation"),
            &[
                with_default(STOPPING_CONDITION, "stoppingCondition.maxRuntimeInSeconds"),
                uses("model-package", "modelPackageVersionArn"),
                slot(InputUri, "inputConfig.s3Uri"),
            ],
        ],
    )
    .described()
    .listed_by("ListCompilationJobs")
    .ends(),
    create(
        "CreateEdgePackagingJob",
        "edge-packaging-job",
        "edgePackagingJobName",
        "",
        By("StopEdgePackagingJob"),
        &[
            TAGS,
            ROLE,
            required_output!("outputConfig", "s3OutputLocation"),
            // "the EBS volume the job runs on" (API reference, `ResourceKey`)
            &[slot(StorageKey, "resourceKey")],
        ],
    ),
    create(
        "CreateOptimizationJob",
        "optimization-job",
        "optimizationJobName",
        "optimizationJobArn",
        By("StopOptimizationJob"),
        &[
            TAGS,
            ROLE,
            vpc!("vpcConfig"),
            required_output!("outputConfig", "s3OutputLocation"),
            &[
                slot(Variables, "optimizationEnvironment"),
                slot(Variables, "optimizationConfigs[].modelQuantizationConfig.overrideEnvironment"),
                slot(Variables, "optimizationConfigs[].modelCompilationConfig.overrideEnvironment"),
                slot(Variables, "optimizationConfigs[].modelShardingConfig.overrideEnvironment"),
                required(InstanceType, "deploymentInstanceType"),
                slot(InstanceCount, "maxInstanceCount"),
                with_default(STOPPING_CONDITION, "stoppingCondition.maxRuntimeInSeconds"),
                uses("model", "modelSource.sageMakerModel.modelName"),
                slot(InputUri, "modelSource.s3.s3Uri"),
                slot(InputUri, "optimizationConfigs[].modelSpeculativeDecodingConfig.trainingDataSource.s3Uri"),
                slot(Image, "optimizationConfigs[].modelQuantizationConfig.image"),
                slot(Image, "optimizationConfigs[].modelCompilationConfig.image"),
                slot(Image, "optimizationConfigs[].modelShardingConfig.image"),
            ],
        ],
    )
    .described()
    .listed_by("ListOptimizationJobs")
    .ends(),
    create(
        "CreateLabelingJob",
        "labeling-job",
        "labelingJobName",
        "labelingJobArn",
        By("StopLabelingJob"),
        &[
            TAGS,
            ROLE,
            required_output!("outputConfig", "s3OutputPath"),
            // With these, training jobs label what people did not label.
            vpc!("labelingJobAlgorithmsConfig?.labelingJobResourceConfig.vpcConfig"),
            &[
                slot(StorageKey, "labelingJobAlgorithmsConfig?.labelingJobResourceConfig.volumeKmsKeyId"),
                slot(InputUri, "inputConfig.dataSource.s3DataSource.manifestS3Uri"),
                slot(InputUri, "labelCategoryConfigS3Uri"),
                slot(InputUri, "humanTaskConfig.uiConfig.uiTemplateS3Uri"),
            ],
        ],
    )
    .described()
    .listed_by("ListLabelingJobs")
    .ends(),
    create(
        "CreateInferenceRecommendationsJob",
        "inference-recommendations-job",
        "jobName",
        "jobArn",
        By("StopInferenceRecommendationsJob"),
        &[
            TAGS,
            ROLE,
            vpc!("inputConfig.vpcConfig"),
            output!("outputConfig", "compiledOutputConfig.s3OutputUri"),
            &[
                uses("model", "inputConfig.modelName"),
                uses("model-package", "inputConfig.modelPackageVersionArn"),
                slot(Compute, "inputConfig.endpointConfigurations[]"),
                slot(InstanceType, "inputConfig.endpointConfigurations[].instanceType"),
                slot(Serverless, "inputConfig.endpointConfigurations[].serverlessConfig"),
                slot(VolumeKey, "inputConfig.volumeKmsKeyId"),
                slot(MaxRuntime, "inputConfig.jobDurationInSeconds"),
                slot(InputUri, "inputConfig.containerConfig.payloadConfig.samplePayloadUrl"),
            ],
        ],
    )
    .described()
    .listed_by("ListInferenceRecommendationsJobs")
    .ends(),
    create(
        "CreateAIBenchmarkJob",
        "ai-benchmark-job",
        "aIBenchmarkJobName",
        "aIBenchmarkJobArn",
        By("StopAIBenchmarkJob"),
        &[TAGS, ROLE, vpc!("networkConfig.vpcConfig"), &[required(OutputUri, "outputConfig.s3OutputLocation")]],
    )
    .described()
    .listed_by("ListAIBenchmarkJobs")
    .ends(),
    create(
        "CreateAIRecommendationJob",
        "ai-recommendation-job",
        "aIRecommendationJobName",
        "aIRecommendationJobArn",
        By("StopAIRecommendationJob"),
        &[
            TAGS,
            ROLE,
            &[
                slot(InstanceType, "computeSpec.instanceTypes[]"),
                slot(OutputUri, "outputConfig.s3OutputLocation"),
                slot(InputUri, "modelSource.s3.s3Uri"),
                slot(InputUri, "adapterSource.s3Uris[].s3Uri"),
            ],
        ],
    )
    .described()
    .listed_by("ListAIRecommendationJobs")
    .ends(),
    create(
        "CreateAIWorkloadConfig",
        "ai-workload-config",
        "aIWorkloadConfigName",
        "aIWorkloadConfigArn",
        Never("it launches nothing by itself, and jobs may already use it"),
        &[TAGS, &[slot(InputUri, "datasetConfig.inputDataConfig[].dataSource.s3DataSource.s3Uri")]],
    )
    .described(),
    // `jobConfigDocument` says what it runs, in a schema that the account chooses.
    create("CreateJob", "job", "jobName", "jobArn", By("StopJob"), &[TAGS, ROLE]).described(),
];
