"""What violates the policy is put right."""

from scenario import Scenario


class Enforcement(Scenario):
    def test_job(self):
        """a job without a VPC is stopped, and the security team gets one alert"""
        event = self.session.repeat("CreateTrainingJob.no-vpc", TrainingJobName="open")
        self.cloud.publish(event)
        self.until(lambda: self.status("open") == "Stopped", "stopped")
        self.until_processed(event)
        self.assertEqual(self.rules(), [["missing-vpc"]])

    def test_compliant(self):
        """a compliant job is left alone, without an alert"""
        event = self.session.repeat("CreateTrainingJob.compliant", TrainingJobName="compliant")
        self.cloud.publish(event)
        self.until_processed(event)
        self.assertEqual([line["verdict"] for line in self.stack.log(event)], ["compliant"])
        self.assertEqual((self.status("compliant"), self.rules()), ("InProgress", []))

    def test_tag(self):
        """a job without a project gets its caller's"""
        event = self.session.repeat("CreateTrainingJob.missing-tag", TrainingJobName="untagged")
        self.assertNotIn("Project", self.tags(event, "trainingJobArn"))
        self.cloud.publish(event)
        self.until_processed(event)
        self.assertEqual(self.tags(event, "trainingJobArn")["Project"], "atlas")
        self.assertEqual((self.status("untagged"), self.rules()), ("InProgress", [["missing-project-tag"]]))

    def test_duplicates(self):
        """an event that comes five times stops its job once, and leads to one alert"""
        event = self.session.repeat("CreateTrainingJob.no-vpc", TrainingJobName="five-times")
        for _ in range(5):
            self.cloud.publish(event)
        self.until_processed(event, times=5)
        self.assertEqual(self.cloud.calls("StopTrainingJob", "five-times"), 1)
        self.assertEqual(self.rules(), [["missing-vpc"]])
