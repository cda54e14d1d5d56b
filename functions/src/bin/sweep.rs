//! `sweep`: finds resources that no event reported.

#[path = "runtime/deadline.rs"]
mod deadline;
mod runtime;

use deadline::deadline;
use lambda_runtime::{Error, LambdaEvent};
use serde_json::Value;
use tagwarden_functions::aws::Aws;
use tagwarden_functions::guard::Guard;
use tagwarden_functions::sweep::{SweepRun, sweep};
use tagwarden_functions::trigger::schedule;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    runtime::start_log();
    let guard = Guard::from_environment(Aws::connect().await?)?;
    let handler = async |event: LambdaEvent<Value>| {
        let function_arn = event.context.invoked_function_arn.as_str();
        let run = SweepRun { due: schedule::time(&event.payload), deadline: deadline(&event.context), function_arn };
        sweep(&guard, run).await
    };
    runtime::serve(handler).await
}
