//! Findings in Security Hub.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use tagwarden::asff::AsffFinding;

use super::error::AwsResult;

/// How many findings a call can import (Security Hub API reference, `BatchImportFindings`).
pub const BATCH: usize = 100;

/// Imports findings. If Security Hub is not enabled in the account and region, nothing is imported, and that is no error.
pub trait ImportFindings {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["securityhub:BatchImportFindings"];

    /// Imports at most [`BATCH`] findings. Returns the ids of those that Security Hub refused, with the reasons.
    fn import(&self, findings: &[&AsffFinding]) -> impl Future<Output = AwsResult<BTreeMap<String, String>>> + Send;
}

/// Archives findings about resources that do not exist any more.
pub trait ArchiveFindings {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["securityhub:BatchImportFindings", "securityhub:GetFindings"];

    /// Archives all findings about a resource, at this time (RFC 3339). Returns how many there were.
    fn archive(&self, resource: &str, at: &str) -> impl Future<Output = AwsResult<usize>> + Send;

    /// The resources of all active findings.
    fn with_findings(&self) -> impl Future<Output = AwsResult<BTreeSet<String>>> + Send;
}
