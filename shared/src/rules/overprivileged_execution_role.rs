//! A role that the request passes has far too many permissions.

use super::permissions::{Permissions, ROLES, Shown, first};
use super::prelude::*;
use crate::grants::{Answer, Grants, NamedPolicy, Truth};

/// `overprivileged-execution-role`
///
/// A role with a policy from `deny-policies` attached fails if its permissions boundary and its Deny statements leave something of
/// what that policy gives. A role that may make every characteristic request of one of them, whatever its policies are called, fails
/// as well.
pub const RULE: Rule = Rule {
    id: "overprivileged-execution-role",
    fails_when: "a passed role may do what a policy from `deny-policies` gives, whatever the role's policies are called",
    why: "A notebook or job with `AmazonSageMakerFullAccess` or more can read every project's data and create \
        everything that the other rules forbid. The tags on its resources then protect nothing.",
    fix: "instead, attach a policy that names the project's own buckets and keys",
    action: Action::Alert,
    severity: Severity::High,
    concern: Concern::Protection,
    options: &[DENY_POLICIES],
    governs: &ROLES,
    needs: &[Need::RoleGrants],
    prevention: Prevention::None("IAM sees which role is passed, but not the permissions of that role"),
    example: r#"{"trainingJobName": "churn", "roleArn": "arn:aws:iam::111122223333:role/AmazonSageMaker-ExecutionRole"}"#,
    check: |facts, settings| each_passed(facts, settings, &ROLES, check_role),
    check_role: Some(check_role),
    ..Rule::DEFAULTS
};

const DENY_POLICIES: Spec = Spec {
    name: "deny-policies",
    meaning: "names or ARNs of managed policies that an execution role must not have, nor what they give",
    kind: Kind::Forbidden(|_| None),
    default: DefaultValue::Patterns(&["AmazonSageMakerFullAccess", "AdministratorAccess", "PowerUserAccess"]),
    example: "['AmazonSageMakerFullAccess', 'AdministratorAccess', 'PowerUserAccess']",
};

/// A policy of AWS whose content is known, with requests that few other policies all allow. None of these policies denies anything.
struct Known {
    name: &'static str,
    requests: &'static [(&'static str, &'static str)],
}

/// From the widest to the narrowest. Source: AWS Managed Policy Reference.
const KNOWN: [Known; 3] = [
    Known {
        name: "AdministratorAccess",
        requests: &[
            ("iam:CreateUser", "arn:{partition}:iam::{account}:user/any"),
            ("s3:DeleteObject", "arn:{partition}:s3:::any/any"),
            ("ec2:TerminateInstances", "arn:{partition}:ec2:{region}:{account}:instance/i-any"),
            ("cloudtrail:StopLogging", "arn:{partition}:cloudtrail:{region}:{account}:trail/any"),
        ],
    },
    Known {
        name: "PowerUserAccess",
        requests: &[
            ("s3:DeleteObject", "arn:{partition}:s3:::any/any"),
            ("ec2:TerminateInstances", "arn:{partition}:ec2:{region}:{account}:instance/i-any"),
            ("dynamodb:DeleteTable", "arn:{partition}:dynamodb:{region}:{account}:table/any"),
            ("cloudtrail:StopLogging", "arn:{partition}:cloudtrail:{region}:{account}:trail/any"),
        ],
    },
    Known {
        name: "AmazonSageMakerFullAccess",
        requests: &[
            ("sagemaker:CreateTrainingJob", "arn:{partition}:sagemaker:{region}:{account}:training-job/any"),
            ("sagemaker:DeleteEndpoint", "arn:{partition}:sagemaker:{region}:{account}:endpoint/any"),
            ("s3:GetObject", "arn:{partition}:s3:::any-sagemaker-any/any"),
            ("ecr:BatchGetImage", "arn:{partition}:ecr:{region}:{account}:repository/any"),
        ],
    },
];

fn check_role(role: &JudgedRole, settings: &Settings, findings: &mut Findings) {
    let Some(permissions) = findings.read(Permissions::of(role)) else { return };
    let denied = settings.patterns(&DENY_POLICIES).unwrap_or_default();
    let is_denied = |name: &str, arn: &str| denied.iter().any(|one| one.matches(name) || one.matches(arn));
    let attached = permissions.grants.policies.iter();
    let attached: Vec<_> = attached.filter(|policy| policy.arn.is_some_and(|arn| is_denied(policy.name, arn))).collect();
    for policy in &attached {
        findings.show(role, left_of(policy, &permissions), EXPECTED);
    }
    let is_denied = |known: &&Known| attached.is_empty() && is_denied(known.name, &permissions.fill(&known.arn()));
    let said = KNOWN.iter().filter(is_denied).map(|known| known.said_otherwise(&permissions));
    findings.show(role, first(said), EXPECTED);
}

const EXPECTED: &str = "a role with narrower policies";

impl Known {
    fn arn(&self) -> String {
        format!("arn:{{partition}}:iam::aws:policy/{}", self.name)
    }

    /// What is wrong if the role may make all of its requests.
    fn said_otherwise(&self, permissions: &Permissions) -> Shown {
        let mut first = None;
        for (action, resource) in self.requests {
            match permissions.may(action, resource)? {
                Some(witness) => first = first.or(Some(witness)),
                None => return Ok(None),
            }
        }
        Ok(first.map(|witness| format!("the role may do what `{}` gives: {witness}", self.name)))
    }
}

