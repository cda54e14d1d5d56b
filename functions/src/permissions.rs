//! Which IAM actions each function takes: those of the ports that it can use, for the operations that it is told of. The
//! template grants these and no others.

use std::collections::BTreeSet;

use tagwarden::evidence::{Created, EndpointConfig};
use tagwarden::operations::{Area, Field, Operation, Stop};

use crate::audit::ports::{FindObject, ListObjects, ReadObject, WriteObject};
use crate::audit::s3::S3;
use crate::aws::Aws;
use crate::ports::{
    AddTags, ClaimEvent, DescribeKey, DescribeModel, DescribeResource, DigestAlerts, FetchPolicy, FindSession,
    GroupAlerts, KeepPlace, Publish, ReadAttachedPolicies, ReadEventHistory, ReadTags, ReadTrustPolicy, RecordSession,
    RememberCreation, RememberCreations,
};
use crate::recover::is_recoverable;
use crate::stop::{describing, users};
use crate::sweep;

/// Functions, by the names of their binaries, with the IAM actions that they take.
pub type Functions = Vec<(&'static str, BTreeSet<String>)>;

/// The guards, with what they are told of.
pub const GUARDS: [(&str, &[Area]); 3] = [
    ("guard-hosting", &[Area::Hosting]),
    ("guard-studio", &[Area::Studio, Area::Clusters, Area::Assets, Area::Tags]),
    ("guard-training", &[Area::Training, Area::Jobs, Area::Monitoring]),
];

/// The operations that a guard is told of.
pub fn operations(areas: &'static [Area]) -> impl Iterator<Item = &'static Operation> + Clone {
    areas.iter().flat_map(|area| Operation::about(*area))
}

/// The functions of `audit.yaml`.
pub fn audit() -> Functions {
    let (read, write) = (<S3 as ReadObject>::ACTIONS, <S3 as WriteObject>::ACTIONS);
    vec![
        ("audit-extract", all(&[read, <S3 as FindObject>::ACTIONS, write])),
        ("audit-judge", all(&[read, <S3 as ListObjects>::ACTIONS, write])),
    ]
}

/// The functions of `template.yaml`.
pub fn functions() -> Functions {
    let guards = GUARDS.iter().map(|(name, areas)| (*name, enforcement(operations(areas))));
    let others = [
        ("record-sessions", all(&[<Aws as RecordSession>::ACTIONS])),
        ("send-digests", all(&[<Aws as DigestAlerts>::ACTIONS, <Aws as Publish>::ACTIONS])),
        ("sweep", sweep()),
    ];
    guards.chain(others).collect()
}

fn all(actions: &[&[&str]]) -> BTreeSet<String> {
    actions.concat().into_iter().map(str::to_owned).collect()
}

/// What a sweep takes: what guards take for what it finds, and what it takes to find that.
fn sweep() -> BTreeSet<String> {
    let mut actions = enforcement(sweep::operations());
    actions.extend(all(&[
        <Aws as RememberCreations>::ACTIONS,
        <Aws as KeepPlace>::ACTIONS,
        <Aws as ReadEventHistory>::ACTIONS,
    ]));
    for kind in &sweep::KINDS {
        actions.extend([kind.list.to_owned(), describing(kind.operation)].map(|call| format!("sagemaker:{call}")));
    }
    actions
}

/// What it takes to judge calls of these operations, and to act.
fn enforcement(operations: impl Iterator<Item = &'static Operation>) -> BTreeSet<String> {
    let mut actions = all(&[
        <Aws as ReadTags>::ACTIONS,
        <Aws as ReadAttachedPolicies>::ACTIONS,
        <Aws as ReadTrustPolicy>::ACTIONS,
        <Aws as DescribeKey>::ACTIONS,
        <Aws as DescribeResource>::ACTIONS,
        <Aws as FindSession>::ACTIONS,
        <Aws as FetchPolicy>::ACTIONS,
        <Aws as ClaimEvent>::ACTIONS,
        <Aws as RememberCreation>::ACTIONS,
        <Aws as AddTags>::ACTIONS,
        <Aws as GroupAlerts>::ACTIONS,
        <Aws as Publish>::ACTIONS,
    ]);
    for operation in operations {
        if operation.tells(Field::Model) {
            actions.extend(all(&[<Aws as DescribeModel>::ACTIONS]));
        }
        actions.extend(calls(operation).into_iter().map(|name| format!("sagemaker:{name}")));
    }
    actions
}

/// The operations of SageMaker that may have to be called about what `operation` did.
fn calls(operation: &Operation) -> Vec<String> {
    let mut calls = Vec::new();
    if let Stop::By(undo) = operation.stop {
        calls.extend([undo.to_owned(), describing(undo)]);
        for user in users(undo).1 {
            calls.push(user.list.to_owned());
            calls.extend(user.describe.map(|(describe, _)| describe.to_owned()));
        }
    }
    if operation.tells(Field::EndpointConfig) {
        calls.push(describing(EndpointConfig::BY));
    }
    if is_recoverable(operation) {
        calls.push(describing(operation.name));
    }
    calls
}

/// The resource type as ARNs write it. Source: Service Authorization Reference, "Resource types defined by Amazon SageMaker AI",
/// and the API reference's patterns of ARNs.
pub fn in_arn(kind: &str) -> &str {
    match kind {
        "cluster-extension" => "extension",
        "device" => "device-fleet/*/device",
        "edge-deployment-plan" => "edge-deployment",
        "model-card-export-job" => "model-card/*/export-job",
        "pipeline-execution" => "pipeline/*/execution",
        kind => kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::OPERATIONS;

    #[test]
    fn whatever_may_have_to_be_called_can_be() {
        for operation in Operation::all() {
            for call in calls(operation).iter().filter(|call| !call.starts_with("List")) {
                assert!(OPERATIONS.contains(&call.as_str()), "{}: {call}", operation.name);
            }
        }
        let called: BTreeSet<_> = Operation::all().flat_map(calls).collect();
        assert!(OPERATIONS.iter().all(|name| called.contains(*name)), "one is never called");
    }

    #[test]
    fn every_operation_has_one_guard() {
        let guarded: Vec<_> = GUARDS.iter().flat_map(|(_, areas)| operations(areas)).map(|one| one.name).collect();
        assert!(Operation::all().all(|operation| guarded.iter().filter(|name| **name == operation.name).count() == 1));
    }
}
