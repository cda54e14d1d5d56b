//! Whether anybody gets the alerts.

use super::line::{Line, RESTORE};
use crate::aws::Aws;
use crate::errors::{failed, is_gone};
use crate::stack::Stack;

const CHECK: &str = "topic";
const FIX: &str = "subscribe to the topic, and confirm the subscription by the link in the e-mail";

/// The value that an unconfirmed subscription has instead of an ARN (SNS API reference, `ListSubscriptionsByTopic`).
const PENDING: &str = "PendingConfirmation";

pub async fn check(stack: &Stack, aws: &Aws) -> Line {
    let Some(topic) = stack.parameter("AlertTopicArn").or(stack.physical("Alerts")) else {
        return Line::fail(CHECK, "the stack has no topic", RESTORE);
    };
    let (mut confirmed, mut pending) = (0, Vec::new());
    let mut pages = aws.sns.list_subscriptions_by_topic().topic_arn(topic).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = match page {
            Ok(page) => page,
            Err(error) if is_gone(&error) => {
                return Line::fail(CHECK, format!("`{topic}` does not exist"), RESTORE);
            }
            Err(error) => return Line::unknown(CHECK, failed("sns:ListSubscriptionsByTopic")(error)),
        };
        for one in page.subscriptions() {
            if one.subscription_arn() == Some(PENDING) {
                pending.push(format!("`{}`", one.endpoint().unwrap_or("?")));
            } else {
                confirmed += 1;
            }
        }
    }
    match (confirmed, pending.is_empty()) {
        (0, true) => Line::fail(CHECK, "nobody subscribes to the alerts", FIX),
        (_, false) => Line::fail(CHECK, format!("not confirmed: {}", pending.join(", ")), FIX),
        (confirmed, true) => Line::pass(CHECK, format!("subscriptions: {confirmed}")),
    }
}
