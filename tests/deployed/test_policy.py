"""The policy file in S3."""

import itertools

from scenario import Scenario
from stack import POLICY_TEXT


class Policy(Scenario):
    def setUp(self):
        super().setUp()
        self.numbers = itertools.count()
        self.addCleanup(self.stack.put_policy, POLICY_TEXT)

    def test_changed(self):
        """a policy that changes in S3 is in force for the events that follow, and one that is broken is not"""
        self.assertEqual(self.verdict(), "compliant")
        self.stack.put_policy(POLICY_TEXT.replace('"ml.m5.*", ', ""))
        self.until(lambda: self.verdict() == "violation", "in force")
        self.stack.put_policy(POLICY_TEXT + "[rules.no-such-rule]\n")
        self.until(self.refused, "refused")
        self.assertEqual(self.verdict(), "violation")

    def verdict(self):
        """The verdict on a launch that the policy of the repository allows."""
        event = self.session.repeat("CreateTrainingJob.compliant", TrainingJobName=f"by-policy-{next(self.numbers)}")
        self.cloud.publish(event)
        self.until_processed(event)
        return self.stack.log(event)[0]["verdict"]

    def refused(self):
        self.verdict()
        return [line for line in self.stack.lines() if "PolicyRefused" in line]
