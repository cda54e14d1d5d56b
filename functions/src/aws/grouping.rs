//! Alerts that wait for a digest, in DynamoDB: one item for each window.
//!
//! The items have no time to live, because an alert may be removed only after it was sent. The index [`BY_END`] holds only windows,
//! so a query finds the ended windows without reading other items.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;

use super::client::Aws;
use super::errors::{aws_error, condition_held};
use super::items::{TableItem, number, seconds, string, text};
use crate::ports::{
    AlertGroup, AlertTiming, AlertWindow, AwsError, AwsResult, DigestAlerts, GroupAlerts, LISTED, PendingAlert,
};

/// The index of the windows by their end.
const BY_END: &str = "by-end";

/// The partition key of all windows in the index.
const WINDOW: &str = "window";

/// Prefixes of attribute names: alerts by event id, and counts by outcome.
const EVENT: &str = "event#";
const DONE: &str = "done#";

/// How often adding an alert is tried. The window can be closed or become full in between.
const TRIES: usize = 4;

impl GroupAlerts for Aws {
    async fn add_alert(&self, group: &AlertGroup, alert: &PendingAlert, ends: Timestamp) -> AwsResult<AlertTiming> {
        let id = format!("window#{}", group.id());
        for _ in 0..TRIES {
            let Some(open) = self.open(&id, group, alert, ends).await? else { return Ok(AlertTiming::Immediate) };
            if string(&open, "first") == Some(&alert.event_id) {
                // A retry: the alert was not sent before.
                return Ok(AlertTiming::Immediate);
            }
            let is_in = open.contains_key(&format!("{EVENT}{}", alert.event_id));
            if is_in || self.wait(&id, alert, count(&open, "waiting") < LISTED).await? {
                return Ok(AlertTiming::InDigest);
            }
        }
        Err(AwsError(format!("the window of the alert changed {TRIES} times during the update")))
    }
}

impl Aws {
    /// Opens a window with an alert. If a window is open, it returns that one instead.
    async fn open(
        &self,
        id: &str,
        group: &AlertGroup,
        alert: &PendingAlert,
        ends: Timestamp,
    ) -> AwsResult<Option<TableItem>> {
        let opened = self
            .update_window(id, "SET #kind = :kind, #ends = :ends, #group = :group, #first = :first, #since = :time, #last = :time, #waiting = :zero, #sent = :zero")
            .condition_expression("attribute_not_exists(id)")
            .set_expression_attribute_names(names(["kind", "ends", "group", "first", "since", "last", "waiting", "sent"]))
            .expression_attribute_values(":kind", text(WINDOW))
            .expression_attribute_values(":ends", seconds(ends.as_second()))
            .expression_attribute_values(":group", text(group.json()))
            .expression_attribute_values(":first", text(&alert.event_id))
            .expression_attribute_values(":time", text(&alert.event_time))
            .expression_attribute_values(":zero", number(0))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match opened {
            Ok(_) => Ok(None),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                    Ok(Some(refused.item().cloned().unwrap_or_default()))
                }
                _ => Err(aws_error("dynamodb:UpdateItem")(error)),
            },
        }
    }

    /// Adds an alert to a window, in full if it `is_listed`. Returns `false` if the window was closed or has become full.
    async fn wait(&self, id: &str, alert: &PendingAlert, is_listed: bool) -> AwsResult<bool> {
        let (event, done) = (format!("{EVENT}{}", alert.event_id), format!("{DONE}{}", alert.done));
        let (listing, condition) = match is_listed {
            true => (", #event = :event", " AND attribute_not_exists(#event) AND #waiting < :listed"),
            false => ("", ""),
        };
        let mut update = self
            .update_window(id, &format!("SET #last = :time{listing} ADD #waiting :one, #done :one"))
            .condition_expression(format!("attribute_exists(id){condition}"))
            .set_expression_attribute_names(names(["last", "waiting"]))
            .expression_attribute_names("#done", done)
            .expression_attribute_values(":time", text(&alert.event_time))
            .expression_attribute_values(":one", number(1));
        if is_listed {
            update = update
                .expression_attribute_names("#event", event)
                .expression_attribute_values(":event", text(serde_json::json!(alert).to_string()))
                .expression_attribute_values(":listed", AttributeValue::N(LISTED.to_string()));
        }
        condition_held(update.send().await, "dynamodb:UpdateItem")
    }

    fn update_window(&self, id: &str, expression: &str) -> UpdateItemFluentBuilder {
        self.dynamodb.update_item().table_name(&self.table).key("id", text(id)).update_expression(expression)
    }
}

