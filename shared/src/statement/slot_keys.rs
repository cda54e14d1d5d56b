//! Which condition keys hold the values of a request's slots.
//!
//! Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon SageMaker AI". It lists
//! the keys of each action, and describes in a sentence what each key holds.

use super::condition_keys::applies;
use crate::operations::{Field, Operation, Slot};

/// Names of a condition key that AWS replaced: the deprecated one and the current one. It is not documented which of
/// them a request carries, so statements have to work with either.
pub type OldAndNew = [&'static str; 2];

/// KMS key of volumes, of file systems, of a notebook's storage.
pub const VOLUME_KEY: OldAndNew = ["sagemaker:VolumeKmsKey", "sagemaker:VolumeKmsKeyArn"];
/// KMS key of a job's output.
pub const OUTPUT_KEY: OldAndNew = ["sagemaker:OutputKmsKey", "sagemaker:OutputKmsKeyArn"];
/// KMS key of the notebooks that the users of a domain share.
pub const SHARING_KEY: OldAndNew = ["sagemaker:DomainSharingOutputKmsKey", "sagemaker:DomainSharingOutputKmsKeyArn"];
/// KMS key of a feature group's online store.
pub const ONLINE_STORE_KEY: OldAndNew =
    ["sagemaker:FeatureGroupOnlineStoreKmsKey", "sagemaker:FeatureGroupOnlineStoreKmsKeyArn"];
/// KMS key of a feature group's offline store.
pub const OFFLINE_STORE_KEY: OldAndNew =
    ["sagemaker:FeatureGroupOfflineStoreKmsKey", "sagemaker:FeatureGroupOfflineStoreKmsKeyArn"];

/// The condition keys that hold KMS keys.
pub const KMS_KEYS: [OldAndNew; 5] = [VOLUME_KEY, OUTPUT_KEY, SHARING_KEY, ONLINE_STORE_KEY, OFFLINE_STORE_KEY];

/// The facts that condition keys hold. For slots whose path contains the text: the key's names, which are none if no
/// key holds the value. The first entry that matches counts.
static HOLDERS: &[(Field, &str, &[&str])] = &[
    // The service chose this value: it is in the record, but was not in the request.
    (Field::InstanceType, "selectedInstanceType", &[]),
    // The key is documented for the resource's instances, not for those of the rules that monitor a training job.
    (Field::InstanceType, "RuleConfigurations", &[]),
    (Field::InstanceType, "", &["sagemaker:InstanceTypes"]),
    // The limit of a tuning job as a whole.
    (Field::MaxRuntime, "resourceLimits", &[]),
    (Field::MaxRuntime, "", &["sagemaker:MaxRuntimeInSeconds"]),
    (Field::VolumeKey, "", &VOLUME_KEY),
    (Field::StorageKey, "onlineStoreConfig", &ONLINE_STORE_KEY),
    (Field::StorageKey, "", &VOLUME_KEY),
    (Field::ContentKey, "homeEfsFileSystemKmsKeyId", &VOLUME_KEY),
    (Field::ContentKey, "", &[]),
    (Field::OutputKey, "sharingSettings", &SHARING_KEY),
    (Field::OutputKey, "offlineStoreConfig", &OFFLINE_STORE_KEY),
    // Data that is written in addition to the main output.
    (Field::OutputKey, "dataCaptureConfig", &[]),
    (Field::OutputKey, "datasetDefinition", &[]),
    (Field::OutputKey, "", &OUTPUT_KEY),
    (Field::NetworkIsolation, "", &["sagemaker:NetworkIsolation"]),
    (Field::TrafficEncryption, "", &["sagemaker:InterContainerTrafficEncryption"]),
    (Field::Subnet, "", &["sagemaker:VpcSubnets"]),
    (Field::SecurityGroup, "", &["sagemaker:VpcSecurityGroupIds"]),
    (Field::RemoteShell, "", &["sagemaker:EnableRemoteDebug"]),
    (Field::RemoteAccess, "", &["sagemaker:RemoteAccess"]),
    (Field::RootAccess, "", &["sagemaker:RootAccess"]),
    (Field::InternetAccess, "appNetworkAccessType", &["sagemaker:AppNetworkAccessType"]),
    (Field::InternetAccess, "", &["sagemaker:DirectInternetAccess"]),
];

/// The names of the condition key that holds the value at a slot in requests of the operation; empty if there is no
/// such key. `None` if no condition key holds facts of this kind.
pub fn condition_key(operation: &Operation, slot: &Slot) -> Option<&'static [&'static str]> {
    let (_, _, names) = HOLDERS.iter().find(|(field, part, _)| *field == slot.field && slot.path.contains(part))?;
    Some(if names.iter().all(|name| applies(name, operation.name)) { names } else { &[] })
}
