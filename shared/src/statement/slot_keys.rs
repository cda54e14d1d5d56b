//! Which condition keys hold what the slots of a request say.
//!
//! Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon SageMaker AI". It says which
//! keys an action has, and describes in a sentence what of a request each one holds.

use super::condition_keys::applies;
use crate::operations::{Field, Operation, Slot};

/// Names of a condition key that AWS replaced: the deprecated one and the current one. Which of them a request carries is not
/// documented, so statements have to hold under either.
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

/// The facts that condition keys are about: of the slots whose path contains the text, the key's names; none where no key
/// holds what they say. The first that fits counts.
static HOLDERS: &[(Field, &str, &[&str])] = &[
    // What the service chose is in the record and was not in the request.
    (Field::InstanceType, "selectedInstanceType", &[]),
    // The key is documented for the resource's instances, not for those of the rules that watch over a training job.
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
    // What is written beside the output proper.
    (Field::OutputKey, "dataCaptureConfig", &[]),
    (Field::OutputKey, "datasetDefinition", &[]),
    (Field::OutputKey, "", &OUTPUT_KEY),
    (Field::NetworkIsolation, "", &["sagemaker:NetworkIsolation"]),
    (Field::TrafficEncryption, "", &["sagemaker:InterContainerTrafficEncryption"]),
    (Field::Subnet, "", &["sagemaker:VpcSubnets"]),
    (Field::SecurityGroup, "", &["sagemaker:VpcSecurityGroupIds"]),
    (Field::RemoteShell, "", &["sagemaker:EnableRemoteDebug"]),
    (Field::RootAccess, "", &["sagemaker:RootAccess"]),
    (Field::InternetAccess, "appNetworkAccessType", &["sagemaker:AppNetworkAccessType"]),
    (Field::InternetAccess, "", &["sagemaker:DirectInternetAccess"]),
];

/// The condition key that holds what requests of the operation say at a slot, by all of its names; empty where none does.
/// `None` where condition keys are about nothing of the kind.
pub fn condition_key(operation: &Operation, slot: &Slot) -> Option<&'static [&'static str]> {
    let (_, _, names) = HOLDERS.iter().find(|(field, part, _)| *field == slot.field && slot.path.contains(part))?;
    Some(if names.iter().all(|name| applies(name, operation.name)) { names } else { &[] })
}
