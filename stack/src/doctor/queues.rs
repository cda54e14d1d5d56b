//! Whether events failed, or could not be delivered.

use aws_sdk_sqs::types::QueueAttributeName;

use super::line::{Line, RESTORE};
use crate::aws::Aws;
use crate::errors::{failed, is_gone};
use crate::stack::Stack;

const CHECK: &str = "queues";

/// The queues that people have to look at.
pub const QUEUES: [&str; 2] = ["Failures", "Undelivered"];

/// A message that somebody looks at is hidden from others, but still there.
const COUNTS: [QueueAttributeName; 3] = [
    QueueAttributeName::ApproximateNumberOfMessages,
    QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
    QueueAttributeName::ApproximateNumberOfMessagesDelayed,
];

pub async fn check(stack: &Stack, aws: &Aws) -> Line {
    let mut problems = Vec::new();
    for id in QUEUES {
        match count(stack.physical(id), aws).await {
            Ok(None) => return Line::fail(CHECK, format!("`{id}` does not exist"), RESTORE),
            Ok(Some(0)) => {}
            Ok(Some(count)) => problems.push(format!("`{id}` holds {count} events")),
            Err(why) => return Line::unknown(CHECK, why),
        }
    }
    let fix = "see the runbook for the cause, and judge the events again by `tagwarden-stack redrive`";
    Line::of(CHECK, &problems, "no event failed or was undelivered", fix)
}

/// How many events a queue holds. Nothing, if there is no such queue.
async fn count(url: Option<&str>, aws: &Aws) -> Result<Option<u64>, String> {
    let Some(url) = url else { return Ok(None) };
    let asked = aws.sqs.get_queue_attributes().queue_url(url).set_attribute_names(Some(COUNTS.to_vec()));
    let found = match asked.send().await {
        Err(error) if is_gone(&error) => return Ok(None),
        found => found.map_err(failed("sqs:GetQueueAttributes"))?,
    };
    let count = |name| found.attributes()?.get(name)?.parse::<u64>().ok();
    let counts: Option<Vec<_>> = COUNTS.iter().map(count).collect();
    let counts = counts.ok_or("sqs:GetQueueAttributes: the answer has no number of messages")?;
    Ok(Some(counts.iter().sum()))
}
