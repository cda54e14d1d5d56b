//! Whether the functions may do what they need: their roles have what the template gives them, and nothing else denies it.

use std::collections::BTreeSet;

use aws_sdk_cloudformation::types::TemplateStage;
use aws_sdk_iam::types::PolicyEvaluationDecisionType;
use serde_json::Value;

use super::line::Line;
use crate::aws::Aws;
use crate::errors::failed;
use crate::stack::{Resource, Stack};

const CHECK: &str = "roles";
const FIX: &str =
    "deploy the stack again; if a service control policy or a permissions boundary denies it, except the stack's roles";

pub async fn check(stack: &Stack, aws: &Aws) -> Line {
    match problems(stack, aws).await {
        Err(why) => Line::unknown(CHECK, why),
        Ok((count, problems)) => {
            Line::of(CHECK, &problems, format!("{count} roles may do what the template gives them"), FIX)
        }
    }
}

async fn problems(stack: &Stack, aws: &Aws) -> Result<(usize, Vec<String>), String> {
    let template = aws.cloudformation.get_template().stack_name(&stack.name).template_stage(TemplateStage::Processed);
    let template = template.send().await.map_err(failed("cloudformation:GetTemplate"))?;
    let template: Value = serde_json::from_str(template.template_body().unwrap_or_default())
        .map_err(|error| format!("the processed template is not JSON: {error}"))?;
    let given = |role: &Resource| template.pointer(&format!("/Resources/{}/Properties/Policies", role.id));
    stack.problems("AWS::IAM::Role", async |role| of_role(role, given(role), aws).await).await
}

/// What is wrong with a role, to which the template gives these policies.
async fn of_role(role: &Resource, given: Option<&Value>, aws: &Aws) -> Result<Option<String>, String> {
    let mut statements = Vec::new();
    let listed = match aws.iam.list_role_policies().role_name(&role.physical).send().await {
        Err(error) if error.as_service_error().is_some_and(|error| error.is_no_such_entity_exception()) => {
            return Ok(Some("does not exist".to_owned()));
        }
        listed => listed.map_err(failed("iam:ListRolePolicies"))?,
    };
    for name in listed.policy_names() {
        let policy = aws.iam.get_role_policy().role_name(&role.physical).policy_name(name).send().await;
        let policy = policy.map_err(failed("iam:GetRolePolicy"))?;
        let document: Value = serde_json::from_str(&decoded(policy.policy_document()))
            .map_err(|error| format!("the policy `{name}` is not JSON: {error}"))?;
        statements.extend(list(member(&document, "Statement")));
    }
    let has: BTreeSet<String> = statements.iter().flat_map(|statement| texts(member(statement, "Action"))).collect();
    let missing: Vec<_> =
        needed(given).into_iter().filter(|action| !has.contains(action)).map(|action| format!("`{action}`")).collect();
    if !missing.is_empty() {
        return Ok(Some(format!("may not call {}", missing.join(", "))));
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

/// The actions that the template gives in any case.
fn needed(policies: Option<&Value>) -> BTreeSet<String> {
    let policies = policies.map(list).unwrap_or_default();
    let statements = policies.iter().flat_map(|policy| list(member(member(policy, "PolicyDocument"), "Statement")));
    // What depends on a condition has `Fn::If` in place of the action.
    statements.flat_map(|statement| texts(member(&statement, "Action"))).collect()
}

/// What IAM's simulation of a statement denies. A statement with a condition depends on what a request carries.
async fn denied(role: &str, statement: &Value, aws: &Aws) -> Result<Option<String>, String> {
    let resources = texts(member(statement, "Resource"));
    let Some(resource) = resources.iter().find_map(|resource| concrete(resource)) else { return Ok(None) };
    if *member(statement, "Effect") != "Allow" || !member(statement, "Condition").is_null() {
        return Ok(None);
    }
    let simulated = aws.iam.simulate_principal_policy().policy_source_arn(role).resource_arns(resource);
    let simulated = simulated.set_action_names(Some(texts(member(statement, "Action")))).send().await;
    let simulated = simulated.map_err(failed("iam:SimulatePrincipalPolicy"))?;
    let refused = simulated
        .evaluation_results()
        .iter()
        .filter(|one| *one.eval_decision() != PolicyEvaluationDecisionType::Allowed);
    let refused: Vec<_> = refused.map(|one| format!("`{}`", one.eval_action_name())).collect();
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

/// A value that may stand without its list.
fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_else(|| vec![value.clone()])
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
    fn only_what_is_always_given_is_needed() {
        let policies = json!([{"PolicyDocument": {"Statement": [
            {"Action": ["sns:Publish", "sns:Subscribe"]},
            {"Action": "s3:GetObject"},
            {"Fn::If": ["HasKey", {"Action": ["kms:Decrypt"]}, {"Ref": "AWS::NoValue"}]},
        ]}}]);
        let needed: Vec<_> = needed(Some(&policies)).into_iter().collect();
        assert_eq!(needed, ["s3:GetObject", "sns:Publish", "sns:Subscribe"]);
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
