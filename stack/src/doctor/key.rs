//! Whether the KMS keys of the stack can be used.

use aws_sdk_kms::types::KeyState;

use super::line::Line;
use crate::aws::Aws;
use crate::errors::{failed, is_gone};
use crate::stack::Stack;

const CHECK: &str = "key";

/// The parameters that name keys.
const KEYS: [&str; 2] = ["KeyArn", "AlertTopicKeyArn"];

/// Nothing, if the stack uses no key of the customer's.
pub async fn check(stack: &Stack, aws: &Aws) -> Option<Line> {
    let keys: Vec<_> = KEYS.iter().filter_map(|parameter| stack.parameter(parameter)).collect();
    if keys.is_empty() {
        return None;
    }
    let mut problems = Vec::new();
    for key in &keys {
        match aws.kms.describe_key().key_id(*key).send().await {
            Ok(found) => {
                let state = found.key_metadata.and_then(|key| key.key_state);
                if state != Some(KeyState::Enabled) {
                    problems.push(format!("`{key}` is {}", state.as_ref().map_or("?", |state| state.as_str())));
                }
            }
            Err(error) if is_gone(&error) => {
                problems.push(format!("`{key}` does not exist"));
            }
            Err(error) => return Some(Line::unknown(CHECK, failed("kms:DescribeKey")(error))),
        }
    }
    let fix = "enable the key, or deploy the stack with another one: alerts that cannot be encrypted are not sent";
    Some(Line::of(CHECK, &problems, format!("usable: {}", keys.len()), fix))
}
