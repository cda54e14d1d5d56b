"""The stack: template.yaml as it is, deployed with the functions that cargo built."""

import json
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from cloud import ROOT, TARGET
from samples import ACCOUNT, REGION

NAME = "tagwarden"
CODE = "code"
POLICIES = "policies"
POLICY = "sagemaker/policy.toml"

# The policy of the repository, but for its brake: a storm is to be stopped.
POLICY_TEXT = (ROOT / "policy.toml").read_text().replace("stops-per-hour = 25", "stops-per-hour = 100000")

# All that can be on. Digests come after ten seconds.
PARAMETERS = {
    "Mode": "policy",
    "PolicyBucket": POLICIES,
    "PolicyKey": POLICY,
    "AlertInterval": "10",
    "CreateDashboard": "true",
    "SecurityHub": "on",
    "EventBusArn": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default",
    "SlackChannel": "T0001/C0001",
    "CanaryRepositoryArn": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/base",
}


class Stack:
    """A deployed stack."""

    def __init__(self, cloud):
        self.cloud = cloud
        self._cloudformation = cloud.client("cloudformation")
        self._s3 = cloud.client("s3")
        self._logs = cloud.client("logs")
        for bucket in (CODE, POLICIES):
            self._s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        self._template = transformed(self._upload(yaml.safe_load((ROOT / "template.yaml").read_text())))
        self.names = {}

    def put_policy(self, text):
        self._s3.put_object(Bucket=POLICIES, Key=POLICY, Body=text)

    def remove_policy(self):
        self._s3.delete_object(Bucket=POLICIES, Key=POLICY)

    def deploy(self, without=None, **changed):
        """Creates or updates the stack. Its roles may then do all that the template says but the action `without`."""
        template = self._template
        if without:
            template = template.replace(json.dumps(without) + ",", "")
        self._s3.put_object(Bucket=CODE, Key="template.json", Body=template)
        parameters = {**PARAMETERS, **changed}
        asked = {
            "StackName": NAME,
            "TemplateURL": f"{self.cloud.address}/{CODE}/template.json",
            "Parameters": [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            "Capabilities": ["CAPABILITY_IAM"],
        }
        if self.names:
            self._cloudformation.update_stack(**asked)
        else:
            self._cloudformation.create_stack(**asked)
        done = "stack_update_complete" if self.names else "stack_create_complete"
        self._cloudformation.get_waiter(done).wait(StackName=NAME, WaiterConfig={"Delay": 1})
        resources = self._cloudformation.describe_stack_resources(StackName=NAME)["StackResources"]
        self.names = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}

    def log(self, event):
        """What the functions wrote about an event."""
        about = event["detail"].get("eventID", event["id"])
        return [line for line in self.lines() if line.get("event_id") == about]

    def lines(self):
        """What the functions wrote: each line an object."""
        groups = [self.names[name] for name in self.names if name.endswith("Log")]
        for group in groups:
            for page in self._logs.get_paginator("filter_log_events").paginate(logGroupName=group):
                lines = [event["message"] for event in page["events"]]
                yield from (json.loads(line) for line in lines if line.startswith("{"))

    def _upload(self, template):
        """Uploads each function, and names its code in the template, as `sam package` does."""
        for resource in template["Resources"].values():
            if resource["Type"] == "AWS::Serverless::Function":
                binary = resource["Metadata"]["BuildProperties"]["Binary"]
                self._s3.put_object(Bucket=CODE, Key=f"{binary}.zip", Body=zipped(binary))
                resource["Properties"]["CodeUri"] = f"s3://{CODE}/{binary}.zip"
        return template


def zipped(binary):
    """A binary as Lambda takes it. Without symbols it has half the size."""
    with TemporaryDirectory(dir=TARGET) as folder:
        bootstrap = Path(folder) / "bootstrap"
        subprocess.run(["strip", "-o", bootstrap, ROOT / "target/debug" / binary], check=True)
        archive = BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
            file.write(bootstrap, bootstrap.name)
    return archive.getvalue()


def transformed(template):
    packaged = TARGET / "packaged.json"
    packaged.write_text(json.dumps(template))
    command = [sys.executable, ROOT / "functions/transform_template.py", packaged]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
