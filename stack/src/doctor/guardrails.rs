//! Whether the service control policies in force are those that were rendered.

use std::fs;
use std::path::Path;

use aws_sdk_organizations::types::PolicyType;
use serde_json::Value;

use super::line::Line;
use crate::aws::Aws;
use crate::errors::failed;

const CHECK: &str = "scp";
const FIX: &str = "render the policies again, and update those in AWS Organizations";

pub async fn check(folder: &Path, target: Option<&str>, aws: &Aws) -> Line {
    let rendered = match rendered(folder) {
        Ok(rendered) => rendered,
        Err(problem) => return Line::fail(CHECK, problem, "name the folder that `tagwarden render scp --out` wrote"),
    };
    let attached = match attached(target.unwrap_or_default(), aws).await {
        Ok(attached) => attached,
        Err(why) => return Line::unknown(CHECK, why),
    };
    let missing = rendered.iter().filter(|(_, document)| !attached.contains(document));
    let problems: Vec<_> = missing.map(|(name, _)| format!("no attached policy equals `{name}`")).collect();
    Line::of(CHECK, &problems, format!("all {} are in force as rendered", rendered.len()), FIX)
}

/// The names and the contents of the rendered policies.
fn rendered(folder: &Path) -> Result<Vec<(String, Value)>, String> {
    let cannot_read = |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let entries = fs::read_dir(folder).map_err(|error| cannot_read(folder, &error))?;
    let mut rendered = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| cannot_read(folder, &error))?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let text = fs::read_to_string(&path).map_err(|error| cannot_read(&path, &error))?;
            let document = serde_json::from_str(&text).map_err(|error| cannot_read(&path, &error))?;
            rendered.push((path.file_name().unwrap_or_default().to_string_lossy().into_owned(), document));
        }
    }
    rendered.sort_by(|(one, _), (other, _)| one.cmp(other));
    if rendered.is_empty() { Err(format!("{}: it holds no policy", folder.display())) } else { Ok(rendered) }
}

/// The policies that are attached to the target.
async fn attached(target: &str, aws: &Aws) -> Result<Vec<Value>, String> {
    let mut attached = Vec::new();
    let list = aws.organizations.list_policies_for_target().target_id(target).filter(PolicyType::ServiceControlPolicy);
    let mut pages = list.into_paginator().send();
    while let Some(page) = pages.next().await {
        for policy in page.map_err(failed("organizations:ListPoliciesForTarget"))?.policies() {
            let id = policy.id().unwrap_or_default();
            let described = aws.organizations.describe_policy().policy_id(id).send().await;
            let described = described.map_err(failed("organizations:DescribePolicy"))?;
            let content = described.policy.and_then(|policy| policy.content).unwrap_or_default();
            attached.extend(serde_json::from_str::<Value>(&content).ok());
        }
    }
    Ok(attached)
}
