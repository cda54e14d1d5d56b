//! Writes the rendered policies as files: JSON, CloudFormation templates, Terraform.

use serde::Serialize;
use serde_json::{Value, json};

use super::assumptions::{self, Assumption};
use super::gap::{Gap, GapKind};
use super::text::{self, Style};
use crate::statement::Document;

/// Policies, with their gaps.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// The policies.
    pub policies: Vec<RenderedPolicy>,
    /// How the policies differ from the rules, if they render rules.
    pub not_expressed: Option<Vec<Gap>>,
    /// What they assume of AWS.
    pub assumptions: Vec<Assumption>,
    /// How JSON is written.
    pub style: Style,
}

impl Rendered {
    /// Managed policies whose documents somebody else wrote, by name.
    pub fn of_documents(documents: impl IntoIterator<Item = (String, Value)>) -> Self {
        let policy = |(name, document)| RenderedPolicy {
            name,
            document: PolicyDocument::Json(document),
            attachment: Attachment::Managed,
        };
        Self::of(documents.into_iter().map(policy).collect())
    }

    /// Policies that do not render rules. AWS does not count their white space.
    pub(super) fn of(policies: Vec<RenderedPolicy>) -> Self {
        Self { policies, not_expressed: None, assumptions: Vec::new(), style: Style::Pretty }
    }
}

/// A policy, and what it is attached to.
#[derive(Clone, Debug)]
pub struct RenderedPolicy {
    /// Its name, which is also its file's name.
    pub name: String,
    /// The policy document.
    pub document: PolicyDocument,
    /// What it is attached to.
    pub attachment: Attachment,
}

/// The document of a policy.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum PolicyDocument {
    /// Statements of IAM.
    Statements(Document),
    /// JSON as it is: a tag policy of Organizations, which has a language of its own, or what somebody else wrote.
    Json(Value),
}

/// The type of a policy of Organizations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrganizationPolicy {
    /// A service control policy.
    ServiceControl,
    /// A tag policy.
    Tag,
}

impl OrganizationPolicy {
    /// Its name in the API.
    fn api_name(self) -> &'static str {
        match self {
            Self::ServiceControl => "SERVICE_CONTROL_POLICY",
            Self::Tag => "TAG_POLICY",
        }
    }
}

/// What a policy is attached to.
#[derive(Clone, Debug)]
pub enum Attachment {
    /// Accounts or organisational units.
    Organization(OrganizationPolicy),
    /// Roles or users, as a managed policy.
    Managed,
    /// A role that is created with it.
    Role {
        /// Who may assume the role.
        trust: Box<Document>,
        /// The role's path.
        path: String,
        /// Keys and values of the role's tags.
        tags: Vec<(String, String)>,
    },
    /// The role that is created with the policy of this name, beside it.
    OfRole(String),
    /// The bucket of this name.
    Bucket(String),
    /// A KMS key.
    Key,
    /// The model package group of this name.
    ModelPackageGroup(String),
    /// The ECR repository of this name.
    Repository(String),
}

/// Policies of these documents: `name` or, if there are several, `name-1`, `name-2` …
pub(super) fn named(name: &str, attachment: Attachment, documents: Vec<Document>) -> Vec<RenderedPolicy> {
    if let [document] = documents.as_slice() {
        let document = PolicyDocument::Statements(document.clone());
        return vec![RenderedPolicy { name: name.to_owned(), document, attachment }];
    }
    let number = |(index, document)| RenderedPolicy {
        name: format!("{name}-{}", index + 1),
        document: PolicyDocument::Statements(document),
        attachment: attachment.clone(),
    };
    documents.into_iter().enumerate().map(number).collect()
}

/// The language of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Policy documents.
    Json,
    /// A CloudFormation template.
    CloudFormation,
    /// A Terraform module.
    Terraform,
}

/// A file to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its content.
    pub text: String,
}

