"""Events that a rule may not bring to its target.

EventBridge User Guide, "Using resource-based policies for Amazon EventBridge": the policy of a function, a queue or a topic must let
EventBridge use it for the rule. "Using dead-letter queues to process undelivered events in EventBridge": without that permission, or
without the target, the event goes to the target's dead-letter queue at once, with these attributes, if that queue's policy lets the
rule send.
"""

import json

from ministack.core.arn import parse_arn
from ministack.core.iam_evaluator import EvalContext, _resource_policy, evaluate_resource_policy
from ministack.core.responses import get_account_id, get_region
from ministack.services import eventbridge, sqs

ACTIONS = {"lambda": "lambda:InvokeFunction", "sns": "sns:Publish", "sqs": "sqs:SendMessage"}
EVENTBRIDGE = "events.amazonaws.com"

_invoke_target = eventbridge._invoke_target


def install():
    eventbridge._invoke_target = invoke_target


def invoke_target(target, event, rule, view=None):
    if code := refused(rule["Arn"], target["Arn"]):
        keep(target, event, rule, code)
    else:
        _invoke_target(target, event, rule, view)


def refused(rule_arn, target_arn):
    """Why a rule cannot use a target, if it cannot."""
    service = parse_arn(target_arn).service
    if service not in ACTIONS:
        return None
    found = _resource_policy(service, target_arn)
    if found is None:
        return "NO_RESOURCE"
    call = EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action=ACTIONS[service],
        resource_arn=target_arn,
        region=get_region(),
        secure_transport=True,
        service_context={"aws:sourcearn": rule_arn, "aws:sourceaccount": get_account_id()},
    )
    is_allowed = evaluate_resource_policy(found[0], call, service=EVENTBRIDGE).decision == "Allow"
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
