//! A description, read as the request that created the resource.
//!
//! CloudTrail omits `requestParameters` that are too large. The response of a Describe operation has the same members in the same
//! shapes as the request (SageMaker API reference, for example `CreateTrainingJob` and `DescribeTrainingJob`), so the same table of
//! paths reads it.

use serde_json::{Map, Value, json};
use tagwarden::operations::Operation;

use super::description::{lower_first, to_cloudtrail_form};
use super::names::noun;

/// Members that have different names in the description and in the request: operation, path in the description, name in the
/// request. If two members have the same name in the request, the later one counts: the desired state before the current one.
pub const RENAMED: [(&str, &str, &str); 8] = [
    ("CreateCluster", "instanceGroups[].targetCount", "instanceCount"),
    ("CreateCluster", "restrictedInstanceGroups[].targetCount", "instanceCount"),
    ("CreateCluster", "instanceGroups[].instanceRequirements.currentInstanceTypes", "instanceTypes"),
    ("CreateCluster", "instanceGroups[].instanceRequirements.desiredInstanceTypes", "instanceTypes"),
    ("CreateInferenceExperiment", "arn", "inferenceExperimentArn"),
    ("CreateNotebookInstance", "notebookInstanceLifecycleConfigName", "lifecycleConfigName"),
    ("CreateNotebookInstance", "securityGroups", "securityGroupIds"),
    // A request may name a pipeline by its ARN.
    ("StartPipelineExecution", "pipelineArn", "pipelineName"),
];

/// What the rules read in a request and a description does not show: operation, path. It stays unread.
pub const NOT_DESCRIBED: [(&str, &str); 3] = [
    // The description shows the resolved image here, and the requested image in another place.
    ("CreateInferenceComponent", "specification.container.image"),
    ("CreateInferenceComponent", "specifications[].container.image"),
    ("CreateInferenceRecommendationsJob", "outputConfig"),
];

/// Whether the request of an operation can be recovered if CloudTrail omitted it. The record must identify the resource by its ARN
/// then. The ARN of an app does not have all that `DescribeApp` needs, but requests of apps are too short to be omitted.
pub fn is_recoverable(operation: &Operation) -> bool {
    operation.described && operation.kind != "app"
}

/// Adds the tags of the resource to the request.
pub fn with_tags(mut request: Value, tags: Value) -> Value {
    if let Value::Object(members) = &mut request {
        members.insert("tags".to_owned(), to_cloudtrail_form(tags));
    }
    request
}

/// The description of a resource, as the request of `operation` that created it.
pub fn as_request(operation: &str, described: Value) -> Value {
    let mut request = to_cloudtrail_form(described);
    // The description of a training session is a member of the response.
    if let Some(detail) = request.get_mut(format!("{}Detail", lower_first(noun(operation)))) {
        request = detail.take();
    }
    for (_, from, to) in RENAMED.iter().filter(|(of, ..)| *of == operation) {
        for_each_holder(&mut request, from, &mut |members, key| {
            if let Some(member) = members.remove(key) {
                members.insert((*to).to_owned(), member);
            }
        });
    }
    for (_, path) in NOT_DESCRIBED.iter().filter(|(of, _)| *of == operation) {
        for_each_holder(&mut request, path, &mut |members, key| {
            members.insert(key.to_owned(), json!({"omitted": true}));
        });
    }
    request
}

/// Calls `hand_over` with each object that holds the last member of `path`, and with the key of that member.
fn for_each_holder(value: &mut Value, path: &str, hand_over: &mut impl FnMut(&mut Map<String, Value>, &str)) {
    match (value, path.split_once('.')) {
        (Value::Object(members), None) => hand_over(members, path),
        (Value::Object(members), Some((key, rest))) => {
            if let Some(member) = members.get_mut(key.trim_end_matches("[]")) {
                for_each_holder(member, rest, hand_over);
            }
        }
        (Value::Array(elements), _) => {
            elements.iter_mut().for_each(|element| for_each_holder(element, path, hand_over));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_description_does_not_show_stays_unread() {
        let described =
            json!({"InferenceComponentName": "c", "Specifications": [{"Container": {"ArtifactUrl": "u"}}, {}]});
        let expected = json!({"inferenceComponentName": "c",
            "specifications": [{"container": {"artifactUrl": "u", "image": {"omitted": true}}}, {}]});
        assert_eq!(as_request("CreateInferenceComponent", described), expected);
        let expected = json!({"jobName": "j", "outputConfig": {"omitted": true}});
        assert_eq!(as_request("CreateInferenceRecommendationsJob", json!({"JobName": "j"})), expected);
    }

    #[test]
    fn names_that_differ_in_the_description_are_translated() {
        let notebook = json!({"NotebookInstanceName": "n", "SecurityGroups": ["sg-1"],
            "NotebookInstanceLifecycleConfigName": "l"});
        let expected = json!({"notebookInstanceName": "n", "securityGroupIds": ["sg-1"], "lifecycleConfigName": "l"});
        assert_eq!(as_request("CreateNotebookInstance", notebook), expected);
        let session = json!({"TrainingSessionDetail": {"RoleArn": "r"}});
        assert_eq!(as_request("CreateTrainingSession", session), json!({"roleArn": "r"}));
    }
}
