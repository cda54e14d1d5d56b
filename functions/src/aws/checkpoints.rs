//! Checkpoints of sweeps, in DynamoDB.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::client::Aws;
use super::errors::aws_error;
use super::items::{seconds, text};
use crate::ports::{AwsResult, Checkpoint, SaveCheckpoint};

/// The key of the checkpoint of a list.
fn id(list: &str) -> AttributeValue {
    text(format!("sweep#{list}"))
}

impl SaveCheckpoint for Aws {
    async fn checkpoint(&self, list: &str) -> AwsResult<Checkpoint> {
        let found = self.dynamodb.get_item().table_name(&self.table).key("id", id(list)).consistent_read(true);
        let Some(item) = found.send().await.map_err(aws_error("dynamodb:GetItem"))?.item else {
            return Ok(Checkpoint::default());
        };
        let finished = item.get("finished").and_then(|finished| finished.as_n().ok()?.parse().ok());
        Ok(Checkpoint {
            finished: finished.and_then(|finished| Timestamp::from_second(finished).ok()),
            next: item.get("next").and_then(|next| next.as_s().ok().cloned()),
        })
    }

    async fn save_checkpoint(&self, list: &str, checkpoint: &Checkpoint) -> AwsResult<()> {
        let update = self.dynamodb.update_item().table_name(&self.table).key("id", id(list));
        let null = || AttributeValue::Null(true);
        update
            .update_expression("SET finished = :finished, #next = :next")
            .expression_attribute_names("#next", "next")
            .expression_attribute_values(
                ":finished",
                checkpoint.finished.map_or_else(null, |time| seconds(time.as_second())),
            )
            .expression_attribute_values(":next", checkpoint.next.as_ref().map_or_else(null, text))
            .send()
            .await
            .map(drop)
            .map_err(aws_error("dynamodb:UpdateItem"))
    }
}
