//! `redrive`: sends the events of the queues for failures to the functions again.

use std::collections::BTreeSet;
use std::fmt;
use std::process::ExitCode;

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use jiff::Timestamp;
use serde_json::Value;

use crate::args::RedriveArgs;
use crate::aws::Aws;
use crate::doctor::QUEUES;
use crate::errors::failed;
use crate::stack::Stack;

/// For how many seconds a message is hidden while it is sent on.
const HIDDEN: i32 = 300;

/// For how many seconds a queue is asked before it counts as empty. Without a wait, SQS asks only some of its servers (SQS developer
/// guide, "Short and long polling").
const WAIT: i32 = 2;

/// Where a message goes.
#[derive(Debug, PartialEq, Eq)]
enum Destination {
    /// To this function.
    Function(String),
    /// To the queue of this URL.
    Queue(String),
    /// To the event bus of this ARN.
    Bus(String),
    /// To the topic of this ARN: chat.
    Topic(String),
}

impl fmt::Display for Destination {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function(name) => write!(to, "function {name}"),
            Self::Queue(url) => write!(to, "queue {url}"),
            Self::Bus(arn) => write!(to, "event bus {arn}"),
            Self::Topic(arn) => write!(to, "topic {arn}"),
        }
    }
}

/// Sends all messages on, and prints a line for each.
///
/// # Errors
/// If a queue cannot be read.
pub async fn run(args: &RedriveArgs, stack: &Stack, aws: &Aws) -> Result<ExitCode, String> {
    let began = Timestamp::now();
    let (mut sent, mut left) = (0, 0);
    for id in QUEUES {
        let url = stack.physical(id).ok_or_else(|| format!("the stack has no queue `{id}`"))?;
        let messages = Messages { url, began, seen: BTreeSet::new(), kept: Vec::new() };
        let (of_queue, kept) = messages.pass_on(id, args.dry_run, stack, aws).await?;
        sent += of_queue;
        left += kept;
    }
    anstream::println!("{}: {sent}, left: {left}", if args.dry_run { "would be sent on" } else { "sent on" });
    Ok(ExitCode::from(u8::from(left > 0)))
}

/// The messages of a queue.
struct Messages<'a> {
    url: &'a str,
    /// What came later has failed again: it is left, or the command might not end.
    began: Timestamp,
    /// The ids of those that were dealt with. One that is hidden for too short comes again.
    seen: BTreeSet<String>,
    /// The receipts of those that stay.
    kept: Vec<String>,
}

impl Messages<'_> {
    /// Sends the messages on. Returns how many were sent, and how many could not be.
    async fn pass_on(mut self, id: &str, dry_run: bool, stack: &Stack, aws: &Aws) -> Result<(usize, usize), String> {
        let (mut sent, mut left) = (0, 0);
        let received = loop {
            let messages = match self.receive(aws).await {
                Ok(messages) if messages.is_empty() => break Ok((sent, left)),
                Ok(messages) => messages,
                Err(problem) => break Err(problem),
            };
            for message in messages {
                let name = message.message_id().unwrap_or("?").to_owned();
                let is_due = self.seen.insert(name.clone()) && !self.came_later(&message);
                let is_deleted = is_due
                    && match pass_on(&message, dry_run, self.url, stack, aws).await {
                        Ok(to) => {
                            sent += 1;
                            anstream::println!("{id} {name} → {to}");
                            !dry_run
                        }
                        Err(problem) => {
                            left += 1;
                            anstream::println!("{id} {name} left: {problem}");
                            false
                        }
                    };
                if !is_deleted {
                    self.kept.extend(message.receipt_handle);
                }
            }
        };
        self.show_again(aws).await?;
        received
    }

    async fn receive(&self, aws: &Aws) -> Result<Vec<Message>, String> {
        let receive = aws.sqs.receive_message().queue_url(self.url).max_number_of_messages(10);
        let receive = receive.visibility_timeout(HIDDEN).wait_time_seconds(WAIT).message_attribute_names("All");
        let receive = receive.message_system_attribute_names(MessageSystemAttributeName::All);
        let received = receive.send().await.map_err(failed("sqs:ReceiveMessage"))?;
        Ok(received.messages.unwrap_or_default())
    }

    fn came_later(&self, message: &Message) -> bool {
        let sent = message.attributes().and_then(|all| all.get(&MessageSystemAttributeName::SentTimestamp));
        let sent = sent.and_then(|milliseconds| milliseconds.parse().ok());
        sent.is_some_and(|sent: i64| sent > self.began.as_millisecond())
    }

    /// Lets others see the messages that stay.
    async fn show_again(&self, aws: &Aws) -> Result<(), String> {
        for receipt in &self.kept {
            let change = aws.sqs.change_message_visibility().queue_url(self.url).receipt_handle(receipt);
            change.visibility_timeout(0).send().await.map_err(failed("sqs:ChangeMessageVisibility"))?;
        }
        Ok(())
    }
}

