//! `guard-training`: judges calls that launch training and other jobs.

use lambda_runtime::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tagwarden_functions::guard::run().await
}
