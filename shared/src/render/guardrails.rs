//! Guardrails in addition to the rules: statements that protect what the rules rely on. Each has its own option.
//!
//! Source of action names and condition keys: Service Authorization Reference.

use super::abac::{Statements, all, has_project, keep_tags, tags_of_people};
use super::role_path::role_arns;
use super::studio::keep_profiles;
use crate::policy::Policy;
use crate::record::kms;
use crate::rules::{APPROVED_KMS_KEYS, APPROVED_REGIONS, Concern, Rule, UNAPPROVED_KMS_KEY, UNAPPROVED_REGION};
use crate::settings::Spec;
use crate::statement::{Condition, Statement, Test, wildcards};
use crate::terms::{MARK, Pattern};

/// Something to protect in addition to the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guardrail {
    /// Tagwarden's own functions, rules, archive, table, topic, queues, logs, alarms, roles and stack.
    Tagwarden,
    /// The tags that must be the caller's, on resources once they exist and on principals, and Tagwarden's mark.
    Tags,
    /// Resources that Tagwarden has marked as violations: they must not be used.
    Quarantine,
    /// Regions other than the approved ones, for all services that have regions.
    Regions,
    /// The approved KMS keys.
    Keys,
    /// Ways for the tagged principals to gain other permissions.
    Escalation,
}

/// What the guardrails depend on.
#[derive(Clone, Debug)]
pub struct GuardrailContext {
    /// Roles and users to whom no statement applies, such as those that deploy Tagwarden.
    pub trusted: Vec<Pattern<'static>>,
    /// Name of the CloudFormation stack with which Tagwarden was deployed.
    pub stack: String,
    /// Name of the permissions boundary of ML roles.
    pub boundary: String,
    /// Where execution roles are, as a path with `{project}` for the caller's project.
    pub role_path: String,
    /// Key of the tag that says whose a Studio user profile is.
    pub profile_tag: String,
}

impl Guardrail {
    /// What it is about.
    pub(super) fn concern(self) -> Concern {
        match self {
            Self::Tags => Concern::Abac,
            Self::Regions => Concern::Network,
            Self::Tagwarden | Self::Quarantine | Self::Keys | Self::Escalation => Concern::Protection,
        }
    }

    /// The statements of this guardrail.
    ///
    /// # Errors
    /// What the policy or the context lacks for it.
    pub(super) fn statements(self, policy: &Policy, context: &GuardrailContext) -> Result<Vec<Statement>, String> {
        let statements = match self {
            Self::Tagwarden => tagwarden(context)?,
            Self::Tags => tags(policy, context)?,
            Self::Quarantine => quarantine(),
            Self::Regions => regions(policy)?,
            Self::Keys => keys(policy, context)?,
            Self::Escalation => escalation(policy, context),
        };
        all(statements)
    }
}

impl GuardrailContext {
    /// Makes sure that somebody may still do what a guardrail denies.
    fn needs_trusted(&self, what: &str) -> Result<(), String> {
        if self.trusted.is_empty() {
            return Err(format!(
                "`{what}` needs `--trusted ARN`, the role that may still make such changes: otherwise nobody could"
            ));
        }
        Ok(())
    }

