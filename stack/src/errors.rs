//! Errors of the SDK, in one line.

use std::iter::successors;

use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};

/// `ACTION: CODE: MESSAGE`, or what kept the call from being answered.
pub fn failed<E, R>(action: &str) -> impl FnOnce(SdkError<E, R>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug + 'static,
{
    let action = action.to_owned();
    move |error| match error.as_service_error().map(ProvideErrorMetadata::meta) {
        Some(meta) if meta.code().is_some() => {
            let said = [meta.code(), meta.message()].into_iter().flatten().collect::<Vec<_>>();
            format!("{action}: {}", said.join(": "))
        }
        _ => {
            let causes = successors(Some(&error as &dyn std::error::Error), |error| error.source());
            format!("{action}: {}", causes.map(ToString::to_string).collect::<Vec<_>>().join(": "))
        }
    }
}

/// The codes by which services say that something does not exist.
///
/// They stand in the lists of errors of the API references: EventBridge, Lambda and DynamoDB; IAM; KMS; S3; SNS; SQS in its JSON and its
/// query protocol.
const GONE: [&str; 8] = [
    "ResourceNotFoundException",
    "NoSuchEntity",
    "NotFoundException",
    "NoSuchBucket",
    "NoSuchKey",
    "NotFound",
    "QueueDoesNotExist",
    "AWS.SimpleQueueService.NonExistentQueue",
];

/// Whether a service answered that what the call is about does not exist.
pub fn is_gone<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> bool {
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    // SQS puts the namespace of its API in front: `com.amazonaws.sqs#QueueDoesNotExist`.
    code.is_some_and(|code| GONE.contains(&code.rsplit('#').next().unwrap_or(code)))
}
