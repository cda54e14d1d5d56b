//! The tags of resources.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use tagwarden::evidence::Tags;

use super::error::AwsResult;

/// Reads the tags of resources of any service.
pub trait ReadResourceTags {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["tag:GetResources"];

    /// The tags of the resources with these ARNs. What has never been tagged is left out.
    fn resource_tags(&self, arns: &BTreeSet<String>) -> impl Future<Output = AwsResult<BTreeMap<String, Tags>>> + Send;
}
