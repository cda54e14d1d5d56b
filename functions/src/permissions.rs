//! The IAM actions that each function needs: those of its ports, for the operations that EventBridge delivers to it. The templates
//! grant exactly these.

use std::collections::BTreeSet;

use tagwarden::evidence::{Created, EndpointConfig};
use tagwarden::operations::{Area, Field, Operation, Stop};

use crate::act::users;
use crate::canary;
use crate::ports::{
    AddTags, ArchiveFindings, ClaimEvent, CountStops, CreateOpenModel, DescribeKey, DescribeModel, DescribeResource,
    DigestAlerts, Enforce, FetchFile, FindObject, FindResources, FindSession, FindTagChanges, GroupAlerts,
    ImportFindings, ListObjects, ListRoles, LookUp, PostponeEvent, Publish, PutEvents, ReadEventHistory, ReadGrants,
    ReadLedger, ReadObject, ReadPrincipal, ReadResourceTags, RecordSession, RecordTagChange, SaveCheckpoint,
    TrackReports, WriteLedger, WriteObject,
};
use crate::resource::names::describing;
use crate::resource::request::is_recoverable;
use crate::sweep;

/// Functions by the names of their binaries, with the IAM actions that they need.
pub type Functions = Vec<(&'static str, BTreeSet<String>)>;

/// The guards, with the areas whose events EventBridge delivers to them.
pub const GUARDS: [(&str, &[Area]); 3] = [
    ("guard-hosting", &[Area::Hosting]),
    ("guard-studio", &[Area::Studio, Area::Clusters, Area::Assets, Area::Tags]),
    ("guard-training", &[Area::Training, Area::Jobs, Area::Monitoring]),
];

/// The operations that EventBridge delivers to a guard.
pub fn operations(areas: &'static [Area]) -> impl Iterator<Item = &'static Operation> + Clone {
    areas.iter().flat_map(|area| Operation::about(*area))
}

/// The functions of `audit.yaml`.
pub fn audit<P: ReadObject + FindObject + ListObjects + WriteObject>() -> Functions {
    let (read, write) = (<P as ReadObject>::ACTIONS, <P as WriteObject>::ACTIONS);
    vec![
        ("audit-extract", all(&[read, <P as FindObject>::ACTIONS, write])),
        ("audit-judge", all(&[read, <P as ListObjects>::ACTIONS, write])),
    ]
}

/// The functions of `template.yaml`.
pub fn functions<P>() -> Functions
where
    P: LookUp
        + Enforce
        + FindResources
        + RecordSession
        + RecordTagChange
        + DigestAlerts
        + ImportFindings
        + CreateOpenModel,
{
    let canary = all(&[<P as CreateOpenModel>::ACTIONS, <P as ReadLedger>::ACTIONS, &canary::CALLS]);
    let guards = GUARDS.iter().map(|(name, areas)| {
        let mut actions = enforcement::<P>(operations(areas));
        actions.extend(all(&[<P as PostponeEvent>::ACTIONS]));
        (*name, actions)
    });
    let others = [
        ("import-findings", all(&[<P as ImportFindings>::ACTIONS, <P as ArchiveFindings>::ACTIONS])),
        ("record-sessions", all(&[<P as RecordSession>::ACTIONS, <P as RecordTagChange>::ACTIONS])),
        (
            "send-digests",
            all(&[
                <P as DigestAlerts>::ACTIONS,
                <P as Publish>::ACTIONS,
                <P as PutEvents>::ACTIONS,
                <P as TrackReports>::ACTIONS,
            ]),
        ),
        ("sweep", sweep::<P>()),
    ];
    [("canary", canary)].into_iter().chain(guards).chain(others).collect()
}

fn all(actions: &[&[&str]]) -> BTreeSet<String> {
    actions.concat().into_iter().map(str::to_owned).collect()
}

/// The actions of the sweep: those of a guard for the swept kinds, and those to find the resources.
fn sweep<P: LookUp + Enforce + FindResources>() -> BTreeSet<String> {
    let mut actions = enforcement::<P>(sweep::operations());
    actions.extend(all(&[
        <P as SaveCheckpoint>::ACTIONS,
        <P as ReadEventHistory>::ACTIONS,
        <P as ListRoles>::ACTIONS,
        <P as ArchiveFindings>::ACTIONS,
    ]));
    for operation in sweep::operations() {
        let calls = operation.list.map(str::to_owned).into_iter().chain([describing(operation.name)]);
        actions.extend(calls.map(|call| format!("sagemaker:{call}")));
    }
    actions
}

/// The actions to judge calls of these operations, and to act.
fn enforcement<P: LookUp + Enforce>(operations: impl Iterator<Item = &'static Operation>) -> BTreeSet<String> {
    let mut actions = all(&[
        <P as ReadPrincipal>::ACTIONS,
        <P as ReadGrants>::ACTIONS,
        <P as DescribeKey>::ACTIONS,
        <P as ReadResourceTags>::ACTIONS,
        <P as DescribeResource>::ACTIONS,
        <P as FindSession>::ACTIONS,
        <P as FindTagChanges>::ACTIONS,
        <P as FetchFile>::ACTIONS,
        <P as ClaimEvent>::ACTIONS,
        <P as ReadLedger>::ACTIONS,
        <P as WriteLedger>::ACTIONS,
        <P as CountStops>::ACTIONS,
        <P as AddTags>::ACTIONS,
        <P as GroupAlerts>::ACTIONS,
        <P as Publish>::ACTIONS,
        <P as PutEvents>::ACTIONS,
        <P as TrackReports>::ACTIONS,
    ]);
    for operation in operations {
        if operation.has(Field::Model) {
            actions.extend(all(&[<P as DescribeModel>::ACTIONS]));
        }
        actions.extend(calls(operation).into_iter().map(|name| format!("sagemaker:{name}")));
    }
    actions
}

/// The operations that a guard may have to call to judge or undo `operation`.
fn calls(operation: &Operation) -> Vec<String> {
    let mut calls = Vec::new();
    if let Stop::By(undo) = operation.stop {
        calls.extend([undo.to_owned(), describing(undo)]);
        for user in users(undo) {
            calls.push(user.list.to_owned());
            calls.extend(user.describe.map(|(describe, _)| describe.to_owned()));
        }
    }
    if operation.has(Field::EndpointConfig) {
        calls.push(describing(EndpointConfig::BY));
    }
    if is_recoverable(operation) {
        calls.push(describing(operation.name));
    }
    // Before it sets a tag back, a guard describes the resource, of whatever kind it is.
    if operation.only_tags() {
        calls.extend(
            Operation::all()
                .filter(|by| by.described && by.creates() && by.kind_takes_tags())
                .map(|by| describing(by.name)),
        );
    }
    calls
}

/// The resource type in ARNs. Source: Service Authorization Reference, "Resource types defined by Amazon SageMaker AI",
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

    #[test]
    fn every_operation_has_one_guard() {
        let guarded: Vec<_> = GUARDS.iter().flat_map(|(_, areas)| operations(areas)).map(|one| one.name).collect();
        assert!(Operation::all().all(|operation| guarded.iter().filter(|name| **name == operation.name).count() == 1));
    }
}
