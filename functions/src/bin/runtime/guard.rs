//! What the three guards share. They differ only in the events that EventBridge delivers to them.

#[path = "mod.rs"]
mod runtime;

use lambda_runtime::{Error, LambdaEvent};
use serde_json::value::RawValue;
use tagwarden_functions::aws::Aws;
use tagwarden_functions::guard::Guard;

/// Judges the call or the state change of each event.
pub async fn run() -> Result<(), Error> {
    runtime::start_log();
    let guard = Guard::from_environment(Aws::connect().await?)?;
    let handler = async |event: LambdaEvent<Box<RawValue>>| {
        guard.deliver(event.payload.get(), &event.context.invoked_function_arn).await
    };
    runtime::serve(handler).await
}
