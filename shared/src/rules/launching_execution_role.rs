//! A role that the request passes can launch compute itself.

use super::permissions::{Permissions, ROLES, first};
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
    check: |facts, settings| each_passed(facts, settings, &ROLES, check_role),
    check_role: Some(check_role),
    ..Rule::DEFAULTS
};

const EXCEPT: Spec = Spec {
    name: "except",
    meaning: "ARNs of the roles that may launch compute, such as those of pipelines: `*` matches any run of characters",
    kind: Kind::Exceptions(|pattern| super::outcome::needs_prefix(pattern, "arn:")),
    default: DefaultValue::Unset,
    example: "['arn:aws:iam::*:role/ml/*/pipeline']",
};

fn check_role(role: &JudgedRole, settings: &Settings, findings: &mut Findings) {
    if !role.is_execution_role {
        return;
    }
    let Some(permissions) = findings.read(Permissions::of(role)) else { return };
    if settings.patterns(&EXCEPT).unwrap_or_default().iter().any(|pattern| pattern.matches(role.arn)) {
        return findings.pass();
    }
    let launching = Operation::all().filter(|operation| operation.creates() && operation.has(Field::Compute));
    let shown = first(launching.map(|operation| {
        let witness = permissions.may_call(operation)?;
        Ok(witness.map(|witness| format!("the role may launch compute itself: {witness}")))
    }));
    findings.show(role, shown, "a role that only works on data");
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
