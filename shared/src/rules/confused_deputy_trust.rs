//! Not only SageMaker in this account can assume the execution role.

use serde_json::Value;

use super::prelude::*;

/// `confused-deputy-trust`
pub const RULE: Rule = Rule {
    id: "confused-deputy-trust",
    fails_when: "the trust policy of a role passed to SageMaker trusts SageMaker without a condition on \
        `aws:SourceAccount` or `aws:SourceArn`, or trusts another principal",
    why: "SageMaker assumes the role on behalf of an account. Unless the trust policy says which account, another \
        account's job may use the role. Any other principal that it trusts can assume the role and read its data \
        without a job.",
    fix: "trust `sagemaker.amazonaws.com` alone, under a condition on `aws:SourceAccount` or `aws:SourceArn`",
    action: Action::Alert,
    severity: Severity::Medium,
    concern: Concern::Protection,
    governs: &[Field::ExecutionRole],
    needs: &[Need::RoleTrust],
    prevention: Prevention::None("IAM sees which role is passed, but not which principals that role trusts"),
    example: r#"{"trainingJobName": "churn", "roleArn": "arn:aws:iam::111122223333:role/ml/atlas-train"}"#,
    check,
    ..Rule::DEFAULTS
};

const SAGEMAKER: &str = "sagemaker.amazonaws.com";

fn check(facts: &Facts, _: &Settings) -> Checked {
    let mut findings = Findings::default();
    for (at, arn) in facts.roles(&[Field::ExecutionRole])? {
        let Some(trust_policy) = findings.read(facts.role(&at, arn, |role| &role.trust_policy)) else { continue };
        findings.pass();
        for statement in one_or_many(trust_policy.get("Statement")) {
            if statement.get("Effect").and_then(Value::as_str) != Some("Allow") {
                continue;
            }
            for problem in problems(statement) {
                let expected = format!("`{SAGEMAKER}` alone, for this account");
                findings.fail(Violation::new(at, problem, expected).actual(arn));
            }
        }
    }
    Ok(findings.outcome("the request passes no role to SageMaker"))
}

/// What is wrong with a statement that allows principals to assume the role.
fn problems(statement: &Value) -> Vec<String> {
    let Some(principal) = statement.get("Principal") else {
        return vec!["the role trusts everybody except some principals (`NotPrincipal`)".to_owned()];
    };
    let Some(principals) = principal.as_object() else {
        return vec!["the role trusts everybody (`*`)".to_owned()];
    };
    let mut problems = Vec::new();
    for (kind, names) in principals {
        for name in one_or_many(Some(names)).iter().filter_map(|name| name.as_str()) {
            if kind != "Service" || name != SAGEMAKER {
                problems.push(format!("the role trusts `{name}`"));
            } else if !statement.get("Condition").is_some_and(binds_to_source) {
                problems.push("the role trusts SageMaker on behalf of any account".to_owned());
            }
        }
    }
    problems
}

/// Whether a condition limits the calls to those on behalf of a certain account or resource. `…IfExists` and a lone `*`
/// limit nothing.
fn binds_to_source(condition: &Value) -> bool {
    const BINDING: [&str; 6] =
        ["StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike", "ForAnyValue:StringEquals"];
    let operators = condition.as_object().into_iter().flatten();
    operators.filter(|(operator, _)| BINDING.contains(&operator.as_str())).any(|(_, keys)| {
        keys.as_object().into_iter().flatten().any(|(key, values)| {
            let source = ["aws:SourceAccount", "aws:SourceArn"].iter().any(|source| key.eq_ignore_ascii_case(source));
            source && one_or_many(Some(values)).iter().all(|value| value.as_str().is_some_and(|text| text != "*"))
        })
    })
}

/// IAM's JSON may write a list of one value as the value.
fn one_or_many(value: Option<&Value>) -> &[Value] {
    match value {
        None => &[],
        Some(Value::Array(values)) => values,
        Some(value) => std::slice::from_ref(value),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::EXECUTION_ROLE;
    use super::*;
    use crate::evidence::IamEntity;

    #[test]
    fn trust_is_for_sagemaker_in_this_account() {
        let bound = r#""Condition":{"StringEquals":{"aws:sourceaccount":"111122223333"}}"#;
        for (principal, condition, problems) in [
            (r#"{"Service":"sagemaker.amazonaws.com"}"#, bound, 0),
            (r#"{"Service":["sagemaker.amazonaws.com"]}"#, r#""Condition":{"ArnLike":{"aws:SourceArn":["arn:aws:sagemaker:*:1:*"]}}"#, 0),
            (r#"{"Service":"sagemaker.amazonaws.com"}"#, r#""Sid":"x""#, 1),
            (r#"{"Service":"sagemaker.amazonaws.com"}"#, r#""Condition":{"StringEqualsIfExists":{"aws:SourceAccount":"1"}}"#, 1),
            (r#"{"Service":"sagemaker.amazonaws.com"}"#, r#""Condition":{"StringLike":{"aws:SourceArn":"*"}}"#, 1),
            (r#"{"Service":["sagemaker.amazonaws.com","lambda.amazonaws.com"]}"#, bound, 1),
            (r#"{"AWS":"arn:aws:iam::444455556666:root"}"#, bound, 1),
            (r#""*""#, bound, 1),
        ] {
            let statement = format!(r#"{{"Effect":"Allow","Principal":{principal},"Action":"sts:AssumeRole",{condition}}}"#);
            let trust = |statement: &str| serde_json::from_str(&format!(r#"{{"Statement":{statement}}}"#)).unwrap();
            for trust_policy in [trust(&statement), trust(&format!("[{statement}]"))] {
                let role = IamEntity { trust_policy: Ok(trust_policy), ..IamEntity::default() };
                let case = Case::training(&format!(r#"{{"roleArn":"{EXECUTION_ROLE}"}}"#)).role(role);
                let expected = ["pass", "fail roleArn"][problems];
                assert_eq!(case.says(&RULE), expected, "{statement}");
            }
        }
    }

    #[test]
    fn a_trust_policy_that_was_not_looked_up_is_unknown() {
        let case = || Case::training(&format!(r#"{{"roleArn":"{EXECUTION_ROLE}"}}"#));
        assert_eq!(case().says(&RULE), "unknown roleArn");
        assert_eq!(case().role(IamEntity::default()).says(&RULE), "unknown roleArn");
    }
}
