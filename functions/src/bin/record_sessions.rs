//! `record-sessions`: remembers tagged sessions.

use lambda_runtime::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tagwarden_functions::sessions::run().await
}
