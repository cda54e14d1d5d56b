//! Roles that do not exist yet: those of a Terraform plan, and bare policy documents.
//!
//! Sources: Terraform, "JSON Output Format" of plans; its AWS provider, "aws_iam_role" and the resources that belong to it.

use std::collections::BTreeSet;

use serde_json::Value;
use tagwarden::Evidence;
use tagwarden::evidence::{AttachedPolicy, GrantSources, IamEntity, LookedUp, Tags};
use tagwarden::grants::PolicyDocument;
use tagwarden::record::arn;

/// What becomes of what a plan does not show.
const AFTER_APPLY: &str = "it is known only after apply";

/// An account that stands for one that no document names.
const ANY_ACCOUNT: &str = "123456789012";

/// The roles of a document, which the evidence knows now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// Their ARNs. If Terraform does not know one yet, it has the role's address for a name.
    pub roles: BTreeSet<String>,
    /// What could not be read.
    pub problems: Vec<String>,
}

/// Whether a JSON document is a plan or a policy.
pub fn is_given(document: &Value) -> bool {
    is_plan(document) || document.get("Statement").is_some()
}

fn is_plan(document: &Value) -> bool {
    document.get("planned_values").is_some()
}

/// Adds the roles of a plan to the evidence, or one role for a policy document of this name: it has this policy and SageMaker may
/// assume it, or it has no policy and this trust policy.
///
/// # Errors
/// If the document is neither, or if it names several accounts and `account` does not say which is the roles' own.
pub fn read(document: &Value, name: &str, account: Option<&str>, evidence: &mut Evidence) -> Result<Given, String> {
    let account = match account {
        Some(account) => account.to_owned(),
        None => own_account(document)?,
    };
    if is_plan(document) {
        let mut plan = Plan { account, resources: Vec::new(), configured: Vec::new(), given: Given::default() };
        let values = |state: &str, member: &str| document.get(state)?.get(member);
        plan.add_module(values("planned_values", "root_module"), &document["resource_changes"]);
        plan.add_module(document.pointer("/prior_state/values/root_module"), &Value::Null);
        plan.add_configuration(document.pointer("/configuration/root_module"), "");
        Ok(plan.into_given(evidence))
    } else {
        let arn = format!("arn:aws:iam::{account}:role/{name}");
        let policy = PolicyDocument::read(document)?;
        let is_trust = document["Statement"]
            .as_array()
            .map_or_else(|| has_principal(&document["Statement"]), |statements| statements.iter().any(has_principal));
        let (inline, trust_policy) = if is_trust {
            (Vec::new(), policy)
        } else {
            (vec![(name.to_owned(), Ok(policy))], for_own_account(&account)?)
        };
        let grants = Ok(GrantSources { inline, ..GrantSources::default() });
        let role =
            IamEntity { tags: Ok(Tags::default()), grants, trust_policy: Ok(trust_policy), ..IamEntity::default() };
        *evidence.principal_mut(&arn) = role;
        Ok(Given { roles: [arn].into(), problems: Vec::new() })
    }
}

fn has_principal(statement: &Value) -> bool {
    ["Principal", "NotPrincipal"].iter().any(|name| statement.get(name).is_some())
}

/// A trust policy with which nothing is wrong.
fn for_own_account(account: &str) -> Result<PolicyDocument, String> {
    PolicyDocument::read(&serde_json::json!({"Statement": {
        "Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": account}},
    }}))
}

/// The only account that the document names as one of roles, users or policies, or at all.
fn own_account(document: &Value) -> Result<String, String> {
    let text = document.to_string();
    let numbers = |text: &str| -> BTreeSet<String> {
        let numbers = text.split(|c: char| !c.is_ascii_alphanumeric());
        numbers
            .filter(|word| word.len() == 12 && word.bytes().all(|byte| byte.is_ascii_digit()))
            .map(str::to_owned)
            .collect()
    };
    let of_iam = text.match_indices(":iam::").map(|(at, _)| text.get(at + 6..at + 18).unwrap_or_default());
    let of_iam: BTreeSet<String> = of_iam.flat_map(numbers).collect();
    let accounts = if of_iam.len() == 1 { of_iam } else { numbers(&text) };
    let mut accounts = accounts.into_iter();
    match (accounts.next(), accounts.next()) {
        (None, _) => Ok(ANY_ACCOUNT.to_owned()),
        (Some(account), None) => Ok(account),
        (Some(one), Some(other)) => Err(format!(
            "it names several accounts, such as `{one}` and `{other}`: say with `--account` which one the roles are in"
        )),
    }
}

