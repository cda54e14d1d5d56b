//! The SageMaker operations that Tagwarden judges, and where their requests hold the facts that the rules read.
//!
//! This is data: to cover another operation, add a row. Paths are those of `requestParameters` in CloudTrail: the names
//! of the API's request shape with the first letter lowered (source: the SageMaker service model of the AWS SDKs, which
//! `tests/shapes/check` compares the table with). In a path, `[]` follows the name of a list, and `?` the name of an
//! object that a request may leave out. If it leaves the object out, nothing is missing inside it.
//!
//! A row also says how SageMaker describes, lists and announces the resource that the operation creates.

mod assets;
mod clusters;
mod field;
mod groups;
mod hosting;
mod jobs;
mod monitoring;
mod names;
mod others;
mod row;
mod studio;
mod tags;
mod training;

pub use field::{Field, Slot};
pub use names::{OPERATION_NAMES, OTHER_ACTIONS};
pub use row::{Absence, Charge, Component, Operation, StateEvent, Stop, Untagged};

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
    /// Resources that are kept and do not run.
    Assets,
    /// The tags of existing resources.
    Tags,
}

impl Operation {
    /// Every operation that Tagwarden judges.
    pub fn all() -> impl Iterator<Item = &'static Self> + Clone {
        AREAS.iter().flat_map(|(_, lists)| *lists).copied().flatten()
    }

    /// The operations of an area.
    pub fn about(area: Area) -> impl Iterator<Item = &'static Self> + Clone {
        AREAS.iter().filter(move |(of, _)| *of == area).flat_map(|(_, lists)| *lists).copied().flatten()
    }

    /// The operation with this `eventName`, if Tagwarden judges it.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::all().find(|operation| operation.name == name)
    }

    /// Whether resources of its kind take tags, which is so if a create request can set them.
    pub fn kind_takes_tags(&self) -> bool {
        Self::all().any(|other| other.kind == self.kind && other.has(Field::Tags))
    }
}

impl Area {
    /// All operations, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        AREAS.iter().map(|(area, _)| *area)
    }
}

/// The rows, by area.
static AREAS: &[(Area, &[&[Operation]])] = &[
    (Area::Training, &[training::OPERATIONS, others::TRAINING]),
    (Area::Jobs, &[jobs::OPERATIONS, others::JOBS]),
    (Area::Monitoring, &[monitoring::OPERATIONS, others::MONITORING]),
    (Area::Hosting, &[hosting::OPERATIONS, others::HOSTING]),
    (Area::Studio, &[studio::OPERATIONS, others::STUDIO]),
    (Area::Clusters, &[clusters::OPERATIONS, others::CLUSTERS]),
    (Area::Assets, &[assets::OPERATIONS, others::ASSETS]),
    (Area::Tags, &[tags::OPERATIONS]),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::record::secrets::SECRET_MEMBERS;

    #[test]
    fn the_table_is_sound() {
        let mut names = BTreeSet::new();
        for operation in Operation::all() {
            let name = operation.name;
            assert!(names.insert(name), "{name} stands twice");
            assert!(OPERATION_NAMES.binary_search(&name).is_ok(), "{name} does not exist");
            match operation.stop {
                Stop::By(undo) => {
                    let is_rolled_back = undo == name;
                    assert!(undo.starts_with("Stop") || undo.starts_with("Delete") || is_rolled_back, "{name}");
                    assert!(OPERATION_NAMES.binary_search(&undo).is_ok(), "{name}: {undo} does not exist");
                    assert!(
                        operation.absence == Absence::Unset || undo.starts_with("Stop") || is_rolled_back,
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
                assert!(path.matches("[]").count() <= crate::record::json::MAX_ARRAYS, "{path}");
                assert!(path.split('.').all(|key| key.starts_with(|c: char| c.is_ascii_lowercase())), "{path}");
                assert!(!(slot.required && slot.is_optional_part()), "{name}: {path}");
                let names = matches!(slot.field, Field::UsedResource | Field::ChangedResource);
                assert!(names != slot.kind.is_empty(), "{name}: {path}");
                assert!(slot.default.is_none() || slot.field == Field::MaxRuntime, "{name}: {path}");
                assert!(!matches!(slot.field, Field::Tags | Field::AddedTags) || path == "tags", "{name}: {path}");
                assert!(places.insert((slot.field as u8, path)), "{name}: {path} stands twice");
                let is_secret = path.rsplit('.').next().is_some_and(|member| SECRET_MEMBERS.contains(&member));
                assert_eq!(slot.field == Field::Variables, is_secret, "{name}: {path}");
            }
        }
    }
}
