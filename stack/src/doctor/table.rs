//! Whether the table keeps claims, and forgets them in time.

use aws_sdk_dynamodb::types::{TableStatus, TimeToLiveStatus};

use super::line::{Line, RESTORE};
use crate::aws::Aws;
use crate::errors::{failed, is_gone};
use crate::stack::Stack;

const CHECK: &str = "table";

pub async fn check(stack: &Stack, aws: &Aws) -> Line {
    let Some(name) = stack.physical("Table") else { return Line::fail(CHECK, "the stack has no table", RESTORE) };
    let table = match aws.dynamodb.describe_table().table_name(name).send().await {
        Ok(found) => found.table,
        Err(error) if is_gone(&error) => {
            return Line::fail(CHECK, format!("`{name}` does not exist"), RESTORE);
        }
        Err(error) => return Line::unknown(CHECK, failed("dynamodb:DescribeTable")(error)),
    };
    if table.and_then(|table| table.table_status) != Some(TableStatus::Active) {
        return Line::fail(CHECK, format!("`{name}` is not active"), RESTORE);
    }
    let expiry = match aws.dynamodb.describe_time_to_live().table_name(name).send().await {
        Ok(found) => found.time_to_live_description.and_then(|found| found.time_to_live_status),
        Err(error) => return Line::unknown(CHECK, failed("dynamodb:DescribeTimeToLive")(error)),
    };
    match expiry == Some(TimeToLiveStatus::Enabled) {
        true => Line::pass(CHECK, format!("`{name}` is active")),
        false => Line::fail(CHECK, format!("`{name}` keeps items for ever: its time to live is off"), RESTORE),
    }
}
