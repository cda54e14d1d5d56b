//! The caller passes its own role.

use super::permissions::ROLES;
use super::prelude::*;
use crate::evidence::carrier;

/// `caller-as-execution-role`
pub const RULE: Rule = Rule {
    id: "caller-as-execution-role",
    fails_when: "the passed role is the role of the caller",
    why: "A person's role may launch compute, pass roles and use consoles. Code in a job or notebook needs none of that, and \
        CloudTrail cannot tell its calls from the person's.",
    fix: "pass an execution role that only works on the project's data",
    action: Action::Alert,
    severity: Severity::Medium,
    concern: Concern::Protection,
    governs: &ROLES,
    prevention: Prevention::None("IAM cannot compare the role that is passed with the role that passes it"),
    example: r#"{"trainingJobName": "churn", "roleArn": "arn:aws:iam::111122223333:role/Caller"}"#,
    check,
    ..Rule::DEFAULTS
};

fn check(facts: &Facts, _: &Settings) -> Checked {
    let caller = facts.caller.arn.as_deref().and_then(carrier);
    let mut findings = Findings::default();
    for (at, arn) in facts.roles(&ROLES)? {
        findings.fail_if(caller.is_some() && carrier(arn) == caller, || {
            Violation::new(at, "the passed role is the caller's own", "an execution role").actual(arn)
        });
    }
    Ok(findings.outcome("the request passes no role"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{CALLER, EXECUTION_ROLE};
    use super::*;

    #[test]
    fn the_callers_own_role_is_found() {
        let says = |role: &str| Case::training(&format!(r#"{{"roleArn":"{role}"}}"#)).says(&RULE);
        assert_eq!(says(CALLER), "fail roleArn");
        assert_eq!(says(&CALLER.replace("role/", "role/people/")), "fail roleArn", "a session's ARN has no path");
        assert_eq!(says(&CALLER.replace("111122223333", "444455556666")), "pass");
        assert_eq!(says(EXECUTION_ROLE), "pass");
        assert_eq!(Case::endpoint_config(r#"{"x":1}"#).says(&RULE), "skip");
    }
}
