//! Sets of ports that belong together.

use super::alerts::Publish;
use super::bus::PutEvents;
use super::checkpoints::SaveCheckpoint;
use super::claims::ClaimEvent;
use super::files::FetchFile;
use super::grouping::GroupAlerts;
use super::history::ReadEventHistory;
use super::iam::{ListRoles, ReadGrants, ReadPrincipal};
use super::kms::DescribeKey;
use super::ledger::{CountStops, ReadLedger, WriteLedger};
use super::postpone::PostponeEvent;
use super::reports::TrackReports;
use super::resource_tags::ReadResourceTags;
use super::sagemaker::{AddTags, CallSageMaker, DescribeModel, DescribeResource, ListResources};
use super::security_hub::ArchiveFindings;
use super::sessions::FindSession;
use super::tag_changes::FindTagChanges;

/// What a guard reads to judge a call.
pub trait LookUp:
    ReadPrincipal
    + ReadGrants
    + DescribeKey
    + ReadResourceTags
    + DescribeModel
    + DescribeResource
    + FindSession
    + ReadLedger
    + FindTagChanges
    + FetchFile
    + Sync
{
}

impl<P> LookUp for P where
    P: ReadPrincipal
        + ReadGrants
        + DescribeKey
        + ReadResourceTags
        + DescribeModel
        + DescribeResource
        + FindSession
        + ReadLedger
        + FindTagChanges
        + FetchFile
        + Sync
{
}

/// What a guard needs to act.
pub trait Enforce:
    ClaimEvent
    + PostponeEvent
    + ReadLedger
    + WriteLedger
    + CountStops
    + AddTags
    + CallSageMaker
    + DescribeResource
    + ListResources
    + GroupAlerts
    + Publish
    + PutEvents
    + TrackReports
    + Sync
{
}

impl<P> Enforce for P where
    P: ClaimEvent
        + PostponeEvent
        + ReadLedger
        + WriteLedger
        + CountStops
        + AddTags
        + CallSageMaker
        + DescribeResource
        + ListResources
        + GroupAlerts
        + Publish
        + PutEvents
        + TrackReports
        + Sync
{
}

/// What a sweep needs in addition.
pub trait FindResources:
    ListResources + ListRoles + SaveCheckpoint + ReadEventHistory + ArchiveFindings + Sync
{
}

impl<P> FindResources for P where
    P: ListResources + ListRoles + SaveCheckpoint + ReadEventHistory + ArchiveFindings + Sync
{
}