impl Rendered {
    /// The files. `target` is the name of files that hold several policies.
    ///
    /// # Errors
    /// What the format cannot express.
    pub fn files(&self, target: &str, format: Format) -> Result<Vec<File>, String> {
        let mut files = match format {
            Format::Json => self.documents().map_err(|error| error.to_string())?,
            Format::CloudFormation => {
                vec![File { name: format!("{target}.template.json"), text: self.cloudformation()? }]
            }
            Format::Terraform => {
                let resources: Result<Vec<_>, _> = self.policies.iter().map(terraform).collect();
                let text = resources.map_err(|error| error.to_string())?.join("\n");
                vec![File { name: format!("{target}.tf"), text }]
            }
        };
        if let Some(gaps) = &self.not_expressed {
            files.push(File { name: "NOT-EXPRESSED.md".to_owned(), text: not_expressed(gaps) });
        }
        if !self.assumptions.is_empty() {
            let text = assumptions::markdown(&self.assumptions);
            files.push(File { name: "ASSUMPTIONS.md".to_owned(), text });
        }
        Ok(files)
    }

    fn documents(&self) -> Result<Vec<File>, serde_json::Error> {
        let mut files = Vec::new();
        // A final newline counts as well if AWS counts white space.
        let end = if self.style == Style::Minified { "" } else { "\n" };
        let mut add = |name: String, text: String| files.push(File { name: format!("{name}.json"), text: text + end });
        for policy in &self.policies {
            add(policy.name.clone(), text::json(&policy.document, self.style)?);
            if let Attachment::Role { trust, .. } = &policy.attachment {
                add(format!("{}-trust", policy.name), text::json(trust, self.style)?);
            }
        }
        Ok(files)
    }

    fn cloudformation(&self) -> Result<String, String> {
        let mut resources = serde_json::Map::new();
        for policy in &self.policies {
            let document = serde_json::to_value(&policy.document).map_err(|error| error.to_string())?;
            let (kind, properties) = match &policy.attachment {
                Attachment::Organization(kind) => (
                    "AWS::Organizations::Policy",
                    json!({"Name": aws_name(policy), "Type": kind.api_name(), "Content": document,
                        "TargetIds": {"Ref": "TargetIds"}}),
                ),
                Attachment::Managed => (
                    "AWS::IAM::ManagedPolicy",
                    json!({"ManagedPolicyName": aws_name(policy), "PolicyDocument": document}),
                ),
                Attachment::Role { trust, path, tags } => {
                    let tags: Vec<_> = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
                    (
                        "AWS::IAM::Role",
                        json!({"Path": path, "AssumeRolePolicyDocument": trust,
                            "Policies": [{"PolicyName": aws_name(policy), "PolicyDocument": document}], "Tags": tags}),
                    )
                }
                Attachment::OfRole(role) => (
                    "AWS::IAM::ManagedPolicy",
                    json!({"PolicyDocument": document, "Roles": [{"Ref": logical_id(role)}]}),
                ),
                Attachment::Bucket(bucket) => {
                    ("AWS::S3::BucketPolicy", json!({"Bucket": bucket, "PolicyDocument": document}))
                }
                Attachment::Key => return Err(only_on_creation("key policy", "the KMS key")),
                Attachment::ModelPackageGroup(_) => {
                    return Err(only_on_creation("model package group policy", "the group"));
                }
                Attachment::Repository(_) => return Err(only_on_creation("repository policy", "the ECR repository")),
            };
            resources.insert(logical_id(&policy.name), json!({"Type": kind, "Properties": properties}));
        }
        let is_organization =
            self.policies.iter().any(|policy| matches!(policy.attachment, Attachment::Organization(_)));
        let mut template = json!({"AWSTemplateFormatVersion": "2010-09-09"});
        if let Some(template) = template.as_object_mut() {
            if is_organization {
                let targets = json!({"TargetIds": {"Type": "CommaDelimitedList",
                    "Description": "Root, organisational units or accounts to attach the policies to"}});
                template.insert("Parameters".to_owned(), targets);
            }
            template.insert("Resources".to_owned(), Value::Object(resources));
        }
        text::json(&template, Style::Pretty).map(|text| text + "\n").map_err(|error| error.to_string())
    }
}

/// Why CloudFormation has no resource for a policy.
fn only_on_creation(policy: &str, resource: &str) -> String {
    format!(
        "CloudFormation can set a {policy} only when it creates {resource}: use `--format json` or `--format terraform`"
    )
}

/// The name of a policy in AWS.
fn aws_name(policy: &RenderedPolicy) -> String {
    format!("tagwarden-{}", policy.name.trim_start_matches("tagwarden-"))
}

