//! Reports that reached some channels, in DynamoDB.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::client::Aws;
use super::errors::aws_error;
use super::items::{seconds, text};
use crate::ports::{AwsResult, RETENTION, TrackReports};

impl TrackReports for Aws {
    async fn reached(&self, report: &str) -> AwsResult<BTreeSet<String>> {
        let get = self.dynamodb.get_item().table_name(&self.table).key("id", text(key(report))).consistent_read(true);
        let item = get.send().await.map_err(aws_error("dynamodb:GetItem"))?.item;
        let reached = item.and_then(|item| item.get("channels")?.as_ss().ok().cloned());
        Ok(reached.into_iter().flatten().collect())
    }

    async fn record_reached(&self, report: &str, channel: &str) -> AwsResult<()> {
        let expires = Timestamp::now().as_second() + RETENTION.as_secs();
        let update = self.dynamodb.update_item().table_name(&self.table).key("id", text(key(report)));
        let update = update
            .update_expression("SET expires = :expires ADD channels :channel")
            .expression_attribute_values(":expires", seconds(expires))
            .expression_attribute_values(":channel", AttributeValue::Ss(vec![channel.to_owned()]));
        update.send().await.map(drop).map_err(aws_error("dynamodb:UpdateItem"))
    }
}

fn key(report: &str) -> String {
    format!("report#{report}")
}
