//! The state of a resource.

use serde_json::Value;

use crate::ports::SageMakerError;

/// Error codes of what does not exist.
const GONE: [&str; 2] = ["ValidationException", "ResourceNotFound"];

/// States in which nothing runs, or soon nothing will, as any of the resources calls them.
const ENDED: [&str; 11] = [
    "Completed",
    "CompletedWithFailures",
    "CreateFailed",
    "Deleted",
    "DeleteFailed",
    "Deleting",
    "Expired",
    "Failed",
    "Stopped",
    "Stopping",
    "Succeeded",
];

/// Whether a description was refused because there is nothing to describe.
pub fn is_gone(refused: &SageMakerError) -> bool {
    refused.is_one_of(&GONE)
}

/// Whether a resource in this state has ended, or soon will have.
pub fn has_ended(status: &str) -> bool {
    ENDED.iter().any(|ended| ended.eq_ignore_ascii_case(status))
}

/// Whether nothing runs any more, by the description of a resource or by its summary in a list.
pub fn is_over(noun: &str, described: &Value) -> bool {
    status(noun, described).is_some_and(has_ended)
}

/// What state a resource is in.
pub fn status<'a>(noun: &str, described: &'a Value) -> Option<&'a str> {
    let described = described.get(format!("{noun}Detail")).unwrap_or(described);
    let names = [&format!("{noun}Status"), "Status", "TrackingServerStatus"];
    names.into_iter().find_map(|name| described.get(name)?.as_str())
}
