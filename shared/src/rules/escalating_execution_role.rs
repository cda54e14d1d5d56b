//! A role that the request passes can give itself more permissions.

use super::permissions::{Permissions, ROLES, Shown, Witness, first};
use super::prelude::*;

/// `escalating-execution-role`
pub const RULE: Rule = Rule {
    id: "escalating-execution-role",
    fails_when: "a passed role may change IAM's policies and users, pass or assume any role, or replace code that runs as another role",
    why: "Code in a job or notebook has the permissions of its execution role. By each of these ways, it gets those of \
        another role or any others that it likes, and nothing else in the policy holds it back.",
    fix: "remove these permissions from the role's policies, or limit them to the resources that the project owns",
    action: Action::Alert,
    severity: Severity::High,
    concern: Concern::Protection,
    governs: &ROLES,
    needs: &[Need::RoleGrants],
    prevention: Prevention::None("IAM sees which role is passed, but not the permissions of that role"),
    example: r#"{"trainingJobName": "churn", "roleArn": "arn:aws:iam::111122223333:role/AmazonSageMaker-ExecutionRole"}"#,
    check: |facts, settings| each_passed(facts, settings, &ROLES, check_role),
    check_role: Some(check_role),
    ..Rule::DEFAULTS
};

/// What a way leads to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gain {
    ChangeIam,
    PassAnyRole,
    AssumeAnyRole,
    ReplaceCode,
}

impl Gain {
    const ALL: [Self; 4] = [Self::ChangeIam, Self::PassAnyRole, Self::AssumeAnyRole, Self::ReplaceCode];

    fn message(self) -> &'static str {
        match self {
            Self::ChangeIam => "the role may change what it or others may do",
            Self::PassAnyRole => "the role may pass any role",
            Self::AssumeAnyRole => "the role may assume any role",
            Self::ReplaceCode => "the role may replace code that runs as another role",
        }
    }
}

/// A published way to more permissions: requests that must all be allowed, each on any of its resources.
struct Way {
    gain: Gain,
    /// The service that the role is passed to by `iam:PassRole`.
    service: &'static str,
    requests: &'static [(&'static str, &'static [&'static str])],
}

const ANY_ROLE: &[&str] = &["arn:{partition}:iam::{account}:role/any"];
const OWN_ROLE: &[&str] = &["{role}"];
const OWN_OR_ANY_ROLE: &[&str] = &["{role}", "arn:{partition}:iam::{account}:role/any"];
const ANY_USER: &[&str] = &["arn:{partition}:iam::{account}:user/any"];
const ANY_GROUP: &[&str] = &["arn:{partition}:iam::{account}:group/any"];
const ANY_POLICY: &[&str] = &["arn:{partition}:iam::{account}:policy/any"];
const ANY_INSTANCE: &[&str] = &["arn:{partition}:ec2:{region}:{account}:instance/i-0123456789abcdef0"];
const ANY_FUNCTION: &[&str] = &["arn:{partition}:lambda:{region}:{account}:function:any"];
const ANY_NOTEBOOK: &[&str] = &["arn:{partition}:sagemaker:{region}:{account}:notebook-instance/any"];

const fn changes_iam(requests: &'static [(&'static str, &'static [&'static str])]) -> Way {
    Way { gain: Gain::ChangeIam, service: "", requests }
}

const fn passes_role(service: &'static str, requests: &'static [(&'static str, &'static [&'static str])]) -> Way {
    Way { gain: Gain::PassAnyRole, service, requests }
}

const fn replaces_code(requests: &'static [(&'static str, &'static [&'static str])]) -> Way {
    Way { gain: Gain::ReplaceCode, service: "", requests }
}

