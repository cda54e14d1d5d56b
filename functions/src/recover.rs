//! A request that no record shows, recovered from the resource that it created: because CloudTrail omitted it, or because it was
//! made long before.
//!
//! CloudTrail leaves `requestParameters` out where they are too large. What a Describe operation answers has the same
//! members in the same shapes (SageMaker API reference, `CreateTrainingJob` and `DescribeTrainingJob`, `CreateEndpointConfig`
//! and `DescribeEndpointConfig`), so that the same table of paths reads it.

use serde_json::{Map, Value};
use tagwarden::call::Call;
use tagwarden::decide::resource;
use tagwarden::evidence::{Created, EndpointConfig};
use tagwarden::operations::Operation;

use crate::ports::{Answer, DescribeResource, Failure};

/// Members that hold other people's secrets. No rule reads them.
const SECRET: [&str; 2] = ["Environment", "HyperParameters"];

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
    let resource = resource(call, operation);
    let (Some(name), Some(arn)) = (resource.name, resource.arn) else {
        return Err(Failure("neither the request nor the resource's ARN is in the record".to_owned()));
    };
    let (described, tags) = futures_util::try_join!(ports.describe(operation.name, &name), ports.tags_of(&arn))?;
    let request = request(described, tags);
    let mut record: Value = serde_json::from_str(record).map_err(|error| Failure(error.to_string()))?;
    if let Value::Object(members) = &mut record {
        members.insert("requestParameters".to_owned(), request);
    }
    Ok(Some(record.to_string()))
}

/// The endpoint configuration `name`, as the request that created it, with the tags that it has now.
///
/// # Errors
/// Where it cannot be described.
pub async fn endpoint_config(name: &str, ports: &impl DescribeResource) -> Answer<EndpointConfig> {
    let described = ports.describe(EndpointConfig::BY, name).await?;
    let arn = described.get("EndpointConfigArn").and_then(Value::as_str);
    let arn = arn.ok_or_else(|| Failure("sagemaker:DescribeEndpointConfig answered no ARN".to_owned()))?;
    let tags = ports.tags_of(arn).await?;
    let arn = Some(arn.to_owned());
    Ok(EndpointConfig { arn, request: request(described, tags) })
}

/// The request in CloudTrail's form that created what was `described` and has these `tags`.
fn request(described: Value, tags: Value) -> Value {
    let mut request = in_cloudtrails_form(described);
    if let Value::Object(members) = &mut request {
        members.insert("tags".to_owned(), in_cloudtrails_form(tags));
    }
    request
}

/// The API's JSON as CloudTrail writes it: with the first letter of each key lowered.
fn in_cloudtrails_form(value: Value) -> Value {
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
    use serde_json::json;

    use super::*;

    #[test]
    fn names_take_cloudtrails_form_and_secrets_are_left_out() {
        let described = json!({"TrainingJobName": "j", "Environment": {"TOKEN": "x"}, "HyperParameters": {"a": "b"},
            "ResourceConfig": {"InstanceGroups": [{"InstanceType": "ml.m5.xlarge"}]}});
        let expected =
            json!({"trainingJobName": "j", "resourceConfig": {"instanceGroups": [{"instanceType": "ml.m5.xlarge"}]}});
        assert_eq!(in_cloudtrails_form(described), expected);
    }
}
