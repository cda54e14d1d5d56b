//! The delay queue, in SQS.

use aws_sdk_sqs::types::MessageAttributeValue;
use jiff::SignedDuration;

use super::client::Aws;
use super::errors::aws_error;
use crate::config;
use crate::ports::{ATTEMPT, AwsError, AwsResult, GRACE, Grace, PostponeEvent};

impl PostponeEvent for Aws {
    async fn postpone(&self, event: &str, attempt: u64, delay: SignedDuration) -> AwsResult<()> {
        self.send(event, (ATTEMPT, "Number", attempt.to_string()), delay).await
    }

    async fn postpone_until(&self, event: &str, grace: Grace, delay: SignedDuration) -> AwsResult<()> {
        self.send(event, (GRACE, "String", grace.to_string()), delay).await
    }
}

impl Aws {
    /// Sends an event with an attribute: its name, type and value.
    async fn send(&self, event: &str, attribute: (&str, &str, String), delay: SignedDuration) -> AwsResult<()> {
        let Some(queue) = &self.delay_queue else {
            return Err(AwsError(format!(
                "the environment variable `{}` is not set: events cannot be postponed",
                config::DELAY_QUEUE
            )));
        };
        let (name, kind, value) = attribute;
        let value = MessageAttributeValue::builder().data_type(kind).string_value(value).build();
        let value = value.map_err(|error| AwsError(error.to_string()))?;
        let message = self.sqs.send_message().queue_url(queue).message_body(event).message_attributes(name, value);
        // A message can be delayed by at most 900 seconds (Amazon SQS API reference, "SendMessage").
        let delay = i32::try_from(delay.as_secs()).unwrap_or(900);
        message.delay_seconds(delay).send().await.map(drop).map_err(aws_error("sqs:SendMessage"))
    }
}