/// Sources: Rhino Security Labs, "AWS IAM Privilege Escalation – Methods and Mitigation" (`R` and its number; `R2` is part 2), and
/// pathfinding.cloud by Datadog (`P` and its id).
const WAYS: [Way; 31] = [
    // R1 to R14 without R3
    changes_iam(&[("iam:CreatePolicyVersion", ANY_POLICY)]),
    changes_iam(&[("iam:SetDefaultPolicyVersion", ANY_POLICY)]),
    changes_iam(&[("iam:CreateAccessKey", ANY_USER)]),
    changes_iam(&[("iam:CreateLoginProfile", ANY_USER)]),
    changes_iam(&[("iam:UpdateLoginProfile", ANY_USER)]),
    changes_iam(&[("iam:AttachUserPolicy", ANY_USER)]),
    changes_iam(&[("iam:AttachGroupPolicy", ANY_GROUP)]),
    changes_iam(&[("iam:AttachRolePolicy", OWN_OR_ANY_ROLE)]),
    changes_iam(&[("iam:PutUserPolicy", ANY_USER)]),
    changes_iam(&[("iam:PutGroupPolicy", ANY_GROUP)]),
    changes_iam(&[("iam:PutRolePolicy", OWN_OR_ANY_ROLE)]),
    changes_iam(&[("iam:AddUserToGroup", ANY_GROUP)]),
    changes_iam(&[("iam:UpdateAssumeRolePolicy", ANY_ROLE)]),
    // IAM User Guide, "Permissions boundaries for IAM entities"
    changes_iam(&[("iam:DeleteRolePermissionsBoundary", OWN_ROLE)]),
    changes_iam(&[("iam:PutRolePermissionsBoundary", OWN_ROLE)]),
    // P sagemaker-001. It launches jobs with the role, or lets somebody else do so.
    passes_role("sagemaker.amazonaws.com", &[("iam:PassRole", ANY_ROLE)]),
    // R3
    passes_role("ec2.amazonaws.com", &[("iam:PassRole", ANY_ROLE), ("ec2:RunInstances", ANY_INSTANCE)]),
    // R15
    passes_role("lambda.amazonaws.com", &[("iam:PassRole", ANY_ROLE), ("lambda:CreateFunction", ANY_FUNCTION)]),
    // R18
    passes_role(
        "glue.amazonaws.com",
        &[("iam:PassRole", ANY_ROLE), ("glue:CreateDevEndpoint", &["arn:{partition}:glue:{region}:{account}:devEndpoint/any"])],
    ),
    // R20
    passes_role(
        "cloudformation.amazonaws.com",
        &[
            ("iam:PassRole", ANY_ROLE),
            ("cloudformation:CreateStack", &["arn:{partition}:cloudformation:{region}:{account}:stack/any/any"]),
        ],
    ),
    // P codebuild-001
    passes_role(
        "codebuild.amazonaws.com",
        &[
            ("iam:PassRole", ANY_ROLE),
            ("codebuild:CreateProject", &["arn:{partition}:codebuild:{region}:{account}:project/any"]),
        ],
    ),
    // P sts-001
    Way { gain: Gain::AssumeAnyRole, service: "", requests: &[("sts:AssumeRole", ANY_ROLE)] },
    // R17
    replaces_code(&[("lambda:UpdateFunctionCode", ANY_FUNCTION)]),
    // R2: layers
    replaces_code(&[("lambda:UpdateFunctionConfiguration", ANY_FUNCTION)]),
    // R19
    replaces_code(&[("glue:UpdateDevEndpoint", &["arn:{partition}:glue:{region}:{account}:devEndpoint/any"])]),
    // P cloudformation-002
    replaces_code(&[("cloudformation:UpdateStack", &["arn:{partition}:cloudformation:{region}:{account}:stack/any/any"])]),
    // P codebuild-002
    replaces_code(&[("codebuild:StartBuild", &["arn:{partition}:codebuild:{region}:{account}:project/any"])]),
    // P ssm-001
    replaces_code(&[("ssm:StartSession", ANY_INSTANCE)]),
    // P ssm-002
    replaces_code(&[
        ("ssm:SendCommand", &["arn:{partition}:ssm:{region}::document/AWS-RunShellScript"]),
        ("ssm:SendCommand", ANY_INSTANCE),
    ]),
    // R2, P sagemaker-004
    replaces_code(&[("sagemaker:CreatePresignedNotebookInstanceUrl", ANY_NOTEBOOK)]),
    // P sagemaker-005
    replaces_code(&[
        (
            "sagemaker:CreateNotebookInstanceLifecycleConfig",
            &["arn:{partition}:sagemaker:{region}:{account}:notebook-instance-lifecycle-config/any"],
        ),
        ("sagemaker:StopNotebookInstance", ANY_NOTEBOOK),
        ("sagemaker:UpdateNotebookInstance", ANY_NOTEBOOK),
        ("sagemaker:StartNotebookInstance", ANY_NOTEBOOK),
    ]),
];

