//! The S3 client of audits.

use std::fmt::Display;
use std::path::Path;
use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;

use super::client::sdk_config;
use super::errors::{aws_error, has_code};
use crate::ports::{AwsError, AwsResult, FindObject, ListObjects, ObjectContent, ReadObject, S3Object, WriteObject};

/// How long one attempt of a call may take, and all attempts together. Objects can be large, and S3 can throttle.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(60);
const CALL_TIMEOUT: Duration = Duration::from_secs(180);

/// A client for S3.
pub struct S3(aws_sdk_s3::Client);

impl S3 {
    /// A client for the region of the function.
    pub async fn connect() -> Self {
        Self(aws_sdk_s3::Client::new(&sdk_config(ATTEMPT_TIMEOUT, CALL_TIMEOUT).await))
    }

    async fn put(&self, object: &S3Object, body: ByteStream) -> AwsResult<()> {
        let put = self.0.put_object().bucket(&object.bucket).key(&object.key).body(body).send().await;
        put.map(drop).map_err(aws_error("s3:PutObject")).map_err(about(object))
    }
}

/// Adds the name of the object to an error.
fn about(object: &S3Object) -> impl Fn(AwsError) -> AwsError {
    let name = object.to_string();
    move |failure| AwsError(format!("{name}: {failure}"))
}

impl ReadObject for S3 {
    async fn read(&self, object: &S3Object) -> AwsResult<ObjectContent> {
        let got = self.0.get_object().bucket(&object.bucket).key(&object.key).send().await;
        let found = match got {
            Err(error) if has_code(&error, "NoSuchKey") => {
                return Ok(ObjectContent::Unavailable("it does not exist any more".to_owned()));
            }
            Err(error) if has_code(&error, "InvalidObjectState") => {
                return Ok(ObjectContent::Unavailable("it is archived: restore it first".to_owned()));
            }
            got => got.map_err(aws_error("s3:GetObject")).map_err(about(object))?,
        };
        let etag = found.e_tag.unwrap_or_default();
        let broken = |why: &dyn Display| about(object)(AwsError(format!("s3:GetObject failed: {why}")));
        let bytes = found.body.collect().await.map_err(|error| broken(&error))?.to_vec();
        Ok(ObjectContent::Read { bytes, etag })
    }
}

impl FindObject for S3 {
    async fn exists(&self, object: &S3Object) -> AwsResult<bool> {
        match self.0.head_object().bucket(&object.bucket).key(&object.key).send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(|error| error.is_not_found()) => Ok(false),
            Err(error) => Err(aws_error("s3:GetObject")(error)).map_err(about(object)),
        }
    }
}

impl ListObjects for S3 {
    async fn list(&self, prefix: &S3Object) -> AwsResult<Vec<S3Object>> {
        let list = self.0.list_objects_v2().bucket(&prefix.bucket).prefix(&prefix.key);
        let (mut pages, mut objects) = (list.into_paginator().send(), Vec::new());
        while let Some(page) = pages.next().await {
            let page = page.map_err(aws_error("s3:ListBucket")).map_err(about(prefix))?;
            let keys = page.contents.unwrap_or_default().into_iter().filter_map(|object| object.key);
            objects.extend(keys.map(|key| S3Object { bucket: prefix.bucket.clone(), key }));
        }
        Ok(objects)
    }
}

impl WriteObject for S3 {
    async fn write(&self, object: &S3Object, bytes: Vec<u8>) -> AwsResult<()> {
        self.put(object, ByteStream::from(bytes)).await
    }

    async fn write_file(&self, object: &S3Object, file: &Path) -> AwsResult<()> {
        let body = ByteStream::from_path(file).await;
        let body = body.map_err(|error| about(object)(AwsError(format!("{}: {error}", file.display()))))?;
        self.put(object, body).await
    }
}
