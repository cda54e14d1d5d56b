//! Shapes that IAM's JSON takes.

use serde_json::Value;

/// The texts of one of two members that exclude each other, and whether it is the second one; `None` if it has neither.
pub fn these_or_all_but(statement: &Value, these: &str, all_but: &str) -> Result<Option<(Vec<String>, bool)>, String> {
    let (name, value, excluded) = match (statement.get(these), statement.get(all_but)) {
        (Some(value), None) => (these, value, false),
        (None, Some(value)) => (all_but, value, true),
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => return Err(format!("it has both `{these}` and `{all_but}`")),
    };
    let texts = one_or_many(value)
        .iter()
        .map(|one| one.as_str().map(str::to_owned).ok_or_else(|| format!("`{name}` is not text")));
    Ok(Some((texts.collect::<Result<_, _>>()?, excluded)))
}

/// IAM's JSON may write a list of one value as the value.
pub fn one_or_many(value: &Value) -> &[Value] {
    match value {
        Value::Array(values) => values,
        value => std::slice::from_ref(value),
    }
}

/// The value of a condition as text: IAM takes flags and numbers as well.
pub fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err("a value is neither text, number nor flag".to_owned()),
    }
}
