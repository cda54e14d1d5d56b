//! The policy file and the price file in S3.

use std::future::Future;

use super::error::AwsResult;

/// The largest file that is read. A function has 128 MB of memory.
pub const MOST_BYTES: i64 = 16 << 20;

/// A file from S3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileObject {
    /// Its text.
    pub text: String,
    /// Its entity tag.
    pub etag: Option<String>,
}

/// Fetches a file from S3.
pub trait FetchFile {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["s3:GetObject"];

    /// The object, or `None` if its entity tag is still `known`.
    fn fetch_file(
        &self,
        bucket: &str,
        key: &str,
        known: Option<&str>,
    ) -> impl Future<Output = AwsResult<Option<FileObject>>> + Send;
}
