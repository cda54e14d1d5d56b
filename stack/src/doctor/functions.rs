//! Whether the functions can run, and whether what invokes them is on.

use aws_sdk_lambda::types::State;

use super::line::Line;
use crate::aws::Aws;
use crate::errors::failed;
use crate::stack::Stack;

const CHECK: &str = "functions";

pub async fn check(stack: &Stack, aws: &Aws) -> Line {
    let (mut problems, mut count) = (Vec::new(), 0);
    for function in stack.of_kind("AWS::Lambda::Function") {
        count += 1;
        match problem(&function.physical, aws).await {
            Ok(problem) => problems.extend(problem.map(|problem| format!("`{}` {problem}", function.id))),
            Err(why) => return Line::unknown(CHECK, why),
        }
    }
    for mapping in stack.of_kind("AWS::Lambda::EventSourceMapping") {
        let found = aws.lambda.get_event_source_mapping().uuid(&mapping.physical).send().await;
        match found {
            Ok(found) if found.state().is_some_and(|state| state.starts_with("Disabl")) => {
                problems.push(format!("`{}` is off: the queue is not read", mapping.id));
            }
            Ok(_) => {}
            Err(error) => return Line::unknown(CHECK, failed("lambda:GetEventSourceMapping")(error)),
        }
    }
    Line::of(CHECK, &problems, format!("{count} functions can run"), "deploy the stack again")
}

async fn problem(name: &str, aws: &Aws) -> Result<Option<String>, String> {
    let found = match aws.lambda.get_function_configuration().function_name(name).send().await {
        Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_not_found_exception()) => {
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
