"""The two emulators, as one AWS account."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import boto3
from botocore.config import Config

from samples import ACCOUNT, REGION

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "target/deployed"

# The functions inherit it. They ask S3 for a new policy after so many seconds.
ENVIRONMENT = {"PYTHONDONTWRITEBYTECODE": "1", "TAGWARDEN_POLICY_MAX_AGE": "1"}


class Cloud:
    """An AWS account. It ends with its `with` statement."""

    def __enter__(self):
        with ExitStack() as ends:
            folder = ends.enter_context(TemporaryDirectory(dir=TARGET))
            environment = {**ENVIRONMENT, "PATH": os.environ["PATH"], "TMPDIR": folder}
            moto = ROOT / "target/emulator/bin/python"
            self.sagemaker = started(ends, [moto, ROOT / "tests/aws/emulator.py", "--account", ACCOUNT], environment)
            serve = ROOT / "tests/deployed/emulator/serve.py"
            self.address = started(ends, [sys.executable, serve, self.sagemaker], environment)
            self._ends = ends.pop_all()
        return self

    def __exit__(self, *_):
        self._ends.close()

    def client(self, service, session=None):
        """A client of a service, for the account's root or for a session's credentials."""
        # An access key that is an account's id is the key of its root.
        keys = session or {"AccessKeyId": ACCOUNT, "SecretAccessKey": "test", "SessionToken": None}
        return boto3.client(
            service,
            endpoint_url=self.address,
            region_name=REGION,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
            config=Config(max_pool_connections=50, retries={"total_max_attempts": 1}),
        )

    def elsewhere(self, service):
        """A client of what the emulator of SageMaker has of a service for itself."""
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, endpoint_url=self.sagemaker, region_name=REGION, **keys)

    def publish(self, event):
        """Brings an event of AWS's own to the bus."""
        control("POST", f"{self.address}/_deployed/events", {"region": REGION, "event": event})

    def run_schedule(self, rule):
        """Runs what a rule runs by its schedule."""
        control("POST", f"{self.address}/_deployed/schedules", rule)

    def end_delays(self):
        """Ends the delays of SQS's messages, and returns them, in seconds."""
        return control("DELETE", f"{self.address}/_deployed/delays")

    def fault(self, **fault):
        """Makes calls to SageMaker fail (tests/aws/README.md)."""
        control("POST", f"{self.sagemaker}/_emulator/faults", [fault])

    def clear_faults(self):
        control("DELETE", f"{self.sagemaker}/_emulator/faults")

    def calls(self, action, resource):
        """How often SageMaker was called."""
        journal = control("GET", f"{self.sagemaker}/_emulator/journal")
        return sum(call["action"] == action and call["resource"] == resource for call in journal)


def started(ends, command, environment):
    """Starts an emulator, and returns its address. It ends with `ends`."""
    log = TARGET / f"{Path(command[1]).stem}.log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True, start_new_session=True
        )
    ends.callback(process.wait)
    # With the functions that it started. It has nothing to keep.
    ends.callback(os.killpg, process.pid, signal.SIGKILL)
    line = process.stdout.readline()
    if not line.startswith("listening on "):
        raise RuntimeError(f"{command[1]} does not start: see {log}")
    return line.removeprefix("listening on ").strip()


def control(method, url, body=None):
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)
