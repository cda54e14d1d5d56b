//! `guard-studio`: judges calls about notebooks, Studio, clusters, assets and tags.

#[path = "runtime/guard.rs"]
mod guard;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    guard::run().await
}
