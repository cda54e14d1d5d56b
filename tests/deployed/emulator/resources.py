"""Kinds of resources that ministack's CloudFormation lacks.

CloudFormation Template Reference, AWS::Events::Archive: `Ref` is the name, `Arn` an attribute. AWS::CloudWatch::Alarm: `Metrics`
stands for `MetricName` where an alarm computes; such an alarm is kept here, and never rings. AWS::DynamoDB::Table:
`TimeToLiveSpecification`. AWS::Chatbot::*: `Ref` is the ARN; nothing comes of it here.
"""

import json

from ministack.core.responses import get_account_id
from ministack.services import dynamodb, eventbridge
from ministack.services.cloudformation import provisioners

_put_alarm = provisioners._cw_metric_alarm_put
_create_table = provisioners._ddb_create


def install():
    provisioners._RESOURCE_HANDLERS["AWS::Events::Archive"] = {
        "create": create_archive,
        "update": update_archive,
        "delete": delete_archive,
    }
    provisioners._RESOURCE_HANDLERS["AWS::DynamoDB::Table"]["create"] = create_table
    provisioners._cw_metric_alarm_put = put_alarm
    for kind in ("SlackChannelConfiguration", "MicrosoftTeamsChannelConfiguration"):
        provisioners._RESOURCE_HANDLERS[f"AWS::Chatbot::{kind}"] = {"create": create_channel, "delete": delete_channel}


def create_archive(logical_id, properties, stack_name):
    name = properties.get("ArchiveName") or provisioners._physical_name(stack_name, logical_id, max_len=48)
    return archived(eventbridge._create_archive({"EventSourceArn": properties["SourceArn"], **settings(name, properties)}), name)


def update_archive(name, _, properties, __):
    return archived(eventbridge._update_archive(settings(name, properties)), name)


def settings(name, properties):
    return {
        "ArchiveName": name,
        "Description": properties.get("Description", ""),
        "EventPattern": json.dumps(properties["EventPattern"]) if "EventPattern" in properties else "",
        "RetentionDays": int(properties.get("RetentionDays", 0)),
        "KmsKeyIdentifier": properties.get("KmsKeyIdentifier"),
    }


def archived(answer, name):
    status, _, body = answer
    if status >= 300:
        raise ValueError(f"AWS::Events::Archive: {body!r}")
    return name, {"Arn": eventbridge._archives[name]["ArchiveArn"]}


def delete_archive(name, _):
    eventbridge._delete_archive({"ArchiveName": name})


def create_table(logical_id, properties, stack_name):
    name, attributes = _create_table(logical_id, properties, stack_name)
    if expiry := properties.get("TimeToLiveSpecification"):
        dynamodb._update_ttl({"TableName": name, "TimeToLiveSpecification": expiry})
    return name, attributes


def create_channel(logical_id, properties, _):
    arn = f"arn:aws:chatbot::{get_account_id()}:chat-configuration/{logical_id}/{properties['ConfigurationName']}"
    return arn, {"Arn": arn}


def delete_channel(*_):
    pass


def put_alarm(name, properties):
    if "Metrics" in properties:
        properties = {**properties, "Metrics": None, "MetricName": "computed", "Namespace": "Computed"}
    return _put_alarm(name, properties)
