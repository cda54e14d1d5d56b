//! What the functions need from AWS: one trait for each task, with the IAM actions that the task needs.

mod alerts;
mod bus;
mod canary;
mod checkpoints;
mod claims;
mod error;
mod files;
mod grouping;
mod history;
mod iam;
mod kms;
mod ledger;
mod objects;
mod postpone;
mod reports;
mod resource_tags;
mod sagemaker;
mod security_hub;
mod sessions;
mod sets;
mod tag_changes;
mod target;

pub use alerts::{Attributes, Message, Publish};
pub use bus::{BusEvent, PutEvents, SOURCE};
pub use canary::CreateOpenModel;
pub use checkpoints::{Checkpoint, SaveCheckpoint};
pub use claims::{Claim, ClaimEvent};
pub use error::{AwsError, AwsResult};
pub use files::{FetchFile, FileObject, MOST_BYTES};
pub use grouping::{AlertGroup, AlertTiming, AlertWindow, DigestAlerts, GroupAlerts, LISTED, PendingAlert};
pub use history::ReadEventHistory;
pub use iam::{ListRoles, ListedRole, ReadGrants, ReadPrincipal, RoleGrants, RolePage};
pub use kms::DescribeKey;
pub use ledger::{
    CLOCK_TOLERANCE, CountStops, Creation, KnownChange, LEDGER_RETENTION, LedgerEntry, MOST_CHANGES, RETENTION,
    ReadLedger, UsedConfig, WriteLedger,
};
pub use objects::{FindObject, ListObjects, ObjectContent, ReadObject, S3Object, WriteObject};
pub use postpone::{ATTEMPT, GRACE, Grace, PostponeEvent};
pub use reports::TrackReports;
pub use resource_tags::ReadResourceTags;
pub use sagemaker::{
    AddTags, CallSageMaker, DescribeModel, DescribeResource, ListFilter, ListPage, ListResources, SageMakerError,
};
pub use security_hub::{ArchiveFindings, BATCH, ImportFindings};
pub use sessions::{FindSession, RecordSession};
pub use sets::{Enforce, FindResources, LookUp};
pub use tag_changes::{FindTagChanges, RecordTagChange};
pub use target::Target;
