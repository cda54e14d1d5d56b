//! `guard-studio`: judges calls that make notebooks, Studio, clusters, and what is kept.

#[path = "runtime/guard.rs"]
mod guard;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    guard::run().await
}
