"""What no event reported."""

import json
from datetime import UTC, datetime, timedelta

from scenario import Scenario


class Sweep(Scenario):
    def test_sweep(self):
        """a sweep finds a job that no event reported, judges it by CloudTrail's history, and has nothing to do afterwards"""
        self.session.repeat("CreateTrainingJob.no-vpc", TrainingJobName="unreported")
        first = self.sweep(minutes=20)
        self.assertEqual(self.status("unreported"), "Stopped")
        self.assertEqual(self.rules(), [["missing-vpc"]])
        self.assertGreater(first["unknown"], 0)
        second = self.sweep(minutes=80)
        self.assertEqual((second["unknown"], second["unfinished"]), (0, False))
        self.assertEqual(self.cloud.calls("StopTrainingJob", "unreported"), 1)

    def sweep(self, minutes):
        """Runs a sweep as its schedule does, so many minutes later: what is new is left to its events."""
        time = f"{datetime.now(UTC) + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"
        event = {"source": "aws.events", "detail-type": "Scheduled Event", "time": time, "detail": {}}
        name = self.stack.names["Sweep"]
        answer = self.cloud.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
        swept = json.load(answer["Payload"])
        self.assertNotIn("FunctionError", answer, swept)
        return swept
