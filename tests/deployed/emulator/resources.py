"""Kinds of resources that ministack's CloudFormation lacks.

CloudFormation Template Reference, AWS::Events::Archive: `Ref` is the name, `Arn` an attribute. AWS::CloudWatch::Alarm: `Metrics`
stands for `MetricName` where an alarm computes; such an alarm is kept here, and never rings. AWS::Chatbot::*: `Ref` is the ARN; nothing
comes of it here.
"""

import json

from ministack.core.responses import get_account_id, get_region
from ministack.services import eventbridge
from ministack.services.cloudformation import provisioners

_put_alarm = provisioners._cw_metric_alarm_put


def install():
    provisioners._RESOURCE_HANDLERS["AWS::Events::Archive"] = {"create": create_archive, "delete": delete_archive}
    provisioners._cw_metric_alarm_put = put_alarm
    for kind in ("SlackChannelConfiguration", "MicrosoftTeamsChannelConfiguration"):
        provisioners._RESOURCE_HANDLERS[f"AWS::Chatbot::{kind}"] = {"create": create_channel, "delete": delete_channel}


def create_archive(logical_id, properties, stack_name):
    name = properties.get("ArchiveName") or provisioners._physical_name(stack_name, logical_id, max_len=48)
    asked = {
        "ArchiveName": name,
        "EventSourceArn": properties["SourceArn"],
        "Description": properties.get("Description", ""),
        "EventPattern": json.dumps(properties["EventPattern"]) if "EventPattern" in properties else "",
        "RetentionDays": int(properties.get("RetentionDays", 0)),
        "KmsKeyIdentifier": properties.get("KmsKeyIdentifier"),
    }
    status, _, answer = eventbridge._create_archive(asked)
    if status >= 300:
        raise ValueError(f"AWS::Events::Archive: {answer!r}")
    return name, {"Arn": eventbridge._archives[name]["ArchiveArn"]}


def delete_archive(name, _):
    eventbridge._delete_archive({"ArchiveName": name})


def create_channel(logical_id, properties, _):
    arn = f"arn:aws:chatbot::{get_account_id()}:chat-configuration/{logical_id}/{properties['ConfigurationName']}"
    return arn, {"Arn": arn}


def delete_channel(*_):
    pass


def put_alarm(name, properties):
    if "Metrics" in properties:
        return name, {"Arn": f"arn:aws:cloudwatch:{get_region()}:{get_account_id()}:alarm:{name}"}
    return _put_alarm(name, properties)
