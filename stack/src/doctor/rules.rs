//! Whether EventBridge delivers events: each rule is on, and has a target.

use aws_sdk_eventbridge::types::RuleState;

use super::line::Line;
use crate::aws::Aws;
use crate::errors::failed;
use crate::stack::Stack;

const CHECK: &str = "rules";

pub async fn check(stack: &Stack, aws: &Aws) -> Line {
    match stack.problems("AWS::Events::Rule", async |rule| problem(&rule.physical, aws).await).await {
        Err(why) => Line::unknown(CHECK, why),
        Ok((count, problems)) => {
            Line::of(CHECK, &problems, format!("{count} rules are on"), "enable the rule, or deploy the stack again")
        }
    }
}

async fn problem(physical: &str, aws: &Aws) -> Result<Option<String>, String> {
    // A rule of a bus other than the default one is named `BUS|RULE`.
    let (bus, name) = physical.split_once('|').map_or((None, physical), |(bus, name)| (Some(bus.to_owned()), name));
    let rule = aws.eventbridge.describe_rule().name(name).set_event_bus_name(bus.clone()).send().await;
    match rule {
        Ok(rule) if rule.state == Some(RuleState::Disabled) => return Ok(Some("is off".to_owned())),
        Ok(_) => {}
        Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_not_found_exception()) => {
            return Ok(Some("does not exist".to_owned()));
        }
        Err(error) => return Err(failed("events:DescribeRule")(error)),
    }
    let targets = aws.eventbridge.list_targets_by_rule().rule(name).set_event_bus_name(bus).send().await;
    let targets = targets.map_err(failed("events:ListTargetsByRule"))?;
    Ok(targets.targets().is_empty().then(|| "has no target".to_owned()))
}
