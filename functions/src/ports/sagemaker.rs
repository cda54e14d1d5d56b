//! Calls to SageMaker.

use std::future::Future;

use jiff::Timestamp;
use tagwarden::evidence::Model;

use super::error::{AwsError, AwsResult};
use super::target::Target;

/// Reads the network settings of a model.
pub trait DescribeModel {
    /// The IAM actions that it needs.
    const ACTIONS: &'static [&'static str] = &["sagemaker:DescribeModel"];

    /// The model `name`, and when it was created.
    fn model(&self, name: &str) -> impl Future<Output = AwsResult<(Timestamp, Model)>> + Send;
}

/// A failed call to SageMaker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SageMakerError {
    /// The error code, if the service answered.
    pub code: Option<String>,
    /// The operation, the error code and the message.
    pub error: AwsError,
}

impl SageMakerError {
    /// Whether the error code is one of these.
    pub fn is_one_of(&self, codes: &[&str]) -> bool {
        self.code.as_deref().is_some_and(|code| codes.contains(&code))
    }
}

impl From<AwsError> for SageMakerError {
    fn from(error: AwsError) -> Self {
        Self { code: None, error }
    }
}

/// Calls SageMaker's operations on one resource: those that describe, stop or delete it. The IAM action has the name of the
/// operation.
pub trait CallSageMaker {
    /// Calls `operation` on the resource, and returns the response as the API's JSON.
    fn call(
        &self,
        operation: &str,
        target: &Target,
    ) -> impl Future<Output = Result<serde_json::Value, SageMakerError>> + Send;
}

/// Describes a resource with its tags, for a creation whose record lacks the request.
pub trait DescribeResource: CallSageMaker {
    /// The IAM actions that it needs, besides those of the operations that describe.
    const ACTIONS: &'static [&'static str] = &["sagemaker:ListTags"];

    /// The tags of the resource `arn`, as the API's JSON list.
    fn tags_of(&self, arn: &str) -> impl Future<Output = AwsResult<serde_json::Value>> + Send;
}

/// Limits a list.
#[derive(Clone, Copy, Debug, Default)]
pub struct ListFilter<'a> {
    /// Only resources that were created or changed after this time, if the operation can filter by it.
    pub since: Option<Timestamp>,
    /// Only resources that use the resource of this name, if the operation can filter by it.
    pub using: Option<&'a str>,
    /// The token of the page.
    pub page: Option<&'a str>,
    /// The size of the page.
    pub max_results: i32,
}

/// A page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListPage {
    /// The summary of each resource, as the API's JSON.
    pub summaries: Vec<serde_json::Value>,
    /// The token of the next page, if there is one.
    pub next: Option<String>,
}

/// Lists resources. The IAM action has the name of the operation.
pub trait ListResources {
    /// A page of the resources that `operation` lists.
    fn list(
        &self,
        operation: &str,
        filter: ListFilter<'_>,
    ) -> impl Future<Output = Result<ListPage, SageMakerError>> + Send;
}

/// Sets tags on a resource.
pub trait AddTags {
    /// The IAM actions that it needs. The tagging API calls the API of the service with the caller's permissions.
    const ACTIONS: &'static [&'static str] = &["tag:TagResources", "sagemaker:AddTags"];

    /// Sets these tags on the resource `arn`.
    fn add_tags(&self, arn: &str, tags: &[(String, String)]) -> impl Future<Output = AwsResult<()>> + Send;
}
