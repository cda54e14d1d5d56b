//! Whether the functions may do what they need: their roles have what the template gives them, and nothing else denies it.

use aws_sdk_iam::types::PolicyEvaluationDecisionType;
use serde_json::Value;

use super::line::Line;
use crate::aws::Aws;
use crate::errors::{failed, is_gone};
use crate::stack::{Resource, Stack};
use crate::template::Template;

const CHECK: &str = "roles";
const FIX: &str = "bring back what is lacking by a drift-aware change set of CloudFormation: an update with the same template changes nothing. If \
    a service control policy or a permissions boundary denies it, except the stack's roles";

pub async fn check(stack: &Stack, template: &Result<Template, String>, aws: &Aws) -> Line {
    let template = match template {
        Ok(template) => template,
        Err(why) => return Line::unknown(CHECK, why),
    };
    match stack.problems("AWS::IAM::Role", async |role| of_role(role, template, aws).await).await {
        Err(why) => Line::unknown(CHECK, why),
        Ok((count, problems)) => {
            Line::of(CHECK, &problems, format!("{count} roles may do what the template gives them"), FIX)
        }
    }
}

/// What is wrong with a role.
async fn of_role(role: &Resource, template: &Template, aws: &Aws) -> Result<Option<String>, String> {
    let mut statements = Vec::new();
    let listed = match aws.iam.list_role_policies().role_name(&role.physical).send().await {
        Err(error) if is_gone(&error) => return Ok(Some("does not exist".to_owned())),
        listed => listed.map_err(failed("iam:ListRolePolicies"))?,
    };
    for name in listed.policy_names() {
        let policy = aws.iam.get_role_policy().role_name(&role.physical).policy_name(name).send().await;
        let policy = policy.map_err(failed("iam:GetRolePolicy"))?;
        let document: Value = serde_json::from_str(&decoded(policy.policy_document()))
            .map_err(|error| format!("the policy `{name}` is not JSON: {error}"))?;
        statements.extend(list(member(&document, "Statement")));
    }
    let given = template.property(&role.id, "Policies").unwrap_or_default();
    let missing = missing(&given, &statements);
    if !missing.is_empty() {
        return Ok(Some(format!("lacks {}", missing.join(", "))));
    }
    let role = aws.iam.get_role().role_name(&role.physical).send().await.map_err(failed("iam:GetRole"))?;
    let arn = role.role.map(|role| role.arn).unwrap_or_default();
    for statement in &statements {
        if let Some(denied) = denied(&arn, statement, aws).await? {
            return Ok(Some(denied));
        }
    }
    Ok(None)
}

/// The statements of the template's policies that the role does not have, or not with the same actions. Each has a `Sid`.
fn missing(policies: &Value, statements: &[Value]) -> Vec<String> {
    let part = |statement: &Value| {
        let mut actions = texts(member(statement, "Action"));
        actions.sort();
        (member(statement, "Sid").clone(), member(statement, "Effect").clone(), actions)
    };
    let given =
        list(policies).into_iter().flat_map(|policy| list(member(member(&policy, "PolicyDocument"), "Statement")));
    let given = given.map(|statement| part(&statement));
    let has: Vec<_> = statements.iter().map(part).collect();
    let missing = given.filter(|one| !has.contains(one));
    missing.map(|(sid, _, actions)| format!("`{}` ({})", sid.as_str().unwrap_or("?"), actions.join(", "))).collect()
}

