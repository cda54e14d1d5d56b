//! What is left of a role's policies if what it does not need is taken away. Nothing is added: resources, conditions and what is
//! denied stay as they are.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;
use tagwarden::Policy;
use tagwarden::grants::ActionPattern;
use tagwarden::record::arn;
use tagwarden::render::{ExecutionRole, Purpose, Rendered};

use crate::actions::{ACTIONS, covered};
use crate::documents::WrittenPolicy;
use crate::launches::PassedRole;
use crate::usage::Usage;

/// The policies that are proposed for a role.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Proposal {
    /// A policy for each that the role has.
    pub policies: Vec<ProposedPolicy>,
}

/// A policy of a role, as it is proposed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProposedPolicy {
    /// Its name.
    pub name: String,
    /// Its ARN, if it is a managed policy: other roles may have it, too.
    pub arn: Option<String>,
    /// Its new document; `None` if the role needs nothing of it.
    pub document: Option<Value>,
}

impl Proposal {
    /// What the role needs of these policies: the actions that it used, and those of which nothing shows whether it used them.
    pub fn new(policies: &[WrittenPolicy], usage: &Usage) -> Self {
        let used = usage.used.iter().map(|used| used.action.as_str());
        let needed = used.chain(usage.unseen.iter().map(|unseen| unseen.action.as_str())).collect();
        let proposed = policies.iter().map(|policy| ProposedPolicy {
            name: policy.name.to_owned(),
            arn: policy.arn.map(str::to_owned),
            document: shrunk(policy.document, &needed),
        });
        Self { policies: proposed.collect() }
    }

    /// The policies as files of any format.
    pub fn rendered(&self) -> Rendered {
        let kept = self.policies.iter().filter_map(|policy| Some((policy.name.clone(), policy.document.clone()?)));
        Rendered::of_documents(kept)
    }
}

/// A document without the actions that are not needed; `None` if it then allows nothing.
fn shrunk(document: &Value, needed: &BTreeSet<&str>) -> Option<Value> {
    let statements = match &document["Statement"] {
        Value::Array(statements) => statements.clone(),
        statement => vec![statement.clone()],
    };
    let statements: Vec<_> =
        statements.into_iter().filter_map(|statement| shrunk_statement(statement, needed)).collect();
    let allows = statements.iter().any(|statement| statement["Effect"] == "Allow");
    let mut document = document.clone();
    document.as_object_mut()?.insert("Statement".to_owned(), Value::Array(statements));
    allows.then_some(document)
}

fn shrunk_statement(mut statement: Value, needed: &BTreeSet<&str>) -> Option<Value> {
    if statement.get("Effect").and_then(Value::as_str) != Some("Allow") {
        return Some(statement);
    }
    let members = statement.as_object_mut()?;
    let actions = match (members.get("Action"), members.get("NotAction")) {
        (Some(actions), _) => texts(actions).into_iter().flat_map(|pattern| kept(pattern, needed)).collect(),
        (None, Some(exceptions)) => {
            let exceptions: Vec<_> = texts(exceptions).into_iter().filter_map(ActionPattern::read).collect();
            let is_granted = |action: &&&str| !exceptions.iter().any(|pattern| pattern.covers(action));
            needed.iter().filter(is_granted).map(|action| (*action).to_owned()).collect::<Vec<_>>()
        }
        (None, None) => return None,
    };
    let mut distinct = BTreeSet::new();
    let actions: Vec<_> =
        actions.into_iter().filter(|action| distinct.insert(action.clone())).map(Value::String).collect();
    // What was in the place of `NotAction` stays there.
    let renewed = members.iter().map(|(name, value)| match name.as_str() {
        "Action" | "NotAction" => ("Action".to_owned(), Value::Array(actions.clone())),
        _ => (name.clone(), value.clone()),
    });
    let renewed = renewed.collect();
    (!actions.is_empty()).then_some(Value::Object(renewed))
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(values) => values.iter().filter_map(Value::as_str).collect(),
        value => value.as_str().into_iter().collect(),
    }
}

/// What a pattern of actions becomes: itself if all of its actions are needed or none is known, else those that are. `*` becomes a
/// pattern for each service of which all is needed.
fn kept(pattern: &str, needed: &BTreeSet<&str>) -> Vec<String> {
    let mut by_service: BTreeMap<&str, (usize, Vec<String>)> = BTreeMap::new();
    for (service, name, _) in covered(pattern) {
        let action = format!("{service}:{name}");
        let (granted, kept) = by_service.entry(service).or_default();
        *granted += 1;
        if needed.contains(action.as_str()) {
            kept.push(action);
        }
    }
    let is_whole = |(granted, kept): &(usize, Vec<String>)| *granted == kept.len();
    if by_service.values().all(is_whole) {
        return vec![pattern.to_owned()];
    }
    let of_service = |(service, (granted, kept)): (&str, (usize, Vec<String>))| {
        let has_all = ACTIONS.get(service).is_some_and(|actions| actions.len() == kept.len());
        if pattern == "*" && has_all && granted == kept.len() { vec![format!("{service}:*")] } else { kept }
    };
    by_service.into_iter().flat_map(of_service).collect()
}

