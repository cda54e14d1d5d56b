//! `canary`: violates the policy by a harmless model, and sees whether the guards act on it.

#[path = "runtime/deadline.rs"]
mod deadline;
mod runtime;

use deadline::deadline;
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent};
use serde_json::Value;
use tagwarden_functions::aws::Aws;
use tagwarden_functions::canary::Canary;
use tagwarden_functions::telemetry;
use tagwarden_functions::trigger::schedule;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    runtime::start_log();
    let canary = Canary::from_environment(Aws::connect().await?)?;
    let handler = async |event: LambdaEvent<Value>| {
        let outcome = canary.run(schedule::time(&event.payload), deadline(&event.context)).await?;
        telemetry::write(&telemetry::canary(&outcome.model, outcome.seconds, outcome.problem, Timestamp::now()));
        Ok(outcome)
    };
    runtime::serve(handler).await
}
