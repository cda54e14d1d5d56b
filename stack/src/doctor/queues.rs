//! Whether events failed, or could not be delivered.

use aws_sdk_sqs::types::QueueAttributeName;

use super::line::Line;
use crate::aws::Aws;
use crate::errors::failed;
use crate::stack::Stack;

const CHECK: &str = "queues";

/// The queues that people have to look at.
pub const QUEUES: [&str; 2] = ["Failures", "Undelivered"];

pub async fn check(stack: &Stack, aws: &Aws) -> Line {
    let mut problems = Vec::new();
    for id in QUEUES {
        let Some(url) = stack.physical(id) else {
            problems.push(format!("the stack has no queue `{id}`"));
            continue;
        };
        let asked = QueueAttributeName::ApproximateNumberOfMessages;
        let found = match aws.sqs.get_queue_attributes().queue_url(url).attribute_names(asked.clone()).send().await {
            Ok(found) => found,
            Err(error) => return Line::unknown(CHECK, failed("sqs:GetQueueAttributes")(error)),
        };
        let count = found.attributes().and_then(|all| all.get(&asked)).map_or("?", String::as_str);
        if count != "0" {
            problems.push(format!("`{id}` holds {count} events"));
        }
    }
    let fix = "see the runbook for the cause, and judge the events again by `tagwarden-stack redrive`";
    Line::of(CHECK, &problems, "no event failed or was undelivered", fix)
}
