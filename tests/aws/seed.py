"""Fills an emulated account for local use: `python seed.py http://127.0.0.1:PORT [--samples FOLDER]`.

Running it again changes nothing. With `--samples`, the account is that of the sample events: it has their roles, users and resources,
and FOLDER gets the events as of now.
"""

import argparse
import json
import os
from contextlib import suppress
from pathlib import Path

import boto3

import samples

TAGS = [{"Key": "Project", "Value": "atlas"}, {"Key": "CostCenter", "Value": "4711"}]
TABLE = "tagwarden"
KEY_ALIAS = "alias/tagwarden"


def main(endpoint_url, folder):
    session = boto3.Session(
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="seed",
        region_name=os.environ.get("AWS_REGION", "eu-west-1"),
    )

    def client(service):
        return session.client(service, endpoint_url=endpoint_url)

    account = client("sts").get_caller_identity()["Account"]
    topic_arn, queue_url = alerts(client("sns"), client("sqs"))
    bus, events_url = decisions(client("events"), client("sqs"))
    delay_queue_url = client("sqs").create_queue(QueueName="delay")["QueueUrl"]
    seeded = {
        "topic_arn": topic_arn,
        "queue_url": queue_url,
        "bus": bus,
        "events_url": events_url,
        "delay_queue_url": delay_queue_url,
        "table": table(client("dynamodb")),
        "key_arn": key(client("kms")),
    }
    if folder:
        samples.people(client("iam"))
        samples.replay(client("sagemaker"), folder)
    else:
        seeded["roles"] = roles(client("iam"), account)
    print(json.dumps(seeded, indent=2))


def alerts(sns, sqs):
    topic_arn = sns.create_topic(Name="tagwarden-alerts")["TopicArn"]
    queue_url = sqs.create_queue(QueueName="alerts")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
    queue_arn = attributes["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=queue_arn)
    return topic_arn, queue_url


def decisions(events, sqs):
    """The bus of decisions, all of whose events go to a queue."""
    with suppress(events.exceptions.ResourceAlreadyExistsException):
        events.create_event_bus(Name="decisions")
    queue_url = sqs.create_queue(QueueName="events")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])
    events.put_rule(Name="all", EventBusName="decisions", EventPattern=json.dumps({"source": ["tagwarden"]}))
    target = {"Id": "events", "Arn": attributes["Attributes"]["QueueArn"]}
    events.put_targets(Rule="all", EventBusName="decisions", Targets=[target])
    return "decisions", queue_url


def table(dynamodb):
    if TABLE not in dynamodb.list_tables()["TableNames"]:
        dynamodb.create_table(
            TableName=TABLE,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[
                {"AttributeName": "id", "AttributeType": "S"},
                {"AttributeName": "kind", "AttributeType": "S"},
                {"AttributeName": "ends", "AttributeType": "N"},
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "by-end",
                    "KeySchema": [
                        {"AttributeName": "kind", "KeyType": "HASH"},
                        {"AttributeName": "ends", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        dynamodb.update_time_to_live(
            TableName=TABLE,
            TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"},
        )
    return TABLE


def key(kms):
    try:
        return kms.describe_key(KeyId=KEY_ALIAS)["KeyMetadata"]["Arn"]
    except kms.exceptions.NotFoundException:
        created = kms.create_key(Description="Tagwarden")["KeyMetadata"]
        kms.create_alias(AliasName=KEY_ALIAS, TargetKeyId=created["KeyId"])
        return created["Arn"]


def roles(iam, account):
    people = {"AWS": f"arn:aws:iam::{account}:root"}
    training = {"Service": "sagemaker.amazonaws.com"}
    of_this_account = {"StringEquals": {"aws:SourceAccount": account}}
    arns = {
        "DataScientist": role(iam, "DataScientist", trust(people)),
        "atlas-train": role(iam, "atlas-train", trust(training, of_this_account)),
    }
    # One inline and one managed policy, as roles have them.
    iam.put_role_policy(RoleName="atlas-train", PolicyName="data", PolicyDocument=allow("s3:GetObject", "arn:aws:s3:::atlas-data/*"))
    logs = "arn:aws:logs:*:*:log-group:/aws/sagemaker/*"
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_policy(PolicyName="logs", PolicyDocument=allow("logs:PutLogEvents", logs))
    iam.attach_role_policy(RoleName="atlas-train", PolicyArn=f"arn:aws:iam::{account}:policy/logs")
    return arns


def role(iam, name, trust_policy):
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust_policy, Tags=TAGS)
    return iam.get_role(RoleName=name)["Role"]["Arn"]


def allow(action, resource):
    return document({"Effect": "Allow", "Action": action, "Resource": resource})


def trust(principal, condition=None):
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    if condition:
        statement["Condition"] = condition
    return document(statement)


def document(statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("endpoint_url")
    arguments.add_argument("--samples", type=Path)
    asked = arguments.parse_args()
    main(asked.endpoint_url, asked.samples)
