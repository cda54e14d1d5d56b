//! The SageMaker operations that Tagwarden judges, and where each one's request says what the rules ask about.
//!
//! This is data: to cover another operation, add a row. Paths are those of `requestParameters` in CloudTrail: the names of
//! the API's request shape with the first letter lowered (source: the SageMaker service model of the AWS SDKs, which
//! `tests/shapes/check` compares the table with). In a path, `[]` stands behind the name of a list, and `?` behind that of an
//! object which a request may do without: where it is not there, nothing is missing inside it.
//!
//! A row also says how SageMaker describes, lists and announces what the operation creates.

mod assets;
mod clusters;
mod groups;
mod hosting;
mod jobs;
mod monitoring;
mod studio;
mod tags;
mod training;

use crate::call::Call;
use crate::json::{At, find, member_text};

/// Something that a rule can ask a request for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
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

impl Fact {
    /// Those that are KMS keys.
    pub const KEYS: [Self; 4] = [Self::VolumeKey, Self::StorageKey, Self::OutputKey, Self::ContentKey];
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
    /// What counts where a number is unset.
    pub default: Option<u64>,
}

impl Slot {
    /// Whether it lies in a part that requests may do without.
    pub fn is_optional_part(&self) -> bool {
        self.path.contains('?')
    }
}

/// What it means that a request does not set something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// It is not set, or set to the API's default.
    Unset,
    /// It stays as it is: the operation changes a resource, and judges only what it sets.
    Unchanged,
}

/// What to do about a call that is to be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Call this SageMaker operation on the resource.
    By(&'static str),
    /// Nothing, for this reason: the security team is told.
    Never(&'static str),
}

/// What an operation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    /// Training, tuning and AutoML.
    Training,
    /// Jobs of other kinds.
    Jobs,
    /// Model monitoring.
    Monitoring,
    /// Models and endpoints.
    Hosting,
    /// Notebook instances and Studio.
    Studio,
    /// Clusters.
    Clusters,
    /// What is kept rather than run.
    Assets,
    /// The tags of what is there.
    Tags,
}

/// A SageMaker operation that Tagwarden judges.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// `eventName`
    pub name: &'static str,
    /// Resource type in IAM's service authorization reference, such as `training-job`. Operations on any resource have a type
    /// of no resource here: the ARN tells it.
    pub kind: &'static str,
    /// Path of the resource's name in `requestParameters`. Where it has none there, its ARN names it.
    pub resource_name: Option<&'static str>,
    /// Path of the resource's ARN in `responseElements`, or in `requestParameters`.
    pub resource_arn: Option<&'static str>,
    /// How it is undone.
    pub stop: Stop,
    /// What it means that a request does not set something.
    pub absence: Absence,
    /// Whether the `Describe` operation of what it creates answers the members of its request.
    pub described: bool,
    /// The operation that lists what it creates. A sweep looks for all that is listed.
    pub list: Option<&'static str>,
    /// Operations that create what uses this one's resources. A sweep visits the users first.
    pub used_by: &'static [&'static str],
    /// Whether what it creates ends by itself. SageMaker lists such jobs forever.
    pub ends: bool,
    /// The event that announces what it creates.
    pub event: Option<StateEvent>,
    /// Where the facts are.
    slots: &'static [&'static [Slot]],
}

/// An event of SageMaker's own in EventBridge, which announces that a resource exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateEvent {
    /// Its `detail-type`.
    pub detail_type: &'static str,
    /// The states that announce the resource. Empty for models and endpoint configurations, which have no state: their events
    /// report that they were created or deleted.
    pub states: &'static [&'static str],
}

/// What a row says about the resource that its operation creates.
impl Operation {
    const fn described(self) -> Self {
        Self { described: true, ..self }
    }

    const fn listed_by(self, list: &'static str) -> Self {
        Self { list: Some(list), ..self }
    }

    const fn used_by(self, users: &'static [&'static str]) -> Self {
        Self { used_by: users, ..self }
    }

    const fn ends(self) -> Self {
        Self { ends: true, ..self }
    }

    const fn announced_by(self, detail_type: &'static str, states: &'static [&'static str]) -> Self {
        Self { event: Some(StateEvent { detail_type, states }), ..self }
    }
}

