//! The SageMaker operations that Tagwarden judges, and where each one's request says what the rules ask about.
//!
//! This is data: to cover another operation, add a row. Paths are those of `requestParameters` in CloudTrail: the names of
//! the API's request shape with the first letter lowered (source: the SageMaker service model of the AWS SDKs).

/// Something that a rule can ask a request for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The list of resource tags, `[{key, value}]`.
    Tags,
    /// ARN of the role that the resource will run as (`iam:PassRole`).
    ExecutionRole,
    /// An object that launches compute: it names instance types, or is serverless.
    Compute,
    /// An instance type, such as `ml.m5.xlarge`.
    InstanceType,
    /// An object whose presence means that compute is serverless.
    Serverless,
    /// How many instances start; all of them add up.
    InstanceCount,
    /// How far automatic scaling may raise the instance count beside it.
    InstanceCountCeiling,
    /// An instance count of which the service picks one.
    InstanceCountChoice,
    /// Longest run time, in seconds.
    MaxRuntime,
    /// Whether managed spot capacity is asked for.
    SpotTraining,
    /// KMS key of the volumes of the instances named in the same object.
    VolumeKey,
    /// KMS key of the output written by the object that holds it.
    OutputKey,
    /// S3 URI that is written to.
    OutputUri,
    /// Whether the output beside it is written at all; unset means yes.
    OutputSwitch,
    /// S3 URI that is read from.
    InputUri,
    /// Whether containers are cut off from the network.
    NetworkIsolation,
    /// Whether traffic between the instances is encrypted.
    TrafficEncryption,
    /// A subnet id.
    Subnet,
    /// A security group id.
    SecurityGroup,
    /// Name of a model, which brings its own isolation and VPC configuration.
    Model,
    /// A container image.
    Image,
    /// An algorithm resource, which brings its own container image.
    Algorithm,
    /// Whether somebody may open a shell inside.
    RemoteShell,
}

/// Where a fact is found in a request.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    /// What is found there.
    pub fact: Fact,
    /// Path within `requestParameters`.
    pub path: &'static str,
    /// Whether the API refuses a request without it, so that its absence means that the record is incomplete.
    pub required: bool,
}

/// A SageMaker operation that Tagwarden judges.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// `eventName`
    pub name: &'static str,
    /// Resource type in IAM's service authorization reference, such as `training-job`.
    pub kind: &'static str,
    /// Path of the resource's name in `requestParameters`.
    pub resource_name: &'static str,
    /// Path of the resource's ARN in `responseElements`.
    pub resource_arn: &'static str,
    /// The operation that undoes this one.
    pub stop: &'static str,
    /// Longest run time in seconds that applies where the request sets none.
    pub default_max_runtime: Option<u64>,
    /// Where the facts are.
    pub slots: &'static [Slot],
}

impl Operation {
    /// The operation that CloudTrail calls `name`, if it is judged.
    pub fn named(name: &str) -> Option<&'static Self> {
        OPERATIONS.iter().find(|operation| operation.name == name)
    }

    /// Whether a request of this operation can say anything about `fact`.
    pub fn tells(&self, fact: Fact) -> bool {
        self.slots.iter().any(|slot| slot.fact == fact)
    }
}

const fn slot(fact: Fact, path: &'static str) -> Slot {
    Slot { fact, path, required: false }
}

const fn required(fact: Fact, path: &'static str) -> Slot {
    Slot { fact, path, required: true }
}

use Fact::{
    Algorithm, Compute, ExecutionRole, Image, InputUri, InstanceCount, InstanceCountCeiling, InstanceCountChoice,
    InstanceType, MaxRuntime, Model, NetworkIsolation, OutputKey, OutputSwitch, OutputUri, RemoteShell, SecurityGroup,
    Serverless, SpotTraining, Subnet, Tags, TrafficEncryption, VolumeKey,
};

