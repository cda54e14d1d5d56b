//! Captures the JSON of a response of SageMaker.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_sagemaker::config::interceptors::AfterDeserializationInterceptorContextRef;
use aws_sdk_sagemaker::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_sagemaker::error::BoxError;

use crate::ports::{AwsError, AwsResult};

/// Captures the body of a response. The table of paths reads it like a request.
#[derive(Clone, Debug, Default)]
pub(super) struct CaptureBody(Arc<Mutex<Option<Vec<u8>>>>);

impl Intercept for CaptureBody {
    fn name(&self) -> &'static str {
        "capture the response body"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = context.response().body().bytes().map(<[u8]>::to_vec);
        Ok(())
    }
}

impl CaptureBody {
    /// The response. `null` if the operation has none.
    pub(super) fn json(&self, action: &str) -> AwsResult<serde_json::Value> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.as_deref() {
            None | Some([]) => Ok(serde_json::Value::Null),
            Some(bytes) => serde_json::from_slice(bytes)
                .map_err(|error| AwsError(format!("{action} failed: the response is not JSON: {error}"))),
        }
    }
}
