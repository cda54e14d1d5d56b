//! A role that the request passes has far too many permissions.

use super::prelude::*;

/// `overprivileged-execution-role`
pub const RULE: Rule = Rule {
    id: "overprivileged-execution-role",
    fails_when: "a passed role has a policy from `deny-policies` attached",
    why: "A notebook or job with `AmazonSageMakerFullAccess` or more can read every project's data and create \
        everything that the other rules forbid. The tags on its resources then protect nothing.",
    fix: "instead, attach a policy that names the project's own buckets and keys",
    action: Action::Alert,
    severity: Severity::High,
    concern: Concern::Protection,
    options: &[DENY_POLICIES],
    governs: &ROLES,
    needs: &[Need::RolePolicies],
    prevention: Prevention::None("IAM sees which role is passed, but not the permissions of that role"),
    example: r#"{"trainingJobName": "churn", "roleArn": "arn:aws:iam::111122223333:role/AmazonSageMaker-ExecutionRole"}"#,
    check,
    ..Rule::DEFAULTS
};

const DENY_POLICIES: Spec = Spec {
    name: "deny-policies",
    meaning: "names or ARNs of managed policies that an execution role must not have",
    kind: Kind::Patterns(|_| None),
    default: DefaultValue::Patterns(&["AmazonSageMakerFullAccess", "AdministratorAccess", "PowerUserAccess"]),
    example: "['AmazonSageMakerFullAccess', 'AdministratorAccess', 'PowerUserAccess']",
};

const ROLES: [Field; 2] = [Field::ExecutionRole, Field::ServiceRole];

fn check(facts: &Facts, settings: &Settings) -> Checked {
    let denied = settings.patterns(&DENY_POLICIES).unwrap_or_default();
    let mut findings = Findings::default();
    for (at, arn) in facts.roles(&ROLES)? {
        let Some(policies) = findings.read(facts.role(&at, arn, |role| &role.attached_policies)) else { continue };
        findings.pass();
        for policy in policies {
            if denied.iter().any(|pattern| pattern.matches(&policy.name) || pattern.matches(&policy.arn)) {
                let message = format!("the role has `{}` attached", policy.name);
                findings.fail(Violation::new(at, message, "a role with narrower policies").actual(arn));
            }
        }
    }
    Ok(findings.outcome("the request passes no role"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::EXECUTION_ROLE;
    use super::*;

    #[test]
    fn attached_policies_are_compared_by_name_and_arn() {
        let case = || Case::training(&format!(r#"{{"roleArn":"{EXECUTION_ROLE}"}}"#));
        assert_eq!(case().role_policies(&["AtlasTraining"]).says(&RULE), "pass");
        assert_eq!(case().role_policies(&["AtlasTraining", "PowerUserAccess"]).says(&RULE), "fail roleArn");
        let by_arn = "deny-policies = ['arn:aws:iam::aws:policy/Atlas*']";
        assert_eq!(case().role_policies(&["AtlasTraining"]).policy(by_arn).says(&RULE), "fail roleArn");
        assert_eq!(case().role_policies(&["PowerUserAccess"]).policy(by_arn).says(&RULE), "pass");
        assert_eq!(case().says(&RULE), "unknown roleArn");
    }
}
