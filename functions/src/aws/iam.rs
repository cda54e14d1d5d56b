//! Roles and users.

use tagwarden::evidence::Tags;
use tagwarden::record::arn;

use super::client::Aws;
use super::errors::aws_error;
use crate::ports::{AwsResult, ReadTags};

/// The name of the role or user, which IAM's API needs.
pub(super) fn name(arn: &str) -> &str {
    arn::name(arn).unwrap_or(arn)
}

impl ReadTags for Aws {
    async fn tags(&self, arn: &str) -> AwsResult<Tags> {
        // A principal has at most 50 tags, which fit into one page of 100.
        let tags = if arn::is_user(arn) {
            let listed = self.iam.list_user_tags().user_name(name(arn)).send().await;
            listed.map_err(aws_error("iam:ListUserTags"))?.tags
        } else {
            let listed = self.iam.list_role_tags().role_name(name(arn)).send().await;
            listed.map_err(aws_error("iam:ListRoleTags"))?.tags
        };
        Ok(tags.iter().map(|tag| (tag.key(), tag.value())).collect())
    }
}
