//! Events that say that a resource is gone, or does nothing any more.

use serde_json::Value;
use tagwarden::decide::{Resource, resource};
use tagwarden::operations::Operation;
use tagwarden::record::documents::OtherEvent;
use tagwarden::record::{Call, arn, json};

use crate::resource::names::noun;
use crate::resource::state::is_over;

/// The ARN of the resource that a call deletes, or of the job that it stops: what else can be stopped can be started again. `None` for
/// any other call.
///
/// # Errors
/// If it is not a record of a call.
pub fn by_call(record: &str) -> Result<Option<String>, String> {
    let record: json::Value =
        serde_json::from_str(record).map_err(|error| format!("the record is not JSON: {error}"))?;
    let call = Call::read(&record)?;
    let Some(operation) = Operation::named(call.event_name).filter(|_| call.error_code.is_none()) else {
        return Ok(None);
    };
    let ends = |by: &&Operation| {
        let (deletes, stops) = (format!("Delete{}", noun(by.name)), format!("Stop{}", noun(by.name)));
        operation.name == deletes || (by.ends && operation.name == stops)
    };
    let is_end = Operation::all().filter(|by| by.creates()).any(|by| ends(&by));
    if !is_end {
        return Ok(None);
    }
    // Most such calls name the resource, and respond with nothing.
    let Resource { kind, name, arn } = resource(&call, operation);
    Ok(arn.or_else(|| arn::of_sagemaker(&call, kind, &name?)))
}

/// The ARN of the resource that an event of SageMaker's says has ended.
///
/// # Errors
/// If the event cannot be read.
pub fn by_state(event: &OtherEvent) -> Result<Option<String>, String> {
    let announced = |by: &&Operation| by.event.is_some_and(|announcing| announcing.detail_type == event.detail_type);
    let Some(by) = Operation::all().find(announced) else { return Ok(None) };
    let detail: Value =
        serde_json::from_str(&event.detail).map_err(|error| format!("the event is not JSON: {error}"))?;
    let arn = detail.get(format!("{}Arn", noun(by.name))).and_then(Value::as_str);
    Ok(arn.filter(|_| is_over(noun(by.name), &detail)).map(str::to_owned))
}
