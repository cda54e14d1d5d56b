"""Events that are lost, late or out of order."""

from datetime import UTC, datetime, timedelta

from caller import announced, retagged
from scenario import Scenario


class Events(Scenario):
    def test_lost(self):
        """a job whose record is lost is judged by SageMaker's own event, after it has waited for the record"""
        self.session.repeat("CreateTrainingJob.no-vpc", TrainingJobName="lost")
        event = announced("lost", "InProgress")
        self.cloud.publish(event)
        waited = []

        def is_stopped():
            waited.extend(self.cloud.end_delays())
            return self.status("lost") == "Stopped"

        self.until(is_stopped, "stopped")
        self.assertEqual(waited, [60, 120])
        self.until(lambda: self.stack.log(event), "logged")
        [line] = self.stack.log(event)
        self.assertEqual((line["verdict"], line["principal"]["arn"]), ("violation", None))

    def test_late(self):
        """a record that comes after SageMaker's own event was dealt with adds the caller, and stops nothing twice"""
        record = self.session.repeat("CreateTrainingJob.no-vpc", TrainingJobName="late")
        event = announced("late", "InProgress")
        self.cloud.publish(event)
        self.until_processed(event)
        self.cloud.publish(record)
        self.until_processed(record)
        self.assertEqual(self.cloud.calls("StopTrainingJob", "late"), 1)

    def test_session_first(self):
        """a session's tags count, and not its role's"""
        session, issued = self.role.assume(Project="borealis")
        self.cloud.publish(issued)
        self.until_recorded(issued)
        event = session.repeat("CreateTrainingJob.compliant", TrainingJobName="other-project")
        self.cloud.publish(event)
        self.until(lambda: self.status("other-project") == "Stopped", "stopped")
        self.until_processed(event)
        self.assertEqual(self.stack.log(event)[0]["principal"]["tags_from"], "session")

    def test_session_later(self):
        """a launch that comes before the record of its session waits for that, and is judged by it"""
        session, issued = self.role.assume(Project="borealis")
        role = "arn:aws:iam::111122223333:role/ml/borealis/borealis-train"
        tags = [{"Key": "Project", "Value": "borealis"}]
        event = session.repeat("CreateTrainingJob.compliant", TrainingJobName="early", RoleArn=role, Tags=tags)
        self.cloud.publish(event)
        self.until(lambda: self.cloud.end_delays() == [60], "waiting")
        self.cloud.publish(issued)
        self.until_recorded(issued)
        self.until_processed(event)
        self.assertEqual([line["verdict"] for line in self.stack.log(event)], ["compliant"])
        self.assertEqual((self.status("early"), self.rules()), ("InProgress", []))

    def test_own(self):
        """what the functions do themselves comes back as events, and leads to nothing"""
        event = self.session.repeat("CreateTrainingJob.no-vpc", TrainingJobName="own")
        self.cloud.publish(event)
        self.until_processed(event)
        stop = self.history("StopTrainingJob", "own")
        self.assertIn("GuardTraining", stop["detail"]["userIdentity"]["arn"])
        self.cloud.publish(stop)
        self.until_processed(stop)
        [line] = self.stack.log(stop)
        self.assertEqual((line["verdict"], line["reason"]), ("skipped", "Tagwarden made this call itself"))

    def test_replayed(self):
        """the archive has the events, and a replay of all of them stops nothing twice"""
        event = self.session.repeat("CreateTrainingJob.no-vpc", TrainingJobName="replayed")
        self.cloud.publish(event)
        self.until_processed(event)
        events = self.cloud.client("events")
        archive = events.describe_archive(ArchiveName=self.stack.names["Archive"])
        since = datetime.now(UTC) - timedelta(hours=1)
        events.start_replay(
            ReplayName="all",
            EventSourceArn=archive["ArchiveArn"],
            EventStartTime=since,
            EventEndTime=since + timedelta(hours=2),
            Destination={"Arn": archive["EventSourceArn"]},
        )
        self.until_processed(event, times=2)
        self.assertEqual(self.cloud.calls("StopTrainingJob", "replayed"), 1)
        self.assertEqual(self.rules(), [["missing-vpc"]])

    def test_retagged(self):
        """a role that gave itself another project is reported when it launches"""
        tags = [{"Key": "Project", "Value": "borealis"}]
        self.cloud.client("iam").tag_role(RoleName=self.role.name, Tags=tags)
        launch = self.session.repeat("CreateTrainingJob.own-tag", TrainingJobName="retagged")
        event = retagged(self.role, launch["detail"]["userIdentity"])
        self.cloud.publish(event)
        carrier = f"111122223333:role/{self.role.name}".lower()
        self.until(lambda: self.item(f"tags#{carrier}"), "recorded")
        self.cloud.publish(launch)
        self.until_processed(launch)
        self.assertEqual(self.rules(), [["changed-project-tag"]])

    def until_recorded(self, issued):
        """Waits until `record-sessions` knows a session."""
        key = issued["detail"]["responseElements"]["credentials"]["accessKeyId"]
        self.until(lambda: self.item(f"session#key#{key}"), "recorded")

    def item(self, key):
        """An item of the table."""
        named = {"TableName": self.stack.names["Table"], "Key": {"id": {"S": key}}}
        return self.cloud.client("dynamodb").get_item(**named).get("Item")
