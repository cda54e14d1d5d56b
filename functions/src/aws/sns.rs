//! The SNS topic for alerts.

use std::collections::HashMap;

use aws_sdk_sns::types::MessageAttributeValue;

use super::client::Aws;
use super::errors::aws_error;
use crate::config;
use crate::ports::{AwsError, AwsResult, Message, Publish};

impl Publish for Aws {
    async fn publish(&self, message: &Message) -> AwsResult<()> {
        let Some(topic) = &self.topic else {
            return Err(AwsError(format!(
                "the environment variable `{}` is not set: alerts cannot be sent",
                config::TOPIC
            )));
        };
        let texts: HashMap<_, _> = message.texts.iter().cloned().collect();
        let texts = serde_json::to_string(&texts).map_err(|error| AwsError(error.to_string()))?;
        let mut publish = self.sns.publish().topic_arn(topic).subject(&message.subject).message(texts);
        publish = publish.message_structure("json");
        for (name, values) in &message.attributes {
            publish = publish.message_attributes(name, attribute(values)?);
        }
        publish.send().await.map(drop).map_err(aws_error("sns:Publish"))
    }
}

/// A message attribute: a string, or an array of several strings.
fn attribute(values: &[String]) -> AwsResult<MessageAttributeValue> {
    let (kind, value) = match values {
        [one] => ("String", one.clone()),
        several => ("String.Array", serde_json::json!(several).to_string()),
    };
    let attribute = MessageAttributeValue::builder().data_type(kind).string_value(value).build();
    attribute.map_err(|error| AwsError(error.to_string()))
}
