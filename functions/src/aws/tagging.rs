//! Sets and reads tags of resources.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;
use tagwarden::evidence::Tags;

use super::client::Aws;
use super::errors::aws_error;
use crate::ports::{AddTags, AwsError, AwsResult, ReadResourceTags};

impl AddTags for Aws {
    async fn add_tags(&self, arn: &str, tags: &[(String, String)]) -> AwsResult<()> {
        let mut request = self.tagging.tag_resources().resource_arn_list(arn);
        for (key, value) in tags {
            request = request.tags(key, value);
        }
        let answer = request.send().await.map_err(aws_error("tag:TagResources"))?;
        // The call succeeds even if a resource could not be tagged, and lists that resource.
        match answer.failed_resources_map().and_then(|failures| failures.get(arn)) {
            None => Ok(()),
            Some(failure) => {
                let code = failure.error_code().map(|code| code.as_str()).unwrap_or("unknown error");
                Err(AwsError(format!(
                    "tag:TagResources failed: {code}: {}",
                    failure.error_message().unwrap_or_default()
                )))
            }
        }
    }
}

/// "Array Members: … Maximum number of 100 items" (Resource Groups Tagging API reference, `GetResources`). With ARNs, the
/// answer has no pages.
const MAX_ARNS: usize = 100;

impl ReadResourceTags for Aws {
    async fn resource_tags(&self, arns: &BTreeSet<String>) -> AwsResult<BTreeMap<String, Tags>> {
        let arns: Vec<_> = arns.iter().cloned().collect();
        let answers = arns
            .chunks(MAX_ARNS)
            .map(|arns| self.tagging.get_resources().set_resource_arn_list(Some(arns.to_vec())).send());
        let answers = try_join_all(answers).await.map_err(aws_error("tag:GetResources"))?;
        let tagged = answers.iter().flat_map(|answer| answer.resource_tag_mapping_list());
        Ok(tagged
            .filter_map(|one| {
                let tags = one.tags().iter().map(|tag| (tag.key(), tag.value()));
                Some((one.resource_arn()?.to_owned(), tags.collect()))
            })
            .collect())
    }
}
