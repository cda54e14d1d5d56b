//! The instance types of SageMaker: which exist, and which have local NVMe disks.

/// A family of instance types, such as `m5`.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// The part between `ml.` and the size.
    pub name: &'static str,
    /// Whether its instances store on local NVMe disks. These are encrypted by the instance's own hardware; training,
    /// processing, transform and hosting refuse a volume key for them (API reference, `VolumeKmsKeyId` and `KmsKeyId`).
    pub local_storage: bool,
    /// The sizes that SageMaker offers anywhere.
    pub sizes: &'static [&'static str],
}

/// Studio's names for the shared machine on which JupyterServer apps run: `system`, and `default` as its console once sent
/// it. It is not an instance of the account, and costs nothing. KernelGateway apps treat it as `ml.t3.medium` (API reference,
/// `ResourceSpec`).
pub const NO_INSTANCES: [&str; 2] = ["system", "default"];

/// Whether instances of this type store on local NVMe disks, which take no volume key. `None` for a family that is not
/// known, which is newer or misspelt.
pub fn has_local_storage(instance_type: &str) -> Option<bool> {
    let (family, _) = instance_type.strip_prefix("ml.")?.split_once('.')?;
    FAMILIES.iter().find(|known| known.name == family).map(|known| known.local_storage)
}

/// Every instance type of SageMaker.
pub fn all() -> impl Iterator<Item = String> {
    FAMILIES.iter().flat_map(|family| family.sizes.iter().map(|size| format!("ml.{}.{size}", family.name)))
}

const NVME: bool = true;
const EBS: bool = false;

