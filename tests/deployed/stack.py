"""The stack: template.yaml as it is, deployed with the functions that cargo built."""

import json
import subprocess
import sys
import zipfile

import yaml

from cloud import ROOT, TARGET

NAME = "tagwarden"
CODE = "code"
POLICIES = "policies"
POLICY = "sagemaker/policy.toml"

PARAMETERS = {"Mode": "policy", "PolicyBucket": POLICIES, "PolicyKey": POLICY, "AlertInterval": "10", "CreateDashboard": "true"}


class Stack:
    """A deployed stack."""

    def __init__(self, cloud):
        self.cloud = cloud
        self._cloudformation = cloud.client("cloudformation")
        self._s3 = cloud.client("s3")
        for bucket in (CODE, POLICIES):
            self._s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    def put_policy(self, text):
        self._s3.put_object(Bucket=POLICIES, Key=POLICY, Body=text)

    def deploy(self):
        template = transformed(self._upload(yaml.safe_load((ROOT / "template.yaml").read_text())))
        self._s3.put_object(Bucket=CODE, Key="template.json", Body=template)
        parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in PARAMETERS.items()]
        self._cloudformation.create_stack(
            StackName=NAME,
            TemplateURL=f"{self.cloud.address}/{CODE}/template.json",
            Parameters=parameters,
            Capabilities=["CAPABILITY_IAM"],
        )
        self._cloudformation.get_waiter("stack_create_complete").wait(StackName=NAME, WaiterConfig={"Delay": 1})
        resources = self._cloudformation.describe_stack_resources(StackName=NAME)["StackResources"]
        self.names = {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in resources}

    def _upload(self, template):
        """Uploads each function, and names its code in the template, as `sam package` does."""
        for resource in template["Resources"].values():
            if resource["Type"] == "AWS::Serverless::Function":
                binary = resource["Metadata"]["BuildProperties"]["Binary"]
                self._s3.upload_file(str(zipped(binary)), CODE, f"{binary}.zip")
                resource["Properties"]["CodeUri"] = f"s3://{CODE}/{binary}.zip"
        return template


def zipped(binary):
    path = TARGET / f"{binary}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        file.write(ROOT / "target/debug" / binary, "bootstrap")
    return path


def transformed(template):
    packaged = TARGET / "packaged.json"
    packaged.write_text(json.dumps(template))
    command = [sys.executable, ROOT / "functions/transform_template.py", packaged]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
