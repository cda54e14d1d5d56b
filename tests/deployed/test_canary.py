"""The canary, and what it notices."""

import json

from caller import event_of
from scenario import Scenario

# It looks for ten seconds: the last minute of an invocation is for deleting the model.
TIMEOUT = 70


class Canary(Scenario):
    def test_passes(self):
        """the canary's model is deleted and reported, and it passes"""
        line = self.run_canary()
        self.assertEqual((line["CanaryPassed"], line["level"]), (1, "INFO"), line)
        self.assertEqual(self.cloud.calls("DeleteModel", line["model"]), 1)
        message = self.until_reported(line["model"])
        # People can filter by it.
        self.assertEqual(message["MessageAttributes"]["project"]["Value"], "tagwarden-canary")

    def test_observed(self):
        """in a stack that only observes, the canary passes if its model is reported. It deletes it, as it may"""
        self.stack.deploy(Mode="observe")
        self.addCleanup(self.stack.deploy)
        line = self.run_canary()
        self.assertEqual(line["CanaryPassed"], 1, line)
        self.until_reported(line["model"])
        deletion = event_of(self.calls("DeleteModel")[line["model"]])
        self.cloud.publish(deletion)
        self.until_processed(deletion)
        self.assertEqual([one["verdict"] for one in self.stack.log(deletion)], ["compliant"])

    def test_undelivered(self):
        """if the rule that delivers the calls is off, the canary fails, says so and deletes its model"""
        events, rule = self.cloud.client("events"), self.stack.names["GuardHostingCalled"]
        events.disable_rule(Name=rule)
        self.addCleanup(events.enable_rule, Name=rule)
        line = self.run_canary()
        self.assertEqual((line["CanaryPassed"], line["level"]), (0, "ERROR"), line)
        self.assertIn("no guard has judged", line["problem"])

    def test_not_deleted(self):
        """if the guard cannot delete the model, the canary fails and deletes it"""
        throttled = {"status": 400, "code": "ThrottlingException", "message": "Rate exceeded"}
        # The guard tries three times, and its SDK three times as well.
        self.cloud.fault(service="sagemaker", action="DeleteModel", kind="error", times=9, **throttled)
        self.addCleanup(self.cloud.clear_faults)
        line = self.run_canary()
        self.assertEqual(line["CanaryPassed"], 0, line)
        self.assertIn("an action or a report failed", line["problem"])

    def run_canary(self):
        """Runs the canary by its schedule, and delivers its call. Returns its line. Its model is gone."""
        before = self.calls("CreateModel")
        name = self.stack.names["Canary"]
        self.cloud.client("lambda").update_function_configuration(FunctionName=name, Timeout=TIMEOUT)
        self.cloud.run_schedule(self.stack.names["CanaryDue"])
        model = self.until(lambda: next(iter(self.calls("CreateModel").keys() - before.keys()), None), "a model created")
        self.cloud.publish(event_of(self.calls("CreateModel")[model]))
        line = self.until(lambda: self.line(model), "the canary's line")
        self.assertEqual(self.sagemaker.list_models(NameContains=model)["Models"], [])
        return line

    def until_reported(self, model):
        """The message that names the model. It may be a digest: alerts about the canary's role are grouped, too."""

        def message():
            self.cloud.run_schedule(self.stack.names["SendDigestsEachMinute"])
            bodies = [message["Body"] for message in self.inbox.messages()]
            return next((body for body in bodies if model in body["Message"] and "network-isolation-off" in body["Message"]), None)

        return self.until(message, f"reported: {model}")

    def line(self, model):
        self.cloud.end_delays()
        return next((line for line in self.stack.lines() if "CanaryPassed" in line and line["model"] == model), None)

    def calls(self, operation):
        """CloudTrail's records of such calls of the canary, by its model."""
        asked = [{"AttributeKey": "EventName", "AttributeValue": operation}]
        found = self.cloud.client("cloudtrail").lookup_events(LookupAttributes=asked)["Events"]
        records = [json.loads(one["CloudTrailEvent"]) for one in found]
        named = {record["requestParameters"]["modelName"]: record for record in records}
        return {name: record for name, record in named.items() if name.startswith("tagwarden-canary-")}
