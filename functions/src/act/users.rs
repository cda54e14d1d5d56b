//! Looks for users of a resource that is to be deleted.

use futures_util::future::try_join_all;
use serde_json::Value;

use crate::ports::{AwsResult, CallSageMaker, ListFilter, ListResources, Target};
use crate::resource::names::{listed, noun};
use crate::resource::state::{is_gone, is_over};

/// A kind of resource that can use another one.
#[derive(Debug)]
pub struct UserKind {
    /// Its name in messages.
    pub noun: &'static str,
    /// The operation that lists it.
    pub list: &'static str,
    /// The operation that describes it, and the request member with its name. `None` if the list contains only users.
    pub describe: Option<(&'static str, &'static str)>,
    /// Members of its description that name the used resource.
    uses: &'static [&'static str],
    /// Whether it stops using the resource when it ends.
    ends: bool,
}

/// An operation that deletes a resource that others can use.
struct Deletion {
    operation: &'static str,
    /// The request member with the name of the resource.
    name: &'static str,
    /// The kinds of resources that can use it.
    users: &'static [UserKind],
}

/// "You must not delete an `EndpointConfig` in use by an endpoint that is live" (API reference, `DeleteEndpointConfig`). An
/// endpoint without its model cannot start instances any more. A configuration that is older than the model refers to a deleted
/// model of the same name. Deleting the new model does not affect it.
static DELETIONS: [Deletion; 6] = [
    Deletion { operation: "DeleteEndpointConfig", name: "endpointConfigName", users: &[ENDPOINT] },
    Deletion {
        operation: "DeleteModel",
        name: "modelName",
        users: &[ENDPOINT_CONFIG, TRANSFORM_JOB, INFERENCE_COMPONENT],
    },
    deletion_of_job_definition("DeleteDataQualityJobDefinition"),
    deletion_of_job_definition("DeleteModelQualityJobDefinition"),
    deletion_of_job_definition("DeleteModelBiasJobDefinition"),
    deletion_of_job_definition("DeleteModelExplainabilityJobDefinition"),
];

const fn deletion_of_job_definition(operation: &'static str) -> Deletion {
    Deletion { operation, name: "jobDefinitionName", users: &[MONITORING_SCHEDULE] }
}

const ENDPOINT: UserKind = UserKind {
    noun: "endpoint",
    list: "ListEndpoints",
    describe: Some(("DescribeEndpoint", "endpointName")),
    uses: &["EndpointConfigName"],
    ends: false,
};

const ENDPOINT_CONFIG: UserKind = UserKind {
    noun: "endpoint configuration",
    list: "ListEndpointConfigs",
    describe: Some(("DescribeEndpointConfig", "endpointConfigName")),
    uses: &["ModelName", "ModelNameOverride"],
    ends: false,
};

const TRANSFORM_JOB: UserKind = UserKind {
    noun: "transform job",
    list: "ListTransformJobs",
    describe: Some(("DescribeTransformJob", "transformJobName")),
    uses: &["ModelName"],
    ends: true,
};

const INFERENCE_COMPONENT: UserKind = UserKind {
    noun: "inference component",
    list: "ListInferenceComponents",
    describe: Some(("DescribeInferenceComponent", "inferenceComponentName")),
    uses: &["ModelName"],
    ends: false,
};

const MONITORING_SCHEDULE: UserKind =
    UserKind { noun: "monitoring schedule", list: "ListMonitoringSchedules", describe: None, uses: &[], ends: false };

fn deletion(operation: &str) -> Option<&'static Deletion> {
    DELETIONS.iter().find(|deletion| deletion.operation == operation)
}

/// The kinds of resources that can use the resource that `operation` deletes.
pub fn users(operation: &str) -> &'static [UserKind] {
    deletion(operation).map_or(&[], |deletion| deletion.users)
}

/// How many resources are examined. Only resources that were created or changed later can use it, so there are few.
const MOST_USERS: i32 = 20;

/// The users of the resource that `operation` would delete. If there are too many to examine, the resource counts as used.
pub(super) async fn find_users(
    operation: &str,
    target: &Target,
    ports: &(impl CallSageMaker + ListResources),
) -> AwsResult<Vec<String>> {
    let Some(deletion) = deletion(operation) else { return Ok(Vec::new()) };
    let Some(name) = target.member(deletion.name) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for user in deletion.users {
        let filter = ListFilter { since: target.time, using: Some(name), page: None, max_results: MOST_USERS };
        let page = ports.list(user.list, filter).await.map_err(|refused| refused.error)?;
        let member = format!("{}Name", listed(user.list));
        let names: Vec<_> = page.summaries.iter().filter_map(|summary| summary.get(&member)?.as_str()).collect();
        if page.next.is_some() {
            found.push(format!("one of more than {} {}s, possibly", names.len(), user.noun));
            continue;
        }
        let uses = try_join_all(names.iter().map(|candidate| uses(user, candidate, name, ports))).await?;
        let users = names.iter().zip(uses).filter(|(_, uses)| *uses);
        found.extend(users.map(|(name, _)| format!("{} `{name}`", user.noun)));
    }
    Ok(found)
}

/// Whether the resource `candidate` uses the resource `name`.
async fn uses(user: &UserKind, candidate: &str, name: &str, ports: &impl CallSageMaker) -> AwsResult<bool> {
    let Some((describe, member)) = user.describe else { return Ok(true) };
    match ports.call(describe, &Target::named(member, candidate)).await {
        Ok(described) => {
            let has_ended = user.ends && is_over(noun(describe), &described);
            Ok(!has_ended && has_member(&described, user.uses, name))
        }
        // It was deleted after it was listed.
        Err(gone) if is_gone(&gone) => Ok(false),
        Err(other) => Err(other.error),
    }
}

/// Whether one of these members has this value, at any depth.
fn has_member(described: &Value, members: &[&str], value: &str) -> bool {
    match described {
        Value::Object(object) => object.iter().any(|(key, member)| {
            members.contains(&key.as_str()) && member == value || has_member(member, members, value)
        }),
        Value::Array(elements) => elements.iter().any(|element| has_member(element, members, value)),
        _ => false,
    }
}
