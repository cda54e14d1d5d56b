//! A JSON Schema of policy files, for editors. It is made from the descriptions of settings that read the files.
//!
//! Source: JSON Schema draft 4, which the TOML language server `taplo` reads.

use serde_json::{Map, Value, json};

use crate::operations::OPERATION_NAMES;
use crate::rules::{RULES, Rule};
use crate::settings::tables::{abac, defaults, exemption, limits, persona, tag, when};
use crate::settings::{DefaultValue, Kind, LONGEST_GRACE, Spec};

/// The schema. It refuses everything that is an error in a policy file by itself, apart from the rest of the file.
pub fn schema() -> Value {
    json!({
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": "Tagwarden policy",
        "type": "object",
        "required": ["version"],
        "additionalProperties": false,
        "properties": {
            "version": {"description": "the version of the file's format", "enum": [1]},
            "abac": table("the tags that keep projects and personas apart", abac::ALL),
            "tags": tables("further tags, by key", table("what the policy says of a tag", tag::ALL)),
            "defaults": table("what holds for all rules", defaults::ALL),
            "limits": table("how much is done in an hour", limits::ALL),
            "rules": rules(true),
            "personas": tables("personas, by name", table("what a persona may do", persona::ALL)),
            "overrides": {
                "description": "other settings for some calls: the first that matches wins",
                "type": "array",
                "items": object("other settings for some calls", [
                    ("when", table("to which calls it applies: each list must match", when::ALL), true),
                    ("rules", rules(false), true),
                ]),
            },
            "exemptions": {
                "description": "principals that may violate rules until a day",
                "type": "array",
                "items": table("who is exempt from what, until when, and why", exemption::ALL),
            },
        },
        "definitions": {
            // Operations that SageMaker does not have yet are no error.
            "operation": {"anyOf": [{"enum": OPERATION_NAMES}, text()]},
        },
    })
}

/// The `rules` table. In an override, what a rule needs need not be set.
fn rules(with_required: bool) -> Value {
    let table = |rule: &'static Rule| {
        let settings = rule.settings().map(|spec| (spec.name, setting(spec), with_required && is_required(spec)));
        (rule.id, object(&format!("fails when {}", rule.fails_when), settings), false)
    };
    object("the rules that are on, by id", RULES.iter().map(|rule| table(rule)))
}

/// A table with these settings.
fn table(description: &str, specs: &[Spec]) -> Value {
    object(description, specs.iter().map(|spec| (spec.name, setting(spec), is_required(spec))))
}

/// A table of tables.
fn tables(description: &str, table: Value) -> Value {
    json!({"description": description, "type": "object", "additionalProperties": table})
}

/// A table with these members, of which some must be there.
fn object(description: &str, members: impl IntoIterator<Item = (&'static str, Value, bool)>) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for (name, value, is_required) in members {
        properties.insert(name.to_owned(), value);
        if is_required {
            required.push(name);
        }
    }
    let mut object = json!({
        "description": description, "type": "object", "additionalProperties": false, "properties": properties,
    });
    // Draft 4 does not allow an empty list.
    if let (false, Some(object)) = (required.is_empty(), object.as_object_mut()) {
        object.insert("required".to_owned(), json!(required));
    }
    object
}

fn is_required(spec: &Spec) -> bool {
    matches!(spec.default, DefaultValue::Required)
}

fn setting(spec: &Spec) -> Value {
    let mut value = values(spec.kind);
    let default = match spec.default {
        DefaultValue::Required | DefaultValue::Unset | DefaultValue::Inherited => None,
        DefaultValue::Patterns(patterns) => Some(json!(patterns)),
        DefaultValue::Choice(text) | DefaultValue::Text(text) => Some(json!(text)),
    };
    if let Some(value) = value.as_object_mut() {
        value.insert("description".to_owned(), json!(spec.meaning));
        value.extend(default.map(|default| ("default".to_owned(), default)));
    }
    value
}

/// The values of a kind.
fn values(kind: Kind) -> Value {
    let list = |items: Value| json!({"type": "array", "items": items});
    let some = |items: Value| json!({"type": "array", "minItems": 1, "items": items});
    let matching = |pattern: &str| json!({"type": "string", "pattern": pattern});
    match kind {
        Kind::Patterns(_) | Kind::Exceptions(_) | Kind::Forbidden(_) | Kind::Texts => list(text()),
        Kind::SomeTexts => some(text()),
        Kind::Projects => list(matching(r"^[^*]*[^*\s][^*]*$")),
        Kind::Accounts => list(matching("^[0-9]{12}$")),
        Kind::Operations => list(json!({"$ref": "#/definitions/operation"})),
        Kind::Principals => list(matching("^arn:.*:(role|user)/")),
        Kind::Rules => some(json!({"enum": RULES.iter().map(|rule| rule.id).collect::<Vec<_>>()})),
        Kind::Lists => json!({"type": "object", "additionalProperties": list(text())}),
        Kind::Count => json!({"type": "number", "minimum": 1, "multipleOf": 1}),
        Kind::Limit => json!({"type": "integer", "minimum": 0}),
        Kind::Positive => json!({"type": "number", "minimum": 0, "exclusiveMinimum": true}),
        Kind::Minutes => json!({"type": "number", "minimum": 1, "maximum": LONGEST_GRACE, "multipleOf": 1}),
        Kind::Choice(names) => json!({"enum": names}),
        Kind::Flag => json!({"type": "boolean"}),
        Kind::Text => text(),
        Kind::Date => matching("^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
    }
}

/// A text that is not blank.
fn text() -> Value {
    json!({"type": "string", "pattern": r"\S"})
}
