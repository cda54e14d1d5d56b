//! `record-sessions`: records the tags of sessions, for the calls that are made with them later.

mod runtime;

use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent};
use serde_json::value::RawValue;
use tagwarden_functions::aws::Aws;
use tagwarden_functions::trigger::sessions;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    runtime::start_log();
    let aws = Aws::connect().await?;
    let handler =
        async |event: LambdaEvent<Box<RawValue>>| sessions::record(event.payload.get(), Timestamp::now(), &aws).await;
    runtime::serve(handler).await
}
