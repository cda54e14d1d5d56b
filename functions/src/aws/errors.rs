//! Errors of the SDK.

use std::fmt::Debug;
use std::iter::successors;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use crate::ports::{AwsError, SageMakerError};

/// Makes an error of a failed API call: `<action> failed: <code>: <message>`.
pub(super) fn aws_error<E, R>(action: &str) -> impl FnOnce(SdkError<E, R>) -> AwsError
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
        AwsError(format!("{action} failed: {reason}"))
    }
}

/// Makes an error of a failed call to SageMaker, with its code.
pub(super) fn sagemaker_error<E, R>(action: &str) -> impl FnOnce(SdkError<E, R>) -> SageMakerError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: Debug + 'static,
{
    let to_error = aws_error(action);
    |error| SageMakerError { code: code(&error).map(str::to_owned), error: to_error(error) }
}

/// An error and its causes. Unlike `DisplayErrorContext`, it leaves out the response, which may hold secrets.
fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let causes: Vec<_> = successors(Some(error), |error| error.source()).map(ToString::to_string).collect();
    causes.join(": ")
}

/// The error code, if the service answered.
pub(super) fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Option<&str> {
    error.as_service_error().and_then(ProvideErrorMetadata::code)
}

/// Whether the service answered with this error code.
pub(super) fn has_code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>, wanted: &str) -> bool {
    code(error) == Some(wanted)
}

/// Whether the condition of a write to DynamoDB held.
pub(super) fn condition_held<T, E, R>(answer: Result<T, SdkError<E, R>>, action: &str) -> Result<bool, AwsError>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: Debug + 'static,
{
    if_condition_held(answer, action).map(|answer| answer.is_some())
}

/// The answer, if the condition of a write held.
pub(super) fn if_condition_held<T, E, R>(answer: Result<T, SdkError<E, R>>, action: &str) -> Result<Option<T>, AwsError>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: Debug + 'static,
{
    match answer {
        Err(error) if has_code(&error, "ConditionalCheckFailedException") => Ok(None),
        answer => answer.map(Some).map_err(aws_error(action)),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_sagemaker::operation::describe_training_job::DescribeTrainingJobError;

    use super::*;

    #[test]
    fn an_error_does_not_repeat_the_response() {
        let answer = r#"{"Environment": {"PASSWORD": "hunter2"}"#;
        let error: SdkError<DescribeTrainingJobError, _> = SdkError::response_error("a brace is missing", answer);
        let failure = aws_error("sagemaker:DescribeTrainingJob")(error);
        assert_eq!(failure.0, "sagemaker:DescribeTrainingJob failed: response error: a brace is missing");
        let error = DescribeTrainingJobError::unhandled("no code");
        let failure = aws_error("sagemaker:DescribeTrainingJob")(SdkError::service_error(error, answer));
        assert!(failure.0.contains("no code") && !failure.0.contains("hunter2"), "{failure}");
    }
}
