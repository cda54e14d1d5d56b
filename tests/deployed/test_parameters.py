"""Parameters of the stack."""

from scenario import Scenario


class Parameters(Scenario):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.stack.deploy)

    def test_mode(self):
        """with `Mode=observe`, a job that violates the policy runs on, and leads to an alert all the same"""
        self.stack.deploy(Mode="observe")
        event = self.session.repeat("CreateTrainingJob.no-vpc", TrainingJobName="observed")
        self.cloud.publish(event)
        self.until_processed(event)
        self.assertEqual((self.status("observed"), self.rules()), ("InProgress", [["missing-vpc"]]))

    def test_tag(self):
        """with another `AbacTag` than the policy's, IAM refuses to add the tag, and the alert says so"""
        self.may_be_refused = True
        self.stack.deploy(AbacTag="Team")
        event = self.session.repeat("CreateTrainingJob.missing-tag", TrainingJobName="other-tag")
        self.cloud.publish(event)
        self.until_processed(event)
        self.assertNotIn("Project", self.tags(event, "trainingJobArn"))
        [deed] = self.inbox.alerts(self.role)[0]["deeds"]
        self.assertTrue(deed["failed"] and "not authorized" in deed["result"], deed)
