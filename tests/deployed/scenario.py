"""What scenarios share: the deployed stack, and waiting for what it does."""

import json
import time
import unittest

from caller import Role, event_of

PATIENCE = 120
PAUSE = 0.05

# By IAM, and by an emulator that lacks something.
REFUSED = ("not authorized", "UnknownOperation", "InternalFailure")


class Scenario(unittest.TestCase):
    """Scenarios of the deployed stack. The first line of each says what it shows."""

    cloud = stack = inbox = failures = undelivered = storm = None

    # How many lines of the functions tell of something that was refused. A scenario says if it expects more.
    refusals = 0
    may_be_refused = False

    def setUp(self):
        # Alerts are grouped by their caller, so each scenario has its own.
        self.role = Role(self.cloud, type(self).__name__ + self._testMethodName, Project="atlas", CostCenter="4711")
        self.session, _ = self.role.assume()
        self.sagemaker = self.cloud.client("sagemaker")

    def tearDown(self):
        refused = [line for line in map(json.dumps, self.stack.lines()) if any(word in line for word in REFUSED)]
        new, Scenario.refusals = len(refused) - Scenario.refusals, len(refused)
        if not self.may_be_refused:
            self.assertEqual(new, 0, refused)

    def until(self, condition, what, pause=PAUSE):
        """Waits until something holds, and returns it."""
        deadline = time.monotonic() + PATIENCE
        while not (holds := condition()):
            if time.monotonic() > deadline:
                self.fail(f"after {PATIENCE} seconds: not {what}")
            time.sleep(pause)
        return holds

    def until_processed(self, event, times=1):
        """Waits until so many deliveries of an event are dealt with, without waiting for delays."""

        def is_processed():
            self.cloud.end_delays()
            return len(self.stack.log(event)) >= times

        self.until(is_processed, f"processed {times} times: {event}")

    def status(self, job):
        return self.sagemaker.describe_training_job(TrainingJobName=job)["TrainingJobStatus"]

    def tags(self, event, member):
        arn = event["detail"]["responseElements"][member]
        return {tag["Key"]: tag["Value"] for tag in self.sagemaker.list_tags(ResourceArn=arn)["Tags"]}

    def rules(self):
        """The rules in each of the alerts about the scenario's caller."""
        return [[finding["rule"] for finding in alert["findings"]] for alert in self.inbox.alerts(self.role)]

    def history(self, operation, name):
        """CloudTrail's event of a call about a training job."""
        asked = [{"AttributeKey": "EventName", "AttributeValue": operation}]
        found = self.cloud.client("cloudtrail").lookup_events(LookupAttributes=asked)["Events"]
        records = [json.loads(one["CloudTrailEvent"]) for one in found]
        return event_of(next(one for one in records if one["requestParameters"]["trainingJobName"] == name))
