//! Whether the functions can run, and whether what invokes them is on.

use aws_sdk_lambda::types::State;

use super::line::{Line, RESTORE};
use crate::aws::Aws;
use crate::errors::{failed, is_gone};
use crate::stack::{Resource, Stack};

const CHECK: &str = "functions";

pub async fn check(stack: &Stack, aws: &Aws) -> Line {
    match problems(stack, aws).await {
        Err(why) => Line::unknown(CHECK, why),
        Ok((count, problems)) => Line::of(CHECK, &problems, format!("{count} functions can run"), RESTORE),
    }
}

async fn problems(stack: &Stack, aws: &Aws) -> Result<(usize, Vec<String>), String> {
    let of_function = async |function: &Resource| of_function(&function.physical, aws).await;
    let (count, of_functions) = stack.problems("AWS::Lambda::Function", of_function).await?;
    let of_mapping = async |mapping: &Resource| of_mapping(&mapping.physical, aws).await;
    let (_, of_mappings) = stack.problems("AWS::Lambda::EventSourceMapping", of_mapping).await?;
    Ok((count, [of_functions, of_mappings].concat()))
}

async fn of_mapping(id: &str, aws: &Aws) -> Result<Option<String>, String> {
    let found = match aws.lambda.get_event_source_mapping().uuid(id).send().await {
        Err(error) if is_gone(&error) => return Ok(Some("does not exist: the queue is not read".to_owned())),
        found => found.map_err(failed("lambda:GetEventSourceMapping"))?,
    };
    let is_off = found.state().is_some_and(|state| state.starts_with("Disabl"));
    Ok(is_off.then(|| "is off: the queue is not read".to_owned()))
}

async fn of_function(name: &str, aws: &Aws) -> Result<Option<String>, String> {
    let found = match aws.lambda.get_function_configuration().function_name(name).send().await {
        Err(error) if is_gone(&error) => {
            return Ok(Some("does not exist".to_owned()));
        }
        found => found.map_err(failed("lambda:GetFunctionConfiguration"))?,
    };
    if let Some(state) = found.state().filter(|state| **state == State::Failed) {
        return Ok(Some(format!(
            "is in the state {}: {}",
            state.as_str(),
            found.state_reason().unwrap_or("no reason")
        )));
    }
    let reserved = aws.lambda.get_function_concurrency().function_name(name).send().await;
    let reserved = reserved.map_err(failed("lambda:GetFunctionConcurrency"))?.reserved_concurrent_executions;
    Ok((reserved == Some(0)).then(|| "may not run: its reserved concurrency is 0".to_owned()))
}
