//! Sets of ports that belong together.

use super::alerts::Publish;
use super::checkpoints::SaveCheckpoint;
use super::claims::ClaimEvent;
use super::creations::{RememberCreation, RememberCreations};
use super::grouping::GroupAlerts;
use super::history::ReadEventHistory;
use super::iam::{ReadAttachedPolicies, ReadTags, ReadTrustPolicy};
use super::kms::DescribeKey;
use super::policy::FetchPolicy;
use super::postpone::PostponeEvent;
use super::sagemaker::{AddTags, CallSageMaker, DescribeModel, DescribeResource, ListResources};
use super::sessions::FindSession;
use super::tag_changes::FindTagChanges;

/// What a guard reads to judge a call.
pub trait LookUp:
    ReadTags
    + ReadAttachedPolicies
    + ReadTrustPolicy
    + DescribeKey
    + DescribeModel
    + DescribeResource
    + FindSession
    + FindTagChanges
    + FetchPolicy
    + Sync
{
}

impl<P> LookUp for P where
    P: ReadTags
        + ReadAttachedPolicies
        + ReadTrustPolicy
        + DescribeKey
        + DescribeModel
        + DescribeResource
        + FindSession
        + FindTagChanges
        + FetchPolicy
        + Sync
{
}

/// What a guard needs to act.
pub trait Enforce:
    ClaimEvent + PostponeEvent + RememberCreation + AddTags + CallSageMaker + ListResources + GroupAlerts + Publish + Sync
{
}

impl<P> Enforce for P where
    P: ClaimEvent
        + PostponeEvent
        + RememberCreation
        + AddTags
        + CallSageMaker
        + ListResources
        + GroupAlerts
        + Publish
        + Sync
{
}

/// What a sweep needs in addition.
pub trait FindResources: ListResources + RememberCreations + SaveCheckpoint + ReadEventHistory + Sync {}

impl<P> FindResources for P where P: ListResources + RememberCreations + SaveCheckpoint + ReadEventHistory + Sync {}
