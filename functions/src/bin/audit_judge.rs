//! `audit-judge`: merges the extracts, judges the launches, and writes the report.

mod runtime;

use lambda_runtime::{Context, Error, LambdaEvent};
use tagwarden_functions::audit::judge::{JudgeRequest, judge};
use tagwarden_functions::audit::{Limits, Locations};
use tagwarden_functions::aws::S3;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    runtime::start_log();
    let (locations, s3) = (Locations::from_environment()?, S3::connect().await);
    let handler =
        async |event: LambdaEvent<JudgeRequest>| judge(&event.payload, &locations, limits(&event.context), &s3).await;
    runtime::serve(handler).await
}

/// The limits of an invocation.
fn limits(context: &Context) -> Limits {
    Limits::new(context.deadline(), u64::try_from(context.env_config.memory).unwrap_or_default())
}
