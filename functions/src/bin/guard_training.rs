//! `guard-training`: judges calls that start training jobs, other jobs and monitoring.

#[path = "runtime/guard.rs"]
mod guard;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    guard::run().await
}
