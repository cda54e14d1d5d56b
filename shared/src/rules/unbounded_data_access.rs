//! A role that the request passes may reach data that no policy names.

use super::permissions::{Permissions, ROLES, Shown, first};
use super::prelude::*;
use super::unapproved_bucket;
use crate::terms::Pattern;

/// `unbounded-data-access`
///
/// A policy names a place if its ARN has literal text before the first wildcard in the name of the bucket, secret or parameter.
/// `arn:aws:s3:::*sagemaker*` names nothing: anybody can create a bucket with such a name. If `unapproved-bucket` is on, objects in
/// buckets that it does not allow are found even if a policy names them.
pub const RULE: Rule = Rule {
    id: "unbounded-data-access",
    fails_when: "a passed role may read or write S3 objects, secrets or parameters that its policies do not name, or \
        objects in buckets that `unapproved-bucket` does not allow",
    why: "Code in a job or notebook can use all data that its execution role can reach. If a policy of the role does not \
        name that data, it is every project's data.",
    fix: "name the project's own buckets, secrets and parameters in the role's policies",
    action: Action::Alert,
    severity: Severity::High,
    concern: Concern::Protection,
    options: &[ALLOW],
    governs: &ROLES,
    consults: Some(&unapproved_bucket::RULE),
    needs: &[Need::RoleGrants],
    prevention: Prevention::None("IAM sees which role is passed, but not the permissions of that role"),
    example: r#"{"trainingJobName": "churn", "roleArn": "arn:aws:iam::111122223333:role/AmazonSageMaker-ExecutionRole"}"#,
    check: |facts, settings| each_passed(facts, settings, &ROLES, check_role),
    check_role: Some(check_role),
    ..Rule::DEFAULTS
};

const ALLOW: Spec = Spec {
    name: "allow",
    meaning: "places that any role may reach, as ARNs of objects, secrets and parameters: `*` matches any run of characters",
    kind: Kind::Exceptions(|pattern| super::outcome::needs_prefix(pattern, "arn:")),
    default: DefaultValue::Unset,
    example: "['arn:aws:s3:::sagemaker-*', 'arn:aws:ssm:*:*:parameter/aws/*']",
};

/// A kind of data: what reads and writes it, and how its ARNs begin.
struct Data {
    what: &'static str,
    actions: &'static [&'static str],
    prefix: &'static str,
}

/// Source: Service Authorization Reference, "Amazon S3", "AWS Secrets Manager" and "AWS Systems Manager".
const DATA: [Data; 3] = [
    Data {
        what: "S3 objects",
        actions: &["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
        prefix: S3,
    },
    Data {
        what: "secrets",
        actions: &["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"],
        prefix: "arn:{partition}:secretsmanager:{region}:{account}:secret:",
    },
    Data {
        what: "parameters",
        actions: &["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath", "ssm:PutParameter"],
        prefix: "arn:{partition}:ssm:{region}:{account}:parameter/",
    },
];

const S3: &str = "arn:{partition}:s3:::";

/// What may stand for each `*` of a policy. An object's ARN has a slash.
const RUNS: [&str; 3] = ["any", "any/any", ""];

fn check_role(role: &JudgedRole, settings: &Settings, findings: &mut Findings) {
    let Some(permissions) = findings.read(Permissions::of(role)) else { return };
    let limits = Limits {
        allow: settings.patterns(&ALLOW).unwrap_or_default(),
        buckets: settings.consulted.as_deref().and_then(|other| other.patterns(&unapproved_bucket::ALLOW)),
    };
    for data in &DATA {
        let shown = first(data.actions.iter().map(|action| limits.exceeded(&permissions, data, action)));
        findings.show(role, shown, "policies that name the project's own data");
    }
}

/// What a role may reach.
struct Limits<'p> {
    /// Any role may reach these.
    allow: &'p [Pattern<'static>],
    /// The buckets that this project may use, if the policy says so.
    buckets: Option<&'p [Pattern<'static>]>,
}

