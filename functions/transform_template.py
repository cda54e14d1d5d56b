"""Turns a packaged SAM template into plain CloudFormation: `transform_template.py PACKAGED.yaml > TEMPLATE.json`.

CloudFormation does the same when a stack is deployed, but not for stack sets with service-managed permissions.
"""

import json
import os
import sys

import yaml
from samtranslator.translator.transform import transform


class NoManagedPolicies:
    """The template writes its policies out: there is no managed policy to look up."""

    def load(self):
        return {}


def main():
    # The translator asks which partition it works for. Nothing of the region gets into the template.
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    with open(sys.argv[1]) as packaged:
        template = yaml.safe_load(packaged)
    json.dump(transform(template, {}, NoManagedPolicies()), sys.stdout, indent=2)


main()
