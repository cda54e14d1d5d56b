//! Which policy is in force, and whether it is valid.

use tagwarden::policy::Policy;

use super::line::Line;
use crate::aws::Aws;
use crate::errors::{failed, is_gone};
use crate::stack::Stack;

const CHECK: &str = "policy";

pub async fn check(stack: &Stack, aws: &Aws) -> Line {
    let mode = stack.parameter("Mode").unwrap_or("observe");
    let Some(bucket) = stack.parameter("PolicyBucket") else {
        let from = stack.parameter("PolicyPath").map_or("built in".to_owned(), |path| format!("`{path}` of the layer"));
        return Line::pass(CHECK, format!("{from}, mode `{mode}`"));
    };
    let key = stack.parameter("PolicyKey").unwrap_or("policy.toml");
    let found = match aws.s3.get_object().bucket(bucket).key(key).send().await {
        Ok(found) => found,
        Err(error) if is_gone(&error) => {
            return Line::fail(CHECK, format!("s3://{bucket}/{key} does not exist"), "put the policy file there");
        }
        Err(error) => return Line::unknown(CHECK, failed("s3:GetObject")(error)),
    };
    let modified = found.last_modified().map_or("?".to_owned(), ToString::to_string);
    let text = match found.body.collect().await {
        Ok(bytes) => String::from_utf8_lossy(&bytes.into_bytes()).into_owned(),
        Err(error) => return Line::unknown(CHECK, error.to_string()),
    };
    let fix =
        "correct the file, and try it by `tagwarden policy check FILE`: until then, the previous policy stays in force";
    match Policy::parse(&text) {
        Ok(_) => Line::pass(CHECK, format!("s3://{bucket}/{key} of {modified} is valid, mode `{mode}`")),
        Err(errors) => {
            let first = errors.first().map_or("it is not a policy", |error| error.message.as_str());
            Line::fail(CHECK, format!("s3://{bucket}/{key} is invalid: {first}"), fix)
        }
    }
}
