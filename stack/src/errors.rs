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
