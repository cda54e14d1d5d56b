"""Where findings and alerts go beside the topic."""

from caller import announced
from inbox import Inbox, Listener
from scenario import Scenario


class Channels(Scenario):
    def test_channels(self):
        """a violation is an active finding in Security Hub until the job ends, an event on another bus and a message in chat"""
        bus, chat = Listener(self.cloud, "tagwarden"), Inbox(self.cloud, "chat", self.stack.names["Chat"])
        # It is only reported.
        event = self.session.repeat("CreateTrainingJob.too-many-instances", TrainingJobName="reported")
        self.cloud.publish(event)
        rules = ["excessive-instance-count", "unencrypted-traffic"]
        self.until(lambda: self.findings("reported") == [(rule, "ACTIVE") for rule in rules], "in Security Hub")
        self.until(lambda: len(bus.messages()) == 2, "on the bus")
        kinds = sorted(message["Body"]["detail-type"] for message in bus.messages())
        self.assertEqual(kinds, ["Tagwarden Alert", "Tagwarden Decision"])
        [message] = self.until(chat.texts, "in chat")
        self.assertEqual((message["version"], message["source"]), ("1.0", "custom"))

        self.cloud.publish(announced("reported", "Stopped"))
        self.until(lambda: self.findings("reported") == [(rule, "ARCHIVED") for rule in rules], "archived")

    def findings(self, job):
        """The rule and the state of each finding about a job."""
        arn = self.sagemaker.describe_training_job(TrainingJobName=job)["TrainingJobArn"]
        about = {"ResourceId": [{"Value": arn, "Comparison": "EQUALS"}]}
        found = self.cloud.client("securityhub").get_findings(Filters=about)["Findings"]
        return sorted((finding["ProductFields"]["tagwarden/rule"], finding["RecordState"]) for finding in found)
