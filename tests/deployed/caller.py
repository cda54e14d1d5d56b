"""People who call SageMaker, and CloudTrail's events of their calls."""

import json
import uuid
from datetime import UTC, datetime, timedelta

from botocore import xform_name

import samples
from samples import ACCOUNT, REGION

MAY_CALL_SAGEMAKER = {"Effect": "Allow", "Action": ["sagemaker:*", "cloudtrail:LookupEvents"], "Resource": "*"}
MAY_ASSUME = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    "Action": ["sts:AssumeRole", "sts:TagSession"],
}


class Role:
    """A role that people assume."""

    def __init__(self, cloud, name, **tags):
        self._cloud = cloud
        self.name = name
        self.arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
        iam = cloud.client("iam")
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(MAY_ASSUME), Tags=listed(tags))
        iam.put_role_policy(RoleName=name, PolicyName="work", PolicyDocument=document(MAY_CALL_SAGEMAKER))

    def assume(self, **tags):
        """A session with these tags, and CloudTrail's event of its issue."""
        asked = {"RoleArn": self.arn, "RoleSessionName": "ana", "Tags": listed(tags)}
        issued = self._cloud.client("sts").assume_role(**asked)
        credentials = issued["Credentials"]
        event = samples.event("AssumeRole.session-tags")
        record = event["detail"]
        record["eventID"] = str(uuid.uuid4())
        record["eventTime"] = now()
        record["requestParameters"] = {
            "roleArn": self.arn,
            "roleSessionName": "ana",
            "tags": [{"key": key, "value": value} for key, value in tags.items()],
        }
        record["responseElements"] = {
            "credentials": {
                "accessKeyId": credentials["AccessKeyId"],
                "sessionToken": "<removed>",
                "expiration": f"{credentials['Expiration']:%b %-d, %Y, %-I:%M:%S %p}",
            },
            "assumedRoleUser": {
                "assumedRoleId": issued["AssumedRoleUser"]["AssumedRoleId"],
                "arn": issued["AssumedRoleUser"]["Arn"],
            },
        }
        return Session(self._cloud, credentials), {**event, "id": str(uuid.uuid4()), "time": record["eventTime"]}


class Session:
    """A session of a role."""

    def __init__(self, cloud, credentials):
        self.credentials = credentials
        self._sagemaker = cloud.client("sagemaker", credentials)
        self._history = cloud.client("cloudtrail", credentials)

    def repeat(self, sample, **changes):
        """Makes the call of a sample event, with some members changed. Returns CloudTrail's event of it."""
        record = samples.event(sample)["detail"]
        return self.call(record["eventName"], **{**samples.request(record), **changes})

    def call(self, operation, **members):
        """Makes a call. Returns CloudTrail's event of it."""
        getattr(self._sagemaker, xform_name(operation))(**members)
        key = [{"AttributeKey": "AccessKeyId", "AttributeValue": self.credentials["AccessKeyId"]}]
        newest = self._history.lookup_events(LookupAttributes=key, MaxResults=1)["Events"][0]
        return event_of(json.loads(newest["CloudTrailEvent"]))


def event_of(record):
    """EventBridge's event of a record of CloudTrail."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "AWS API Call via CloudTrail",
        "source": f"aws.{record['eventSource'].split('.')[0]}",
        "account": ACCOUNT,
        "time": record["eventTime"],
        "region": REGION,
        "resources": [],
        "detail": record,
    }


def retagged(role, identity):
    """CloudTrail's event of a role that gave itself a tag a minute ago, as global.yaml forwards it from us-east-1."""
    event = samples.event("TagRole.own-role")
    time = f"{datetime.now(UTC) - timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}"
    event["detail"] |= {"userIdentity": identity, "eventTime": time, "eventID": str(uuid.uuid4())}
    event["detail"]["requestParameters"]["roleName"] = role.name
    return {**event, "id": str(uuid.uuid4()), "time": time}


def announced(job, status):
    """SageMaker's own event that a job has come to this status."""
    text = samples.text("TrainingJobStateChange.completed").replace("churn-compliant", job).replace("Completed", status)
    return {**json.loads(text), "id": str(uuid.uuid4()), "time": now()}


def now():
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def listed(tags):
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def document(statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
