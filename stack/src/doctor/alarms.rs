//! Which alarms ring.

use aws_sdk_cloudwatch::types::StateValue;

use super::line::Line;
use crate::aws::Aws;
use crate::errors::failed;
use crate::stack::Stack;

const CHECK: &str = "alarms";

pub async fn check(stack: &Stack, aws: &Aws) -> Line {
    let alarms: Vec<_> = stack.of_kind("AWS::CloudWatch::Alarm").collect();
    let names = alarms.iter().map(|alarm| alarm.physical.clone()).collect();
    let found = match aws.cloudwatch.describe_alarms().set_alarm_names(Some(names)).max_records(100).send().await {
        Ok(found) => found,
        Err(error) => return Line::unknown(CHECK, failed("cloudwatch:DescribeAlarms")(error)),
    };
    let of = |physical: &str| found.metric_alarms().iter().find(|alarm| alarm.alarm_name() == Some(physical));
    let problem = |id: &str, physical: &str| match of(physical) {
        None => Some(format!("`{id}` does not exist")),
        Some(alarm) if alarm.state_value() == Some(&StateValue::Alarm) => Some(format!("`{id}` rings")),
        Some(alarm) if !alarm.actions_enabled.unwrap_or(true) => {
            Some(format!("`{id}` would ring without a sound: its actions are off"))
        }
        Some(_) => None,
    };
    let problems: Vec<_> = alarms.iter().filter_map(|alarm| problem(&alarm.id, &alarm.physical)).collect();
    Line::of(
        CHECK,
        &problems,
        format!("none of {} rings", alarms.len()),
        "see the section of the runbook that is named after the alarm",
    )
}
