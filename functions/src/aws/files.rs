//! The policy file and the price file in S3.

use super::client::Aws;
use super::errors::aws_error;
use crate::ports::{AwsError, AwsResult, FetchFile, FileObject, MOST_BYTES};

impl FetchFile for Aws {
    async fn fetch_file(&self, bucket: &str, key: &str, known: Option<&str>) -> AwsResult<Option<FileObject>> {
        const NOT_MODIFIED: u16 = 304;
        let fetched =
            self.s3.get_object().bucket(bucket).key(key).set_if_none_match(known.map(str::to_owned)).send().await;
        let object = match fetched {
            Err(error) if error.raw_response().is_some_and(|raw| raw.status().as_u16() == NOT_MODIFIED) => {
                return Ok(None);
            }
            fetched => fetched.map_err(aws_error("s3:GetObject"))?,
        };
        let etag = object.e_tag.clone();
        let unreadable = |why: &dyn std::fmt::Display| AwsError(format!("s3:GetObject failed: {why}"));
        if object.content_length.is_none_or(|length| length > MOST_BYTES) {
            return Err(unreadable(&format_args!("it is larger than {} MB", MOST_BYTES >> 20)));
        }
        let bytes = object.body.collect().await.map_err(|error| unreadable(&error))?.to_vec();
        let text = String::from_utf8(bytes).map_err(|error| unreadable(&error))?;
        Ok(Some(FileObject { text, etag }))
    }
}
