//! Which IAM actions each function takes: those of the ports that it can use. The template grants these and no others.

use crate::audit::ports::{FindObject, ListObjects, ReadObject, WriteObject};
use crate::audit::s3::S3;
use crate::aws::Aws;
use crate::ports::{
    AddTags, ClaimEvent, DeleteEndpointConfig, DescribeKey, DescribeModel, DescribeResource, FetchPolicy, FindSession,
    Publish, ReadAttachedPolicies, ReadTags, ReadTrustPolicy, RecordSession, StopTrainingJob,
};

/// Functions, by the names of their binaries, with the IAM actions that they take.
pub type Functions = &'static [(&'static str, &'static [&'static [&'static str]])];

/// The functions of `audit.yaml`.
pub const AUDIT: Functions = &[
    ("audit-extract", &[<S3 as ReadObject>::ACTIONS, <S3 as FindObject>::ACTIONS, <S3 as WriteObject>::ACTIONS]),
    ("audit-judge", &[<S3 as ReadObject>::ACTIONS, <S3 as ListObjects>::ACTIONS, <S3 as WriteObject>::ACTIONS]),
];

/// The functions of `template.yaml`.
pub const FUNCTIONS: Functions = &[
    (
        "guard-hosting",
        &[
            <Aws as ReadTags>::ACTIONS,
            <Aws as ReadAttachedPolicies>::ACTIONS,
            <Aws as ReadTrustPolicy>::ACTIONS,
            <Aws as DescribeKey>::ACTIONS,
            <Aws as DescribeModel>::ACTIONS,
            <Aws as DescribeResource>::HOSTING_ACTIONS,
            <Aws as FindSession>::ACTIONS,
            <Aws as FetchPolicy>::ACTIONS,
            <Aws as ClaimEvent>::ACTIONS,
            <Aws as AddTags>::ACTIONS,
            <Aws as DeleteEndpointConfig>::ACTIONS,
            <Aws as Publish>::ACTIONS,
        ],
    ),
    (
        "guard-training",
        &[
            <Aws as ReadTags>::ACTIONS,
            <Aws as ReadAttachedPolicies>::ACTIONS,
            <Aws as ReadTrustPolicy>::ACTIONS,
            <Aws as DescribeKey>::ACTIONS,
            <Aws as DescribeResource>::TRAINING_ACTIONS,
            <Aws as FindSession>::ACTIONS,
            <Aws as FetchPolicy>::ACTIONS,
            <Aws as ClaimEvent>::ACTIONS,
            <Aws as AddTags>::ACTIONS,
            <Aws as StopTrainingJob>::ACTIONS,
            <Aws as Publish>::ACTIONS,
        ],
    ),
    ("record-sessions", &[<Aws as RecordSession>::ACTIONS]),
];
