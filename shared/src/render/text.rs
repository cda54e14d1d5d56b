//! Policy documents as JSON text.

use serde::Serialize;
use serde_json::Value;

/// How JSON is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Without white space, which counts if AWS limits the size of a document.
    #[default]
    Minified,
    /// For people.
    Pretty,
}

/// `value` as JSON in ASCII: IAM does not accept characters above U+00FF in a policy, but accepts them escaped.
///
/// # Errors
/// If `value` cannot be written as JSON.
pub(super) fn json(value: &impl Serialize, style: Style) -> Result<String, serde_json::Error> {
    let text = match style {
        Style::Minified => serde_json::to_string(value)?,
        Style::Pretty => serde_json::to_string_pretty(value)?,
    };
    if text.is_ascii() {
        return Ok(text);
    }
    let mut ascii = String::new();
    for c in text.chars() {
        match c.is_ascii() {
            true => ascii.push(c),
            false => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| ascii.push_str(&format!("\\u{unit:04x}"))),
        }
    }
    Ok(ascii)
}

/// `value` as an expression of Terraform's language (HCL), indented by `depth` steps.
pub(super) fn hcl(value: &Value, depth: usize) -> String {
    let (outer, inner) = ("  ".repeat(depth), "  ".repeat(depth + 1));
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => hcl_text(text),
        Value::Array(elements) => {
            let elements: String =
                elements.iter().map(|element| format!("{inner}{},\n", hcl(element, depth + 1))).collect();
            format!("[\n{elements}{outer}]")
        }
        Value::Object(members) => {
            let member =
                |(key, value): (&String, &Value)| format!("{inner}{} = {}\n", hcl_text(key), hcl(value, depth + 1));
            format!("{{\n{}{outer}}}", members.iter().map(member).collect::<String>())
        }
    }
}

/// A text in quotes for HCL, in which `${` and `%{` begin templates.
fn hcl_text(text: &str) -> String {
    Value::from(text).to_string().replace("${", "$${").replace("%{", "%%{")
}

/// `missing-vpc` → `MissingVpc`: a statement's id has no hyphens.
pub(super) fn camel_case(id: &str) -> String {
    let capitalise = |word: &str| match word.split_at_checked(1) {
        Some((first, rest)) => first.to_ascii_uppercase() + rest,
        None => String::new(),
    };
    id.split('-').map(capitalise).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_ascii() {
        assert_eq!(json(&"gr\u{fc}n \u{1f680}", Style::Minified).unwrap(), r#""gr\u00fcn \ud83d\ude80""#);
    }

    #[test]
    fn templates_are_escaped_in_hcl() {
        let value = serde_json::json!({"aws:PrincipalTag/Project": ["${aws:PrincipalTag/Project}", "%{x}"]});
        assert_eq!(
            hcl(&value, 0),
            "{\n  \"aws:PrincipalTag/Project\" = [\n    \"$${aws:PrincipalTag/Project}\",\n    \"%%{x}\",\n  ]\n}"
        );
    }
}
