//! Whether EventBridge delivers events: each rule is on, and has a target.

use aws_sdk_eventbridge::types::RuleState;

use super::line::Line;
use crate::aws::Aws;
use crate::errors::failed;
use crate::stack::Stack;

const CHECK: &str = "rules";

pub async fn check(stack: &Stack, aws: &Aws) -> Line {
    let (mut problems, mut count) = (Vec::new(), 0);
    for rule in stack.of_kind("AWS::Events::Rule") {
        count += 1;
        match problem(&rule.physical, aws).await {
            Ok(problem) => problems.extend(problem.map(|problem| format!("`{}` {problem}", rule.id))),
            Err(why) => return Line::unknown(CHECK, why),
        }
    }
    Line::of(CHECK, &problems, format!("{count} rules are on"), "enable the rule, or deploy the stack again")
}

async fn problem(physical: &str, aws: &Aws) -> Result<Option<&'static str>, String> {
    // A rule of a bus other than the default one is named `BUS|RULE`.
    let (bus, name) = physical.split_once('|').map_or((None, physical), |(bus, name)| (Some(bus.to_owned()), name));
    let rule = aws.eventbridge.describe_rule().name(name).set_event_bus_name(bus.clone()).send().await;
    match rule {
        Ok(rule) if rule.state == Some(RuleState::Disabled) => return Ok(Some("is off")),
        Ok(_) => {}
        Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_not_found_exception()) => {
            return Ok(Some("does not exist"));
        }
        Err(error) => return Err(failed("events:DescribeRule")(error)),
    }
    let targets = aws.eventbridge.list_targets_by_rule().rule(name).set_event_bus_name(bus).send().await;
    let targets = targets.map_err(failed("events:ListTargetsByRule"))?;
    Ok(targets.targets().is_empty().then_some("has no target"))
}
