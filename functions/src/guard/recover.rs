//! Recovers a request from the description of the resource that it created, if CloudTrail omitted it or the call was made long
//! before.

use jiff::Timestamp;
use serde_json::{Value, json};
use tagwarden::evidence::{Created, EndpointConfig};
use tagwarden::operations::Operation;
use tagwarden::record::Call;

use crate::ports::{AwsError, AwsResult, DescribeResource, SageMakerError, Target};
use crate::resource::description::created;
use crate::resource::names::describing;
use crate::resource::request::{as_request, with_tags};

/// The record with its request recovered. `None` if the record has its request.
///
/// # Errors
/// If the resource cannot be described.
pub(super) async fn recover(
    record: &str,
    call: &Call<'_>,
    operation: &'static Operation,
    ports: &impl DescribeResource,
) -> AwsResult<Option<Value>> {
    if call.request.is_ok() {
        return Ok(None);
    }
    let (_, request) = request(call, operation, ports).await.map_err(|refused| refused.error)?;
    let mut record: Value = serde_json::from_str(record).map_err(|error| AwsError(error.to_string()))?;
    if let Value::Object(members) = &mut record {
        members.insert("requestParameters".to_owned(), request);
    }
    Ok(Some(record))
}

/// The record of a creation whose tags are not known.
pub(super) fn without_tags(record: &Value) -> Value {
    let mut record = record.clone();
    if let Some(Value::Object(request)) = record.get_mut("requestParameters") {
        request.insert("tags".to_owned(), json!({"omitted": true}));
    }
    record
}

/// The ARN of a resource, and the request that created it, from its description and its current tags.
///
/// # Errors
/// If the resource cannot be described.
pub(super) async fn request(
    call: &Call<'_>,
    operation: &Operation,
    ports: &impl DescribeResource,
) -> Result<(String, Value), SageMakerError> {
    let described = ports.call(&describing(operation.name), &Target::of(call, operation)).await?;
    let request = as_request(operation.name, described);
    let described = || request.get(operation.resource_arn?)?.as_str();
    let arn = operation.arn(call).or_else(described).map(str::to_owned);
    let arn =
        arn.ok_or_else(|| AwsError("neither the record nor the description has the ARN of the resource".to_owned()))?;
    let tags = ports.tags_of(&arn).await?;
    Ok((arn, with_tags(request, tags)))
}

const DESCRIBE: &str = "sagemaker:DescribeEndpointConfig";

/// The endpoint configuration `name`, as the request that created it, with its current tags, and when it was created.
///
/// # Errors
/// If it cannot be described.
pub(super) async fn endpoint_config(
    name: &str,
    ports: &impl DescribeResource,
) -> AwsResult<(Timestamp, EndpointConfig)> {
    let target = Target::named("endpointConfigName", name);
    let described = ports.call("DescribeEndpointConfig", &target).await.map_err(|refused| refused.error)?;
    let arn = described.get("EndpointConfigArn").and_then(Value::as_str);
    let arn = arn.ok_or_else(|| AwsError(format!("{DESCRIBE} returned no ARN")))?.to_owned();
    let tags = ports.tags_of(&arn).await?;
    let request = with_tags(as_request(EndpointConfig::BY, described), tags);
    let created = created(&request).ok_or_else(|| AwsError(format!("{DESCRIBE} returned no creation time")))?;
    Ok((created, EndpointConfig { arn: Some(arn), request, has_tags_of_today: true }))
}
