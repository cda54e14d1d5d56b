//! What all functions share: the log, and the loop of invocations.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::{Deserialize, Serialize};

/// Starts the log of everything except decisions: warnings and errors, as JSON on standard output.
pub fn start_log() {
    tracing_subscriber::fmt().json().flatten_event(true).without_time().with_target(false).init();
}

/// Answers invocations until Lambda ends the process.
pub async fn serve<E, R>(handler: impl AsyncFn(LambdaEvent<E>) -> Result<R, String>) -> Result<(), Error>
where
    E: for<'de> Deserialize<'de>,
    R: Serialize,
{
    let handler = &handler;
    // Without a box, the types of the nested futures are deeper than the compiler allows.
    lambda_runtime::run(service_fn(async move |event| Ok::<_, Error>(Box::pin(handler(event)).await?))).await
}
