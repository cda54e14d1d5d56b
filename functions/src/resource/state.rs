//! The state of a resource.

use serde_json::Value;

use crate::ports::SageMakerError;

/// Error codes for a resource that does not exist.
const GONE: [&str; 2] = ["ValidationException", "ResourceNotFound"];

/// The states of all kinds of resources in which nothing runs, or in which it is about to end.
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

/// Whether the error says that the resource does not exist.
pub fn is_gone(refused: &SageMakerError) -> bool {
    refused.is_one_of(&GONE)
}

/// Whether a resource in this state has ended, or is about to.
pub fn has_ended(status: &str) -> bool {
    ENDED.iter().any(|ended| ended.eq_ignore_ascii_case(status))
}

/// Whether the resource has ended, by its description or its summary in a list.
pub fn is_over(noun: &str, described: &Value) -> bool {
    status(noun, described).is_some_and(has_ended)
}

/// The state of a resource.
pub fn status<'a>(noun: &str, described: &'a Value) -> Option<&'a str> {
    let described = described.get(format!("{noun}Detail")).unwrap_or(described);
    // Both versions of AutoML jobs have the same members.
    let names = [&format!("{}Status", noun.trim_end_matches("V2")), "Status", "TrackingServerStatus"];
    names.into_iter().find_map(|name| described.get(name)?.as_str())
}
