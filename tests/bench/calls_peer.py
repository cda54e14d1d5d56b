"""Runs a policy of calls_policies.yaml as Cloud Custodian's own Lambda function would: `calls_peer.py POLICY TOPIC_ARN`, with the
event on standard input.
"""

import json
import os
import pathlib
import sys
import tempfile

import yaml
from c7n import handler

POLICIES = pathlib.Path(__file__).with_name("calls_policies.yaml")


def main():
    name, topic = sys.argv[1:]
    event = json.load(sys.stdin)
    policies = yaml.safe_load(POLICIES.read_text().replace("{topic}", topic))["policies"]
    policy = next(policy for policy in policies if policy["name"] == name)
    with tempfile.TemporaryDirectory() as folder:
        # What `custodian run` packs with the function, which then need not ask STS for the account.
        policy["mode"]["execution-options"] = {"output_dir": folder}
        options = {"account_id": event["account"]}
        os.chdir(folder)
        pathlib.Path("config.json").write_text(json.dumps({"execution-options": options, "policies": [policy]}))
        handler.dispatch_event(event, None)


if __name__ == "__main__":
    main()
