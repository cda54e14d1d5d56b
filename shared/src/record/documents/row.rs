//! Records as rows of a table: what Athena and CloudTrail Lake return. Names of columns come in any case, JSON comes as text, and
//! times as the engine prints them.
//!
//! A record leaves out what is not set. A row has a column for it: a column that is missing says nothing, so a row without a column
//! that decides is not read.

use serde_json::{Map, Value};

use crate::record::time;

/// The columns that are read, and the member of the record that each is. They are those of the query that `tagwarden audit
/// --athena-query` prints. Requests and responses are texts of JSON.
pub const COLUMNS: [(&str, &str); 20] = [
    ("eventid", "eventID"),
    ("eventtime", "eventTime"),
    ("eventsource", "eventSource"),
    ("eventname", "eventName"),
    ("eventtype", "eventType"),
    ("awsregion", "awsRegion"),
    ("recipientaccountid", "recipientAccountId"),
    ("errorcode", "errorCode"),
    ("errormessage", "errorMessage"),
    ("readonly", "readOnly"),
    ("caller_type", "userIdentity.type"),
    ("caller_principalid", "userIdentity.principalId"),
    ("caller_arn", "userIdentity.arn"),
    ("caller_accountid", "userIdentity.accountId"),
    ("caller_accesskeyid", "userIdentity.accessKeyId"),
    ("caller_invokedby", "userIdentity.invokedBy"),
    ("caller_issuer_arn", "userIdentity.sessionContext.sessionIssuer.arn"),
    ("caller_session_created", "userIdentity.sessionContext.attributes.creationDate"),
    ("requestparameters", "requestParameters"),
    ("responseelements", "responseElements"),
];

/// Columns without which a row says the same.
const OPTIONAL: [&str; 2] = ["eventid", "errormessage"];

/// The column that can stand for all columns of the caller.
const IDENTITY: &str = "useridentity";

/// The columns of the query's own names.
const OF_CALLER: &str = "caller_";

/// Why a table with the columns `names` cannot be read, if some that decide are missing.
pub fn lacks<'n>(names: impl Iterator<Item = &'n str>) -> Option<String> {
    let names: Vec<_> = names.map(str::to_ascii_lowercase).collect();
    let has = |name: &str| names.iter().any(|known| known == name);
    let is_there =
        |column: &str| has(column) || OPTIONAL.contains(&column) || column.starts_with(OF_CALLER) && has(IDENTITY);
    let missing: Vec<_> =
        COLUMNS.iter().filter(|(column, _)| !is_there(column)).map(|(column, _)| format!("`{column}`")).collect();
    let (columns, are) = if missing.len() == 1 { ("column", "is") } else { ("columns", "are") };
    (!missing.is_empty()).then(|| {
        format!(
            "the {columns} {} {are} missing, without which a call cannot be judged: use the query that `tagwarden audit \
            --athena-query=TABLE` prints",
            missing.join(", ")
        )
    })
}

/// The JSON text of the record in a row, which is an object.
///
/// # Errors
/// If a column that decides is missing or cannot be read.
pub(super) fn record(row: &str) -> Result<String, String> {
    let row: Map<String, Value> = serde_json::from_str(row).map_err(|error| format!("not a row: {error}"))?;
    let row: Map<_, _> = row.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
    // `UNLOAD` of the query's result to JSON leaves out null values. Nothing else has these names.
    if !row.keys().any(|name| name.starts_with(OF_CALLER)) {
        lacks(row.keys().map(String::as_str)).map_or(Ok(()), Err)?;
    }
    let identity = match row.get(IDENTITY).cloned().map(tree) {
        None | Some(Value::Null) => Value::Null,
        Some(identity) if identity.is_object() => identity,
        Some(_) => {
            return Err(format!(
                "the column `{IDENTITY}` is not JSON: use the query that `tagwarden audit --athena-query=TABLE` prints"
            ));
        }
    };
    let mut record = Value::Object(Map::new());
    for (column, path) in COLUMNS {
        let value = row.get(column).or_else(|| within(&identity, path.split_once('.')?.1));
        if let Some(value) = value.filter(|value| !value.is_null() && *value != "") {
            set(&mut record, path, read(column, value.clone()));
        }
    }
    Ok(record.to_string())
}

/// The JSON text of a record, with trees where it has their JSON in texts.
pub(super) fn with_trees(record: &str) -> Result<String, String> {
    let mut record: Map<String, Value> = serde_json::from_str(record).map_err(|error| format!("not JSON: {error}"))?;
    for name in ["requestParameters", "responseElements"] {
        if let Some(value) = record.get_mut(name) {
            *value = tree(value.take());
        }
    }
    Ok(Value::Object(record).to_string())
}

/// The value of a column as the record has it.
fn read(column: &str, value: Value) -> Value {
    match column {
        "requestparameters" | "responseelements" => tree(value),
        "readonly" => value.as_str().map_or(value.clone(), |text| Value::Bool(text.eq_ignore_ascii_case("true"))),
        "caller_session_created" => {
            value.as_str().and_then(time).map_or(value.clone(), |time| Value::String(time.to_string()))
        }
        _ => value,
    }
}

/// The JSON in a text. A text that is not JSON stays a text, which does not count as a request.
fn tree(value: Value) -> Value {
    value.as_str().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(value)
}

/// The value at a path, with names in any case.
fn within<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(value, |value, name| {
        let mut members = value.as_object()?.iter();
        members.find(|(member, _)| member.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    })
}

/// Sets the value at a path.
fn set(record: &mut Value, path: &str, value: Value) {
    let place = path.split('.').try_fold(record, |place, name| {
        if place.is_null() {
            *place = Value::Object(Map::new());
        }
        Some(place.as_object_mut()?.entry(name).or_insert(Value::Null))
    });
    if let Some(place) = place {
        *place = value;
    }
}
