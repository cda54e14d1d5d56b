//! `audit-extract`: takes from a batch of log files what an audit needs.

use lambda_runtime::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tagwarden_functions::audit::extract::run().await
}
