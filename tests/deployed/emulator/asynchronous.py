"""Lambda's asynchronous invocations, which rules' targets are: retries, and the destination for what failed.

Lambda Developer Guide, "How Lambda handles errors and retries with asynchronous invocation": two more attempts, after one minute
and after two more; here they come at once. "Capturing records of Lambda asynchronous invocations": the form of the record, and that
the function's own role must allow to send it.
"""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import UTC, datetime

import boto3
from ministack.core.lambda_runtime import execution_credentials
from ministack.core.responses import new_uuid
from ministack.services import eventbridge, lambda_svc

RETRIES = 2

# Each execution is a process of its own.
CONCURRENT = ThreadPoolExecutor(8)


def install():
    eventbridge._dispatch_to_lambda = invoke_target
    lambda_svc.invoke_async_with_retry = invoke


def invoke_target(function_arn, payload):
    function, config, _ = lambda_svc._get_func_record_for_ref(function_arn)
    if function:
        invoke(lambda_svc._execution_record_for_config(function, config), json.loads(payload))


def invoke(function, event):
    """Accepts an event. It is processed in the caller's account and region."""
    CONCURRENT.submit(copy_context().run, process, function, event)


def process(function, event):
    settings = lambda_svc._event_invoke_config(function, "$LATEST") or {}
    attempts = 1 + settings.get("MaximumRetryAttempts", RETRIES)
    for _ in range(attempts):
        result = lambda_svc._execute_function_with_config_scope(function, event)
        if not result.get("error"):
            return
    destination = settings.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    if destination:
        send(destination, function["config"], record(function["config"], event, result, attempts))


def record(config, event, result, attempts):
    return {
        "version": "1.0",
        "timestamp": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z",
        "requestContext": {
            "requestId": new_uuid(),
            "functionArn": f"{config['FunctionArn']}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": attempts,
        },
        "requestPayload": event,
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": result["body"],
    }


def send(queue_arn, config, message):
    """Sends a record as the function. What its role may not send is lost."""
    *_, region, account, queue = queue_arn.split(":")
    keys = execution_credentials(config)
    sqs = boto3.client(
        "sqs",
        endpoint_url=os.environ["AWS_ENDPOINT_URL"],
        region_name=region,
        aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=keys["AWS_SESSION_TOKEN"],
    )
    sqs.send_message(QueueUrl=f"{os.environ['AWS_ENDPOINT_URL']}/{account}/{queue}", MessageBody=json.dumps(message))
