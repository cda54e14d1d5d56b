//! `audit-extract`: extracts what an audit needs from a batch of log files.

mod runtime;

use lambda_runtime::{Error, LambdaEvent};
use tagwarden_functions::audit::extract::{BatchRequest, extract};
use tagwarden_functions::aws::S3;
use tagwarden_functions::config;
use tagwarden_functions::ports::S3Object;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    runtime::start_log();
    let bucket = config::required(config::LOG_BUCKET)?;
    let results = S3Object::parse(&config::required(config::RESULTS)?)?;
    let s3 = S3::connect().await;
    let handler = async |event: LambdaEvent<BatchRequest>| extract(&event.payload, &bucket, &results, &s3).await;
    runtime::serve(handler).await
}
