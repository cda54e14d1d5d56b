//! The delay queue, in SQS.

use aws_sdk_sqs::types::MessageAttributeValue;
use jiff::SignedDuration;

use super::client::Aws;
use super::errors::aws_error;
use crate::config;
use crate::ports::{ATTEMPT, AwsError, AwsResult, PostponeEvent};

impl PostponeEvent for Aws {
    async fn postpone(&self, event: &str, attempt: u64, delay: SignedDuration) -> AwsResult<()> {
        let Some(queue) = &self.delay_queue else {
            return Err(AwsError(format!(
                "the environment variable `{}` is not set: events cannot be postponed",
                config::DELAY_QUEUE
            )));
        };
        let attempt = MessageAttributeValue::builder().data_type("Number").string_value(attempt.to_string()).build();
        let attempt = attempt.map_err(|error| AwsError(error.to_string()))?;
        let message = self.sqs.send_message().queue_url(queue).message_body(event).message_attributes(ATTEMPT, attempt);
        // A message can be delayed by at most 900 seconds (Amazon SQS API reference, "SendMessage").
        let delay = i32::try_from(delay.as_secs()).unwrap_or(900);
        message.delay_seconds(delay).send().await.map(drop).map_err(aws_error("sqs:SendMessage"))
    }
}
