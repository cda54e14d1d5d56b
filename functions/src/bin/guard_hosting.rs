//! `guard-hosting`: judges calls that create or change models and endpoints.

#[path = "runtime/guard.rs"]
mod guard;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    guard::run().await
}
