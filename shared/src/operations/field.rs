//! What rules read of requests, and where it is.

/// Something that a rule can ask a request for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Who calls, where, and what. Every operation tells that, but for those that only change tags: they launch nothing, and
    /// whoever creates something with tags must be allowed them.
    Caller,
    /// The list of resource tags, `[{key, value}]`.
    Tags,
    /// A list of tags that are set on a resource that was there before.
    AddedTags,
    /// The key of a tag that is removed from a resource.
    RemovedTag,
    /// ARN of a role that the resource will run as (`iam:PassRole`).
    ExecutionRole,
    /// ARN of a role that is passed for another service than SageMaker to assume.
    ServiceRole,
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
    /// How many jobs run at a time, each of them on the instances of one of the request's compute objects.
    ParallelJobs,
    /// Longest run time, in seconds.
    MaxRuntime,
    /// Whether managed spot capacity is asked for.
    SpotTraining,
    /// KMS key of the volumes of the instances named in the same object. Types with local NVMe disks refuse it.
    VolumeKey,
    /// KMS key of storage that takes one whatever the instance type: a file system, an attached EBS volume, an online store.
    StorageKey,
    /// Whether the storage beside it is there at all; unset means no.
    StorageSwitch,
    /// KMS key of the output written by the object that holds it.
    OutputKey,
    /// KMS key of what the resource itself holds. AWS encrypts that with a key of its own where none is given.
    ContentKey,
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
    /// The object that holds subnets and security groups.
    Vpc,
    /// A subnet id.
    Subnet,
    /// A security group id.
    SecurityGroup,
    /// Name of a model, which brings its own isolation and VPC configuration.
    Model,
    /// Name of an endpoint configuration, which tells what an endpoint runs.
    EndpointConfig,
    /// A container image.
    Image,
    /// An algorithm or model package, which brings its own container image.
    ImageSource,
    /// Whether somebody may open a shell inside.
    RemoteShell,
    /// Whether users of a notebook are root: `Enabled` or `Disabled`; unset means enabled.
    RootAccess,
    /// Whether notebooks reach the internet past the VPC: not with `Disabled` or `VpcOnly`; unset means that they do.
    InternetAccess,
}

impl Field {
    /// Those that are KMS keys.
    pub const KEYS: [Self; 4] = [Self::VolumeKey, Self::StorageKey, Self::OutputKey, Self::ContentKey];
}

/// Where a fact is found in a request.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    /// What is found there.
    pub field: Field,
    /// Path within `requestParameters`.
    pub path: &'static str,
    /// Whether the API refuses a request without it, so that its absence means that the record is incomplete.
    pub required: bool,
    /// What counts where a number is unset.
    pub default: Option<u64>,
}

impl Slot {
    /// Whether it lies in a part that requests may do without.
    pub fn is_optional_part(&self) -> bool {
        self.path.contains('?')
    }
}