/// A resource of a plan.
#[derive(Clone, Copy)]
struct Resource<'p> {
    /// The address of its module; empty for the root.
    module: &'p str,
    address: &'p str,
    kind: &'p str,
    name: &'p str,
    index: &'p Value,
    values: &'p Value,
    unknown: &'p Value,
}

/// What is known of a value of a resource.
enum Planned<'p> {
    Known(&'p Value),
    AfterApply,
    Unset,
}

struct Plan<'p> {
    account: String,
    resources: Vec<Resource<'p>>,
    /// The expressions of each resource, by its address without indices.
    configured: Vec<(String, &'p Value)>,
    given: Given,
}

impl<'p> Plan<'p> {
    fn add_module(&mut self, module: Option<&'p Value>, changes: &'p Value) {
        let Some(module) = module else { return };
        let text = |value: &'p Value, name| value.get(name).and_then(Value::as_str).unwrap_or_default();
        let changes_of = |address: &str| {
            let changes = changes.as_array().into_iter().flatten();
            changes
                .into_iter()
                .find(|change| change["address"] == address)
                .and_then(|change| change.pointer("/change/after_unknown"))
        };
        for resource in module["resources"].as_array().into_iter().flatten() {
            let address = text(resource, "address");
            if !self.resources.iter().any(|known| known.address == address) {
                self.resources.push(Resource {
                    module: text(module, "address"),
                    address,
                    kind: text(resource, "type"),
                    name: text(resource, "name"),
                    index: &resource["index"],
                    values: &resource["values"],
                    unknown: changes_of(address).unwrap_or(&Value::Null),
                });
            }
        }
        for child in module["child_modules"].as_array().into_iter().flatten() {
            self.add_module(Some(child), changes);
        }
    }

    fn add_configuration(&mut self, module: Option<&'p Value>, prefix: &str) {
        let Some(module) = module else { return };
        for resource in module["resources"].as_array().into_iter().flatten() {
            let address = resource["address"].as_str().unwrap_or_default();
            self.configured.push((format!("{prefix}{address}"), &resource["expressions"]));
        }
        for (name, call) in module["module_calls"].as_object().into_iter().flatten() {
            self.add_configuration(call.get("module"), &format!("{prefix}module.{name}."));
        }
    }