/// `scp-1` → `Scp1`: the ids of a CloudFormation template have no hyphens.
fn logical_id(name: &str) -> String {
    text::camel_case(&name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect::<String>())
}

/// `scp-1` → `scp_1`: the label of a resource in Terraform.
fn label_of(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect()
}

fn terraform(policy: &RenderedPolicy) -> Result<String, serde_json::Error> {
    let expression = |document: Value| format!("jsonencode({})", text::hcl(&document, 1));
    let document = expression(serde_json::to_value(&policy.document)?);
    let label = label_of(&policy.name);
    let name = aws_name(policy);
    let quoted = |text: &str| text::hcl(&Value::from(text), 0);
    Ok(match &policy.attachment {
        Attachment::Organization(kind) => format!(
            "resource \"aws_organizations_policy\" \"{label}\" {{\n  name    = \"{name}\"\n  type    = \"{}\"\n  \
            content = {document}\n}}\n",
            kind.api_name()
        ),
        Attachment::Managed => {
            format!("resource \"aws_iam_policy\" \"{label}\" {{\n  name   = \"{name}\"\n  policy = {document}\n}}\n")
        }
        Attachment::Role { trust, path, tags } => {
            let tags = tags.iter().map(|(key, value)| format!("    {} = {}\n", quoted(key), quoted(value)));
            format!(
                "resource \"aws_iam_role\" \"{label}\" {{\n  name_prefix        = \"{name}\"\n  path               = {path}\n  \
                assume_role_policy = {trust}\n  tags = {{\n{tags}  }}\n}}\n\n\
                resource \"aws_iam_role_policy\" \"{label}\" {{\n  name   = \"{name}\"\n  role   = aws_iam_role.{label}.id\n  \
                policy = {document}\n}}\n",
                path = quoted(path),
                trust = expression(serde_json::to_value(trust)?),
                tags = tags.collect::<String>(),
            )
        }
        Attachment::OfRole(role) => format!(
            "resource \"aws_iam_policy\" \"{label}\" {{\n  name_prefix = \"{name}\"\n  policy      = {document}\n}}\n\n\
            resource \"aws_iam_role_policy_attachment\" \"{label}\" {{\n  role       = aws_iam_role.{role}.name\n  \
            policy_arn = aws_iam_policy.{label}.arn\n}}\n",
            role = label_of(role),
        ),
        Attachment::Bucket(bucket) => format!(
            "resource \"aws_s3_bucket_policy\" \"{label}\" {{\n  bucket = {}\n  policy = {document}\n}}\n",
            quoted(bucket)
        ),
        Attachment::ModelPackageGroup(group) => format!(
            "resource \"aws_sagemaker_model_package_group_policy\" \"{label}\" {{\n  model_package_group_name = {}\n  \
            resource_policy          = {document}\n}}\n",
            quoted(group)
        ),
        Attachment::Repository(repository) => format!(
            "resource \"aws_ecr_repository_policy\" \"{label}\" {{\n  repository = {}\n  policy     = {document}\n}}\n",
            quoted(repository)
        ),
        Attachment::Key => format!(
            "variable \"key_id\" {{\n  type        = string\n  description = \"Id or ARN of the KMS key\"\n}}\n\n\
            resource \"aws_kms_key_policy\" \"{label}\" {{\n  key_id = var.key_id\n  policy = {document}\n}}\n"
        ),
    })
}

/// What readers have to know before they rely on the statements.
fn not_expressed(gaps: &[Gap]) -> String {
    let mut text =
        "# What the policies do not express\n\nGenerated together with the policies. Service control policies do not \
        apply to the management account or to service-linked roles.\n"
            .to_owned();
    for (kind, title, meaning) in [
        (GapKind::Looser, "Not denied", "No statement denies these requests. The rules report them after the call."),
        (GapKind::Stricter, "Denied although the rules let it pass", "IAM sees less of a request than the rules do."),
        (GapKind::LeftOut, "Left out", "These rules are on in the policy, but were not rendered."),
    ] {
        let of_kind: Vec<_> = gaps.iter().filter(|gap| gap.kind == kind).collect();
        if !of_kind.is_empty() {
            text.push_str(&format!("\n## {title}\n\n{meaning}\n\n"));
            for gap in of_kind {
                text.push_str(&format!("- {gap}\n"));
            }
        }
    }
    text
}
