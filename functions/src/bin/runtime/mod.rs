//! What all functions share: the log, and the loop of invocations.

use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
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
    lambda_runtime::run(service_fn(async move |event| Box::pin(handler(event)).await.map_err(failure))).await
}

/// A failed invocation, as Lambda reports it: in the log, and in the queue of failures.
fn failure(why: String) -> Diagnostic {
    Diagnostic { error_type: "EventNotProcessed".to_owned(), error_message: why }
}