/// The least execution role for what a role's launches declare, if all of their containers are cut off from the network: then
/// nothing else can be used.
///
/// # Errors
/// If the renderer cannot render it.
pub fn least_role(passed: &PassedRole, project: &str, policy: &Policy) -> Option<Result<Rendered, String>> {
    let region = passed.regions.first()?;
    if !passed.all_isolated || passed.outputs.is_empty() && passed.inputs.is_empty() {
        return None;
    }
    let place = |uri: &String| Some(uri.strip_prefix("s3://")?.trim_end_matches('/').to_owned());
    let data: Vec<_> = passed.outputs.iter().filter_map(place).collect();
    let read_only = passed.inputs.iter().filter_map(place).filter(|place| !data.contains(place));
    let path = arn_path(&passed.arn);
    let role = ExecutionRole {
        purpose: Purpose::Jobs,
        persona: None,
        queues: Vec::new(),
        functions: Vec::new(),
        profile_tag: String::new(),
        project: project.to_owned(),
        account: arn::account(&passed.arn)?.to_owned(),
        region: region.clone(),
        partition: arn::partition(region).to_owned(),
        read_only: read_only.collect(),
        data,
        repositories: passed
            .images
            .iter()
            .filter_map(|image| repository(image))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
        keys: passed.keys.iter().filter(|key| key.starts_with("arn:")).cloned().collect(),
        role_path: path.to_owned(),
    };
    Some(role.render(policy))
}

/// `arn:aws:iam::111122223333:role/ml/atlas/train` → `ml/atlas/`
fn arn_path(arn: &str) -> &str {
    let resource = arn.splitn(6, ':').nth(5).and_then(|resource| resource.strip_prefix("role/")).unwrap_or_default();
    resource.rfind('/').and_then(|at| resource.get(..=at)).unwrap_or_default()
}

/// The ARN of the ECR repository of an image: `ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG`.
fn repository(image: &str) -> Option<String> {
    let (host, path) = image.split_once('/')?;
    let (account, rest) = host.split_once(".dkr.ecr.")?;
    let region = rest.split('.').next()?;
    let name = path.split(['@', ':']).next()?;
    Some(format!("arn:{}:ecr:{region}:{account}:repository/{name}", arn::partition(region)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Unseen, Used};

    fn proposed(statement: Value, used: &[&str], unseen: &[&str]) -> Value {
        let document = json!({"Version": "2012-10-17", "Statement": [statement]});
        let used = used.iter().map(|action| Used { action: (*action).to_owned(), calls: 1, last: None });
        let unseen = unseen.iter().map(|action| Unseen { action: (*action).to_owned(), because: String::new() });
        let usage = Usage { used: used.collect(), unseen: unseen.collect(), ..Usage::default() };
        let policy = WrittenPolicy { name: "p", arn: None, document: &document };
        let mut proposal = Proposal::new(&[policy], &usage);
        let document = proposal.policies.remove(0).document;
        document.map_or(Value::Null, |mut document| document["Statement"][0].take())
    }

    #[test]
    fn actions_shrink_and_the_rest_stays() {
        let statement = json!({"Sid": "S", "Effect": "Allow", "Action": "sts:Assume*", "Resource": "r",
            "Condition": {"Bool": {"aws:SecureTransport": "true"}}});
        let expected = json!({"Sid": "S", "Effect": "Allow", "Action": ["sts:AssumeRole"], "Resource": "r",
            "Condition": {"Bool": {"aws:SecureTransport": "true"}}});
        assert_eq!(proposed(statement.clone(), &["sts:AssumeRole"], &[]), expected);
        assert_eq!(proposed(statement.clone(), &[], &["sts:AssumeRole"]), expected);
        assert_eq!(proposed(statement, &[], &["s3:GetObject"]), Value::Null);
    }

    #[test]
    fn patterns_stay_where_all_of_them_is_needed() {
        let actions = |action: Value, needed: &[&str]| {
            proposed(json!({"Effect": "Allow", "Action": action, "Resource": "*"}), needed, &[])["Action"].clone()
        };
        let identity = ["cloudtrail-data:PutAuditEvents"];
        assert_eq!(actions(json!("cloudtrail-data:*"), &identity), json!(["cloudtrail-data:*"]));
        assert_eq!(
            actions(json!("*"), &["sts:AssumeRole", "cloudtrail-data:PutAuditEvents"]),
            json!(["cloudtrail-data:*", "sts:AssumeRole"])
        );
        assert_eq!(actions(json!(["new:Thing", "sts:AssumeRole"]), &[]), json!(["new:Thing"]), "unknown is unseen");
    }

    #[test]
    fn exceptions_become_actions_and_denials_stay() {
        let statement = json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"});
        let expected = json!({"Effect": "Allow", "Action": ["sts:AssumeRole"], "Resource": "*"});
        assert_eq!(proposed(statement, &["sts:AssumeRole", "iam:PassRole"], &[]), expected);
        let document = json!({"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"},
            {"Effect": "Allow", "Action": ["sts:AssumeRole"], "Resource": "*"}]});
        assert_eq!(shrunk(&document, &["sts:AssumeRole"].into()), Some(document));
    }

    #[test]
    fn isolated_launches_give_a_least_role() {
        let image = "763104351884.dkr.ecr.eu-west-1.amazonaws.com/xgboost:1";
        let passed = PassedRole {
            arn: "arn:aws:iam::111122223333:role/ml/atlas/train".to_owned(),
            launches: 1,
            all_isolated: true,
            inputs: ["s3://atlas-data/in/".to_owned()].into(),
            outputs: ["s3://atlas-data/out".to_owned()].into(),
            images: [image.to_owned()].into(),
            regions: ["eu-west-1".to_owned()].into(),
            ..PassedRole::default()
        };
        let policy = Policy::parse("version = 1").unwrap();
        let rendered = least_role(&passed, "atlas", &policy).unwrap().unwrap();
        let text = serde_json::to_string(&rendered.policies[0].document).unwrap();
        for expected in ["atlas-data/out", "atlas-data/in", "arn:aws:ecr:eu-west-1:763104351884:repository/xgboost"] {
            assert!(text.contains(expected), "{text}");
        }
        let open = PassedRole { all_isolated: false, ..passed };
        assert!(least_role(&open, "atlas", &policy).is_none());
    }
}
