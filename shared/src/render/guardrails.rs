//! Guardrails in addition to the rules: statements that protect what the rules rely on. Each has its own option.
//!
//! Source of action names and condition keys: Service Authorization Reference.

use super::abac::{Statements, all};
use crate::policy::Policy;
use crate::record::kms;
use crate::rules::{APPROVED_KMS_KEYS, APPROVED_REGIONS, Rule, UNAPPROVED_KMS_KEY, UNAPPROVED_REGION};
use crate::settings::Spec;
use crate::statement::{Condition, Statement, Test, wildcards};
use crate::terms::{MARK, Pattern};

/// Something to protect in addition to the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guardrail {
    /// Tagwarden's own functions, rules, archive, table, topic, queues, logs, alarms, roles and stack.
    Tagwarden,
    /// The ABAC tag, on resources once they exist and on principals, and Tagwarden's mark.
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
    /// Roles and users that may do what the guardrails deny to all others, such as those that deploy and those that
    /// administer tags.
    pub trusted: Vec<Pattern<'static>>,
    /// Name of the CloudFormation stack with which Tagwarden was deployed.
    pub stack: String,
    /// Name of the permissions boundary of ML roles.
    pub boundary: String,
}

impl Guardrail {
    /// The statements of this guardrail.
    ///
    /// # Errors
    /// What the policy or the context lacks for it.
    pub(super) fn statements(self, policy: &Policy, context: &GuardrailContext) -> Result<Vec<Statement>, String> {
        let statements = match self {
            Self::Tagwarden => tagwarden(context)?,
            Self::Tags => tags(policy, context)?,
            Self::Quarantine => quarantine(),
            Self::Regions => regions(policy, context)?,
            Self::Keys => keys(policy, context)?,
            Self::Escalation => escalation(policy, context),
        };
        all(statements)
    }
}

impl GuardrailContext {
    /// Holds for everybody except the trusted.
    fn untrusted(&self, what: &str) -> Result<Test, String> {
        if self.trusted.is_empty() {
            return Err(format!(
                "`{what}` needs `--trusted ARN`, the role that may still make such changes: otherwise nobody could"
            ));
        }
        Ok(Test::not_like("aws:PrincipalArn", &self.trusted))
    }