impl Limits<'_> {
    /// Shows data that the role may reach by an action, but should not.
    fn exceeded(&self, permissions: &Permissions, data: &Data, action: &str) -> Shown {
        let prefix = permissions.fill(data.prefix);
        let is_s3 = data.prefix == S3;
        let named = permissions.grants.names(action, &prefix);
        let judged = named.iter().filter(|name| name.names_nothing() || (is_s3 && self.buckets.is_some()));
        first(judged.flat_map(|name| RUNS.map(|run| (name, name.example(run)))).map(|(name, example)| {
            let is_object = example.trim_matches('/').contains('/');
            let resource = format!("{prefix}{example}");
            if is_s3 && !is_object || self.allow.iter().any(|pattern| pattern.matches(&resource)) {
                return Ok(None);
            }
            let wrong = if name.names_nothing() {
                format!("the role may reach {} that its policies do not name", data.what)
            } else if self.buckets.is_some_and(|buckets| unapproved_bucket::is_approved(buckets, &example)) {
                return Ok(None);
            } else {
                "the role may reach a bucket that is not approved for the project".to_owned()
            };
            Ok(permissions.may(action, &resource)?.map(|witness| format!("{wrong}: {witness}")))
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::EXECUTION_ROLE;
    use super::*;

    fn case() -> Case {
        Case::training(&format!(r#"{{"roleArn":"{EXECUTION_ROLE}"}}"#)).role_tags(&[("Project", "atlas")])
    }

    fn allow(action: &str, resource: &str) -> String {
        format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}"#)
    }

    #[test]
    fn policies_name_the_data_that_a_role_reaches() {
        for (action, resource, expected) in [
            ("s3:*", "*", "fail roleArn"),
            ("s3:GetObject", "arn:aws:s3:::*", "fail roleArn"),
            ("s3:PutObject", "arn:aws:s3:::*sagemaker*", "fail roleArn"),
            ("s3:GetObject", "arn:aws:s3:::?*/x", "fail roleArn"),
            ("s3:GetObject", "arn:aws:s3:::atlas-*", "pass"),
            ("s3:GetObject", "arn:aws:s3:::${aws:PrincipalTag/Project}-*/*", "pass"),
            ("s3:GetObject", "arn:aws:s3:::*", "fail roleArn"),
            ("s3:ListAllMyBuckets", "*", "pass"),
            ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:*:secret:*", "fail roleArn"),
            ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:*:secret:atlas/*", "pass"),
            ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:us-east-1:*:secret:*", "pass"),
            ("ssm:GetParameter*", "arn:aws:ssm:*:*:parameter/*", "fail roleArn"),
            ("ssm:GetParameter*", "arn:aws:ssm:*:*:parameter/atlas/*", "pass"),
            ("kms:Decrypt", "*", "pass"),
        ] {
            assert_eq!(case().inline(&allow(action, resource)).says(&RULE), expected, "{action} on {resource}");
        }
        let other_bucket = r#"{"Effect":"Allow","Action":"s3:*","NotResource":"arn:aws:s3:::b"}"#;
        assert_eq!(case().inline(other_bucket).says(&RULE), "fail roleArn");
        assert_eq!(case().attached(&["AmazonS3FullAccess"]).says(&RULE), "unknown roleArn");
        let outcome = case().inline(&allow("s3:*", "*")).outcome(&RULE);
        let Outcome::Fail(violations) = outcome else { panic!("{outcome:?}") };
        assert_eq!(
            violations[0].message,
            "the role may reach S3 objects that its policies do not name: it may call `s3:GetObject` on \
             `arn:aws:s3:::any/any`, by statement 1 of `inline`"
        );
    }

    #[test]
    fn what_is_barred_or_allowed_anyway_is_not_found() {
        let all = || case().inline(&allow("s3:GetObject", "*"));
        assert_eq!(all().boundary(&allow("*", "arn:aws:s3:::atlas-data/*")).says(&RULE), "pass");
        let deny = r#"{"Effect":"Deny","Action":"s3:*","NotResource":"arn:aws:s3:::${aws:PrincipalTag/Project}-*"}"#;
        assert_eq!(all().inline(deny).says(&RULE), "pass");
        let capped = |bucket: &str| {
            all().boundary(&allow("*", bucket)).policy("\n[rules.unapproved-bucket]\nallow = ['atlas-data']").says(&RULE)
        };
        assert_eq!(capped("arn:aws:s3:::atlas-data/*"), "pass");
        assert_eq!(capped("arn:aws:s3:::borealis-data/*"), "fail roleArn", "the boundary leaves it");
        let unknown = || case().attached(&["AdministratorAccess"]);
        assert_eq!(unknown().says(&RULE), "unknown roleArn");
        assert_eq!(unknown().boundary(&allow("*", "arn:aws:s3:::atlas-data/*")).says(&RULE), "pass");
        let tagged = r#""Resource":"*","Condition":{"StringEquals":{"s3:ExistingObjectTag/SageMaker":"true"}}}"#;
        let tagged = allow("s3:GetObject", "*").replace(r#""Resource":"*"}"#, tagged);
        assert_eq!(case().inline(&tagged).says(&RULE), "pass", "it depends on the object");
        let jumpstart = || case().inline(&allow("s3:GetObject", "arn:aws:s3:::*jumpstart*"));
        assert_eq!(jumpstart().says(&RULE), "fail roleArn");
        assert_eq!(jumpstart().policy("allow = ['arn:aws:s3:::*jumpstart*']").says(&RULE), "pass");
    }

    #[test]
    fn buckets_of_other_projects_are_found_if_the_policy_says_which_are_its_own() {
        let own = "\n[rules.unapproved-bucket]\nallow = ['atlas-data', 's3://shared/atlas/*']";
        let says = |resource: &str, policy: &str| {
            case().inline(&allow("s3:GetObject", resource)).policy(policy).says(&RULE)
        };
        for (resource, expected) in [
            ("arn:aws:s3:::borealis-*/*", "fail roleArn"),
            ("arn:aws:s3:::atlas-data/*", "pass"),
            ("arn:aws:s3:::atlas-data*/*", "fail roleArn"),
            ("arn:aws:s3:::shared/atlas/*", "pass"),
            ("arn:aws:s3:::shared/*", "fail roleArn"),
        ] {
            assert_eq!(says(resource, own), expected, "{resource}");
            assert_eq!(says(resource, ""), "pass", "{resource}");
        }
        let borealis = "\n[[overrides]]\nwhen = { projects = ['atlas'] }\nrules.unapproved-bucket.allow = ['borealis-data']";
        let by_override = case().caller(&[("Project", "atlas")]).policy(&format!("{own}{borealis}"));
        let by_override = by_override.inline(&allow("s3:GetObject", "arn:aws:s3:::borealis-data/*"));
        assert_eq!(by_override.says(&RULE), "pass", "the project's override counts");
    }
}
