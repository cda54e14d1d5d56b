//! What the environment tells a function.

use std::env;

use lambda_runtime::Error;
use tagwarden::policy::{self, Policy};

/// Name of the DynamoDB table of claims and sessions.
pub const TABLE: &str = "TAGWARDEN_TABLE";
/// ARN of the SNS topic of the security team.
pub const TOPIC: &str = "TAGWARDEN_TOPIC";
/// Path of the policy file; empty or not set: the built-in policy.
pub const POLICY: &str = "TAGWARDEN_POLICY";
/// `observe`: change nothing, whatever the policy says. Otherwise `policy`.
pub const MODE: &str = "TAGWARDEN_MODE";

/// The value of a variable that must be set.
///
/// # Errors
/// Where it is not.
pub fn required(name: &str) -> Result<String, Error> {
    set(name).ok_or_else(|| format!("the environment variable `{name}` is not set").into())
}

/// The policy that the environment names.
///
/// # Errors
/// Everything that is wrong with it.
pub fn policy() -> Result<Policy, Error> {
    let (name, text) = match set(POLICY) {
        Some(path) => {
            let text = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
            (path, text)
        }
        None => ("the built-in policy".to_owned(), policy::DEFAULT.to_owned()),
    };
    let mut policy = Policy::parse(&text).map_err(|errors| {
        let located = errors.iter().map(|error| {
            let (line, column) = error.line_and_column(&text);
            format!("{name}:{line}:{column}: {error}")
        });
        located.collect::<Vec<_>>().join("\n")
    })?;
    policy.observe_only = match set(MODE).as_deref() {
        None | Some("policy") => false,
        Some("observe") => true,
        Some(other) => return Err(format!("`{MODE}` is `{other}`; expected `policy` or `observe`").into()),
    };
    Ok(policy)
}

fn set(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