const fn family(name: &'static str, local_storage: bool, sizes: &'static [&'static str]) -> Family {
    Family { name, local_storage, sizes }
}

/// Every family, in alphabetical order. Types: the instance type enumerations of the SageMaker service model in the AWS
/// SDKs. Storage: EC2's `DescribeInstanceTypes`, `InstanceStorageSupported`, for the type without `ml.`.
#[rustfmt::skip]
pub static FAMILIES: &[Family] = &[
    family("c4", EBS, &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge"]),
    family("c5", EBS, &["large", "xlarge", "2xlarge", "4xlarge", "9xlarge", "12xlarge", "18xlarge", "24xlarge"]),
    family("c5d", NVME, &["large", "xlarge", "2xlarge", "4xlarge", "9xlarge", "18xlarge"]),
    family("c5n", EBS, &["large", "xlarge", "2xlarge", "4xlarge", "9xlarge", "18xlarge"]),
    family("c6a", EBS, &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "32xlarge", "48xlarge"]),
    family("c6g", EBS, &["medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"]),
    family("c6gd", NVME, &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"]),
    family("c6gn", EBS, &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"]),
    family("c6i", EBS, &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "32xlarge"]),
    family("c6id", NVME, &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "32xlarge"]),
    family("c6in", EBS, &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "32xlarge"]),
    family("c7g", EBS, &["medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"]),
    family("c7i", EBS, &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "48xlarge"]),
    family("c7i-flex", EBS, &["xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"]),
    family("c8a", EBS, &["16xlarge"]),
    family("c8g", EBS, &["medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "48xlarge"]),
    family("c8i", EBS, &["xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "32xlarge", "48xlarge", "96xlarge"]),
    family("c8i-flex", EBS, &["xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"]),
    family("dl1", NVME, &["24xlarge"]),
    family("g4dn", NVME, &["xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"]),
    family("g5", NVME, &["xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "48xlarge"]),
    family("g6", NVME, &["xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "48xlarge"]),
    family("g6e", NVME, &["xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "48xlarge"]),
    family("g7", NVME, &["2xlarge", "4xlarge", "8xlarge", "12xlarge", "24xlarge", "48xlarge"]),
    family("g7e", NVME, &["2xlarge", "4xlarge", "8xlarge", "12xlarge", "24xlarge", "48xlarge"]),
    family("geospatial", EBS, &["interactive"]),
    family("gr6", NVME, &["4xlarge", "8xlarge"]),
    family("i3en", NVME, &["large", "xlarge", "2xlarge", "3xlarge", "6xlarge", "12xlarge", "24xlarge"]),
    family("inf1", EBS, &["xlarge", "2xlarge", "6xlarge", "24xlarge"]),
    family("inf2", EBS, &["xlarge", "8xlarge", "24xlarge", "48xlarge"]),
    family("m4", EBS, &["xlarge", "2xlarge", "4xlarge", "10xlarge", "16xlarge"]),
    family("m5", EBS, &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge"]),
    family("m5d", NVME, &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge"]),
    family("m6a", EBS, &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "32xlarge", "48xlarge"]),
    family("m6g", EBS, &["medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"]),
    family("m6gd", NVME, &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"]),
    family("m6i", EBS, &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "32xlarge"]),
    family("m6id", NVME, &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "32xlarge"]),
    family("m7g", EBS, &["medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"]),
    family("m7i", EBS, &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "48xlarge"]),
    family("m7i-flex", EBS, &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"]),
    family("m8a", EBS, &["16xlarge"]),
    family("m8g", EBS, &["medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "48xlarge"]),
    family("m8i", EBS, &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "32xlarge", "48xlarge", "96xlarge"]),
    family("m8i-flex", EBS, &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"]),
    family("p2", EBS, &["xlarge", "8xlarge", "16xlarge"]),
    family("p3", EBS, &["2xlarge", "8xlarge", "16xlarge"]),
    family("p3dn", NVME, &["24xlarge"]),
    family("p4d", NVME, &["24xlarge"]),
    family("p4de", NVME, &["24xlarge"]),
    family("p5", NVME, &["4xlarge", "48xlarge"]),
    family("p5e", NVME, &["48xlarge"]),
    family("p5en", NVME, &["48xlarge"]),
    family("p6-b200", NVME, &["48xlarge"]),
    family("p6-b300", NVME, &["48xlarge"]),
    family("p6e-gb200", NVME, &["36xlarge"]),
    family("r5", EBS, &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge"]),
    family("r5d", NVME, &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge"]),
    family("r6g", EBS, &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"]),
    family("r6gd", NVME, &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"]),
    family("r6i", EBS, &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "32xlarge"]),
    family("r6id", NVME, &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "32xlarge"]),
    family("r7gd", NVME, &["medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"]),
    family("r7i", EBS, &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "48xlarge"]),
    family("r8g", EBS, &["medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "48xlarge"]),
    family("r8i", EBS, &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "32xlarge", "48xlarge", "96xlarge"]),
    family("r8i-flex", EBS, &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"]),
    family("t2", EBS, &["medium", "large", "xlarge", "2xlarge"]),
    family("t3", EBS, &["micro", "small", "medium", "large", "xlarge", "2xlarge"]),
    family("trn1", NVME, &["2xlarge", "32xlarge"]),
    family("trn1n", NVME, &["32xlarge"]),
    family("trn2", NVME, &["3xlarge", "48xlarge"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_in_order_and_types_unique() {
        assert!(FAMILIES.is_sorted_by_key(|family| family.name));
        let mut types: Vec<_> = all().collect();
        assert!(types.len() > 400);
        types.sort_unstable();
        types.dedup();
        assert_eq!(types.len(), all().count());
    }

    #[test]
    fn storage_goes_by_family() {
        assert_eq!(has_local_storage("ml.g6.xlarge"), Some(true));
        assert_eq!(has_local_storage("ml.m5.xlarge"), Some(false));
        assert_eq!(has_local_storage("ml.m5d.xlarge"), Some(true));
        assert_eq!(has_local_storage("ml.z99.xlarge"), None);
        assert_eq!(has_local_storage("m5.xlarge"), None);
    }
}