/// Sends a message on and deletes it. Returns where it went.
async fn pass_on(message: &Message, dry_run: bool, url: &str, stack: &Stack, aws: &Aws) -> Result<Destination, String> {
    let destination = destination(message, stack)?;
    if !dry_run {
        send(message.body().unwrap_or_default(), &destination, aws).await?;
        let receipt = message.receipt_handle().unwrap_or_default();
        let delete = aws.sqs.delete_message().queue_url(url).receipt_handle(receipt);
        delete.send().await.map_err(failed("sqs:DeleteMessage"))?;
    }
    Ok(destination)
}

async fn send(body: &str, destination: &Destination, aws: &Aws) -> Result<(), String> {
    match destination {
        Destination::Function(name) => {
            let invoke = aws.lambda.invoke().function_name(name).invocation_type(InvocationType::Event);
            invoke.payload(Blob::new(body)).send().await.map(drop).map_err(failed("lambda:InvokeFunction"))
        }
        Destination::Queue(queue) => {
            let send = aws.sqs.send_message().queue_url(queue).message_body(body);
            send.send().await.map(drop).map_err(failed("sqs:SendMessage"))
        }
        Destination::Bus(bus) => {
            let event = json(body);
            let text = |name: &str| part(&event, name).as_str().unwrap_or_default().to_owned();
            let entry = PutEventsRequestEntry::builder().event_bus_name(bus).source(text("/source"));
            let entry = entry.detail_type(text("/detail-type")).detail(part(&event, "/detail").to_string()).build();
            let put = aws.eventbridge.put_events().entries(entry).send().await.map_err(failed("events:PutEvents"))?;
            let refused = put.entries().iter().find_map(|entry| entry.error_code());
            refused.map_or(Ok(()), |code| Err(format!("events:PutEvents: {code}")))
        }
        Destination::Topic(topic) => {
            // The rule sends this part of the event (template.yaml, `AlertsToChat`).
            let text = part(&json(body), "/detail/chat").to_string();
            let publish = aws.sns.publish().topic_arn(topic).message(text);
            publish.send().await.map(drop).map_err(failed("sns:Publish"))
        }
    }
}

/// A body as JSON. Null, if it is none.
fn json(body: &str) -> Value {
    serde_json::from_str(body).unwrap_or_default()
}

/// A part of a body. Null, if it is not there.
fn part<'a>(body: &'a Value, pointer: &str) -> &'a Value {
    body.pointer(pointer).unwrap_or(&Value::Null)
}

/// Where a message was to go.
fn destination(message: &Message, stack: &Stack) -> Result<Destination, String> {
    // A failed invocation: Lambda names the function (Lambda developer guide, "Capturing records of Lambda asynchronous invocations").
    let body = json(message.body().unwrap_or_default());
    let of_invocation = part(&body, "/requestContext/functionArn").as_str();
    // A message that the reader of its queue could not process: SQS names the queue (SQS API reference, `ReceiveMessage`).
    let system = message.attributes().and_then(|all| all.get(&MessageSystemAttributeName::DeadLetterQueueSourceArn));
    // An event that EventBridge could not deliver: it names the target (EventBridge user guide, "Using dead-letter queues to process
    // undelivered events").
    let of_event = message.message_attributes().and_then(|all| all.get("TARGET_ARN")?.string_value());
    let arn = of_invocation.or(system.map(String::as_str)).or(of_event);
    let arn = arn.ok_or("it does not say what it was for")?;
    let last = arn.rsplit(':').next();
    match arn.split(':').nth(2) {
        Some("lambda") => Ok(Destination::Function(unversioned(arn))),
        Some("sqs") => stack
            .of_kind("AWS::SQS::Queue")
            .find(|queue| queue.physical.rsplit('/').next() == last)
            .map(|queue| Destination::Queue(queue.physical.clone()))
            .ok_or_else(|| format!("it was for `{arn}`, but the stack has no such queue")),
        Some("events") => Ok(Destination::Bus(arn.to_owned())),
        Some("sns") => Ok(Destination::Topic(arn.to_owned())),
        _ => Err(format!("it was for `{arn}`, which takes no events from here")),
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