impl Operation {
    /// Every operation that is judged.
    pub fn all() -> impl Iterator<Item = &'static Self> + Clone {
        AREAS.iter().flat_map(|(_, operations)| *operations)
    }

    /// The operations of an area.
    pub fn about(area: Area) -> impl Iterator<Item = &'static Self> + Clone {
        AREAS.iter().filter(move |(of, _)| *of == area).flat_map(|(_, operations)| *operations)
    }

    /// The operation that CloudTrail calls `name`, if it is judged.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::all().find(|operation| operation.name == name)
    }

    /// Where the facts are.
    pub fn slots(&self) -> impl Iterator<Item = &'static Slot> + Clone + use<> {
        self.slots.iter().copied().flatten()
    }

    /// Whether resources of its kind take tags: those that can be given some when they are created.
    pub fn kind_takes_tags(&self) -> bool {
        Self::all().any(|other| other.kind == self.kind && other.tells(Fact::Tags))
    }

    /// Whether a request of this operation can say anything about `fact`.
    pub fn tells(&self, fact: Fact) -> bool {
        match fact {
            Fact::Caller => !self.only_tags(),
            _ => self.slots().any(|slot| slot.fact == fact),
        }
    }

    /// Whether it does nothing but change the tags of a resource that was there before.
    pub fn only_tags(&self) -> bool {
        self.slots().any(|slot| matches!(slot.fact, Fact::AddedTags | Fact::RemovedTag))
    }

    /// ARN of the resource that a call of it is about, where the record tells it. The service adds it to many a logged request.
    pub fn arn<'a>(&self, call: &Call<'a>) -> Option<&'a str> {
        let path = self.resource_arn?;
        let in_response = call.response.and_then(|response| member_text(response, path));
        in_response.or_else(|| find(call.request.as_ref().ok()?, path).first()?.text().ok()?)
    }

    /// Whether it can say so inside the object at `outer`.
    pub fn tells_inside(&self, outer: &'static str, fact: Fact) -> bool {
        self.slots_inside(outer).any(|slot| slot.fact == fact)
    }

    /// Where facts are inside the object at `outer`, and that object itself.
    pub fn slots_inside(&self, outer: &'static str) -> impl Iterator<Item = &'static Slot> {
        let outer = At::new(outer);
        self.slots().filter(move |slot| At::new(slot.path).is_under(&outer))
    }
}

impl Area {
    /// All of them, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        AREAS.iter().map(|(area, _)| *area)
    }
}

/// The rows, by what the operations are about.
static AREAS: &[(Area, &[Operation])] = &[
    (Area::Training, training::OPERATIONS),
    (Area::Jobs, jobs::OPERATIONS),
    (Area::Monitoring, monitoring::OPERATIONS),
    (Area::Hosting, hosting::OPERATIONS),
    (Area::Studio, studio::OPERATIONS),
    (Area::Clusters, clusters::OPERATIONS),
    (Area::Assets, assets::OPERATIONS),
    (Area::Tags, tags::OPERATIONS),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::operation_names::OPERATION_NAMES;

    #[test]
    fn the_table_is_sound() {
        let mut names = BTreeSet::new();
        for operation in Operation::all() {
            let name = operation.name;
            assert!(names.insert(name), "{name} stands twice");
            assert!(OPERATION_NAMES.binary_search(&name).is_ok(), "{name} does not exist");
            match operation.stop {
                Stop::By(undo) => {
                    assert!(undo.starts_with("Stop") || undo.starts_with("Delete"), "{name}");
                    assert!(OPERATION_NAMES.binary_search(&undo).is_ok(), "{name}: {undo} does not exist");
                    assert!(
                        operation.absence == Absence::Unset || undo.starts_with("Stop"),
                        "{name}: what was there before an update is not deleted"
                    );
                }
                Stop::Never(reason) => assert!(reason.len() > 20, "{name}: `{reason}` says too little"),
            }
            assert!(operation.resource_name.is_some() || operation.resource_arn.is_some(), "{name}");
            let creates = operation.absence == Absence::Unset && operation.resource_arn.is_some();
            assert!(creates || !operation.described, "{name}: what it creates has no ARN to be described by");
            assert!(operation.described || operation.list.is_none() && operation.event.is_none(), "{name}");
            assert!(operation.list.is_some() || !operation.ends && operation.used_by.is_empty(), "{name}");
            let is_listed = |user: &&str| Operation::named(user).is_some_and(|user| user.list.is_some());
            assert!(operation.used_by.iter().all(is_listed), "{name}: {:?}", operation.used_by);
            if let Some(list) = operation.list {
                assert!(OPERATION_NAMES.binary_search(&list).is_ok(), "{name}: {list} does not exist");
            }
            let mut places = BTreeSet::new();
            for slot in operation.slots() {
                let path = slot.path;
                assert!(path.matches("[]").count() <= crate::json::MAX_ARRAYS, "{path}");
                assert!(path.split('.').all(|key| key.starts_with(|c: char| c.is_ascii_lowercase())), "{path}");
                assert!(!(slot.required && slot.is_optional_part()), "{name}: {path}");
                assert!(slot.default.is_none() || slot.fact == Fact::MaxRuntime, "{name}: {path}");
                assert!(!matches!(slot.fact, Fact::Tags | Fact::AddedTags) || path == "tags", "{name}: {path}");
                assert!(places.insert((slot.fact as u8, path)), "{name}: {path} stands twice");
            }
        }
    }
}