    fn of_kind(&self, kind: &str) -> Vec<Resource<'p>> {
        self.resources.iter().copied().filter(|resource| resource.kind == kind).collect()
    }

    /// The resource of this kind to which a value refers, if there is only one.
    fn referred(&self, from: &Resource, value: &str, kind: &str) -> Option<Resource<'p>> {
        let address = without_indices(from.address);
        let (_, expressions) = self.configured.iter().find(|(known, _)| *known == address)?;
        let names = expressions.get(value)?.get("references")?.as_array()?.iter().filter_map(Value::as_str);
        let named = |resource: &&Resource| {
            names.clone().any(|reference| {
                let reference = without_indices(reference.strip_prefix("data.").unwrap_or(reference));
                let mut parts = reference.split('.');
                parts.next() == Some(kind) && parts.next() == Some(resource.name)
            })
        };
        let of_kind = self.resources.iter().filter(|resource| resource.kind == kind && resource.module == from.module);
        let found: Vec<_> = of_kind.filter(named).collect();
        match found.as_slice() {
            [one] => Some(**one),
            several => {
                several.iter().find(|resource| !from.index.is_null() && resource.index == from.index).map(|one| **one)
            }
        }
    }

    /// The ARN of a role or policy.
    fn arn(&self, resource: &Resource, kind: &str) -> String {
        match resource.text("arn") {
            Some(arn) => arn.to_owned(),
            None => {
                let (path, name) =
                    (resource.text("path").unwrap_or("/"), resource.text("name").unwrap_or(resource.address));
                format!("arn:aws:iam::{}:{kind}{path}{name}", self.account)
            }
        }
    }

    /// The ARN of the policy that an attachment or boundary names.
    fn policy(&self, from: &Resource, value: &str) -> Option<String> {
        match (from.planned(value), self.referred(from, value, "aws_iam_policy")) {
            (Planned::Known(arn), _) => arn.as_str().map(str::to_owned),
            (_, Some(policy)) => Some(self.arn(&policy, "policy")),
            _ => None,
        }
    }

    /// The ARN of the role that a policy or attachment belongs to.
    fn role(&self, from: &Resource, value: &str) -> Option<String> {
        match (from.text(value), self.referred(from, value, "aws_iam_role")) {
            (_, Some(role)) => Some(self.arn(&role, "role")),
            (Some(name), None) => Some(self.role_named(name)),
            (None, None) => None,
        }
    }

    fn role_named(&self, name: &str) -> String {
        let planned = self.resources.iter().filter(|resource| resource.kind == "aws_iam_role");
        let mut planned = planned.filter(|role| role.text("name") == Some(name));
        planned
            .next()
            .map_or_else(|| format!("arn:aws:iam::{}:role/{name}", self.account), |role| self.arn(role, "role"))
    }

    fn into_given(mut self, evidence: &mut Evidence) -> Given {
        for policy in self.of_kind("aws_iam_policy") {
            evidence.add_managed_policy(&self.arn(&policy, "policy"), policy.document("policy"));
        }
        for role in self.of_kind("aws_iam_role") {
            self.add_role(&role, evidence);
        }
        for policy in self.of_kind("aws_iam_role_policy") {
            let inline = (policy.text("name").unwrap_or(policy.address).to_owned(), policy.document("policy"));
            match self.role(&policy, "role") {
                Some(role) => self.add_to(&role, evidence, |grants| grants.inline.push(inline)),
                None => self.unknown_role(&policy),
            }
        }
        for attachment in self.of_kind("aws_iam_role_policy_attachment") {
            match self.role(&attachment, "role") {
                Some(role) => self.attach(&attachment, &role, evidence),
                None => self.unknown_role(&attachment),
            }
        }
        for attachment in self.of_kind("aws_iam_policy_attachment") {
            match attachment.planned("roles") {
                Planned::Known(roles) => {
                    for name in roles.as_array().into_iter().flatten().filter_map(Value::as_str) {
                        self.attach(&attachment, &self.role_named(name), evidence);
                    }
                }
                Planned::AfterApply => self.unknown_role(&attachment),
                Planned::Unset => {}
            }
        }
        self.given
    }

    fn add_role(&mut self, role: &Resource, evidence: &mut Evidence) {
        let inline =
            role.values["inline_policy"].as_array().into_iter().flatten().filter(|inline| {
                inline.get("name").is_some_and(|name| !name.is_null()) || inline.get("policy").is_some()
            });
        let inline = inline.map(|inline| {
            let document = inline["policy"].as_str().map_or_else(|| Err(AFTER_APPLY.to_owned()), document);
            (inline["name"].as_str().unwrap_or("inline").to_owned(), document)
        });
        let mut grants = GrantSources { inline: inline.collect(), ..GrantSources::default() };
        if matches!(role.planned("inline_policy"), Planned::AfterApply) {
            grants.inline.push(("inline".to_owned(), Err(AFTER_APPLY.to_owned())));
        }
        let managed = role.values["managed_policy_arns"].as_array().into_iter().flatten().filter_map(Value::as_str);
        grants.attached.extend(managed.map(attached));
        grants.boundary = match (role.planned("permissions_boundary"), self.policy(role, "permissions_boundary")) {
            (_, Some(arn)) => Some(arn),
            (Planned::AfterApply, None) => Some(after_apply(role, evidence)),
            _ => None,
        };
        let tags = match role.planned("tags") {
            Planned::AfterApply => Err(format!("its tags are not known: {AFTER_APPLY}")),
            _ => Ok(["tags", "tags_all"]
                .iter()
                .flat_map(|name| role.values[*name].as_object().into_iter().flatten())
                .filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
                .collect()),
        };
        let arn = self.arn(role, "role");
        let trust_policy =
            role.document("assume_role_policy").map_err(|why| format!("its trust policy is not known: {why}"));
        *evidence.principal_mut(&arn) = IamEntity { tags, grants: Ok(grants), trust_policy, ..IamEntity::default() };
        self.given.roles.insert(arn);
    }

    fn attach(&mut self, attachment: &Resource, role: &str, evidence: &mut Evidence) {
        let arn = self.policy(attachment, "policy_arn").unwrap_or_else(|| after_apply(attachment, evidence));
        self.add_to(role, evidence, |grants| grants.attached.push(attached(&arn)));
    }

    fn add_to(&mut self, role: &str, evidence: &mut Evidence, add: impl FnOnce(&mut GrantSources)) {
        if let Ok(grants) = &mut evidence.principal_mut(role).grants {
            add(grants);
        }
        self.given.roles.insert(role.to_owned());
    }

    fn unknown_role(&mut self, resource: &Resource) {
        self.given.problems.push(format!("`{}`: which role it belongs to is known only after apply", resource.address));
    }
}

