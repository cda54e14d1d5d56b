//! Deliveries of a delay queue: events that were postponed.

use aws_lambda_events::event::sqs::{SqsEvent, SqsMessage};

use crate::ports::{ATTEMPT, GRACE, Grace};

/// The messages of a delivery from SQS. `None` if it is a different payload: lists of CloudTrail's records look alike.
pub fn messages(payload: &str) -> Option<Vec<SqsMessage>> {
    let SqsEvent { records, .. } = serde_json::from_str(payload).ok()?;
    let is_message = |message: &SqsMessage| message.event_source.as_deref() == Some("aws:sqs");
    (!records.is_empty() && records.iter().all(is_message)).then_some(records)
}

/// The number of the attempt to process the event in a message. 1 for an event that somebody moved to the queue.
pub fn attempt(message: &SqsMessage) -> u64 {
    let number = message.message_attributes.get(ATTEMPT).and_then(|number| number.string_value.as_ref()?.parse().ok());
    number.unwrap_or(1)
}

/// The grace that the event in a message waits for, if it does.
///
/// # Errors
/// If it cannot be read.
pub fn grace(message: &SqsMessage) -> Result<Option<Grace>, String> {
    let grace = message.message_attributes.get(GRACE).and_then(|grace| grace.string_value.as_ref());
    grace.map(|grace| grace.parse()).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_told_from_records() {
        let message = |source: &str| {
            format!(
                r#"{{"messageId":"m","body":"{{}}","eventSource":"{source}",
                "messageAttributes":{{"attempt":{{"stringValue":"2","dataType":"Number"}}}}}}"#
            )
        };
        let read = |records: &[String]| messages(&format!(r#"{{"Records":[{}]}}"#, records.join(",")));
        let found = read(&[message("aws:sqs")]).expect("messages");
        assert_eq!(found.iter().map(attempt).collect::<Vec<_>>(), [2]);
        let moved = message("aws:sqs").replace("attempt", "another");
        assert_eq!(read(&[moved]).expect("messages").iter().map(attempt).collect::<Vec<_>>(), [1]);
        assert_eq!(read(&[message("aws:sqs"), message("sagemaker.amazonaws.com")]), None);
        assert_eq!(read(&[]), None);
        assert_eq!(messages("7"), None);
    }
}
