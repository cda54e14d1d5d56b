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

/// The item, with up to three values at any depth replaced by others or left out.
#[cfg(test)]
pub(super) fn damaged(rng: &mut fastrand::Rng, mut item: TableItem) -> TableItem {
    for _ in 0..rng.usize(1..=3) {
        damage(rng, &mut item);
    }
    item
}

#[cfg(test)]
fn damage(rng: &mut fastrand::Rng, item: &mut TableItem) {
    let mut names: Vec<_> = item.keys().cloned().collect();
    names.sort();
    let Some(name) = rng.choice(names) else { return };
    match item.get_mut(&name) {
        Some(AttributeValue::M(inner)) if rng.bool() => damage(rng, inner),
        Some(AttributeValue::L(list)) if rng.bool() => {
            if let Some(AttributeValue::M(inner)) = rng.choice(list.iter_mut()) {
                damage(rng, inner);
            }
        }
        Some(value) if rng.bool() => *value = any(rng),
        _ => drop(item.remove(&name)),
    }
}

/// A value of any type: the limits of numbers and times, empty and odd texts, what is not a number.
#[cfg(test)]
fn any(rng: &mut fastrand::Rng) -> AttributeValue {
    let numbers =
        ["0", "-377705023201", "253402207200", "-9223372036854775808", "18446744073709551616", "1e400", "0.5", ""];
    let texts = ["", "trusted", "member", "\u{0}", "ß\u{301}", "{\"a\":[", "[]", "null"];
    match rng.u8(0..7) {
        0 => AttributeValue::Null(true),
        1 => AttributeValue::Bool(rng.bool()),
        2 => AttributeValue::L(vec![AttributeValue::M(TableItem::new()), text("a")]),
        3 => AttributeValue::M(TableItem::from([("a".to_owned(), number(rng.i64(..)))])),
        4 => text(*rng.choice(&texts).unwrap_or(&"")),
        _ => AttributeValue::N((*rng.choice(&numbers).unwrap_or(&"")).to_owned()),
    }
}
