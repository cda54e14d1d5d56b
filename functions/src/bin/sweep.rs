//! `sweep`: finds resources that no event reported.

mod runtime;

use jiff::{SignedDuration, Timestamp};
use lambda_runtime::{Context, Error, LambdaEvent};
use serde_json::Value;
use tagwarden_functions::aws::Aws;
use tagwarden_functions::guard::Guard;
use tagwarden_functions::sweep::{SweepRun, sweep};
use tagwarden_functions::trigger::schedule;

/// The time at the end of an invocation that is reserved for work in progress.
const RESERVE: SignedDuration = SignedDuration::from_secs(60);

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

/// When the sweep has to stop.
fn deadline(context: &Context) -> Timestamp {
    let deadline = Timestamp::try_from(context.deadline()).unwrap_or(Timestamp::MAX);
    deadline.saturating_sub(RESERVE).unwrap_or(deadline)
}
