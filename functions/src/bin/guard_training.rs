//! `guard-training`: judges calls that launch training and other jobs.

#[path = "runtime/guard.rs"]
mod guard;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    guard::run().await
}