/// What the role has of an attached policy, as a message; `None` if its boundary and its Deny statements leave nothing.
fn left_of(policy: &NamedPolicy, permissions: &Permissions) -> Shown {
    let message = format!("the role has `{}` attached", policy.name);
    let known = KNOWN.iter().find(|known| policy.arn == Some(&permissions.fill(&known.arn())));
    // What such a policy says is known without its document, and it denies nothing.
    let others = permissions.grants.policies.iter().filter(|other| known.is_none() || other.arn != policy.arn).cloned();
    let others = Grants { policies: others.collect(), ..permissions.grants.clone() };
    let requests: Vec<(String, String)> = match (known, &policy.document) {
        (Some(known), _) => {
            known.requests.iter().map(|(action, resource)| ((*action).to_owned(), permissions.fill(resource))).collect()
        }
        (None, Ok(document)) => document.examples(),
        (None, Err(_)) if !permissions.grants.can_bar() => return Ok(Some(message)),
        (None, Err(why)) => return Err(why.clone()),
    };
    first(requests.iter().map(|(action, resource)| {
        let request = permissions.request(action, resource);
        if others.bars(&request)? == Truth::Yes {
            return Ok(None);
        }
        let by = match permissions.grants.decide(&request) {
            Ok(Answer::Yes(by)) => format!(", by {by}"),
            _ => String::new(),
        };
        Ok(Some(format!("{message}, and with it may call {request}{by}")))
    }))
}

#[cfg(test)]
mod tests {
    use super::super::testing::EXECUTION_ROLE;
    use super::*;

    fn case() -> Case {
        Case::training(&format!(r#"{{"roleArn":"{EXECUTION_ROLE}"}}"#))
    }

    #[test]
    fn attached_policies_are_compared_by_name_and_arn() {
        let narrow = || case().managed("AtlasTraining", &allow("s3:GetObject", "arn:aws:s3:::atlas-data/*"));
        assert_eq!(narrow().says(&RULE), "pass");
        assert_eq!(narrow().attached(&["PowerUserAccess"]).says(&RULE), "fail roleArn");
        let by_arn = "deny-policies = ['arn:aws:iam::111122223333:policy/Atlas*']";
        assert_eq!(narrow().policy(by_arn).says(&RULE), "fail roleArn");
        assert_eq!(case().attached(&["PowerUserAccess"]).policy(by_arn).says(&RULE), "pass");
        assert_eq!(case().attached(&["AtlasTraining"]).says(&RULE), "unknown roleArn");
        assert_eq!(case().attached(&["AtlasTraining"]).policy("deny-policies = ['Atlas*']").says(&RULE), "fail roleArn");
        assert_eq!(case().says(&RULE), "unknown roleArn");
    }

    #[test]
    fn what_policies_say_counts_not_what_they_are_called() {
        for (statement, expected) in [
            (allow("*", "*"), "fail roleArn"),
            (r#"{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}"#.to_owned(), "fail roleArn"),
            (
                r#"{"Effect":"Allow","Action":["sagemaker:*","s3:*","ecr:*"],"Resource":"*"}"#.to_owned(),
                "fail roleArn",
            ),
            (allow("s3:*", "*"), "pass"),
            (r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}"#.to_owned(), "pass"),
        ] {
            assert_eq!(case().inline(&statement).says(&RULE), expected, "{statement}");
        }
        let power = case().inline(&allow("*", "*")).policy("deny-policies = ['PowerUserAccess']").outcome(&RULE);
        let Outcome::Fail(violations) = power else { panic!("{power:?}") };
        assert_eq!(
            violations[0].message,
            "the role may do what `PowerUserAccess` gives: it may call `s3:DeleteObject` on `arn:aws:s3:::any/any`, by \
             statement 1 of `inline`"
        );
    }

    #[test]
    fn what_is_barred_does_not_count() {
        let one_bucket = allow("s3:GetObject", "arn:aws:s3:::atlas-data/*");
        let deny = r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#;
        let administrator = || case().attached(&["AdministratorAccess"]);
        assert_eq!(administrator().boundary(&one_bucket).says(&RULE), "pass");
        assert_eq!(administrator().boundary(&allow("s3:*", "*")).says(&RULE), "fail roleArn");
        assert_eq!(administrator().inline(deny).says(&RULE), "pass");
        assert_eq!(administrator().inline(&deny.replace("Action\":\"*", "Action\":\"iam:*")).says(&RULE), "fail roleArn");
        assert_eq!(case().inline(&allow("*", "*")).boundary(&one_bucket).says(&RULE), "pass");
        let custom = || case().managed("Wide", &allow("s3:*", "*")).policy("deny-policies = ['Wide']");
        assert_eq!(custom().says(&RULE), "fail roleArn");
        assert_eq!(custom().boundary(&one_bucket).says(&RULE), "pass");
        assert_eq!(custom().boundary(&allow("s3:*", "*")).says(&RULE), "fail roleArn");
    }

    fn allow(action: &str, resource: &str) -> String {
        format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}"#)
    }
}