/// Every operation that is judged.
pub static OPERATIONS: &[Operation] = &[
    Operation {
        name: "CreateEndpointConfig",
        kind: "endpoint-config",
        resource_name: "endpointConfigName",
        resource_arn: "endpointConfigArn",
        stop: "DeleteEndpointConfig",
        default_max_runtime: None,
        slots: &[
            slot(Tags, "tags"),
            slot(ExecutionRole, "executionRoleArn"),
            required(Compute, "productionVariants[]"),
            slot(Compute, "shadowProductionVariants[]"),
            slot(InstanceType, "productionVariants[].instanceType"),
            slot(InstanceType, "productionVariants[].instancePools[].instanceType"),
            slot(InstanceType, "shadowProductionVariants[].instanceType"),
            slot(InstanceType, "shadowProductionVariants[].instancePools[].instanceType"),
            slot(Serverless, "productionVariants[].serverlessConfig"),
            slot(Serverless, "shadowProductionVariants[].serverlessConfig"),
            slot(InstanceCount, "productionVariants[].initialInstanceCount"),
            slot(InstanceCount, "shadowProductionVariants[].initialInstanceCount"),
            slot(InstanceCountCeiling, "productionVariants[].managedInstanceScaling.maxInstanceCount"),
            slot(InstanceCountCeiling, "shadowProductionVariants[].managedInstanceScaling.maxInstanceCount"),
            slot(VolumeKey, "kmsKeyId"),
            slot(OutputKey, "dataCaptureConfig.kmsKeyId"),
            slot(OutputKey, "asyncInferenceConfig.outputConfig.kmsKeyId"),
            slot(OutputKey, "productionVariants[].coreDumpConfig.kmsKeyId"),
            slot(OutputKey, "shadowProductionVariants[].coreDumpConfig.kmsKeyId"),
            slot(OutputUri, "dataCaptureConfig.destinationS3Uri"),
            slot(OutputSwitch, "dataCaptureConfig.enableCapture"),
            slot(OutputUri, "asyncInferenceConfig.outputConfig.s3OutputPath"),
            slot(OutputUri, "asyncInferenceConfig.outputConfig.s3FailurePath"),
            slot(OutputUri, "productionVariants[].coreDumpConfig.destinationS3Uri"),
            slot(OutputUri, "shadowProductionVariants[].coreDumpConfig.destinationS3Uri"),
            slot(NetworkIsolation, "enableNetworkIsolation"),
            slot(Subnet, "vpcConfig.subnets[]"),
            slot(SecurityGroup, "vpcConfig.securityGroupIds[]"),
            slot(Model, "productionVariants[].modelName"),
            slot(Model, "productionVariants[].instancePools[].modelNameOverride"),
            slot(Model, "shadowProductionVariants[].modelName"),
            slot(Model, "shadowProductionVariants[].instancePools[].modelNameOverride"),
            slot(RemoteShell, "productionVariants[].enableSSMAccess"),
            slot(RemoteShell, "shadowProductionVariants[].enableSSMAccess"),
        ],
    },
    Operation {
        name: "CreateTrainingJob",
        kind: "training-job",
        resource_name: "trainingJobName",
        resource_arn: "trainingJobArn",
        stop: "StopTrainingJob",
        // API reference, StoppingCondition: "The default value is 1 day."
        default_max_runtime: Some(86_400),
        slots: &[
            slot(Tags, "tags"),
            required(ExecutionRole, "roleArn"),
            slot(Compute, "resourceConfig"),
            slot(InstanceType, "resourceConfig.instanceType"),
            slot(InstanceType, "resourceConfig.instanceGroups[].instanceType"),
            slot(InstanceType, "resourceConfig.instancePreferences[].instanceType"),
            slot(InstanceType, "resourceConfig.selectedInstanceType"),
            slot(InstanceType, "debugRuleConfigurations[].instanceType"),
            slot(InstanceType, "profilerRuleConfigurations[].instanceType"),
            slot(Serverless, "serverlessJobConfig"),
            slot(InstanceCount, "resourceConfig.instanceCount"),
            slot(InstanceCount, "resourceConfig.instanceGroups[].instanceCount"),
            slot(InstanceCountChoice, "resourceConfig.instancePreferences[].instanceCount"),
            slot(InstanceCountChoice, "resourceConfig.selectedInstanceCount"),
            slot(MaxRuntime, "stoppingCondition.maxRuntimeInSeconds"),
            slot(SpotTraining, "enableManagedSpotTraining"),
            slot(VolumeKey, "resourceConfig.volumeKmsKeyId"),
            slot(OutputKey, "outputDataConfig.kmsKeyId"),
            required(OutputUri, "outputDataConfig.s3OutputPath"),
            slot(OutputUri, "checkpointConfig.s3Uri"),
            slot(OutputUri, "debugHookConfig.s3OutputPath"),
            slot(OutputUri, "debugRuleConfigurations[].s3OutputPath"),
            slot(OutputUri, "tensorBoardOutputConfig.s3OutputPath"),
            slot(OutputUri, "profilerConfig.s3OutputPath"),
            slot(OutputUri, "profilerRuleConfigurations[].s3OutputPath"),
            slot(InputUri, "inputDataConfig[].dataSource.s3DataSource.s3Uri"),
            slot(NetworkIsolation, "enableNetworkIsolation"),
            slot(TrafficEncryption, "enableInterContainerTrafficEncryption"),
            slot(Subnet, "vpcConfig.subnets[]"),
            slot(SecurityGroup, "vpcConfig.securityGroupIds[]"),
            slot(Image, "algorithmSpecification.trainingImage"),
            slot(Image, "debugRuleConfigurations[].ruleEvaluatorImage"),
            slot(Image, "profilerRuleConfigurations[].ruleEvaluatorImage"),
            slot(Algorithm, "algorithmSpecification.algorithmName"),
            slot(RemoteShell, "remoteDebugConfig.enableRemoteDebug"),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sound() {
        for operation in OPERATIONS {
            assert!(operation.stop.starts_with("Stop") || operation.stop.starts_with("Delete"), "{}", operation.name);
            for slot in operation.slots {
                assert!(slot.path.matches("[]").count() <= crate::json::MAX_ARRAYS, "{}", slot.path);
                assert!(
                    slot.path.split('.').all(|key| key.starts_with(|c: char| c.is_ascii_lowercase())),
                    "{}",
                    slot.path
                );
            }
            let mut paths: Vec<_> = operation.slots.iter().map(|slot| slot.path).collect();
            paths.sort_unstable();
            paths.dedup();
            assert_eq!(paths.len(), operation.slots.len(), "{}: a path stands twice", operation.name);
        }
        assert!(OPERATIONS.is_sorted_by_key(|operation| operation.name));
    }
}
