//! Creations of resources, in the table.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::{Aws, failed, has_code, seconds, text};
use crate::ports::{Answer, Creation, REMEMBERED, RememberCreation, TOLERANCE};

/// Key of the item of a resource.
fn id(arn: &str) -> AttributeValue {
    text(format!("creation#{arn}"))
}

impl RememberCreation for Aws {
    async fn creation(&self, arn: &str) -> Answer<Option<Creation>> {
        let found = self.dynamodb.get_item().table_name(&self.table).key("id", id(arn)).consistent_read(true);
        let item = found.send().await.map_err(failed("dynamodb:GetItem"))?.item;
        Ok(item.and_then(|item| {
            let created = item.get("created")?.as_n().ok()?.parse().ok()?;
            let told = item.get("told").and_then(|told| told.as_l().ok()).into_iter().flatten();
            Some(Creation {
                time: Timestamp::from_second(created).ok()?,
                is_dealt_with: item.get("is_dealt_with").and_then(|is| is.as_bool().ok()) == Some(&true),
                caller: item.get("caller").and_then(|caller| caller.as_s().ok().cloned()),
                told: told.filter_map(|one| one.as_s().ok().cloned()).collect(),
            })
        }))
    }

    async fn remember(&self, arn: &str, creation: &Creation) -> Answer<()> {
        let created = creation.time.as_second();
        let update = self.dynamodb.update_item().table_name(&self.table).key("id", id(arn));
        let remembered = update
            .update_expression(
                "SET created = :created, is_dealt_with = :is_dealt_with, caller = :caller, told = :told, expires = :expires",
            )
            .condition_expression("attribute_not_exists(id) OR created <= :latest")
            .expression_attribute_values(":created", seconds(created))
            .expression_attribute_values(":latest", seconds(created + TOLERANCE.as_secs()))
            .expression_attribute_values(":is_dealt_with", AttributeValue::Bool(creation.is_dealt_with))
            .expression_attribute_values(":caller", creation.caller.as_ref().map_or(AttributeValue::Null(true), text))
            .expression_attribute_values(":told", AttributeValue::L(creation.told.iter().map(text).collect()))
            .expression_attribute_values(":expires", seconds(Timestamp::now().as_second() + REMEMBERED.as_secs()))
            .send()
            .await;
        match remembered {
            // A later creation is remembered.
            Err(error) if has_code(&error, "ConditionalCheckFailedException") => Ok(()),
            other => other.map(drop).map_err(failed("dynamodb:UpdateItem")),
        }
    }
}
