"""Events that a rule may not bring to its function.

EventBridge User Guide, "Using resource-based policies for Amazon EventBridge": the function's policy must let EventBridge invoke it
for the rule. "Using dead-letter queues to process undelivered events in EventBridge": without that permission, or without the
function, the event goes to the target's dead-letter queue at once, with these attributes, if the queue's policy lets the rule send.
"""

import json

from ministack.core.arn import parse_arn
from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy
from ministack.core.responses import get_account_id, get_region
from ministack.services import eventbridge, lambda_svc, sqs

EVENTBRIDGE = "events.amazonaws.com"

_invoke_target = eventbridge._invoke_target


def install():
    eventbridge._invoke_target = invoke_target


def invoke_target(target, event, rule, view=None):
    if parse_arn(target["Arn"]).service == "lambda" and (code := refused(rule["Arn"], target["Arn"])):
        keep(target, event, rule, code)
    else:
        _invoke_target(target, event, rule, view)


def refused(rule_arn, function_arn):
    """Why a rule cannot invoke a function, if it cannot."""
    policy, _ = lambda_svc.function_policy_for_arn(function_arn) or (None, None)
    if policy is None:
        return "RESOURCE_NOT_FOUND"
    call = EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action="lambda:InvokeFunction",
        resource_arn=function_arn,
        region=get_region(),
        service_context={"aws:sourcearn": rule_arn, "aws:sourceaccount": get_account_id()},
    )
    is_allowed = evaluate_resource_policy(policy, call, service=EVENTBRIDGE).decision == "Allow"
    return None if is_allowed else "NO_PERMISSIONS"


def keep(target, event, rule, code):
    queue = target.get("DeadLetterConfig", {}).get("Arn")
    if not queue or not sqs.queue_policy_allows(queue, EVENTBRIDGE, rule["Arn"], get_account_id()):
        return
    attributes = {"RULE_ARN": rule["Arn"], "TARGET_ARN": target["Arn"], "ERROR_CODE": code}
    message = {
        "MessageBody": json.dumps(eventbridge._pattern_event_view(event).event_with_detail()),
        "MessageAttributes": {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()},
    }
    sqs._act_send_message(message, sqs._queue_url(parse_arn(queue).resource))
