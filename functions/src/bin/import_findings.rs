//! `import-findings`: keeps the findings in Security Hub as the decisions say.

mod runtime;

use lambda_runtime::{Error, LambdaEvent};
use serde_json::value::RawValue;
use tagwarden_functions::aws::Aws;
use tagwarden_functions::findings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    runtime::start_log();
    let aws = Aws::connect().await?;
    let handler = async |event: LambdaEvent<Box<RawValue>>| findings::import(event.payload.get(), &aws).await;
    runtime::serve(handler).await
}
