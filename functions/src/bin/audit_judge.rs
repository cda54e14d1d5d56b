//! `audit-judge`: judges what was extracted, and reports.

use lambda_runtime::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tagwarden_functions::audit::judge::run().await
}
