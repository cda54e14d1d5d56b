//! A request that no record shows, recovered from the resource that it created: because CloudTrail omitted it, or because it was
//! made long before.
//!
//! CloudTrail leaves `requestParameters` out where they are too large. What a Describe operation answers has the same
//! members in the same shapes (SageMaker API reference, `CreateTrainingJob` and `DescribeTrainingJob`, for one), so that the
//! same table of paths reads it.

use serde_json::{Map, Value, json};
use tagwarden::evidence::{Created, EndpointConfig};
use tagwarden::operations::{Absence, Operation};
use tagwarden::record::Call;

use crate::aws::OPERATIONS;
use crate::ports::{Answer, DescribeResource, Failure, Refused};
use crate::stop::{describing, noun};
use crate::target::Target;

/// Members that hold other people's secrets. No rule reads them.
const SECRET: [&str; 3] = ["Environment", "HyperParameters", "StaticHyperParameters"];

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
pub const NOT_TOLD: [(&str, &str); 3] = [
    // What the image was resolved to is told, and what was asked for in another place.
    ("CreateInferenceComponent", "specification.container.image"),
    ("CreateInferenceComponent", "specifications[].container.image"),
    ("CreateInferenceRecommendationsJob", "outputConfig"),
];

/// Whether the request of an operation can be recovered from its record: that of a creation, where the ARN tells what the
/// Describe operation asks for. An app's does not; and the requests of apps are short.
pub fn is_recoverable(operation: &Operation) -> bool {
    let is_addressed = operation.resource_arn.is_some() && operation.kind != "app";
    is_addressed && operation.absence == Absence::Unset && OPERATIONS.contains(&describing(operation.name).as_str())
}

/// The record with the request recovered. `None` where nothing is missing.
///
/// # Errors
/// Where the resource cannot be described.
pub async fn recover(
    record: &str,
    call: &Call<'_>,
    operation: &'static Operation,
    ports: &impl DescribeResource,
) -> Answer<Option<String>> {
    if call.request.is_ok() {
        return Ok(None);
    }
    let (_, request) = request(call, operation, ports).await.map_err(|refused| refused.failure)?;
    let mut record: Value = serde_json::from_str(record).map_err(|error| Failure(error.to_string()))?;
    if let Value::Object(members) = &mut record {
        members.insert("requestParameters".to_owned(), request);
    }
    Ok(Some(record.to_string()))
}

/// ARN of a resource, and the request that created it, by its description, with the tags that it has now.
///
/// # Errors
/// Where the resource cannot be described.
pub async fn request(
    call: &Call<'_>,
    operation: &Operation,
    ports: &impl DescribeResource,
) -> Result<(String, Value), Refused> {
    let described = ports.call(&describing(operation.name), &Target::of(call, operation)).await?;
    let request = as_request(operation.name, described);
    let described = || request.get(operation.resource_arn?)?.as_str();
    let arn = operation.arn(call).or_else(described).map(str::to_owned);
    let arn =
        arn.ok_or_else(|| Failure("neither the record nor the description tells the resource's ARN".to_owned()))?;
    let tags = ports.tags_of(&arn).await?;
    Ok((arn, with_tags(request, tags)))
}

/// The endpoint configuration `name`, as the request that created it, with the tags that it has now.
///
/// # Errors
/// Where it cannot be described.
pub async fn endpoint_config(name: &str, ports: &impl DescribeResource) -> Answer<EndpointConfig> {
    let target = Target::named("endpointConfigName", name);
    let described = ports.call("DescribeEndpointConfig", &target).await.map_err(|refused| refused.failure)?;
    let arn = described.get("EndpointConfigArn").and_then(Value::as_str);
    let arn = arn.ok_or_else(|| Failure("sagemaker:DescribeEndpointConfig answered no ARN".to_owned()))?.to_owned();
    let tags = ports.tags_of(&arn).await?;
    let request = with_tags(as_request(EndpointConfig::BY, described), tags);
    Ok(EndpointConfig { arn: Some(arn), request })
}

fn with_tags(mut request: Value, tags: Value) -> Value {
    if let Value::Object(members) = &mut request {
        members.insert("tags".to_owned(), in_cloudtrails_form(tags));
    }
    request
}

/// What describes a resource, as the request that created it.
pub fn as_request(operation: &str, described: Value) -> Value {
    let mut request = in_cloudtrails_form(described);
    // A training session is described by a member of the answer.
    if let Some(detail) = request.get_mut(format!("{}Detail", lower_first(noun(operation)))) {
        request = detail.take();
    }
    for (_, from, to) in RENAMED.iter().filter(|(of, ..)| *of == operation) {
        each_holder(&mut request, from, &mut |members, key| {
            if let Some(member) = members.remove(key) {
                members.insert((*to).to_owned(), member);
            }
        });
    }
    for (_, path) in NOT_TOLD.iter().filter(|(of, _)| *of == operation) {
        each_holder(&mut request, path, &mut |members, key| {
            members.insert(key.to_owned(), json!({"omitted": true}));
        });
    }
    request
}

/// Hands over each object that is there to hold what is at `path`, with the key that it has there.
fn each_holder(value: &mut Value, path: &str, hand_over: &mut impl FnMut(&mut Map<String, Value>, &str)) {
    match (value, path.split_once('.')) {
        (Value::Object(members), None) => hand_over(members, path),
        (Value::Object(members), Some((key, rest))) => {
            if let Some(member) = members.get_mut(key.trim_end_matches("[]")) {
                each_holder(member, rest, hand_over);
            }
        }
        (Value::Array(elements), _) => {
            elements.iter_mut().for_each(|element| each_holder(element, path, hand_over));
        }
        _ => {}
    }
}

/// The API's JSON as CloudTrail writes it: with the first letter of each key lowered.
pub fn in_cloudtrails_form(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let told = members.into_iter().filter(|(key, _)| !SECRET.contains(&key.as_str()));
            let lowered = told.map(|(key, member)| (lower_first(&key), in_cloudtrails_form(member)));
            Value::Object(lowered.collect::<Map<_, _>>())
        }
        Value::Array(elements) => elements.into_iter().map(in_cloudtrails_form).collect(),
        leaf => leaf,
    }
}

fn lower_first(key: &str) -> String {
    let mut letters = key.chars();
    letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_take_cloudtrails_form_and_secrets_are_left_out() {
        let described = json!({"TrainingJobName": "j", "Environment": {"TOKEN": "x"}, "HyperParameters": {"a": "b"},
            "ResourceConfig": {"InstanceGroups": [{"InstanceType": "ml.m5.xlarge"}]}});
        let expected =
            json!({"trainingJobName": "j", "resourceConfig": {"instanceGroups": [{"instanceType": "ml.m5.xlarge"}]}});
        assert_eq!(in_cloudtrails_form(described), expected);
    }

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
