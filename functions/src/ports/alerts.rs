//! Messages to the security team.

use std::collections::BTreeMap;
use std::future::Future;

use super::error::AwsResult;

/// Message attributes, which the filter policies of subscriptions read. An attribute with several values is sent as an array.
pub type Attributes = BTreeMap<String, Vec<String>>;

/// A message to the security team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// At most 100 printable ASCII characters.
    pub subject: String,
    /// The text for each protocol, by its name in SNS. It includes `default`.
    pub texts: Vec<(&'static str, String)>,
    /// The attributes for filter policies.
    pub attributes: Attributes,
}

/// Publishes messages to the security team.
pub trait Publish {
    /// The IAM actions that it needs. KMS is needed because the topic is encrypted.
    const ACTIONS: &'static [&'static str] = &["sns:Publish", "kms:GenerateDataKey", "kms:Decrypt"];

    /// Publishes the message.
    fn publish(&self, message: &Message) -> impl Future<Output = AwsResult<()>> + Send;
}
