//! The ports, by the AWS SDK: a file for each service, or for each job of a service.

mod claims;
mod creations;
mod groups;
mod history;
mod iam;
mod kms;
mod models;
mod operations;
mod places;
mod s3;
mod sessions;
mod sns;
mod tagging;

use std::collections::HashMap;
use std::fmt::Debug;
use std::iter::successors;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use lambda_runtime::Error;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::config;
use crate::ports::Failure;

pub use operations::{LISTS, OPERATIONS};

/// How long one try of a call may take, and all of them together: a function has half a minute for everything.
const TRY: Duration = Duration::from_secs(3);
const CALL: Duration = Duration::from_secs(8);

/// Clients for all services.
pub struct Aws {
    cloudtrail: aws_sdk_cloudtrail::Client,
    dynamodb: aws_sdk_dynamodb::Client,
    iam: aws_sdk_iam::Client,
    kms: aws_sdk_kms::Client,
    s3: aws_sdk_s3::Client,
    sagemaker: aws_sdk_sagemaker::Client,
    sns: aws_sdk_sns::Client,
    tagging: aws_sdk_resourcegroupstagging::Client,
    table: String,
    topic: Option<String>,
    /// When CloudTrail may be asked again.
    next_lookup: Mutex<Instant>,
}

impl Aws {
    /// Clients for the function's account and region.
    ///
    /// # Errors
    /// Where the environment does not name the table.
    pub async fn connect() -> Result<Self, Error> {
        let config = sdk_config(TRY, CALL).await;
        Ok(Self {
            cloudtrail: aws_sdk_cloudtrail::Client::new(&config),
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            iam: aws_sdk_iam::Client::new(&config),
            kms: aws_sdk_kms::Client::new(&config),
            s3: aws_sdk_s3::Client::new(&config),
            sagemaker: aws_sdk_sagemaker::Client::new(&config),
            sns: aws_sdk_sns::Client::new(&config),
            tagging: aws_sdk_resourcegroupstagging::Client::new(&config),
            table: config::required(config::TABLE)?,
            topic: config::required(config::TOPIC).ok(),
            next_lookup: Mutex::new(Instant::now()),
        })
    }
}

/// What clients need to know: `attempt` is how long one try of a call may take, `call` all of them together.
pub(crate) async fn sdk_config(attempt: Duration, call: Duration) -> SdkConfig {
    let http =
        aws_smithy_http_client::Builder::new().tls_provider(tls::Provider::Rustls(CryptoMode::Ring)).build_https();
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(attempt).operation_timeout(call).build();
    aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(200)))
        .timeout_config(timeouts)
        .load()
        .await
}

/// The failure of an API call: `<action> failed: <code>: <message>`.
pub(crate) fn failed<E, R>(action: &str) -> impl FnOnce(SdkError<E, R>) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: Debug + 'static,
{
    let action = action.to_owned();
    move |error| {
        let metadata = error.as_service_error().map(ProvideErrorMetadata::meta);
        let reason = match metadata.and_then(|metadata| metadata.code().map(|code| (code, metadata.message()))) {
            Some((code, Some(message))) => format!("{code}: {message}"),
            Some((code, None)) => code.to_owned(),
            None => causes(&error),
        };
        Failure(format!("{action} failed: {reason}"))
    }
}

/// What an error says, and what caused it. Not what the service answered, as `DisplayErrorContext` does: that may hold secrets.
fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let causes: Vec<_> = successors(Some(error), |error| error.source()).map(ToString::to_string).collect();
    causes.join(": ")
}

/// The service's error code, if it is the service that failed.
fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}

/// Whether the service answered with this error code.
pub(crate) fn has_code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>, wanted: &str) -> bool {
    code(error) == Some(wanted)
}

/// Whether the condition held of what was asked of the table by this action.
fn held<T, E, R>(answer: Result<T, SdkError<E, R>>, action: &str) -> Result<bool, Failure>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: Debug + 'static,
{
    match answer {
        Err(error) if has_code(&error, "ConditionalCheckFailedException") => Ok(false),
        answer => answer.map(|_| true).map_err(failed(action)),
    }
}

/// An item of the table.
type Item = HashMap<String, AttributeValue>;

/// A text that an item has.
fn string<'a>(item: &'a Item, name: &str) -> Option<&'a String> {
    item.get(name)?.as_s().ok()
}

/// A text in an item of the table.
fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number in an item of the table.
fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// A point in time in an item of the table, in seconds since 1970: its time to live, for one.
fn seconds(time: i64) -> AttributeValue {
    number(time)
}

#[cfg(test)]
mod tests {
    use aws_sdk_sagemaker::operation::describe_training_job::DescribeTrainingJobError;

    use super::*;

    #[test]
    fn what_a_service_answered_is_not_repeated() {
        let answer = r#"{"Environment": {"PASSWORD": "hunter2"}"#;
        let error: SdkError<DescribeTrainingJobError, _> = SdkError::response_error("a brace is missing", answer);
        let failure = failed("sagemaker:DescribeTrainingJob")(error);
        assert_eq!(failure.0, "sagemaker:DescribeTrainingJob failed: response error: a brace is missing");
        let error = DescribeTrainingJobError::unhandled("no code");
        let failure = failed("sagemaker:DescribeTrainingJob")(SdkError::service_error(error, answer));
        assert!(failure.0.contains("no code") && !failure.0.contains("hunter2"), "{failure}");
    }
}
