//! Which condition keys hold what the slots of a request say.
//!
//! Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon SageMaker AI". It says which
//! keys an action has, and describes in a sentence what of a request each one holds.

use super::condition_keys::applies;
use crate::operations::{Fact, Operation, Slot};

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
static HOLDERS: &[(Fact, &str, &[&str])] = &[
    // What the service chose is in the record and was not in the request.
    (Fact::InstanceType, "selectedInstanceType", &[]),
    // The key is documented for the resource's instances, not for those of the rules that watch over a training job.
    (Fact::InstanceType, "RuleConfigurations", &[]),
    (Fact::InstanceType, "", &["sagemaker:InstanceTypes"]),
    // The limit of a tuning job as a whole.
    (Fact::MaxRuntime, "resourceLimits", &[]),
    (Fact::MaxRuntime, "", &["sagemaker:MaxRuntimeInSeconds"]),
    (Fact::VolumeKey, "", &VOLUME_KEY),
    (Fact::StorageKey, "onlineStoreConfig", &ONLINE_STORE_KEY),
    (Fact::StorageKey, "", &VOLUME_KEY),
    (Fact::ContentKey, "homeEfsFileSystemKmsKeyId", &VOLUME_KEY),
    (Fact::ContentKey, "", &[]),
    (Fact::OutputKey, "sharingSettings", &SHARING_KEY),
    (Fact::OutputKey, "offlineStoreConfig", &OFFLINE_STORE_KEY),
    // What is written beside the output proper.
    (Fact::OutputKey, "dataCaptureConfig", &[]),
    (Fact::OutputKey, "datasetDefinition", &[]),
    (Fact::OutputKey, "", &OUTPUT_KEY),
    (Fact::NetworkIsolation, "", &["sagemaker:NetworkIsolation"]),
    (Fact::TrafficEncryption, "", &["sagemaker:InterContainerTrafficEncryption"]),
    (Fact::Subnet, "", &["sagemaker:VpcSubnets"]),
    (Fact::SecurityGroup, "", &["sagemaker:VpcSecurityGroupIds"]),
    (Fact::RemoteShell, "", &["sagemaker:EnableRemoteDebug"]),
    (Fact::RootAccess, "", &["sagemaker:RootAccess"]),
    (Fact::InternetAccess, "appNetworkAccessType", &["sagemaker:AppNetworkAccessType"]),
    (Fact::InternetAccess, "", &["sagemaker:DirectInternetAccess"]),
];

/// The condition key that holds what requests of the operation say at a slot, by all of its names; empty where none does.
/// `None` where condition keys are about nothing of the kind.
pub fn condition_key(operation: &Operation, slot: &Slot) -> Option<&'static [&'static str]> {
    let (_, _, names) = HOLDERS.iter().find(|(fact, part, _)| *fact == slot.fact && slot.path.contains(part))?;
    Some(if names.iter().all(|name| applies(name, operation.name)) { names } else { &[] })
}
