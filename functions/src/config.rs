//! Environment variables of the functions.

use std::env;

use jiff::SignedDuration;

/// The name of the DynamoDB table.
pub const TABLE: &str = "TAGWARDEN_TABLE";
/// The ARN of the SNS topic of the security team.
pub const TOPIC: &str = "TAGWARDEN_TOPIC";
/// The name of the event bus of decisions. Empty or not set for none.
pub const BUS: &str = "TAGWARDEN_BUS";
/// `on` if findings go to Security Hub.
pub const SECURITY_HUB: &str = "TAGWARDEN_SECURITY_HUB";
/// The URL of the SQS queue that delivers postponed events to the function. Empty or not set on a developer's machine: the
/// invocation then fails, and is retried.
pub const DELAY_QUEUE: &str = "TAGWARDEN_DELAY_QUEUE";
/// The policy file: a path, or `s3://BUCKET/KEY`. Empty or not set for the built-in policy.
pub const POLICY: &str = "TAGWARDEN_POLICY";
/// The file of list prices: a path, or `s3://BUCKET/KEY`. Empty or not set for none.
pub const PRICES: &str = "TAGWARDEN_PRICES";
/// How many seconds a policy or prices from S3 are used before the function checks for a new version.
pub const POLICY_MAX_AGE: &str = "TAGWARDEN_POLICY_MAX_AGE";
/// `observe` to change nothing, `policy` to act as the policy says.
pub const MODE: &str = "TAGWARDEN_MODE";
/// ARNs of the roles of Tagwarden's own functions that set tags, separated by commas.
pub const ROLES: &str = "TAGWARDEN_ROLES";
/// How many seconds an alert window stays open. 0 to send each alert at once.
pub const ALERT_INTERVAL: &str = "TAGWARDEN_ALERT_INTERVAL";
/// The ARN of the repository in Amazon ECR that holds the image of the canary's model.
pub const CANARY_REPOSITORY: &str = "TAGWARDEN_CANARY_REPOSITORY";
/// The tag of that image.
pub const CANARY_IMAGE_TAG: &str = "TAGWARDEN_CANARY_IMAGE_TAG";
/// The ARN of the execution role of the canary's model.
pub const CANARY_EXECUTION_ROLE: &str = "TAGWARDEN_CANARY_EXECUTION_ROLE";
/// The name of the bucket of the organisation's trail.
pub const LOG_BUCKET: &str = "TAGWARDEN_LOG_BUCKET";
/// The location of extracts and reports: `s3://BUCKET/PREFIX`.
pub const RESULTS: &str = "TAGWARDEN_RESULTS";
/// The location of IAM data: `s3://BUCKET/PREFIX`. Empty or not set for none.
pub const IAM: &str = "TAGWARDEN_IAM";

/// The value of a required variable.
///
/// # Errors
/// If it is not set.
pub fn required(name: &str) -> Result<String, String> {
    set(name).ok_or_else(|| format!("the environment variable `{name}` is not set"))
}

/// The value of an optional variable. `None` if it is empty or not set.
pub fn set(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Whether findings go to Security Hub.
pub fn security_hub() -> bool {
    set(SECURITY_HUB).is_some_and(|value| value == "on")
}

/// Whether the functions change nothing.
///
/// # Errors
/// If the mode is not a known one.
pub fn observe_only() -> Result<bool, String> {
    match set(MODE).as_deref() {
        None | Some("policy") => Ok(false),
        Some("observe") => Ok(true),
        Some(other) => Err(format!("`{MODE}` is `{other}`; expected `policy` or `observe`")),
    }
}

/// How long an alert window stays open. The default is five minutes.
///
/// # Errors
/// If the value is not a number of seconds.
pub fn alert_interval() -> Result<SignedDuration, String> {
    let Some(text) = set(ALERT_INTERVAL) else { return Ok(SignedDuration::from_mins(5)) };
    let seconds: u32 = text.parse().map_err(|_| format!("`{ALERT_INTERVAL}` is `{text}`; expected seconds"))?;
    Ok(SignedDuration::from_secs(seconds.into()))
}