/// Adds a policy that is known only after apply. Returns what stands for its ARN.
fn after_apply(resource: &Resource, evidence: &mut Evidence) -> String {
    let arn = format!("the policy of `{}`", resource.address);
    evidence.add_managed_policy(&arn, Err(AFTER_APPLY.to_owned()));
    arn
}

fn attached(arn: &str) -> AttachedPolicy {
    AttachedPolicy { name: arn::name(arn).unwrap_or(arn).to_owned(), arn: arn.to_owned() }
}

/// A policy document as a plan has it: as text.
fn document(text: &str) -> LookedUp<PolicyDocument> {
    let json = serde_json::from_str(text).map_err(|error| format!("the policy document is not JSON: {error}"))?;
    PolicyDocument::read(&json)
}

/// `module.a["x"].aws_iam_role.b[0]` → `module.a.aws_iam_role.b`
fn without_indices(address: &str) -> String {
    let mut depth = 0_usize;
    let outside = address.chars().filter(|c| match c {
        '[' => {
            depth += 1;
            false
        }
        ']' => {
            depth = depth.saturating_sub(1);
            false
        }
        _ => depth == 0,
    });
    outside.collect()
}

impl<'p> Resource<'p> {
    fn planned(&self, name: &str) -> Planned<'p> {
        match (self.values.get(name), self.unknown.get(name)) {
            (_, Some(Value::Bool(true))) => Planned::AfterApply,
            (Some(value), _) if !value.is_null() => Planned::Known(value),
            _ => Planned::Unset,
        }
    }

    fn text(&self, name: &str) -> Option<&'p str> {
        match self.planned(name) {
            Planned::Known(value) => value.as_str(),
            Planned::AfterApply | Planned::Unset => None,
        }
    }

    /// A policy document, which the resource must have.
    fn document(&self, name: &str) -> LookedUp<PolicyDocument> {
        self.text(name).map_or_else(|| Err(AFTER_APPLY.to_owned()), document)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tagwarden::grants::{Answer, Request};

    use super::*;

    fn statement(resource: &str) -> String {
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": resource}]}).to_string()
    }

    /// What a role may do with an object, by this plan.
    fn says(plan: &Value, role: &str) -> String {
        let mut evidence = Evidence::new("");
        let given = read(plan, "plan", None, &mut evidence).unwrap();
        assert!(given.roles.contains(role), "{given:?}");
        let grants = evidence.grants(role, None).unwrap();
        match grants.decide(&Request::new("s3:GetObject", "arn:aws:s3:::atlas-data/x")) {
            Ok(Answer::Yes(by)) => format!("by {by}"),
            Ok(_) => "no".to_owned(),
            Err(why) => why,
        }
    }

    const ROLE: &str = "arn:aws:iam::111122223333:role/ml/train";

    /// A plan with a role and these resources.
    fn plan(resources: &[Value], configured: &[Value]) -> Value {
        let role = json!({"address": "aws_iam_role.train", "type": "aws_iam_role", "name": "train", "values": {
            "name": "train", "path": "/ml/", "tags": {"Project": "atlas"},
            "assume_role_policy": "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Principal\":{\"AWS\":\"arn:aws:iam::111122223333:root\"}}}"}});
        let resources: Vec<_> = [role].iter().chain(resources).cloned().collect();
        json!({"planned_values": {"root_module": {"resources": resources}}, "configuration": {"root_module": {"resources": configured}}})
    }

    #[test]
    fn policies_of_a_plan_belong_to_their_roles() {
        let inline = json!({"address": "aws_iam_role_policy.data", "type": "aws_iam_role_policy", "name": "data",
            "values": {"name": "data", "role": "train", "policy": statement("arn:aws:s3:::atlas-data/*")}});
        assert_eq!(says(&plan(&[inline], &[]), ROLE), "by statement 1 of `data`");
        let policy = json!({"address": "aws_iam_policy.data", "type": "aws_iam_policy", "name": "data",
            "values": {"name": "atlas-data", "path": "/", "policy": statement("*")}});
        let attachment = json!({"address": "aws_iam_role_policy_attachment.data", "type": "aws_iam_role_policy_attachment",
            "name": "data", "values": {"role": "train"}});
        let configured = json!({"address": "aws_iam_role_policy_attachment.data",
            "expressions": {"policy_arn": {"references": ["aws_iam_policy.data.arn", "aws_iam_policy.data"]}}});
        let both = [policy.clone(), attachment.clone()];
        assert_eq!(says(&plan(&both, &[configured]), ROLE), "by statement 1 of `atlas-data`");
        assert!(says(&plan(&both, &[]), ROLE).ends_with("it is known only after apply"), "its policy is not named");
        assert!(says(&plan(&[attachment], &[]), ROLE).ends_with("it is known only after apply"));
        let aws = json!({"address": "a.b", "type": "aws_iam_role_policy_attachment", "name": "b",
            "values": {"role": "train", "policy_arn": "arn:aws:iam::aws:policy/AmazonS3FullAccess"}});
        assert!(says(&plan(&[aws], &[]), ROLE).starts_with("the document of the managed policy"));
        let unknown = json!({"address": "aws_iam_role_policy.x", "type": "aws_iam_role_policy", "name": "x", "values": {"role": "train"}});
        assert!(says(&plan(&[unknown], &[]), ROLE).contains("known only after apply"));
    }

    #[test]
    fn modules_and_instances_are_told_apart() {
        let of = |index: &str| {
            let module = format!("module.team[\"{index}\"]");
            let role = json!({"address": format!("{module}.aws_iam_role.train"), "type": "aws_iam_role", "name": "train",
                "values": {"name": format!("train-{index}"), "path": "/"}});
            let policy = json!({"address": format!("{module}.aws_iam_role_policy.data"), "type": "aws_iam_role_policy", "name": "data",
                "values": {"name": index, "policy": statement("*")}});
            json!({"address": module, "resources": [role, policy]})
        };
        let configured = json!({"module_calls": {"team": {"module": {"resources": [{"address": "aws_iam_role_policy.data",
            "expressions": {"role": {"references": ["aws_iam_role.train.id", "aws_iam_role.train"]}}}]}}}});
        let plan = json!({"planned_values": {"root_module": {"child_modules": [of("a"), of("b")]}},
            "configuration": {"root_module": configured}});
        assert_eq!(says(&plan, "arn:aws:iam::123456789012:role/train-a"), "by statement 1 of `a`");
        assert_eq!(says(&plan, "arn:aws:iam::123456789012:role/train-b"), "by statement 1 of `b`");
    }

    #[test]
    fn bare_documents_are_roles_with_that_document() {
        let mut evidence = Evidence::new("");
        let policy = serde_json::from_str(&statement("*")).unwrap();
        let given = read(&policy, "data", None, &mut evidence).unwrap();
        assert_eq!(given.roles, [format!("arn:aws:iam::{ANY_ACCOUNT}:role/data")].into());
        let trust = json!({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "sagemaker.amazonaws.com"},
            "Condition": {"StringEquals": {"aws:SourceAccount": ["111122223333", "444455556666"]}}}});
        assert!(read(&trust, "trust", None, &mut evidence).unwrap_err().contains("several accounts"));
        let given = read(&trust, "trust", Some("111122223333"), &mut evidence).unwrap();
        let role = given.roles.first().unwrap();
        assert_eq!(evidence.grants(role, None).unwrap().policies.len(), 0);
    }
}
