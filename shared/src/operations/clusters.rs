//! HyperPod clusters, and the resources that belong to them.

use super::Field::{
    Compute, ExecutionRole, InputUri, InstanceCount, InstanceType, SecurityGroup, StorageKey, Subnet, Vpc,
};
use super::Stop::Never;
use super::groups::{TAGS, changes, create, required, slot, update, vpc};
use super::{Operation, Slot, Stop};

/// The instance groups at a path. An attached EBS volume takes a key with any instance type (API reference,
/// `ClusterEbsVolumeConfig`).
macro_rules! instance_groups {
    ($path:literal) => {
        &[
            slot(ExecutionRole, concat!($path, ".executionRole")),
            slot(InstanceType, concat!($path, ".instanceType")),
            slot(InstanceType, concat!($path, ".instanceRequirements.instanceTypes[]")),
            slot(InstanceCount, concat!($path, ".instanceCount")),
            slot(StorageKey, concat!($path, ".instanceStorageConfigs[].ebsVolumeConfig?.volumeKmsKeyId")),
            slot(InputUri, concat!($path, ".lifeCycleConfig.sourceS3Uri")),
        ]
    };
}

/// Instance groups of a restricted kind, which bring their own software.
macro_rules! restricted_instance_groups {
    ($path:literal) => {
        &[
            slot(ExecutionRole, concat!($path, ".executionRole")),
            slot(InstanceType, concat!($path, ".instanceType")),
            slot(InstanceCount, concat!($path, ".instanceCount")),
            slot(StorageKey, concat!($path, ".instanceStorageConfigs[].ebsVolumeConfig?.volumeKmsKeyId")),
        ]
    };
}

/// The role of a cluster's autoscaler.
const CLUSTER_ROLE: &[Slot] = &[slot(ExecutionRole, "clusterRole")];

/// The cluster that something is added to.
const OF_CLUSTER: &[Slot] = &[changes("cluster", "clusterArn").required()];

const CLUSTER: Stop = Never("many people's work runs on a cluster");

pub(super) const OPERATIONS: &[Operation] = &[
    create(
        "CreateCluster",
        "cluster",
        "clusterName",
        "clusterArn",
        CLUSTER,
        &[
            TAGS,
            CLUSTER_ROLE,
            &[slot(Compute, "instanceGroups[]"), slot(Compute, "restrictedInstanceGroups[]")],
            instance_groups!("instanceGroups[]"),
            restricted_instance_groups!("restrictedInstanceGroups[]"),
            vpc!("vpcConfig"),
            vpc!("instanceGroups[].overrideVpcConfig?"),
            vpc!("restrictedInstanceGroups[].overrideVpcConfig?"),
        ],
    )
    .described()
    .listed_by("ListClusters"),
    update(
        "UpdateCluster",
        "cluster",
        "clusterName",
        "clusterArn",
        CLUSTER,
        &[
            CLUSTER_ROLE,
            instance_groups!("instanceGroups[]"),
            restricted_instance_groups!("restrictedInstanceGroups[]"),
            vpc!("instanceGroups[].overrideVpcConfig?"),
            vpc!("restrictedInstanceGroups[].overrideVpcConfig?"),
        ],
    ),
    update(
        "BatchAddClusterNodes",
        "cluster",
        "clusterName",
        "",
        CLUSTER,
        &[&[
            slot(InstanceType, "nodesToAdd[].instanceTypes[]"),
            required(InstanceCount, "nodesToAdd[].incrementTargetCountBy"),
        ]],
    ),
    create(
        "CreateClusterExtension",
        "cluster-extension",
        "extensionName",
        "extensionArn",
        CLUSTER,
        &[TAGS, OF_CLUSTER],
    ),
    create(
        "CreateClusterSchedulerConfig",
        "cluster-scheduler-config",
        "name",
        "clusterSchedulerConfigArn",
        CLUSTER,
        &[TAGS, OF_CLUSTER],
    ),
    create("CreateComputeQuota", "compute-quota", "name", "computeQuotaArn", CLUSTER, &[TAGS, OF_CLUSTER]),
];
