//! Items of the DynamoDB table.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

/// An item of the table.
pub(super) type TableItem = HashMap<String, AttributeValue>;

/// A string in an item.
pub(super) fn string<'a>(item: &'a TableItem, name: &str) -> Option<&'a String> {
    item.get(name)?.as_s().ok()
}

/// A string as an attribute value.
pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number as an attribute value.
pub(super) fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A time as an attribute value, in seconds since 1970, as DynamoDB expects a time to live.
pub(super) fn seconds(time: i64) -> AttributeValue {
    number(time)
}
