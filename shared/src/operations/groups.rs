//! What rows of the table share: constructors, and groups of slots that many request shapes have.

use super::Field::{ExecutionRole, Tags};
use super::{Absence, Field, Operation, Slot, Stop, Untagged};

pub(super) const fn slot(field: Field, path: &'static str) -> Slot {
    Slot { field, path, required: false, default: None, kind: "" }
}

pub(super) const fn required(field: Field, path: &'static str) -> Slot {
    Slot { field, path, required: true, default: None, kind: "" }
}

/// A longest run time for which the API documents the default.
pub(super) const fn with_default(default: u64, path: &'static str) -> Slot {
    Slot { default: Some(default), ..slot(Field::MaxRuntime, path) }
}

/// The name of a resource of this type, which the request uses.
pub(super) const fn uses(kind: &'static str, path: &'static str) -> Slot {
    Slot { kind, ..slot(Field::UsedResource, path) }
}

/// The name of a resource of this type, which the request changes.
pub(super) const fn changes(kind: &'static str, path: &'static str) -> Slot {
    Slot { kind, ..slot(Field::ChangedResource, path) }
}

/// The resource's tags.
pub(super) const TAGS: &[Slot] = &[slot(Tags, "tags")];

/// The one role that most requests pass.
pub(super) const ROLE: &[Slot] = &[required(ExecutionRole, "roleArn")];

/// The same role, if a request may leave it out.
pub(super) const OPTIONAL_ROLE: &[Slot] = &[slot(ExecutionRole, "roleArn")];

/// An operation that creates or starts something.
pub(super) const fn create(
    name: &'static str,
    kind: &'static str,
    resource_name: &'static str,
    resource_arn: &'static str,
    stop: Stop,
    slots: &'static [&'static [Slot]],
) -> Operation {
    Operation {
        name,
        kind,
        resource_name: some(resource_name),
        resource_arn: some(resource_arn),
        stop,
        absence: Absence::Unset,
        described: false,
        list: None,
        used_by: &[],
        ends: false,
        event: None,
        charge: None,
        untagged: Untagged::HasNone,
        only_ownership: false,
        slots,
    }
}

/// An operation that changes something.
pub(super) const fn update(
    name: &'static str,
    kind: &'static str,
    resource_name: &'static str,
    resource_arn: &'static str,
    stop: Stop,
    slots: &'static [&'static [Slot]],
) -> Operation {
    let operation = create(name, kind, resource_name, resource_arn, stop, slots);
    Operation { absence: Absence::Unchanged, ..operation }
}

/// An operation that is judged only by whose resource it changes, stops or deletes.
pub(super) const fn other(
    name: &'static str,
    kind: &'static str,
    resource_name: &'static str,
    resource_arn: &'static str,
) -> Operation {
    let operation = update(name, kind, resource_name, resource_arn, OWNERS_TASK, &[]);
    Operation { only_ownership: true, ..operation }
}

/// An operation that lets its caller into an existing resource, and is judged only by whose that is.
pub(super) const fn open(
    name: &'static str,
    kind: &'static str,
    resource_name: &'static str,
    resource_arn: &'static str,
    slots: &'static [&'static [Slot]],
) -> Operation {
    let operation = create(name, kind, resource_name, resource_arn, URL, slots);
    Operation { only_ownership: true, ..operation }
}

const OWNERS_TASK: Stop = Stop::Never("only the resource's owner can put it right");

const URL: Stop = Stop::Never("a URL that was issued cannot be withdrawn");

