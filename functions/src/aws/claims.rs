//! Claims on events, in DynamoDB.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;

use super::client::Aws;
use super::errors::aws_error;
use super::items::{number, seconds, text};
use crate::ports::{AwsResult, Claim, ClaimEvent, RETENTION};

/// How long a claim is valid, in seconds: longer than a guard can run, shorter than Lambda waits before a retry.
const LEASE: i64 = 45;

const IN_PROGRESS: &str = "in progress";
const GIVEN_BACK: &str = "given back";
const DONE: &str = "done";

impl ClaimEvent for Aws {
    async fn claim(&self, event_id: &str) -> AwsResult<Claim> {
        let now = Timestamp::now().as_second();
        let claimed = self
            .update(event_id, "SET #state = :in_progress, lease = :lease, expires = :expires ADD attempts :one")
            .condition_expression(
                "attribute_not_exists(id) OR #state = :given_back OR (#state = :in_progress AND lease < :now)",
            )
            .expression_attribute_values(":in_progress", text(IN_PROGRESS))
            .expression_attribute_values(":given_back", text(GIVEN_BACK))
            .expression_attribute_values(":now", seconds(now))
            .expression_attribute_values(":lease", seconds(now + LEASE))
            .expression_attribute_values(":expires", seconds(now + RETENTION.as_secs()))
            .expression_attribute_values(":one", seconds(1))
            .return_values(ReturnValue::UpdatedNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match claimed {
            Ok(updated) => {
                let attempts = updated.attributes.and_then(|item| item.get("attempts")?.as_n().ok()?.parse().ok());
                Ok(Claim::Acquired(attempts.unwrap_or(1)))
            }
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                    let state = refused.item().and_then(|item| item.get("state")?.as_s().ok());
                    Ok(if state.is_some_and(|state| state == DONE) { Claim::Processed } else { Claim::InProgress })
                }
                _ => Err(aws_error("dynamodb:UpdateItem")(error)),
            },
        }
    }

    async fn complete(&self, event_id: &str) -> AwsResult<()> {
        self.set_state(event_id, DONE).await
    }

    async fn give_back(&self, event_id: &str) -> AwsResult<()> {
        self.set_state(event_id, GIVEN_BACK).await
    }

    async fn put_off(&self, event_id: &str) -> AwsResult<()> {
        let update = self.update(event_id, "SET #state = :state ADD attempts :one_less");
        let update = update.expression_attribute_values(":state", text(GIVEN_BACK));
        let update = update.expression_attribute_values(":one_less", number(-1));
        update.send().await.map(drop).map_err(aws_error("dynamodb:UpdateItem"))
    }
}

impl Aws {
    async fn set_state(&self, event_id: &str, state: &str) -> AwsResult<()> {
        let update = self.update(event_id, "SET #state = :state").expression_attribute_values(":state", text(state));
        update.send().await.map(drop).map_err(aws_error("dynamodb:UpdateItem"))
    }

    fn update(&self, event_id: &str, expression: &str) -> UpdateItemFluentBuilder {
        let update = self.dynamodb.update_item().table_name(&self.table).key("id", text(format!("event#{event_id}")));
        update.update_expression(expression).expression_attribute_names("#state", "state")
    }
}
