//! Sets tags of resources.

use super::client::Aws;
use super::errors::aws_error;
use crate::ports::{AddTags, AwsError, AwsResult};

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