const fn some(path: &'static str) -> Option<&'static str> {
    if path.is_empty() { None } else { Some(path) }
}

/// Why an update is not undone.
pub(super) const NO_WAY_BACK: Stop = Stop::Never("the request of an update does not hold the previous settings");

/// A VPC configuration at a path (`VpcConfig` and similar shapes).
macro_rules! vpc {
    ($path:literal) => {
        &[
            slot(Vpc, $path),
            slot(Subnet, concat!($path, ".subnets[]")),
            slot(SecurityGroup, concat!($path, ".securityGroupIds[]")),
        ]
    };
}

/// Output that is written to an S3 path of this name, in the object at a path.
macro_rules! output {
    ($path:literal, $uri:literal) => {
        output!($path, $uri, "kmsKeyId")
    };
    ($path:literal, $uri:literal, $key:literal) => {
        &[slot(OutputKey, concat!($path, ".", $key)), slot(OutputUri, concat!($path, ".", $uri))]
    };
}

/// The same output, if the API requires it.
macro_rules! required_output {
    ($path:literal, $uri:literal) => {
        &[slot(OutputKey, concat!($path, ".kmsKeyId")), required(OutputUri, concat!($path, ".", $uri))]
    };
}

/// `S3DataSource` of the channels at a path.
macro_rules! channels {
    ($path:literal) => {
        &[slot(InputUri, concat!($path, "[].dataSource.s3DataSource.s3Uri"))]
    };
}

/// A container that a model runs, at a path.
macro_rules! container {
    ($path:literal) => {
        &[
            slot(Image, concat!($path, ".image")),
            slot(Variables, concat!($path, ".environment")),
            slot(ImageSource, concat!($path, ".modelPackageName")),
            slot(InputUri, concat!($path, ".modelDataUrl")),
            slot(InputUri, concat!($path, ".modelDataSource.s3DataSource.s3Uri")),
            slot(InputUri, concat!($path, ".modelDataSource.s3DataSource.manifestS3Uri")),
            slot(InputUri, concat!($path, ".additionalModelDataSources[].s3DataSource.s3Uri")),
            slot(InputUri, concat!($path, ".additionalModelDataSources[].s3DataSource.manifestS3Uri")),
        ]
    };
}

/// The containers of a model package or an algorithm, at a path.
macro_rules! packaged_containers {
    ($path:literal) => {
        &[
            slot(Image, concat!($path, ".image")),
            slot(Variables, concat!($path, ".environment")),
            slot(InputUri, concat!($path, ".modelDataUrl")),
            slot(InputUri, concat!($path, ".modelDataSource.s3DataSource.s3Uri")),
            slot(InputUri, concat!($path, ".modelDataSource.s3DataSource.manifestS3Uri")),
            slot(InputUri, concat!($path, ".additionalModelDataSources[].s3DataSource.s3Uri")),
            slot(InputUri, concat!($path, ".additionalModelDataSources[].s3DataSource.manifestS3Uri")),
            slot(InputUri, concat!($path, ".additionalS3DataSource.s3Uri")),
        ]
    };
}

/// The transform jobs with which SageMaker validates a model package or an algorithm.
macro_rules! validation_transform_job {
    () => {
        &[
            slot(Variables, "validationSpecification.validationProfiles[].transformJobDefinition?.environment"),
            slot(Compute, "validationSpecification.validationProfiles[].transformJobDefinition?.transformResources"),
            slot(
                InstanceType,
                "validationSpecification.validationProfiles[].transformJobDefinition?.transformResources.instanceType",
            ),
            slot(
                InstanceCount,
                "validationSpecification.validationProfiles[].transformJobDefinition?.transformResources.instanceCount",
            ),
            slot(
                VolumeKey,
                "validationSpecification.validationProfiles[].transformJobDefinition?.transformResources.volumeKmsKeyId",
            ),
            slot(
                InputUri,
                "validationSpecification.validationProfiles[].transformJobDefinition?.transformInput.dataSource.s3DataSource.s3Uri",
            ),
            slot(
                OutputKey,
                "validationSpecification.validationProfiles[].transformJobDefinition?.transformOutput.kmsKeyId",
            ),
            slot(
                OutputUri,
                "validationSpecification.validationProfiles[].transformJobDefinition?.transformOutput.s3OutputPath",
            ),
        ]
    };
}

pub(super) use {channels, container, output, packaged_containers, required_output, validation_transform_job, vpc};
