//! What rules read in requests, and where it is.

/// A fact that rules read in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Who calls what, and where. Every operation has it, except those that only change tags, which launch nothing and
    /// which callers need to create a resource with tags, and those that are judged only by whose resource they are
    /// about.
    Caller,
    /// The existing resource that a call changes, starts, stops or deletes.
    Subject,
    /// Name or ARN of another resource that the request uses. Its slot says of which type.
    UsedResource,
    /// Name or ARN of another resource that the request changes. Its slot says of which type.
    ChangedResource,
    /// The list of resource tags, `[{key, value}]`.
    Tags,
    /// A list of tags that are set on an existing resource.
    AddedTags,
    /// The key of a tag that is removed from an existing resource.
    RemovedTag,
    /// ARN of a role that the resource will run as (`iam:PassRole`).
    ExecutionRole,
    /// ARN of a role that is passed for a service other than SageMaker to assume.
    ServiceRole,
    /// An object that launches compute: it names instance types, or is serverless.
    Compute,
    /// An instance type, such as `ml.m5.xlarge`.
    InstanceType,
    /// An object whose presence means that compute is serverless.
    Serverless,
    /// How many instances start. All counts in a request add up.
    InstanceCount,
    /// How far automatic scaling may raise the instance count beside it.
    InstanceCountCeiling,
    /// An instance count among several, from which the service chooses one.
    InstanceCountChoice,
    /// How many jobs run at the same time, each on the instances of one of the request's compute objects.
    ParallelJobs,
    /// How many jobs run in all, each on the instances of one of the request's compute objects.
    TotalJobs,
    /// Longest run time, in seconds.
    MaxRuntime,
    /// How long instances are kept, and charged, after a job, in seconds.
    KeepAlive,
    /// Instances that are charged by the hour until a job ends. The row says by which prices.
    Charge,
    /// Whether the request asks for managed spot capacity.
    SpotTraining,
    /// KMS key of the volumes of the instances named in the same object. Types with local NVMe disks refuse it.
    VolumeKey,
    /// KMS key of storage that takes one with any instance type: a file system, an attached EBS volume, an online
    /// store.
    StorageKey,
    /// Whether the storage beside it exists; unset means no.
    StorageSwitch,
    /// KMS key of the output written by the object that holds it.
    OutputKey,
    /// KMS key of the resource's own content. AWS encrypts it with an AWS key if the request gives none.
    ContentKey,
    /// S3 URI that is written to.
    OutputUri,
    /// Whether the output beside it is written; unset means yes.
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
    /// Name of an endpoint configuration, which says what an endpoint runs.
    EndpointConfig,
    /// A container image.
    Image,
    /// An algorithm or model package, which brings its own container image.
    ImageSource,
    /// An object of texts that containers get as environment variables or hyperparameters.
    Variables,
    /// Whether a shell can be opened inside the container.
    RemoteShell,
    /// Whether people can connect to a space from outside: `ENABLED` or `DISABLED`; unset means no.
    RemoteAccess,
    /// Whether users of a notebook are root: `Enabled` or `Disabled`; unset means enabled.
    RootAccess,
    /// Whether notebooks reach the internet directly, without the VPC. `Disabled` and `VpcOnly` mean no; unset means
    /// yes.
    InternetAccess,
}

impl Field {
    /// The fields that are KMS keys.
    pub const KEYS: [Self; 4] = [Self::VolumeKey, Self::StorageKey, Self::OutputKey, Self::ContentKey];
}

/// Where a fact is found in a request.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    /// What is found there.
    pub field: Field,
    /// Path within `requestParameters`.
    pub path: &'static str,
    /// Whether the API refuses a request without it. If so, a record without it is incomplete.
    pub required: bool,
    /// The value that counts if a number is unset.
    pub default: Option<u64>,
    /// The type of the resource that is named there, as in [`super::Operation::kind`]. Empty for all other facts.
    pub kind: &'static str,
}

impl Slot {
    /// The same slot in requests that the API refuses without it.
    pub(super) const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// Whether it is in a part that requests may leave out.
    pub fn is_optional_part(&self) -> bool {
        self.path.contains('?')
    }
}