/// What IAM's simulation of a statement denies. A statement with a condition depends on what a request carries.
async fn denied(role: &str, statement: &Value, aws: &Aws) -> Result<Option<String>, String> {
    if *member(statement, "Effect") != "Allow" || !member(statement, "Condition").is_null() {
        return Ok(None);
    }
    let actions = texts(member(statement, "Action"));
    let mut refused = Vec::new();
    for resource in texts(member(statement, "Resource")).iter().filter_map(|pattern| concrete(pattern)) {
        let simulated = aws.iam.simulate_principal_policy().policy_source_arn(role).resource_arns(&resource);
        let simulated = simulated.set_action_names(Some(actions.clone())).send().await;
        let simulated = simulated.map_err(failed("iam:SimulatePrincipalPolicy"))?;
        let results = simulated.evaluation_results().iter();
        let denied = results.filter(|one| *one.eval_decision() != PolicyEvaluationDecisionType::Allowed);
        refused.extend(denied.map(|one| format!("`{}` on `{resource}`", one.eval_action_name())));
    }
    Ok((!refused.is_empty()).then(|| format!("is denied {} by another policy", refused.join(", "))))
}

/// A resource that an ARN pattern stands for. `None` if it stands for those of any account or region.
fn concrete(pattern: &str) -> Option<String> {
    if pattern == "*" {
        return Some(pattern.to_owned());
    }
    let parts: Vec<_> = pattern.splitn(6, ':').collect();
    let place = parts.get(3..5)?;
    (!place.iter().any(|part| part.contains('*'))).then(|| pattern.replace('*', "tagwarden-doctor"))
}

/// A policy document, which IAM encodes as a part of a URL (RFC 3986).
fn decoded(document: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = document.bytes();
    while let Some(byte) = rest.next() {
        let digits = if byte == b'%' { rest.clone().next().zip(rest.clone().nth(1)) } else { None };
        let value = digits.and_then(|(high, low)| {
            let digit = |digit: u8| char::from(digit).to_digit(16);
            u8::try_from(digit(high)? * 16 + digit(low)?).ok()
        });
        bytes.push(value.unwrap_or(byte));
        if value.is_some() {
            rest.nth(1);
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A member of an object. Null, if it is not there.
fn member<'a>(value: &'a Value, name: &str) -> &'a Value {
    value.get(name).unwrap_or(&Value::Null)
}

/// A value that may be missing, or stand without its list.
fn list(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(values) => values.clone(),
        one => vec![one.clone()],
    }
}

fn texts(value: &Value) -> Vec<String> {
    list(value).iter().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_are_decoded() {
        assert_eq!(decoded("%7B%22a%22%3A%22%C3%BC%25%22%7D"), r#"{"a":"ü%"}"#);
        assert_eq!(decoded(r#"{"plain": "100%"}"#), r#"{"plain": "100%"}"#);
    }

    #[test]
    fn statements_are_missed() {
        let statement = |sid: &str, actions: Value| json!({"Sid": sid, "Effect": "Allow", "Action": actions});
        let publish = statement("Publish", json!(["sns:Publish", "sns:Subscribe"]));
        let read = statement("Read", json!("s3:GetObject"));
        let given = json!([{"PolicyDocument": {"Statement": [publish, read]}}]);
        for (has, expected) in [
            (vec![statement("Publish", json!(["sns:Subscribe", "sns:Publish"])), read.clone()], vec![]),
            (
                vec![read.clone(), statement("Publish", json!("sns:Publish"))],
                vec!["`Publish` (sns:Publish, sns:Subscribe)"],
            ),
            (vec![publish.clone(), statement("Else", json!("s3:GetObject"))], vec!["`Read` (s3:GetObject)"]),
        ] {
            assert_eq!(missing(&given, &has), expected);
        }
    }

    #[test]
    fn patterns_become_concrete() {
        for (pattern, concrete_one) in [
            ("*", Some("*")),
            ("arn:aws:sns:eu-west-1:111122223333:t", Some("arn:aws:sns:eu-west-1:111122223333:t")),
            ("arn:aws:iam::111122223333:role/*", Some("arn:aws:iam::111122223333:role/tagwarden-doctor")),
            ("arn:aws:kms:*:*:key/*", None),
        ] {
            assert_eq!(concrete(pattern).as_deref(), concrete_one);
        }
    }
}
