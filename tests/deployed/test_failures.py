"""What fails is tried again, kept, and judged again when the cause is gone."""

import json

from scenario import Scenario

MAY_STOP = "sagemaker:StopTrainingJob"


class Failures(Scenario):
    def test_throttled(self):
        """a stop that SageMaker throttles is tried three times, then the whole event is kept, and can be judged again"""
        event = self.session.call("CreateTrainingJob.no-vpc", TrainingJobName="throttled")
        throttled = {"status": 400, "code": "ThrottlingException", "message": "Rate exceeded"}
        self.cloud.fault(service="sagemaker", action="StopTrainingJob", kind="error", **throttled)
        self.addCleanup(self.cloud.clear_faults)
        self.cloud.publish(event)
        kept = self.until(lambda: self.kept(event), "in the queue of failures")
        self.cloud.clear_faults()
        self.assertEqual(self.status("throttled"), "InProgress")
        self.assertEqual([line["deeds"][0]["failed"] for line in self.stack.log(event)], [True, True, True])

        self.assertEqual(kept["requestPayload"], event)
        self.assertEqual(kept["requestContext"]["condition"], "RetriesExhausted")
        self.assertEqual(kept["responsePayload"]["errorType"], "EventNotProcessed")
        self.assertIn("ThrottlingException: Rate exceeded", kept["responsePayload"]["errorMessage"])

        self.judge_again(kept)
        self.until(lambda: self.status("throttled") == "Stopped", "stopped")

    def test_permission(self):
        """a stack whose role may not stop jobs is refused to, and stops the job when it is deployed as it should be"""
        event = self.session.call("CreateTrainingJob.no-vpc", TrainingJobName="refused")
        self.stack.deploy(without=MAY_STOP)
        self.addCleanup(self.stack.deploy)
        self.cloud.publish(event)
        kept = self.until(lambda: self.kept(event), "in the queue of failures")
        self.assertIn(f"is not authorized to perform: {MAY_STOP}", kept["responsePayload"]["errorMessage"])
        self.assertEqual(self.status("refused"), "InProgress")

        self.doCleanups()
        self.judge_again(kept)
        self.until(lambda: self.status("refused") == "Stopped", "stopped")

    def kept(self, event):
        return next((body for body in self.failures.bodies() if body.get("requestPayload") == event), None)

    def judge_again(self, kept):
        """docs/enforcement.md, "Judge a failed event again"."""
        function = kept["requestContext"]["functionArn"]
        self.cloud.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(kept))
