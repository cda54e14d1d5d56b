//! A function that judges what EventBridge delivers.

use std::io::Write;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::value::RawValue;
use tagwarden::decide::{Decision, decide_record, not_a_call};
use tagwarden::documents::{self, Item};
use tagwarden::evidence::Evidence;
use tagwarden::policy::{self, Policy};

/// Environment variable that names the policy file. Without it, the built-in policy applies.
pub const POLICY_VARIABLE: &str = "TAGWARDEN_POLICY";

/// Serves invocations until the runtime ends the process.
///
/// # Errors
/// Where the policy is invalid, or the Lambda Runtime API cannot be reached.
pub async fn run() -> Result<(), Error> {
    let policy = load_policy()?;
    let policy = &policy;
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Box<RawValue>>| async move {
        let decisions = judge(event.payload.get(), policy)?;
        for decision in &decisions {
            log(decision)?;
        }
        Ok::<_, Error>(decisions)
    }))
    .await
}

fn load_policy() -> Result<Policy, Error> {
    let (name, text) = match std::env::var(POLICY_VARIABLE) {
        Ok(path) => {
            let text = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
            (path, text)
        }
        Err(_) => ("the built-in policy".to_owned(), policy::DEFAULT.to_owned()),
    };
    Policy::parse(&text).map_err(|errors| {
        let located = errors.iter().map(|error| {
            let (line, column) = error.line_and_column(&text);
            format!("{name}:{line}:{column}: {error}")
        });
        located.collect::<Vec<_>>().join("\n").into()
    })
}

/// The decisions about the records of a payload: one, where it is an EventBridge event.
///
/// # Errors
/// Where something in it cannot be read, so that the invocation fails and the event is not lost.
pub fn judge(payload: &str, policy: &Policy) -> Result<Vec<Decision>, String> {
    let evidence = Evidence::new(": this function does not look it up");
    let mut decisions = Vec::new();
    documents::split(payload, &mut |item| {
        decisions.push(match item {
            Ok(Item::Record(json)) => decide_record(json, policy, &evidence),
            Ok(Item::OtherEvent(event)) => Ok(not_a_call(event)),
            Ok(Item::AuthorizationDetails(_)) => Err("account authorization details are no event".to_owned()),
            Err(problem) => Err(problem.message),
        });
    });
    decisions.into_iter().collect()
}

/// Writes the decision as one line of JSON, as CloudWatch Logs takes it.
fn log(decision: &Decision) -> Result<(), Error> {
    let mut line = serde_json::to_vec(decision)?;
    line.push(b'\n');
    Ok(std::io::stdout().write_all(&line)?)
}
