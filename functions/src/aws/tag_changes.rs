//! Changes of the tags of roles and users, in DynamoDB.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::client::Aws;
use super::errors::{aws_error, condition_held};
use super::items::{number, seconds, text};
use crate::ports::{AwsResult, FindTagChanges, RecordTagChange};

/// How many changes an item holds. A call sets at most 50 tags of 384 characters, and an item holds 400 KB.
const MOST: i64 = 10;

/// The set of records.
const CHANGES: &str = "changes";

fn id(carrier: &str) -> AttributeValue {
    text(format!("tags#{carrier}"))
}

impl FindTagChanges for Aws {
    async fn tag_changes(&self, carrier: &str) -> AwsResult<Vec<String>> {
        let get = self.dynamodb.get_item().table_name(&self.table).key("id", id(carrier));
        let found = get.consistent_read(true).send().await.map_err(aws_error("dynamodb:GetItem"))?;
        Ok(found.item.and_then(|item| item.get(CHANGES)?.as_ss().ok().cloned()).unwrap_or_default())
    }
}

impl RecordTagChange for Aws {
    async fn record_tag_change(&self, carrier: &str, record: &str, expires: Timestamp) -> AwsResult<()> {
        let action = "dynamodb:UpdateItem";
        let update = |expression: &str| {
            let update = self.dynamodb.update_item().table_name(&self.table).key("id", id(carrier));
            let update = update.update_expression(expression).expression_attribute_names("#changes", CHANGES);
            let update = update.expression_attribute_names("#expires", "expires");
            let update = update.expression_attribute_values(":expires", seconds(expires.as_second()));
            update.expression_attribute_values(":change", AttributeValue::Ss(vec![record.to_owned()]))
        };
        let add = update("ADD #changes :change SET #expires = :expires")
            .condition_expression("attribute_not_exists(#changes) OR size(#changes) < :most")
            .expression_attribute_values(":most", number(MOST));
        if condition_held(add.send().await, action)? {
            return Ok(());
        }
        let replace = update("SET #changes = :change, #expires = :expires");
        replace.send().await.map(drop).map_err(aws_error(action))
    }
}