    /// Holds for everybody except the trusted and Tagwarden's own functions.
    fn neither_trusted_nor_tagwarden(&self, what: &str) -> Result<Test, String> {
        self.untrusted(what)?;
        let mut patterns = self.trusted.clone();
        patterns.push(Pattern::new(format!("arn:*:iam::*:role/{}-*", self.stack)));
        Ok(Test::not_like("aws:PrincipalArn", &patterns))
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
    let others = context.neither_trusted_nor_tagwarden("--protect-tagwarden")?;
    Ok(vec![Statement::deny("ProtectTagwarden", changes, others).map(|statement| statement.on(resources))])
}

fn tags(policy: &Policy, context: &GuardrailContext) -> Result<Statements, String> {
    let tag = policy.abac.tag.as_str();
    let mut context = context.clone();
    context.trusted.extend(policy.abac.administrators.iter().cloned());
    let others = context.neither_trusted_nor_tagwarden("--protect-tags")?;
    let persona = policy.abac.persona_tag.as_str();
    // For SageMaker's resources, a tag `project` also counts as `aws:ResourceTag/Project`: the case of a key must not
    // matter.
    let of_resources = Test::any_equals_ignoring_case("aws:TagKeys", &[tag, MARK]);
    let of_principals = Test::any_equals_ignoring_case("aws:TagKeys", &[tag, persona]);
    #[rustfmt::skip]
    let principals = [
        "iam:CreateRole", "iam:CreateUser", "iam:TagRole", "iam:TagUser", "iam:UntagRole", "iam:UntagUser", "sts:TagSession",
    ];
    Ok(vec![
        // Tags that come with the request that creates the resource are judged with that request.
        Statement::deny(
            "KeepTags",
            ["sagemaker:AddTags"],
            [of_resources.clone(), Test::is_unset("sagemaker:TaggingAction"), others.clone()],
        ),
        Statement::deny("KeepTags2", ["sagemaker:DeleteTags"], [of_resources, others.clone()]),
        // An identity provider tags sessions before they have a principal of the organisation, so this does not block
        // them.
        Statement::deny("KeepPrincipalTags", principals, [of_principals, others]),
    ])
}

fn quarantine() -> Statements {
    // Actions that use a resource, and do not just read, change or remove it.
    #[rustfmt::skip]
    const USES: [&str; 14] = [
        "sagemaker:CreateEndpoint", "sagemaker:CreateEndpointConfig", "sagemaker:CreateModel", "sagemaker:CreatePresigned*",
        "sagemaker:CreateTransformJob", "sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointAsync",
        "sagemaker:InvokeEndpointWithResponseStream", "sagemaker:StartNotebookInstance", "sagemaker:StartPipelineExecution",
        "sagemaker:StartSession", "sagemaker:UpdateEndpoint", "sagemaker:UpdateEndpointWeightsAndCapacities",
        "sagemaker:UpdateInferenceComponent",
    ];
    let marked = Test::is_set(&format!("aws:ResourceTag/{MARK}"));
    vec![Statement::deny("Quarantine", USES, marked)]
}

fn regions(policy: &Policy, context: &GuardrailContext) -> Result<Statements, String> {
    // Services that are called in one region for all regions, and services that people need to find out what is wrong.
    #[rustfmt::skip]
    const WITHOUT_REGION: [&str; 34] = [
        "account:*", "aws-portal:*", "billing:*", "budgets:*", "ce:*", "cloudfront:*", "consolidatedbilling:*", "cur:*",
        "directconnect:Describe*", "ec2:DescribeRegions", "freetier:*", "globalaccelerator:*", "health:*", "iam:*",
        "invoicing:*", "networkmanager:*", "organizations:*", "payments:*", "pricing:*", "resource-explorer-2:*", "route53:*",
        "route53domains:*", "s3:GetAccountPublicAccessBlock", "s3:GetBucketLocation", "s3:ListAllMyBuckets", "shield:*",
        "signin:*", "sso:*", "sts:*", "support:*", "supportplans:*", "tax:*", "trustedadvisor:*", "waf:*",
    ];
    let allow = approved(policy, &UNAPPROVED_REGION, &APPROVED_REGIONS)
        .ok_or("`--approved-regions` needs `allow` under `[rules.unapproved-region]`")?;
    let mut condition = Condition::from(Test::not_like("aws:RequestedRegion", allow));
    if !context.trusted.is_empty() {
        condition = condition.with(Test::not_like("aws:PrincipalArn", &context.trusted));
    }
    Ok(vec![Statement::deny_all_but("ApprovedRegions", WITHOUT_REGION, condition)])
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
    let others = context.untrusted("--protect-keys")?;
    Ok(vec![Statement::deny("ProtectKeys", changes, others).map(|statement| statement.on(resources))])
}

fn escalation(policy: &Policy, context: &GuardrailContext) -> Statements {
    let tagged = Test::has_text(format!("aws:PrincipalTag/{}", policy.abac.tag));
    let without_boundary = Test::not_like_values("iam:PermissionsBoundary", [boundary_arn(&context.boundary)]);
    let untrusted = (!context.trusted.is_empty()).then(|| Test::not_like("aws:PrincipalArn", &context.trusted));
    let deny = |sid: &str, actions: &[&'static str], tests: &[Test]| {
        let tests = tests.iter().cloned().chain(untrusted.clone());
        Statement::deny(sid, actions.iter().copied(), tests.fold(Condition::default(), Condition::with))
    };
    vec![
        deny("NoEscalation", &ESCALATING, std::slice::from_ref(&tagged)),
        deny("RolesKeepBoundary", &WITHIN_BOUNDARY, &[tagged, without_boundary]),
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
