"""Deploys the stack, and plays the scenarios whose names contain one of the given ones, or all."""

import argparse
import signal
import sys
import time
import unittest
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "aws")]

import samples  # noqa: E402
from cloud import Cloud  # noqa: E402
from inbox import Inbox, Queue  # noqa: E402
from scenario import Scenario  # noqa: E402
from stack import POLICY_TEXT, Stack  # noqa: E402


class Report(unittest.TextTestResult):
    """One line for each scenario: how long it took, and what it showed."""

    def startTest(self, test):
        self._began = time.monotonic()
        super().startTest(test)

    def stopTest(self, test):
        super().stopTest(test)
        has_failed = any(test is failed for failed, _ in self.failures + self.errors)
        seconds = time.monotonic() - self._began
        self.stream.writeln(f"{'FAIL' if has_failed else 'ok':4} {seconds:5.1f} s  {test.shortDescription()}")
        self.stream.flush()


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("name", nargs="*", help="part of a name, such as Failures or test_lost")
    arguments.add_argument("--storm", type=int, default=60, help="how many jobs a storm has")
    asked = arguments.parse_args()
    # An end from outside stops the emulators as well.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f"*{name}*" for name in asked.name] or None
    scenarios = loader.discover(str(HERE))
    with Cloud() as cloud:
        samples.people(cloud.client("iam"))
        cloud.client("securityhub").enable_security_hub()
        stack = Stack(cloud)
        stack.put_policy(POLICY_TEXT)
        stack.deploy()
        Scenario.cloud, Scenario.stack, Scenario.storm = cloud, stack, asked.storm
        Scenario.inbox = Inbox(cloud, "security-team", stack.names["Alerts"])
        Scenario.failures = Queue(cloud, stack.names["Failures"])
        Scenario.undelivered = Queue(cloud, stack.names["Undelivered"])
        print(f"ok   {time.monotonic() - began:5.1f} s  the stack is deployed", flush=True)
        result = unittest.TextTestRunner(sys.stdout, resultclass=Report, verbosity=0).run(scenarios)
    sys.exit(not result.wasSuccessful())


main()