fn check_role(role: &JudgedRole, _: &Settings, findings: &mut Findings) {
    let Some(permissions) = findings.read(Permissions::of(role)) else { return };
    for gain in Gain::ALL {
        let shown = first(WAYS.iter().filter(|way| way.gain == gain).map(|way| way.is_open(&permissions)));
        findings.show(role, shown, "a role that cannot raise its own permissions");
    }
}

impl Way {
    /// Shows that the role may go this way, with the last of its requests.
    fn is_open(&self, permissions: &Permissions) -> Shown {
        let mut last = None;
        for (action, resources) in self.requests {
            match self.allowed(permissions, action, resources)? {
                Some(witness) => last = Some(witness),
                None => return Ok(None),
            }
        }
        Ok(last.map(|witness| format!("{}: {witness}", self.gain.message())))
    }

    fn allowed<'a>(
        &self,
        permissions: &Permissions<'a>,
        action: &str,
        resources: &[&str],
    ) -> Result<Option<Witness<'a>>, String> {
        for resource in resources {
            let passed_to = (action == "iam:PassRole").then_some(("iam:PassedToService", self.service));
            let witness = permissions.may_with(action, resource, passed_to)?;
            if witness.is_some() {
                return Ok(witness);
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::EXECUTION_ROLE;
    use super::*;

    fn case() -> Case {
        Case::training(&format!(r#"{{"roleArn":"{EXECUTION_ROLE}"}}"#))
    }

    fn allow(action: &str, resource: &str) -> String {
        format!(r#"{{"Effect":"Allow","Action":{action},"Resource":"{resource}"}}"#)
    }

    /// The same statement for requests that pass a role to this service.
    fn passed_to(statement: &str, service: &str) -> String {
        let condition = format!(r#","Condition":{{"StringEquals":{{"iam:PassedToService":"{service}"}}}}}}"#);
        statement.trim_end_matches('}').to_owned() + &condition
    }

    #[test]
    fn every_way_alone_is_found() {
        for way in &WAYS {
            let statements: Vec<_> = way
                .requests
                .iter()
                .map(|(action, resources)| {
                    let resource = resources[0].replace("{partition}", "aws").replace("{region}", "eu-west-1");
                    let resource = resource.replace("{account}", "111122223333").replace("{role}", EXECUTION_ROLE);
                    let statement = allow(&format!("\"{action}\""), &resource);
                    match *action {
                        "iam:PassRole" => passed_to(&statement, way.service),
                        _ => statement,
                    }
                })
                .collect();
            let names: Vec<_> = way.requests.iter().map(|(action, _)| *action).collect();
            let outcome = case().inline(&format!("[{}]", statements.join(","))).outcome(&RULE);
            let Outcome::Fail(violations) = outcome else { panic!("{names:?}: {outcome:?}") };
            assert_eq!(violations.len(), 1, "{names:?}");
            assert!(violations[0].message.contains(names[names.len() - 1]), "{}", violations[0].message);
            for missing in 0..statements.len() {
                let mut rest = statements.clone();
                rest.remove(missing);
                let says = case().inline(&format!("[{}]", rest.join(","))).says(&RULE);
                assert_eq!(says, "pass", "{names:?} without {}", names[missing]);
            }
        }
    }

    #[test]
    fn roles_that_a_policy_names_are_not_any_role() {
        let pass = r#""iam:PassRole""#;
        let says = |statement: &str| case().inline(statement).says(&RULE);
        assert_eq!(says(&allow(pass, "*")), "fail roleArn");
        assert_eq!(says(&allow(pass, "arn:aws:iam::111122223333:role/ml/atlas/*")), "pass");
        let to = |service: &str| {
            let condition = format!(r#""Resource":"*","Condition":{{"StringEquals":{{"iam:PassedToService":"{service}"}}}}}}"#);
            allow(pass, "*").replace(r#""Resource":"*"}"#, &condition)
        };
        assert_eq!(says(&to("sagemaker.amazonaws.com")), "fail roleArn");
        assert_eq!(says(&to("lambda.amazonaws.com")), "pass", "it cannot create a function");
        assert_eq!(says(&allow(r#""*""#, "*")), "fail roleArn roleArn roleArn roleArn");
        let pass_any = allow(pass, "*");
        assert_eq!(case().inline(&pass_any).boundary(&allow(r#""s3:*""#, "*")).says(&RULE), "pass");
        assert_eq!(case().attached(&["IAMFullAccess"]).says(&RULE), "unknown roleArn");
    }
}
