//! `send-digests`: tells of the alerts that were grouped.

use lambda_runtime::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tagwarden_functions::digest::run().await
}
