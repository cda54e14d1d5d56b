//! Items of the table.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

/// An item of the table.
pub(super) type TableItem = HashMap<String, AttributeValue>;

/// A text that an item has.
pub(super) fn string<'a>(item: &'a TableItem, name: &str) -> Option<&'a String> {
    item.get(name)?.as_s().ok()
}

/// A text in an item of the table.
pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number in an item of the table.
pub(super) fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A point in time in an item of the table, in seconds since 1970: its time to live, for one.
pub(super) fn seconds(time: i64) -> AttributeValue {
    number(time)
}
