//! A role that the request passes can launch compute itself.

use super::passed_role::{ROLES, first};
use super::prelude::*;

/// `launching-execution-role`
pub const RULE: Rule = Rule {
    id: "launching-execution-role",
    fails_when: "a passed role may itself launch SageMaker compute",
    why: "Code in a job or notebook that launches further jobs does so as its execution role, which nobody can trace to the \
        person who runs the code. Only pipelines and a few notebooks need to.",
    fix: "remove the permissions to create jobs, notebooks and endpoints from the role, or list the role in `except`",
    action: Action::Alert,
    severity: Severity::Medium,
    concern: Concern::Protection,
    options: &[EXCEPT],
    governs: &ROLES,
    needs: &[Need::RoleGrants],
    prevention: Prevention::None("IAM sees which role is passed, but not the permissions of that role"),
    example: r#"{"trainingJobName": "churn", "roleArn": "arn:aws:iam::111122223333:role/AmazonSageMaker-ExecutionRole"}"#,
    check,
    ..Rule::DEFAULTS
};

const EXCEPT: Spec = Spec {
    name: "except",
    meaning: "ARNs of the roles that may launch compute, such as those of pipelines: `*` matches any run of characters",
    kind: Kind::Exceptions(|pattern| super::outcome::needs_prefix(pattern, "arn:")),
    default: DefaultValue::Unset,
    example: "['arn:aws:iam::*:role/ml/*/pipeline']",
};

fn check(facts: &Facts, settings: &Settings) -> Checked {
    let except = settings.patterns(&EXCEPT).unwrap_or_default();
    let mut findings = Findings::default();
    for role in PassedRole::all(facts, &mut findings)? {
        if except.iter().any(|pattern| pattern.matches(role.arn)) {
            findings.pass();
            continue;
        }
        let launching = Operation::all().filter(|operation| operation.creates() && operation.has(Field::Compute));
        let shown = first(launching.map(|operation| {
            let resource = format!("arn:{{partition}}:sagemaker:{{region}}:{{account}}:{}/any", operation.kind);
            let witness = role.may(&format!("sagemaker:{}", operation.name), &resource)?;
            Ok(witness.map(|witness| format!("the role may launch compute itself: {witness}")))
        }));
        findings.show(&role, shown, "a role that only works on data");
    }
    Ok(findings.outcome("the request passes no role"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::EXECUTION_ROLE;
    use super::*;

    #[test]
    fn roles_that_launch_compute_are_found() {
        let says = |action: &str, policy: &str| {
            let statement = format!(r#"{{"Effect":"Allow","Action":"sagemaker:{action}","Resource":"*"}}"#);
            let case = Case::training(&format!(r#"{{"roleArn":"{EXECUTION_ROLE}"}}"#));
            case.inline(&statement).policy(policy).says(&RULE)
        };
        assert_eq!(says("CreateTrainingJob", ""), "fail roleArn");
        assert_eq!(says("*", ""), "fail roleArn");
        assert_eq!(says("*", "except = ['arn:aws:iam::*:role/ml/*']"), "pass");
        for harmless in ["InvokeEndpoint", "CreateExperiment", "Describe*"] {
            assert_eq!(says(harmless, ""), "pass", "{harmless}");
        }
    }
}
