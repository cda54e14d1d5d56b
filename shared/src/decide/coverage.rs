//! Which calls the policy covers.

use std::fmt;

use crate::operations::Operation;
use crate::record::Call;

/// Why a call is not judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotCovered {
    /// It is a call to this other service, not to SageMaker.
    AnotherService(String),
    /// It failed with this error code, and changed nothing.
    Failed(String),
    /// It has this name, and changes nothing.
    ReadsOnly(String),
    /// It is an event of this type, not an API call.
    NotAnApiCall(String),
    /// It is an EventBridge event of this detail type, not an API call.
    OtherEvent(String),
    /// It has this name, and no rule judges it.
    NotJudged(String),
}

impl fmt::Display for NotCovered {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Self::AnotherService(source) => write!(f, "`{source}` is another service"),
            Self::Failed(code) => write!(f, "the call failed with `{code}`"),
            Self::ReadsOnly(name) => write!(f, "`{name}` only reads"),
            Self::NotAnApiCall(kind) => write!(f, "an event of type `{kind}` is not an API call"),
            Self::OtherEvent(detail_type) => write!(f, "`{detail_type}` is not an API call"),
            Self::NotJudged(name) => write!(f, "`{name}` is not judged"),
        }
    }
}

impl From<NotCovered> for String {
    fn from(reason: NotCovered) -> Self {
        reason.to_string()
    }
}

/// The operation of a call that the policy covers.
///
/// # Errors
/// If the policy does not cover the call.
pub fn coverage(call: &Call) -> Result<&'static Operation, NotCovered> {
    if !call.is_sagemaker() {
        return Err(NotCovered::AnotherService(call.event_source.to_owned()));
    }
    if let Some(code) = call.error_code {
        return Err(NotCovered::Failed(code.to_owned()));
    }
    if call.read_only {
        return Err(NotCovered::ReadsOnly(call.event_name.to_owned()));
    }
    if let Some(kind) = call.event_type.filter(|kind| *kind != "AwsApiCall") {
        return Err(NotCovered::NotAnApiCall(kind.to_owned()));
    }
    Operation::named(call.event_name).ok_or_else(|| NotCovered::NotJudged(call.event_name.to_owned()))
}
