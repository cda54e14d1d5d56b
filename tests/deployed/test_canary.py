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
        self.until_reported(line["model"])
        self.assertEqual(self.cloud.calls("DeleteModel", line["model"]), 1)

    def test_observed(self):
        """in a stack that only observes, the canary passes if its model is reported, and deletes it"""
        self.stack.deploy(Mode="observe")
        self.addCleanup(self.stack.deploy)
        line = self.run_canary()
        self.assertEqual(line["CanaryPassed"], 1, line)
        self.until_reported(line["model"])

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
        before = self.models_created()
        name = self.stack.names["Canary"]
        self.cloud.client("lambda").update_function_configuration(FunctionName=name, Timeout=TIMEOUT)
        self.cloud.run_schedule(self.stack.names["CanaryDue"])
        model = self.until(lambda: next(iter(self.models_created().keys() - before.keys()), None), "a model created")
        self.cloud.publish(event_of(self.models_created()[model]))
        line = self.until(lambda: self.line(model), "the canary's line")
        self.assertEqual(self.sagemaker.list_models(NameContains=model)["Models"], [])
        return line

    def until_reported(self, model):
        """Waits until an alert or a digest names the model: alerts about the canary's role are grouped, too."""

        def is_reported():
            self.cloud.run_schedule(self.stack.names["SendDigestsEachMinute"])
            texts = map(json.dumps, self.inbox.texts())
            return any(model in text and "network-isolation-off" in text for text in texts)

        self.until(is_reported, f"reported: {model}")

    def line(self, model):
        self.cloud.end_delays()
        return next((line for line in self.stack.lines() if "CanaryPassed" in line and line["model"] == model), None)

    def models_created(self):
        """CloudTrail's records of the models that the canary created, by name."""
        asked = [{"AttributeKey": "EventName", "AttributeValue": "CreateModel"}]
        found = self.cloud.client("cloudtrail").lookup_events(LookupAttributes=asked)["Events"]
        records = [json.loads(one["CloudTrailEvent"]) for one in found]
        named = {record["requestParameters"]["modelName"]: record for record in records}
        return {name: record for name, record in named.items() if name.startswith("tagwarden-canary-")}
