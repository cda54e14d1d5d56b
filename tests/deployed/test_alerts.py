"""Storms: many violations of one caller."""

from concurrent.futures import ThreadPoolExecutor

from scenario import Scenario


class Alerts(Scenario):
    def test_storm(self):
        """all jobs of a storm are stopped, none twice, and one alert and its digests report all of them"""
        jobs = [f"storm-{number}" for number in range(self.storm)]
        events = [self.session.repeat("CreateTrainingJob.no-vpc", TrainingJobName=job) for job in jobs]
        with ThreadPoolExecutor(10) as senders:
            list(senders.map(self.cloud.publish, events))
        self.until(lambda: self.running() == 0, "all stopped")
        self.until(lambda: self.reported() >= len(jobs), "all reported", pause=1)
        self.assertEqual([self.cloud.calls("StopTrainingJob", job) for job in jobs], [1] * len(jobs))
        alert, *digests = self.inbox.alerts(self.role)
        self.assertNotIn("count", alert)
        self.assertEqual(1 + sum(digest["count"] for digest in digests), len(jobs))

    def running(self):
        page = self.sagemaker.list_training_jobs(NameContains="storm-", StatusEquals="InProgress")
        return len(page["TrainingJobSummaries"])

    def reported(self):
        """How many violations were reported, once `send-digests` has run before its time."""
        self.cloud.run_schedule(self.stack.names["SendDigestsEachMinute"])
        return sum(alert.get("count", 1) for alert in self.inbox.alerts(self.role))
