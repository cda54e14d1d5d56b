//! EventBridge's patterns, as far as the templates use them (Amazon EventBridge User Guide, "Comparison operators for use in event
//! patterns").

use serde_json::{Map, Value};

/// Whether an event matches a pattern.
pub fn matches(pattern: &Value, event: &Value) -> bool {
    object_matches(pattern.as_object().expect("a pattern"), &[event])
}

/// Whether a value among `values` has what each member of the pattern asks for.
fn object_matches(pattern: &Map<String, Value>, values: &[&Value]) -> bool {
    pattern.iter().all(|(name, wanted)| match wanted {
        Value::Array(alternatives) if name == "$or" => {
            alternatives.iter().any(|alternative| object_matches(alternative.as_object().expect("a pattern"), values))
        }
        Value::Array(tests) => tests.iter().any(|test| leaf_matches(test, &members(values, name))),
        Value::Object(inner) => object_matches(inner, &members(values, name)),
        other => panic!("`{name}` is neither a list nor an object: {other}"),
    })
}

/// The members of this name. A list stands for each of its elements.
fn members<'a>(values: &[&'a Value], name: &str) -> Vec<&'a Value> {
    let found = values.iter().filter_map(|value| value.get(name));
    found.flat_map(|value| value.as_array().map_or(vec![value], |list| list.iter().collect())).collect()
}

fn leaf_matches(test: &Value, values: &[&Value]) -> bool {
    let leaves = || values.iter().filter(|value| !value.is_object());
    let Value::Object(operator) = test else { return leaves().any(|value| *value == test) };
    let (name, operand) = operator.iter().next().expect("an operator");
    match name.as_str() {
        "exists" => *operand == Value::Bool(leaves().next().is_some()),
        "prefix" => {
            let prefix = operand.as_str().expect("text");
            leaves().any(|value| value.as_str().is_some_and(|text| text.starts_with(prefix)))
        }
        "anything-but" => {
            let excluded = operand.as_array().expect("a list");
            leaves().any(|value| !excluded.contains(value))
        }
        other => panic!("unknown operator `{other}`"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn patterns_match_as_eventbridge_does() {
        let event = json!({"a": {"list": [{"key": "k"}], "text": "abc"}, "n": null});
        for (pattern, expected) in [
            (json!({"a": {"list": {"key": [{"exists": true}]}}}), true),
            (json!({"a": {"list": {"other": [{"exists": true}]}}}), false),
            (json!({"a": {"list": [{"exists": true}]}}), false),
            (json!({"b": {"list": {"key": [{"exists": false}]}}}), true),
            (json!({"a": {"text": ["x", {"prefix": "ab"}]}}), true),
            (json!({"a": {"text": [{"anything-but": ["abc"]}]}}), false),
            (json!({"a": {"missing": [{"anything-but": ["abc"]}]}}), false),
            (json!({"$or": [{"a": {"text": ["x"]}}, {"a": {"text": ["abc"]}}]}), true),
            (json!({"$or": [{"a": {"text": ["x"]}}], "a": {"text": ["abc"]}}), false),
            (json!({"n": [null]}), true),
        ] {
            assert_eq!(matches(&pattern, &event), expected, "{pattern}");
        }
    }
}
