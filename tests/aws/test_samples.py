"""Proves that an account can be filled with what the sample events created."""

import json
import subprocess
import sys
import tempfile
import unittest
from datetime import datetime
from pathlib import Path

import boto3

import samples

HERE = Path(__file__).parent


class Samples(unittest.TestCase):
    def setUp(self):
        command = [sys.executable, HERE / "emulator.py", "--account", samples.ACCOUNT]
        self.server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.url = self.server.stdout.readline().removeprefix("listening on ").strip()
        folder = tempfile.TemporaryDirectory()
        self.folder = Path(folder.name)
        self.addCleanup(folder.cleanup)
        self.addCleanup(self.server.communicate)
        self.addCleanup(self.server.kill)

    def client(self, service):
        keys = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "secret"}
        return boto3.client(service, endpoint_url=self.url, region_name=samples.REGION, **keys)

    def fill(self):
        subprocess.run([sys.executable, HERE / "seed.py", self.url, "--samples", self.folder], check=True, capture_output=True)

    def event(self, name):
        return json.loads((self.folder / f"{name}.json").read_text())

    def test_an_account_has_what_the_events_created(self):
        self.fill()
        event = self.event("CreateTrainingJob.no-vpc")
        called = datetime.fromisoformat(event["detail"]["eventTime"])
        self.assertEqual(event["time"], event["detail"]["eventTime"])
        job = self.client("sagemaker").describe_training_job(TrainingJobName="churn-no-vpc")
        self.assertEqual(job["TrainingJobStatus"], "InProgress")
        self.assertNotIn("VpcConfig", job)
        # The functions act only if they can tell that it is the one.
        self.assertLess(abs((job["CreationTime"] - called).total_seconds()), 5)

        asked = [{"AttributeKey": "ResourceName", "AttributeValue": job["TrainingJobArn"]}]
        [told] = self.client("cloudtrail").lookup_events(LookupAttributes=asked)["Events"]
        self.assertEqual(json.loads(told["CloudTrailEvent"])["userIdentity"], event["detail"]["userIdentity"])

    def test_callers_are_those_of_the_events(self):
        self.fill()
        self.fill()
        iam = self.client("iam")
        issuer = self.event("CreateTrainingJob.compliant")["detail"]["userIdentity"]["sessionContext"]["sessionIssuer"]
        role = iam.get_role(RoleName=issuer["userName"])["Role"]
        self.assertEqual((role["Arn"], role["RoleId"]), (issuer["arn"], issuer["principalId"]))
        self.assertIn({"Key": "Project", "Value": "atlas"}, role["Tags"])
        caller = self.event("CreateTrainingJob.console-empties")["detail"]["userIdentity"]
        self.assertEqual(iam.get_user(UserName=caller["userName"])["User"]["UserId"], caller["principalId"])

    def test_all_is_created_but_what_has_an_unknown_model_or_no_request(self):
        self.fill()
        events = [json.loads(path.read_text()) for path in self.folder.iterdir()]
        created = [event["detail"]["eventID"] for event in events if samples.is_creation(event["detail"])]
        told = self.client("cloudtrail").get_paginator("lookup_events").paginate().build_full_result()["Events"]
        records = [json.loads(one["CloudTrailEvent"]) for one in told]
        self.assertEqual(len(records), len(created) - 1)
        refused = [record["requestParameters"] for record in records if "errorCode" in record]
        self.assertEqual([request["endpointConfigName"] for request in refused], ["churn-model-unknown"])


if __name__ == "__main__":
    unittest.main()
