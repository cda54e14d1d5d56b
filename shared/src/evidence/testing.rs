//! A call, for the tests of what is learned from calls.

use crate::record::Call;
use crate::record::json::Value;

/// Passes on a call to SageMaker.
pub(super) fn with_call<T>(name: &str, time: &str, request: &str, then: impl FnOnce(&Call) -> T) -> T {
    let record = format!(
        r#"{{"eventSource":"sagemaker.amazonaws.com","eventName":"{name}","eventTime":"{time}","requestParameters":{request}}}"#
    );
    let record: Value = serde_json::from_str(&record).unwrap();
    then(&Call::read(&record).unwrap())
}
