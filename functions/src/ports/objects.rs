//! What audits need from S3. The KMS actions are for buckets that a customer-managed key encrypts.

use std::fmt;
use std::future::Future;
use std::path::Path;

use super::error::AwsResult;

/// The location of an object, or of all objects whose keys begin with `key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Object {
    /// The name of the bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
}

impl S3Object {
    /// Reads a location of the form `s3://BUCKET/KEY`.
    ///
    /// # Errors
    /// If the text has a different form.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parts = text.strip_prefix("s3://").map(|rest| rest.split_once('/').unwrap_or((rest, "")));
        let (bucket, key) = parts
            .filter(|(bucket, _)| !bucket.is_empty())
            .ok_or_else(|| format!("`{text}` is not a location in S3; expected `s3://BUCKET/KEY`"))?;
        Ok(Self { bucket: bucket.to_owned(), key: key.to_owned() })
    }

    /// The object `name` below this location.
    pub fn below(&self, name: &str) -> Self {
        let folder = self.key.trim_end_matches('/');
        let key = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        Self { bucket: self.bucket.clone(), key }
    }
}

impl fmt::Display for S3Object {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)
    }
}

/// The content of an object, or why it is unavailable for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectContent {
    /// The object was read.
    Read {
        /// Its bytes.
        bytes: Vec<u8>,
        /// Its version.
        etag: String,
    },
    /// The object does not exist, or is in an archive storage class.
    Unavailable(String),
}

/// Reads objects.
pub trait ReadObject {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["s3:GetObject", "kms:Decrypt"];

    /// The object.
    fn read(&self, object: &S3Object) -> impl Future<Output = AwsResult<ObjectContent>> + Send;
}

/// Checks whether an object exists.
pub trait FindObject {
    /// The IAM actions that it needs. S3 reports a missing object only to a caller that may list the bucket.
    const ACTIONS: &'static [&'static str] = &["s3:GetObject", "s3:ListBucket", "kms:Decrypt"];

    /// Whether the object exists.
    fn exists(&self, object: &S3Object) -> impl Future<Output = AwsResult<bool>> + Send;
}

/// Lists objects.
pub trait ListObjects {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["s3:ListBucket"];

    /// All objects whose keys begin with the key of `prefix`.
    fn list(&self, prefix: &S3Object) -> impl Future<Output = AwsResult<Vec<S3Object>>> + Send;
}

/// Writes objects.
pub trait WriteObject {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["s3:PutObject", "kms:GenerateDataKey"];

    /// Writes the object.
    fn write(&self, object: &S3Object, bytes: Vec<u8>) -> impl Future<Output = AwsResult<()>> + Send;

    /// Writes the object from a file of at most 5 GB (S3 API reference, "PutObject").
    fn write_file(&self, object: &S3Object, file: &Path) -> impl Future<Output = AwsResult<()>> + Send;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_read_and_written() {
        let location = S3Object::parse("s3://b/audits/").expect("a location");
        assert_eq!(location.below("x").to_string(), "s3://b/audits/x");
        assert_eq!(S3Object::parse("s3://b").expect("a location").below("x").to_string(), "s3://b/x");
        assert!(S3Object::parse("b/x").is_err_and(|why| why.contains("expected `s3://BUCKET/KEY`")));
    }
}
