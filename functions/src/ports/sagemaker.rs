//! Calls to SageMaker.

use std::future::Future;

use jiff::Timestamp;
use tagwarden::evidence::Model;

use super::error::{AwsError, AwsResult};
use super::target::Target;

/// Reads the network settings of a model.
pub trait DescribeModel {
    /// The IAM actions that it takes.
    const ACTIONS: &'static [&'static str] = &["sagemaker:DescribeModel"];

    /// The model `name`.
    fn model(&self, name: &str) -> impl Future<Output = AwsResult<Model>> + Send;
}

/// Why SageMaker did not carry out an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SageMakerError {
    /// The error's code, where the service answered.
    pub code: Option<String>,
    /// The operation, and the error's code and message.
    pub error: AwsError,
}

impl SageMakerError {
    /// Whether the service answered with one of these error codes.
    pub fn is_one_of(&self, codes: &[&str]) -> bool {
        self.code.as_deref().is_some_and(|code| codes.contains(&code))
    }
}

impl From<AwsError> for SageMakerError {
    fn from(error: AwsError) -> Self {
        Self { code: None, error }
    }
}

/// Calls SageMaker's operations on one resource: those that describe it, and those that stop or delete it. The IAM action that
/// one takes has its name.
pub trait CallSageMaker {
    /// Calls `operation` on the resource. Its answer, as the API's JSON.
    fn call(
        &self,
        operation: &str,
        target: &Target,
    ) -> impl Future<Output = Result<serde_json::Value, SageMakerError>> + Send;
}

/// Reads the tags of a resource, where the record of the call that created it does not tell.
pub trait DescribeResource: CallSageMaker {
    /// The IAM actions that it takes, beside those of the operations that describe.
    const ACTIONS: &'static [&'static str] = &["sagemaker:ListTags"];

    /// The tags of the resource `arn`, as the API's JSON list.
    fn tags_of(&self, arn: &str) -> impl Future<Output = AwsResult<serde_json::Value>> + Send;
}

/// ListFilter resources a list is to have.
#[derive(Clone, Copy, Debug, Default)]
pub struct ListFilter<'a> {
    /// Those made or changed after this, where the operation can tell.
    pub since: Option<Timestamp>,
    /// Those that use the resource of this name, where the operation can tell.
    pub using: Option<&'a str>,
    /// Those that follow the page before, by what that said of its next one.
    pub page: Option<&'a str>,
    /// So many at most.
    pub max_results: i32,
}

/// A page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListPage {
    /// What the operation tells of each resource, as the API's JSON.
    pub summaries: Vec<serde_json::Value>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

/// Lists resources. The IAM action that a list takes has the operation's name.
pub trait ListResources {
    /// A page of what `operation` lists.
    fn list(
        &self,
        operation: &str,
        filter: ListFilter<'_>,
    ) -> impl Future<Output = Result<ListPage, SageMakerError>> + Send;
}

/// Sets tags on a resource.
pub trait AddTags {
    /// The IAM actions that it takes: the tagging API calls the service's own with the caller's permissions.
    const ACTIONS: &'static [&'static str] = &["tag:TagResources", "sagemaker:AddTags"];

    /// Sets these tags on the resource `arn`.
    fn add_tags(&self, arn: &str, tags: &[(String, String)]) -> impl Future<Output = AwsResult<()>> + Send;
}
