//! What may use a resource that is to be deleted.

use futures_util::future::try_join_all;
use serde_json::Value;

use crate::ports::{AwsResult, CallSageMaker, ListFilter, ListResources, Target};
use crate::resource::names::noun;
use crate::resource::state::{is_gone, is_over};

/// A kind of resource that may use another one.
#[derive(Debug)]
pub struct UserKind {
    /// What it is, for people.
    pub noun: &'static str,
    /// The operation that lists it.
    pub list: &'static str,
    /// The operation that tells what one of them uses, and the member that names the one. None where the list contains users
    /// only.
    pub describe: Option<(&'static str, &'static str)>,
    /// Members of its description that name what it uses.
    uses: &'static [&'static str],
    /// Whether it is of no concern once it has ended.
    ends: bool,
}

/// The operations that would take something away from others, with those others.
///
/// "You must not delete an `EndpointConfig` in use by an endpoint that is live" (API reference, `DeleteEndpointConfig`). An
/// endpoint whose model is gone cannot start instances any more. A configuration from before the model was created can only
/// name it if a model of that name was deleted; deleting this one takes nothing from it.
const IN_USE: &[(&str, &str, &[UserKind])] = &[
    ("DeleteEndpointConfig", "endpointConfigName", &[ENDPOINT]),
    ("DeleteModel", "modelName", &[ENDPOINT_CONFIG, TRANSFORM_JOB, INFERENCE_COMPONENT]),
    ("DeleteDataQualityJobDefinition", "jobDefinitionName", &[MONITORING_SCHEDULE]),
    ("DeleteModelQualityJobDefinition", "jobDefinitionName", &[MONITORING_SCHEDULE]),
    ("DeleteModelBiasJobDefinition", "jobDefinitionName", &[MONITORING_SCHEDULE]),
    ("DeleteModelExplainabilityJobDefinition", "jobDefinitionName", &[MONITORING_SCHEDULE]),
];

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

/// The users that `operation` has to look for, with the member that names what they use.
pub fn users(operation: &str) -> (&'static str, &'static [UserKind]) {
    let found = IN_USE.iter().find(|(name, ..)| *name == operation);
    found.map_or(("", &[]), |(_, member, users)| (member, users))
}

/// Most resources that are looked at: only those made or changed since another one was created can use it, so there are none to
/// a few.
const MOST_USERS: i32 = 20;

/// What uses the resource that `operation` would delete. Where more may than can be looked at, one of them is taken to.
pub(super) async fn find_users(
    operation: &str,
    target: &Target,
    ports: &(impl CallSageMaker + ListResources),
) -> AwsResult<Vec<String>> {
    let (member, kinds) = users(operation);
    let Some(name) = target.member(member) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for user in kinds {
        let filter = ListFilter { since: target.time, using: Some(name), page: None, max_results: MOST_USERS };
        let listed = ports.list(user.list, filter).await.map_err(|refused| refused.error)?;
        let member = format!("{}Name", noun(user.list).trim_end_matches('s'));
        let names: Vec<_> = listed.summaries.iter().filter_map(|summary| summary.get(&member)?.as_str()).collect();
        if listed.next.is_some() {
            found.push(format!("one of more than {} {}s, possibly", names.len(), user.noun));
            continue;
        }
        let uses = try_join_all(names.iter().map(|candidate| uses(user, candidate, name, ports))).await?;
        let users = names.iter().zip(uses).filter(|(_, uses)| *uses);
        found.extend(users.map(|(name, _)| format!("{} `{name}`", user.noun)));
    }
    Ok(found)
}

/// Whether the resource `candidate` uses the one called `name`.
async fn uses(user: &UserKind, candidate: &str, name: &str, ports: &impl CallSageMaker) -> AwsResult<bool> {
    let Some((describe, member)) = user.describe else { return Ok(true) };
    match ports.call(describe, &Target::named(member, candidate)).await {
        Ok(described) => {
            let has_ended = user.ends && is_over(noun(describe), &described);
            Ok(!has_ended && has_member(&described, user.uses, name))
        }
        // It is gone since it was listed.
        Err(gone) if is_gone(&gone) => Ok(false),
        Err(other) => Err(other.error),
    }
}

/// Whether one of these members, at whatever depth, has this value.
fn has_member(described: &Value, members: &[&str], value: &str) -> bool {
    match described {
        Value::Object(object) => object.iter().any(|(key, member)| {
            members.contains(&key.as_str()) && member == value || has_member(member, members, value)
        }),
        Value::Array(elements) => elements.iter().any(|element| has_member(element, members, value)),
        _ => false,
    }
}