    /// Holds for everybody except Tagwarden's own functions and these.
    fn not_tagwarden(&self, others: &[Pattern<'static>]) -> Test {
        let functions = Pattern::new(format!("arn:*:iam::*:role/{}-*", self.stack));
        Test::not_like("aws:PrincipalArn", &[others, &[functions]].concat())
    }
}

fn tagwarden(context: &GuardrailContext) -> Result<Statements, String> {
    let stack = wildcards(&Pattern::new(context.stack.as_str()));
    let resources = [
        format!("arn:*:lambda:*:*:function:{stack}-*"),
        format!("arn:*:events:*:*:rule/{stack}-*"),
        format!("arn:*:events:*:*:archive/{stack}-*"),
        format!("arn:*:dynamodb:*:*:table/{stack}-*"),
        format!("arn:*:sns:*:*:{stack}-*"),
        format!("arn:*:sqs:*:*:{stack}-*"),
        format!("arn:*:logs:*:*:log-group:/aws/lambda/{stack}-*"),
        format!("arn:*:cloudwatch:*:*:alarm:{stack}-*"),
        format!("arn:*:iam::*:role/{stack}-*"),
        format!("arn:*:cloudformation:*:*:stack/{stack}/*"),
    ];
    #[rustfmt::skip]
    let changes = [
        "lambda:Add*", "lambda:CreateFunction", "lambda:Delete*", "lambda:InvokeFunction", "lambda:Put*", "lambda:Remove*",
        "lambda:TagResource", "lambda:UntagResource", "lambda:Update*",
        "events:Delete*", "events:Disable*", "events:Enable*", "events:Put*", "events:Remove*", "events:StartReplay",
        "events:UpdateArchive",
        "dynamodb:Batch*", "dynamodb:Delete*", "dynamodb:PartiQL*", "dynamodb:Put*", "dynamodb:Restore*", "dynamodb:Update*",
        "sns:AddPermission", "sns:DeleteTopic", "sns:Publish", "sns:RemovePermission", "sns:SetSubscriptionAttributes",
        "sns:SetTopicAttributes", "sns:Unsubscribe",
        "sqs:AddPermission", "sqs:DeleteMessage", "sqs:DeleteQueue", "sqs:PurgeQueue", "sqs:RemovePermission", "sqs:SetQueueAttributes",
        "logs:Delete*", "logs:Put*",
        "cloudwatch:DeleteAlarms", "cloudwatch:DisableAlarmActions", "cloudwatch:PutMetricAlarm", "cloudwatch:SetAlarmState",
        "iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRole*", "iam:DetachRolePolicy", "iam:PassRole", "iam:PutRole*",
        "iam:TagRole", "iam:UntagRole", "iam:Update*Role*",
        "cloudformation:Cancel*", "cloudformation:Continue*", "cloudformation:Create*", "cloudformation:Delete*",
        "cloudformation:Execute*", "cloudformation:Rollback*", "cloudformation:Set*", "cloudformation:Update*",
        "sts:AssumeRole",
    ];
    context.needs_trusted("--protect-tagwarden")?;
    let others = context.not_tagwarden(&[]);
    Ok(vec![Statement::deny("ProtectTagwarden", changes, others).map(|statement| statement.on(resources))])
}

fn tags(policy: &Policy, context: &GuardrailContext) -> Result<Statements, String> {
    let tag = policy.abac.tag.as_str();
    let administrators = &policy.abac.administrators;
    if administrators.is_empty() && context.trusted.is_empty() {
        return Err(
            "`--protect-tags` needs `administrators` in `[abac]`, or `--trusted ARN`: the roles that may still \
            change tags, otherwise nobody could"
                .to_owned(),
        );
    }
    let others = context.not_tagwarden(administrators);
    let with = |keys: &[&str]| Test::any_equals_ignoring_case("aws:TagKeys", keys);
    let own_roles = role_arns(&context.role_path, tag)?;
    // A permissions boundary lets a project's people create roles of their project, which takes both actions.
    const OF_ROLES: [&str; 2] = ["iam:CreateRole", "iam:TagRole"];
    #[rustfmt::skip]
    const OF_OTHERS: [&str; 5] = ["iam:CreateUser", "iam:TagUser", "iam:UntagRole", "iam:UntagUser", "sts:TagSession"];
    let other_project = Test::differs_from(format!("aws:RequestTag/{tag}"), &format!("aws:PrincipalTag/{tag}"));
    let of_people = tags_of_people(policy);
    let keys: Vec<_> = policy.abac.matched_keys().collect();
    let mut statements = keep_tags(&keys, std::slice::from_ref(&others));
    statements.extend(keep_profiles(&context.profile_tag, std::slice::from_ref(&others)));
    statements.extend([
        // An identity provider tags sessions before they have a principal of the organisation, so this does not block
        // them.
        Statement::deny("KeepPrincipalTags", OF_OTHERS, [with(&[&[tag], &of_people[..]].concat()), others.clone()]),
        Statement::deny("KeepPrincipalTags2", OF_ROLES, [with(&of_people), others.clone()]),
        Statement::deny("KeepPrincipalTags3", OF_ROLES, [with(&[tag]), other_project, others.clone()]),
        Statement::deny("KeepPrincipalTags4", OF_ROLES, [with(&[tag]), others])
            .map(|statement| statement.on_all_but([own_roles])),
    ]);
    Ok(statements)
}

fn quarantine() -> Statements {
    // Actions that use a resource, and do not just read, change or remove it.
    #[rustfmt::skip]
    const USES: [&str; 12] = [
        "sagemaker:CreateEndpoint", "sagemaker:CreateEndpointConfig", "sagemaker:CreateModel", "sagemaker:CreatePresigned*",
        "sagemaker:CreateTransformJob", "sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointAsync",
        "sagemaker:InvokeEndpointWithResponseStream", "sagemaker:StartNotebookInstance", "sagemaker:StartPipelineExecution",
        "sagemaker:StartSession", "sagemaker:UpdateEndpointWeightsAndCapacities",
    ];
    let marked = || Test::is_set(&format!("aws:ResourceTag/{MARK}"));
    vec![
        Statement::deny("Quarantine", USES, marked()),
        // IAM decides this action on the endpoint and on the configuration that it gets. An endpoint that is marked must
        // be able to get another configuration.
        Statement::deny("Quarantine2", ["sagemaker:UpdateEndpoint"], marked())
            .map(|statement| statement.on(["arn:*:sagemaker:*:*:endpoint-config/*"])),
    ]
}

fn regions(policy: &Policy) -> Result<Statements, String> {
    // Services that are called in one region for all regions, and services that people need to find out what is wrong.
    #[rustfmt::skip]
    const WITHOUT_REGION: [&str; 39] = [
        "account:*", "acm:*", "aws-marketplace:*", "aws-portal:*", "billing:*", "budgets:*", "ce:*", "cloudfront:*", "config:*",
        "consolidatedbilling:*", "cur:*", "directconnect:Describe*", "ec2:DescribeRegions", "ecr-public:*", "freetier:*",
        "globalaccelerator:*", "health:*", "iam:*", "invoicing:*", "networkmanager:*", "organizations:*", "payments:*",
        "pricing:*", "resource-explorer-2:*", "route53:*", "route53domains:*", "s3:*AccountPublic*", "s3:GetBucketLocation",
        "s3:ListAllMyBuckets", "shield:*", "signin:*", "sso:*", "sts:*", "support:*", "supportplans:*", "tax:*",
        "trustedadvisor:*", "waf:*", "wafv2:*",
    ];
    let allow = approved(policy, &UNAPPROVED_REGION, &APPROVED_REGIONS)
        .ok_or("`--approved-regions` needs `allow` under `[rules.unapproved-region]`")?;
    Ok(vec![Statement::deny_all_but("ApprovedRegions", WITHOUT_REGION, Test::not_like("aws:RequestedRegion", allow))])
}

fn keys(policy: &Policy, context: &GuardrailContext) -> Result<Statements, String> {
    let allow = approved(policy, &UNAPPROVED_KMS_KEY, &APPROVED_KMS_KEYS)
        .ok_or("`--protect-keys` needs `allow` under `[rules.unapproved-kms-key]`")?;
    let resources = allow.iter().map(|key| match key.as_str().starts_with("arn:") || key.as_str().starts_with('*') {
        true => wildcards(key),
        false => format!("arn:*:kms:*:*:{}", wildcards(&Pattern::new(&*kms::resource_of(key.as_str())))),
    });
    #[rustfmt::skip]
    let changes = [
        "kms:CreateAlias", "kms:DeleteAlias", "kms:DeleteImportedKeyMaterial", "kms:DisableKey", "kms:DisableKeyRotation",
        "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:UntagResource", "kms:UpdateAlias", "kms:UpdatePrimaryRegion",
    ];
    context.needs_trusted("--protect-keys")?;
    let protected = Statement::deny("ProtectKeys", changes, Condition::default());
    Ok(vec![protected.map(|statement| statement.on(resources))])
}

fn escalation(policy: &Policy, context: &GuardrailContext) -> Statements {
    let tagged = has_project(policy);
    let without_boundary = Test::not_like_values("iam:PermissionsBoundary", [boundary_arn(&context.boundary)]);
    vec![
        Statement::deny("NoEscalation", ESCALATING, tagged.clone()),
        Statement::deny("RolesKeepBoundary", WITHIN_BOUNDARY, [tagged, without_boundary]),
    ]
}

/// ARN of the permissions boundary `name` in the caller's own account.
pub(super) fn boundary_arn(name: &str) -> String {
    format!("arn:*:iam::${{aws:PrincipalAccount}}:policy/{}", wildcards(&Pattern::new(name)))
}

/// Actions that let a principal gain permissions, regardless of its boundary.
#[rustfmt::skip]
pub(super) const ESCALATING: [&str; 22] = [
    "iam:AddUserToGroup", "iam:AttachGroupPolicy", "iam:AttachUserPolicy", "iam:CreateAccessKey", "iam:CreateLoginProfile",
    "iam:CreateOpenIDConnectProvider", "iam:CreatePolicyVersion", "iam:CreateSAMLProvider",
    "iam:CreateServiceSpecificCredential", "iam:CreateUser", "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteUserPermissionsBoundary", "iam:PutGroupPolicy", "iam:PutUserPermissionsBoundary", "iam:PutUserPolicy",
    "iam:SetDefaultPolicyVersion", "iam:UpdateAssumeRolePolicy", "iam:UpdateLoginProfile",
    "iam:UpdateOpenIDConnectProviderThumbprint", "iam:UpdateSAMLProvider", "iam:UploadSigningCertificate",
    "iam:UploadSSHPublicKey",
];

/// Actions on roles that are harmless as long as the role keeps the boundary.
pub(super) const WITHIN_BOUNDARY: [&str; 4] =
    ["iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"];

/// The `allow` list of a rule, without overrides.
fn approved<'p>(policy: &'p Policy, rule: &Rule, allow: &Spec) -> Option<&'p [Pattern<'static>]> {
    policy.settings(rule)?.patterns(allow).filter(|allow| !allow.is_empty())
}
