//! `redrive`: sends the events of the queues for failures to the functions again.

use std::process::ExitCode;

use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use serde_json::Value;

use crate::args::RedriveArgs;
use crate::aws::Aws;
use crate::doctor::QUEUES;
use crate::errors::failed;
use crate::stack::Stack;

/// For how many seconds a message is hidden while it is sent on.
const HIDDEN: i32 = 300;

/// Where a message goes.
#[derive(Debug, PartialEq, Eq)]
enum Destination {
    /// To this function.
    Function(String),
    /// To this queue, from which it came.
    Queue(String),
}

/// Sends all messages on, and prints a line for each.
///
/// # Errors
/// If a queue cannot be read.
pub async fn run(args: &RedriveArgs, stack: &Stack, aws: &Aws) -> Result<ExitCode, String> {
    let (mut sent, mut left) = (0, 0);
    for id in QUEUES {
        let url = stack.physical(id).ok_or_else(|| format!("the stack has no queue `{id}`"))?;
        loop {
            let receive =
                aws.sqs.receive_message().queue_url(url).max_number_of_messages(10).visibility_timeout(HIDDEN);
            let receive = receive.message_attribute_names("All");
            let receive = receive.message_system_attribute_names(MessageSystemAttributeName::All);
            let received = receive.send().await.map_err(failed("sqs:ReceiveMessage"))?;
            if received.messages().is_empty() {
                break;
            }
            for message in received.messages() {
                let said = match pass_on(message, args.dry_run, url, stack, aws).await {
                    Ok(to) => {
                        sent += 1;
                        format!("→ {to}")
                    }
                    Err(problem) => {
                        left += 1;
                        format!("left: {problem}")
                    }
                };
                anstream::println!("{id} {} {said}", message.message_id().unwrap_or("?"));
            }
        }
    }
    anstream::println!("{}: {sent}, left: {left}", if args.dry_run { "would be sent on" } else { "sent on" });
    Ok(ExitCode::from(u8::from(left > 0)))
}

/// Sends a message on and deletes it. Returns where it went.
async fn pass_on(message: &Message, dry_run: bool, url: &str, stack: &Stack, aws: &Aws) -> Result<String, String> {
    let body = message.body().unwrap_or_default();
    let destination = destination(message, stack, aws).await?;
    let to = match &destination {
        Destination::Function(name) => format!("function {name}"),
        Destination::Queue(queue) => format!("queue {queue}"),
    };
    if dry_run {
        return Ok(to);
    }
    match destination {
        Destination::Function(name) => {
            let invoke = aws.lambda.invoke().function_name(name).invocation_type(InvocationType::Event);
            invoke.payload(Blob::new(body)).send().await.map(drop).map_err(failed("lambda:InvokeFunction"))?;
        }
        Destination::Queue(queue) => {
            let send = aws.sqs.send_message().queue_url(queue).message_body(body);
            send.send().await.map(drop).map_err(failed("sqs:SendMessage"))?;
        }
    }
    let delete = aws.sqs.delete_message().queue_url(url).receipt_handle(message.receipt_handle().unwrap_or_default());
    delete.send().await.map(drop).map_err(failed("sqs:DeleteMessage"))?;
    Ok(to)
}

async fn destination(message: &Message, stack: &Stack, aws: &Aws) -> Result<Destination, String> {
    // A failed invocation: Lambda names the function (Lambda developer guide, "Asynchronous invocation", "Destinations").
    let body: Value = serde_json::from_str(message.body().unwrap_or_default()).unwrap_or_default();
    if let Some(arn) = body.pointer("/requestContext/functionArn").and_then(Value::as_str) {
        return Ok(Destination::Function(unversioned(arn)));
    }
    // A message of a queue that a function could not process: SQS names the queue.
    let source = message.attributes().and_then(|all| all.get(&MessageSystemAttributeName::DeadLetterQueueSourceArn));
    if let Some(arn) = source {
        let name = arn.rsplit(':').next().unwrap_or_default();
        let queue = stack.of_kind("AWS::SQS::Queue").find(|queue| queue.physical.rsplit('/').next() == Some(name));
        return queue
            .map(|queue| Destination::Queue(queue.physical.clone()))
            .ok_or_else(|| format!("the stack has no queue `{arn}`"));
    }
    // An event that EventBridge could not deliver: it names the rule (EventBridge user guide, "Using dead-letter queues").
    let rule = message.message_attributes().and_then(|all| all.get("RULE_ARN")?.string_value());
    let arn = rule.ok_or("it says neither which function nor which queue nor which rule it was for")?;
    let path =
        arn.split_once(":rule/").map(|(_, path)| path).ok_or_else(|| format!("`{arn}` is not the ARN of a rule"))?;
    let (bus, name) = path.split_once('/').map_or((None, path), |(bus, name)| (Some(bus.to_owned()), name));
    let targets = aws.eventbridge.list_targets_by_rule().rule(name).set_event_bus_name(bus).send().await;
    let targets = targets.map_err(failed("events:ListTargetsByRule"))?;
    let target = targets
        .targets()
        .first()
        .map(|target| target.arn().to_owned())
        .ok_or_else(|| format!("`{arn}` has no target"))?;
    match target.split(':').nth(2) {
        Some("lambda") => Ok(Destination::Function(unversioned(&target))),
        Some("sqs") => {
            let name = target.rsplit(':').next().unwrap_or_default();
            let url = aws.sqs.get_queue_url().queue_name(name).send().await.map_err(failed("sqs:GetQueueUrl"))?;
            url.queue_url.map(Destination::Queue).ok_or_else(|| format!("`{target}` has no URL"))
        }
        _ => Err(format!("it was for `{target}`, which takes no events from here")),
    }
}

/// The ARN of a function without a version or an alias.
fn unversioned(arn: &str) -> String {
    arn.splitn(8, ':').take(7).collect::<Vec<_>>().join(":")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_cut_off() {
        let arn = "arn:aws:lambda:eu-west-1:111122223333:function:guard";
        assert_eq!(unversioned(&format!("{arn}:$LATEST")), arn);
        assert_eq!(unversioned(arn), arn);
    }
}
