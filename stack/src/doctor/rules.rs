//! Whether EventBridge delivers events: each rule is on as the template has it, and has a target.

use aws_sdk_eventbridge::types::RuleState;

use super::line::{Line, RESTORE};
use crate::aws::Aws;
use crate::errors::{failed, is_gone};
use crate::stack::{Resource, Stack};
use crate::template::Template;

const CHECK: &str = "rules";

pub async fn check(stack: &Stack, template: &Result<Template, String>, aws: &Aws) -> Line {
    let template = match template {
        Ok(template) => template,
        Err(why) => return Line::unknown(CHECK, why),
    };
    let problem = async |rule: &Resource| problem(rule, stack, template, aws).await;
    match stack.problems("AWS::Events::Rule", problem).await {
        Err(why) => Line::unknown(CHECK, why),
        Ok((count, problems)) => Line::of(CHECK, &problems, format!("{count} rules are on"), RESTORE),
    }
}

async fn problem(resource: &Resource, stack: &Stack, template: &Template, aws: &Aws) -> Result<Option<String>, String> {
    // A rule of a bus other than the default one may be named `BUS|RULE`.
    let name = resource.physical.rsplit('|').next().unwrap_or_default();
    let bus = template.property(&resource.id, "EventBusName");
    let bus = bus.as_ref().and_then(|bus| stack.physical(bus.get("Ref")?.as_str()?)).map(str::to_owned);
    let rule = match aws.eventbridge.describe_rule().name(name).set_event_bus_name(bus.clone()).send().await {
        Err(error) if is_gone(&error) => return Ok(Some("does not exist".to_owned())),
        rule => rule.map_err(failed("events:DescribeRule"))?,
    };
    // A rule that says nothing is on (CloudFormation template reference, `AWS::Events::Rule`).
    let wanted = template.property(&resource.id, "State");
    let wanted = wanted.as_ref().and_then(|state| state.as_str()).unwrap_or(RuleState::Enabled.as_str());
    match rule.state {
        Some(RuleState::Disabled) => return Ok(Some("is off".to_owned())),
        Some(state) if state.as_str() != wanted => {
            return Ok(Some(format!("is in the state `{}` instead of `{wanted}`", state.as_str())));
        }
        _ => {}
    }
    let targets = aws.eventbridge.list_targets_by_rule().rule(name).set_event_bus_name(bus).send().await;
    let targets = targets.map_err(failed("events:ListTargetsByRule"))?;
    Ok(targets.targets().is_empty().then(|| "has no target".to_owned()))
}
