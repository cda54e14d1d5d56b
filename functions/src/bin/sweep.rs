//! `sweep`: finds what no event told of.

use lambda_runtime::Error;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tagwarden_functions::sweep::run().await
}
