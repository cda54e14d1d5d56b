//! A request that no record shows, recovered from the resource that it created: because CloudTrail omitted it, or because it was
//! made long before.
//!
//! CloudTrail leaves `requestParameters` out where they are too large. What a Describe operation answers has the same
//! members in the same shapes (SageMaker API reference, `CreateTrainingJob` and `DescribeTrainingJob`, for one), so that the
//! same table of paths reads it.

use serde_json::{Map, Value, json};
use tagwarden::operations::Operation;

use super::description::{lower_first, to_cloudtrail_form};
use super::names::noun;

/// Members under another name than the request's: operation, path in the description, name in the request. Where two have the same
/// name in the request, the later one counts: what is wanted before what is there.
pub const RENAMED: [(&str, &str, &str); 6] = [
    ("CreateCluster", "instanceGroups[].targetCount", "instanceCount"),
    ("CreateCluster", "restrictedInstanceGroups[].targetCount", "instanceCount"),
    ("CreateCluster", "instanceGroups[].instanceRequirements.currentInstanceTypes", "instanceTypes"),
    ("CreateCluster", "instanceGroups[].instanceRequirements.desiredInstanceTypes", "instanceTypes"),
    ("CreateInferenceExperiment", "arn", "inferenceExperimentArn"),
    ("CreateNotebookInstance", "securityGroups", "securityGroupIds"),
];

/// What rules read of a request and its description does not tell: operation, path. It stays unread.
pub const NOT_DESCRIBED: [(&str, &str); 3] = [
    // What the image was resolved to is told, and what was asked for in another place.
    ("CreateInferenceComponent", "specification.container.image"),
    ("CreateInferenceComponent", "specifications[].container.image"),
    ("CreateInferenceRecommendationsJob", "outputConfig"),
];

/// Whether the request of an operation can be recovered from its record: that of a creation, where the ARN tells what the
/// Describe operation asks for. An app's does not; and the requests of apps are short.
pub fn is_recoverable(operation: &Operation) -> bool {
    operation.described && operation.kind != "app"
}

/// A request with the tags of its resource.
pub fn with_tags(mut request: Value, tags: Value) -> Value {
    if let Value::Object(members) = &mut request {
        members.insert("tags".to_owned(), to_cloudtrail_form(tags));
    }
    request
}

/// What describes a resource, as the request that created it.
pub fn as_request(operation: &str, described: Value) -> Value {
    let mut request = to_cloudtrail_form(described);
    // A training session is described by a member of the answer.
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

/// Hands over each object that is there to hold what is at `path`, with the key that it has there.
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
    fn what_a_description_does_not_tell_stays_unread() {
        let described =
            json!({"InferenceComponentName": "c", "Specifications": [{"Container": {"ArtifactUrl": "u"}}, {}]});
        let expected = json!({"inferenceComponentName": "c",
            "specifications": [{"container": {"artifactUrl": "u", "image": {"omitted": true}}}, {}]});
        assert_eq!(as_request("CreateInferenceComponent", described), expected);
        let expected = json!({"jobName": "j", "outputConfig": {"omitted": true}});
        assert_eq!(as_request("CreateInferenceRecommendationsJob", json!({"JobName": "j"})), expected);
    }

    #[test]
    fn a_description_may_have_other_names_than_the_request() {
        let notebook = json!({"NotebookInstanceName": "n", "SecurityGroups": ["sg-1"]});
        let expected = json!({"notebookInstanceName": "n", "securityGroupIds": ["sg-1"]});
        assert_eq!(as_request("CreateNotebookInstance", notebook), expected);
        let session = json!({"TrainingSessionDetail": {"RoleArn": "r"}});
        assert_eq!(as_request("CreateTrainingSession", session), json!({"roleArn": "r"}));
    }
}
