"""What fails is tried again, kept, and judged again when the cause is gone."""

import json

from scenario import Scenario

MAY_STOP = "sagemaker:StopTrainingJob"


class Failures(Scenario):
    def test_throttled(self):
        """a stop that SageMaker throttles is tried three times, then the whole event is kept, and can be judged again"""
        event = self.session.repeat("CreateTrainingJob.no-vpc", TrainingJobName="throttled")
        throttled = {"status": 400, "code": "ThrottlingException", "message": "Rate exceeded"}
        self.cloud.fault(service="sagemaker", action="StopTrainingJob", kind="error", **throttled)
        self.addCleanup(self.cloud.clear_faults)
        self.cloud.publish(event)
        kept = self.until(lambda: self.kept(event), "in the queue of failures")
        self.cloud.clear_faults()
        self.assertEqual(self.status("throttled"), "InProgress")
        self.assertEqual([line["deeds"][0]["failed"] for line in self.stack.log(event)], [True, True, True])
        # The SDK tries three times as well.
        self.assertEqual(self.cloud.calls("StopTrainingJob", "throttled"), 9)

        self.assertEqual(kept["requestPayload"], event)
        self.assertEqual(kept["requestContext"]["condition"], "RetriesExhausted")
        self.assertEqual(kept["responsePayload"]["errorType"], "EventNotProcessed")
        self.assertIn("ThrottlingException: Rate exceeded", kept["responsePayload"]["errorMessage"])

        self.judge_again(kept)
        self.until(lambda: self.status("throttled") == "Stopped", "stopped")

    def test_permission(self):
        """a stack whose role may not stop jobs is refused to, and stops the job when it is deployed as it should be"""
        event = self.session.repeat("CreateTrainingJob.no-vpc", TrainingJobName="refused")
        self.may_be_refused = True
        self.stack.deploy(without=MAY_STOP)
        self.addCleanup(self.stack.deploy)
        self.cloud.publish(event)
        kept = self.until(lambda: self.kept(event), "in the queue of failures")
        self.assertIn(f"is not authorized to perform: {MAY_STOP}", kept["responsePayload"]["errorMessage"])
        self.assertEqual(self.status("refused"), "InProgress")

        self.doCleanups()
        self.judge_again(kept)
        self.until(lambda: self.status("refused") == "Stopped", "stopped")

    def test_permission_of_rule(self):
        """an event that EventBridge may not bring to its function is kept, with its rule, and can be judged"""
        lambda_ = self.cloud.client("lambda")
        rule, function = self.stack.names["GuardTrainingCalled"], self.stack.names["GuardTraining"]
        statements = json.loads(lambda_.get_policy(FunctionName=function)["Policy"])["Statement"]
        [permission] = [one for one in statements if one["Condition"]["ArnLike"]["AWS:SourceArn"].endswith(f"/{rule}")]
        named = {"FunctionName": function, "StatementId": permission["Sid"]}
        lambda_.remove_permission(**named)
        allowed = {"Action": permission["Action"], "Principal": permission["Principal"]["Service"]}
        self.addCleanup(lambda_.add_permission, **named, **allowed, SourceArn=permission["Condition"]["ArnLike"]["AWS:SourceArn"])

        event = self.session.repeat("CreateTrainingJob.no-vpc", TrainingJobName="undelivered")
        self.cloud.publish(event)
        kept = self.until(lambda: next((one for one in self.undelivered.messages() if one["Body"] == event), None), "kept")
        attributes = {name: attribute["StringValue"] for name, attribute in kept["MessageAttributes"].items()}
        self.assertTrue(attributes["RULE_ARN"].endswith(f":rule/{rule}"), attributes)
        self.assertEqual(attributes["ERROR_CODE"], "NO_PERMISSIONS")

        self.judge(kept["Body"], attributes["TARGET_ARN"])
        self.until(lambda: self.status("undelivered") == "Stopped", "stopped")

    def kept(self, event):
        bodies = [message["Body"] for message in self.failures.messages()]
        return next((body for body in bodies if body.get("requestPayload") == event), None)

    def judge_again(self, kept):
        self.judge(kept, kept["requestContext"]["functionArn"])

    def judge(self, body, function):
        """docs/enforcement.md, "Judge a failed event again"."""
        self.cloud.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(body))
