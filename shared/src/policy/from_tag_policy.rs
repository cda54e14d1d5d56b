//! The `[tags]` tables for a tag policy of AWS Organizations.
//!
//! Source: Organizations User Guide, "Tag policy syntax and examples" and "Viewing effective tag policies"; API reference,
//! `DescribeEffectivePolicy`.

use std::fmt::Write;

use serde_json::Value;

use crate::facts::are_alike;

/// Writes the tables for the tag policy in `text`: the output of `aws organizations describe-effective-policy`, or the policy
/// itself. What it says of the tag `abac_tag` becomes the `[abac]` table.
///
/// # Errors
/// Why it is not a tag policy.
pub fn from_tag_policy(text: &str, abac_tag: &str) -> Result<String, String> {
    let output: Value = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
    let effective = output.get("EffectivePolicy");
    if let Some(kind) = effective.and_then(|policy| policy.get("PolicyType")).filter(|kind| **kind != "TAG_POLICY") {
        return Err(format!("it is a policy of type {kind}: ask for `--policy-type TAG_POLICY`"));
    }
    let content = effective.and_then(|policy| policy.get("PolicyContent")).and_then(Value::as_str);
    let policy = match content {
        Some(content) => {
            serde_json::from_str(content).map_err(|error| format!("`PolicyContent` is not JSON: {error}"))?
        }
        None => output,
    };
    let Some(tags) = policy.get("tags").and_then(Value::as_object) else {
        return Err("it has no `tags`: expected the output of `aws organizations describe-effective-policy \
            --policy-type TAG_POLICY`"
            .to_owned());
    };
    let tables: Vec<_> = tags.iter().map(|(key, tag)| table(key, tag, abac_tag)).collect();
    Ok(tables.join("\n"))
}

/// The table for one tag.
fn table(policy_key: &str, tag: &Value, abac_tag: &str) -> String {
    // "If case treatment isn't defined, lowercase is the default case treatment for tag keys."
    let key = assigned(tag, "tag_key").and_then(Value::as_str).map_or_else(|| policy_key.to_lowercase(), str::to_owned);
    let values = texts(tag, "tag_value");
    let is_limited = !values.is_empty() && !values.contains(&"*");
    let list = Value::from(values.clone()).to_string().replace("\",\"", "\", \"");
    let mut table = String::new();
    let mut line = |line: String| {
        // Writing to a string cannot fail.
        let _ = writeln!(table, "{line}");
    };
    if are_alike(&key, abac_tag) {
        line("[abac]".to_owned());
        line(format!("tag = {}", Value::from(key)));
        // The names of projects have no `*`.
        if is_limited && !values.iter().any(|value| value.contains('*')) {
            line(format!("projects = {list}"));
        }
        return table;
    }
    line(format!("[tags.{}]", toml_key(&key)));
    let required: Vec<_> =
        texts(tag, "report_required_tag_for").into_iter().filter(|name| name.starts_with("sagemaker:")).collect();
    if !required.is_empty() {
        line(format!("required = true    # the tag policy requires it for {}", required.join(", ")));
    }
    if is_limited {
        line(format!("values = {list}"));
    }
    table
}

/// What a member says, in an effective policy or, with an operator, in a policy as it was written.
fn assigned<'t>(tag: &'t Value, name: &str) -> Option<&'t Value> {
    let value = tag.get(name)?;
    Some(value.get("@@assign").unwrap_or(value))
}

fn texts<'t>(tag: &'t Value, name: &str) -> Vec<&'t str> {
    assigned(tag, name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// A key as TOML writes it.
fn toml_key(key: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !key.is_empty() && key.chars().all(is_bare) { key.to_owned() } else { Value::from(key).to_string() }
}

#[cfg(test)]
mod tests {
    use super::super::Policy;
    use super::*;

    #[test]
    fn an_effective_tag_policy_becomes_tables() {
        let content = r#"{"tags":{
            "project":{"tag_key":"Project","tag_value":["atlas","borealis"]},
            "costcenter":{"tag_value":["CC-*","0 \"zero\""],"tag_key":"CostCenter","enforced_for":["sagemaker:training-job"],
                "report_required_tag_for":["ec2:instance","sagemaker:training-job"]},
            "Team:Owner":{"report_required_tag_for":["ec2:instance"],"tag_value":["*"]}}}"#;
        let expected = "[abac]\ntag = \"Project\"\nprojects = [\"atlas\", \"borealis\"]\n\n[tags.CostCenter]\nrequired = true    \
            # the tag policy requires it for sagemaker:training-job\nvalues = [\"CC-*\", \"0 \\\"zero\\\"\"]\n\n[tags.\"team:owner\"]\n";
        let output = serde_json::json!({"EffectivePolicy": {
            "PolicyContent": content, "LastUpdatedTimestamp": 1_764_230_400.5, "TargetId": "111122223333", "PolicyType": "TAG_POLICY",
        }});
        let with_operators = content.replace(r#""tag_key":"Project""#, r#""tag_key":{"@@assign":"Project"}"#);
        for text in [output.to_string(), content.to_owned(), with_operators] {
            let tables = from_tag_policy(&text, "Project").expect(&text);
            assert_eq!(tables, expected);
            Policy::parse(&format!("version = 1\n{tables}")).expect("a valid policy");
        }
    }

    #[test]
    fn what_is_no_tag_policy_is_named() {
        for (text, says) in [
            ("{", "not JSON"),
            ("{}", "it has no `tags`"),
            (
                r#"{"EffectivePolicy":{"PolicyType":"BACKUP_POLICY","PolicyContent":"{}"}}"#,
                "`--policy-type TAG_POLICY`",
            ),
            (r#"{"EffectivePolicy":{"PolicyContent":"{"}}"#, "`PolicyContent` is not JSON"),
        ] {
            let error = from_tag_policy(text, "Project").unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
