//! Messages to the security team.

use std::collections::BTreeMap;
use std::future::Future;

use super::error::AwsResult;

/// Attributes of a message, for subscriptions' filter policies; more than one value where a list is meant.
pub type Attributes = BTreeMap<String, Vec<String>>;

/// A message to the security team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// At most 100 printable ASCII characters.
    pub subject: String,
    /// The text for each protocol, by its name in SNS; `default` among them.
    pub texts: Vec<(&'static str, String)>,
    /// What filter policies go by.
    pub attributes: Attributes,
}

/// Tells the security team.
pub trait Publish {
    /// The IAM actions that it takes; those of KMS because the topic is encrypted.
    const ACTIONS: &'static [&'static str] = &["sns:Publish", "kms:GenerateDataKey", "kms:Decrypt"];

    /// Publishes the message.
    fn publish(&self, message: &Message) -> impl Future<Output = AwsResult<()>> + Send;
}
