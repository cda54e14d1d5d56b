//! `guard-studio`: judges calls that make notebooks, Studio, clusters, and what is kept.

use lambda_runtime::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tagwarden_functions::guard::run().await
}
