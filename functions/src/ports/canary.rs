//! The model of the canary.

use std::future::Future;

use super::error::AwsResult;

/// Creates models without network isolation.
pub trait CreateOpenModel {
    /// The IAM actions that it needs. SageMaker's `CreateModel` depends on `iam:PassRole` (Service Authorization Reference).
    const ACTIONS: &'static [&'static str] = &["sagemaker:CreateModel", "iam:PassRole"];

    /// Creates the model `name` of a container image, which SageMaker reads as the role `role`. Returns the model's ARN.
    fn create_open_model(&self, name: &str, image: &str, role: &str) -> impl Future<Output = AwsResult<String>> + Send;
}
