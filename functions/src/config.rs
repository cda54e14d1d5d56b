//! What the environment tells a function.

use std::env;

use jiff::SignedDuration;

/// Name of the DynamoDB table of claims, sessions and grouped alerts.
pub const TABLE: &str = "TAGWARDEN_TABLE";
/// ARN of the SNS topic of the security team.
pub const TOPIC: &str = "TAGWARDEN_TOPIC";
/// Path of the policy file, or `s3://BUCKET/KEY`; empty or not set: the built-in policy.
pub const POLICY: &str = "TAGWARDEN_POLICY";
/// After how many seconds S3 is asked whether the policy file changed.
pub const POLICY_MAX_AGE: &str = "TAGWARDEN_POLICY_MAX_AGE";
/// `observe`: change nothing, whatever the policy says. Otherwise `policy`.
pub const MODE: &str = "TAGWARDEN_MODE";
/// ARNs of the roles of Tagwarden's own functions that set tags, with commas between them.
pub const ROLES: &str = "TAGWARDEN_ROLES";
/// For how many seconds an alert groups those of its kind that follow it; 0: none is grouped.
pub const ALERT_INTERVAL: &str = "TAGWARDEN_ALERT_INTERVAL";
/// Name of the bucket of the organisation's trail.
pub const LOG_BUCKET: &str = "TAGWARDEN_LOG_BUCKET";
/// Where audits keep what they make: `s3://BUCKET/PREFIX`.
pub const RESULTS: &str = "TAGWARDEN_RESULTS";
/// Where IAM's data lies: `s3://BUCKET/PREFIX`; empty or not set: there is none.
pub const IAM: &str = "TAGWARDEN_IAM";

/// The value of a variable that must be set.
///
/// # Errors
/// If it is not.
pub fn required(name: &str) -> Result<String, String> {
    set(name).ok_or_else(|| format!("the environment variable `{name}` is not set"))
}

/// The value of a variable that may be set. Empty is as good as not.
pub fn set(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// For how long an alert groups those that follow it; five minutes, where the environment does not tell.
///
/// # Errors
/// If what it tells is no number of seconds.
pub fn alert_interval() -> Result<SignedDuration, String> {
    let Some(text) = set(ALERT_INTERVAL) else { return Ok(SignedDuration::from_mins(5)) };
    let seconds: u32 = text.parse().map_err(|_| format!("`{ALERT_INTERVAL}` is `{text}`; expected seconds"))?;
    Ok(SignedDuration::from_secs(seconds.into()))
}