impl DigestAlerts for Aws {
    async fn ended_windows(&self, now: Timestamp) -> AwsResult<Vec<String>> {
        let query = self.dynamodb.query().table_name(&self.table).index_name(BY_END);
        let query = query
            .key_condition_expression("#kind = :kind AND #ends <= :now")
            .set_expression_attribute_names(names(["kind", "ends"]))
            .expression_attribute_values(":kind", text(WINDOW))
            .expression_attribute_values(":now", seconds(now.as_second()));
        let items: Result<Vec<_>, _> = query.into_paginator().items().send().collect().await;
        let items = items.map_err(aws_error("dynamodb:Query"))?;
        Ok(items.iter().filter_map(|item| string(item, "id").cloned()).collect())
    }

    async fn window(&self, id: &str, now: Timestamp) -> AwsResult<Option<AlertWindow>> {
        let get = self.dynamodb.get_item().table_name(&self.table).key("id", text(id)).consistent_read(true);
        let item = get.send().await.map_err(aws_error("dynamodb:GetItem"))?.item;
        // The index is eventually consistent.
        let item = item.filter(|item| i64::try_from(count(item, "ends")).is_ok_and(|ends| ends <= now.as_second()));
        item.map(|item| read(&item).ok_or_else(|| AwsError(format!("the item `{id}` is not a window")))).transpose()
    }

    async fn record_digest(&self, id: &str, window: &AlertWindow, ends: Timestamp) -> AwsResult<()> {
        let of_done: Vec<_> = (0..window.done.len()).map(|n| format!(", #done{n} :done{n}")).collect();
        let of_events: Vec<_> = (0..window.listed.len()).map(|n| format!("#event{n}")).collect();
        let remove = if of_events.is_empty() { String::new() } else { format!(" REMOVE {}", of_events.join(", ")) };
        let of_done = of_done.concat();
        let mut update = self
            .update_window(
                id,
                &format!("SET #ends = :ends, #since = :last ADD #sent :one, #waiting :waiting{of_done}{remove}"),
            )
            // It is still the same window, and no digest of it was sent meanwhile.
            .condition_expression("#first = :first AND #sent = :sent")
            .set_expression_attribute_names(names(["ends", "since", "sent", "waiting", "first"]))
            .expression_attribute_values(":ends", seconds(ends.as_second()))
            .expression_attribute_values(":last", text(&window.last))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":waiting", less(window.waiting()))
            .expression_attribute_values(":first", text(&window.first))
            .expression_attribute_values(":sent", AttributeValue::N(window.sent.to_string()));
        for (n, (done, count)) in window.done.iter().enumerate() {
            update = update.expression_attribute_names(format!("#done{n}"), format!("{DONE}{done}"));
            update = update.expression_attribute_values(format!(":done{n}"), less(*count));
        }
        for (n, alert) in window.listed.iter().enumerate() {
            update = update.expression_attribute_names(format!("#event{n}"), format!("{EVENT}{}", alert.event_id));
        }
        condition_held(update.send().await, "dynamodb:UpdateItem").map(drop)
    }

    async fn close(&self, id: &str) -> AwsResult<()> {
        let delete = self
            .dynamodb
            .delete_item()
            .table_name(&self.table)
            .key("id", text(id))
            .condition_expression("#waiting = :zero")
            .set_expression_attribute_names(names(["waiting"]))
            .expression_attribute_values(":zero", number(0));
        // If the condition fails, an alert was added meanwhile.
        condition_held(delete.send().await, "dynamodb:DeleteItem").map(drop)
    }
}

/// Placeholders of attribute names, because DynamoDB reserves some of these.
fn names<const N: usize>(names: [&str; N]) -> Option<HashMap<String, String>> {
    Some(names.into_iter().map(|name| (format!("#{name}"), name.to_owned())).collect())
}

/// The operand that subtracts `count`.
fn less(count: u64) -> AttributeValue {
    AttributeValue::N(format!("-{count}"))
}

/// A number in the item. 0 if it has none.
fn count(item: &TableItem, name: &str) -> u64 {
    item.get(name).and_then(|value| value.as_n().ok()?.parse().ok()).unwrap_or_default()
}

fn read(item: &TableItem) -> Option<AlertWindow> {
    let counts = item.keys().filter_map(|name| Some((name.strip_prefix(DONE)?.to_owned(), count(item, name))));
    let events = item.keys().filter(|name| name.starts_with(EVENT));
    let mut listed: Vec<PendingAlert> =
        events.map(|name| serde_json::from_str(string(item, name)?).ok()).collect::<Option<_>>()?;
    listed.sort_by(|one, other| (&one.event_time, &one.event_id).cmp(&(&other.event_time, &other.event_id)));
    Some(AlertWindow {
        group: serde_json::from_str(string(item, "group")?).ok()?,
        first: string(item, "first")?.clone(),
        sent: count(item, "sent"),
        since: string(item, "since")?.clone(),
        last: string(item, "last")?.clone(),
        done: counts.filter(|(_, count)| *count > 0).collect::<BTreeMap<_, _>>(),
        listed,
    })
}
