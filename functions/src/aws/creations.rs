//! Created resources, in DynamoDB.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use jiff::Timestamp;

use super::client::Aws;
use super::errors::{aws_error, condition_held};
use super::items::{TableItem, seconds, string, text};
use crate::ports::{AwsError, AwsResult, CLOCK_TOLERANCE, Creation, RETENTION, RememberCreation, RememberCreations};

/// The prefix of the keys of resources.
const CREATION: &str = "creation#";

/// The key of the item of a resource.
fn id(arn: &str) -> AttributeValue {
    text(format!("{CREATION}{arn}"))
}

impl RememberCreation for Aws {
    async fn creation(&self, arn: &str) -> AwsResult<Option<Creation>> {
        let found = self.dynamodb.get_item().table_name(&self.table).key("id", id(arn)).consistent_read(true);
        let item = found.send().await.map_err(aws_error("dynamodb:GetItem"))?.item;
        Ok(item.and_then(|item| read(&item)))
    }

    async fn remember(&self, arn: &str, creation: &Creation) -> AwsResult<()> {
        let created = creation.time.as_second();
        let update = self.dynamodb.update_item().table_name(&self.table).key("id", id(arn));
        let update = update
            .update_expression(
                "SET created = :created, is_dealt_with = :is_dealt_with, caller = :caller, told = :told, expires = :expires",
            )
            .condition_expression("attribute_not_exists(id) OR created <= :latest")
            .expression_attribute_values(":created", seconds(created))
            .expression_attribute_values(":latest", seconds(created + CLOCK_TOLERANCE.as_secs()))
            .expression_attribute_values(":is_dealt_with", AttributeValue::Bool(creation.is_processed))
            .expression_attribute_values(":caller", creation.caller.as_ref().map_or(AttributeValue::Null(true), text))
            .expression_attribute_values(":told", AttributeValue::L(creation.reported.iter().map(text).collect()))
            .expression_attribute_values(":expires", seconds(Timestamp::now().as_second() + RETENTION.as_secs()));
        // If the condition fails, a later creation is stored.
        condition_held(update.send().await, "dynamodb:UpdateItem").map(drop)
    }
}

impl RememberCreations for Aws {
    async fn creations(&self, arns: &[&str]) -> AwsResult<BTreeMap<String, Creation>> {
        let keys = arns.iter().map(|arn| HashMap::from([("id".to_owned(), id(arn))])).collect();
        let keys = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
        let keys = keys.map_err(|error| AwsError(format!("dynamodb:BatchGetItem failed: {error}")))?;
        let found = self.dynamodb.batch_get_item().request_items(&self.table, keys).send().await;
        let items = found
            .map_err(aws_error("dynamodb:BatchGetItem"))?
            .responses
            .into_iter()
            .flatten()
            .flat_map(|(_, items)| items);
        Ok(items
            .filter_map(|item| Some((string(&item, "id")?.strip_prefix(CREATION)?.to_owned(), read(&item)?)))
            .collect())
    }
}

fn read(item: &TableItem) -> Option<Creation> {
    let created = item.get("created")?.as_n().ok()?.parse().ok()?;
    let reported = item.get("told").and_then(|told| told.as_l().ok()).into_iter().flatten();
    Some(Creation {
        time: Timestamp::from_second(created).ok()?,
        is_processed: item.get("is_dealt_with").and_then(|is| is.as_bool().ok()) == Some(&true),
        caller: string(item, "caller").cloned(),
        reported: reported.filter_map(|one| one.as_s().ok().cloned()).collect(),
    })
}
