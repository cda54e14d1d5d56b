//! `send-digests`: sends a digest of the alerts that were grouped.

mod runtime;

use lambda_runtime::{Error, LambdaEvent};
use serde_json::Value;
use tagwarden_functions::alert::digest;
use tagwarden_functions::aws::Aws;
use tagwarden_functions::config;
use tagwarden_functions::trigger::schedule;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    runtime::start_log();
    let (interval, aws) = (config::alert_interval()?, Aws::connect().await?);
    let handler = async |event: LambdaEvent<Value>| digest::send(schedule::time(&event.payload), interval, &aws).await;
    runtime::serve(handler).await
}
