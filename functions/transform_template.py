"""Turns a packaged SAM template into plain CloudFormation: `transform_template.py PACKAGED.yaml [PREFIX] > TEMPLATE.json`.

CloudFormation does the same when a stack is deployed, but not for stack sets with service-managed permissions. With PREFIX, the code
of each region comes from the bucket PREFIX-REGION.
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
    packaged, *prefix = sys.argv[1:]
    with open(packaged) as file:
        template = transform(yaml.safe_load(file), {}, NoManagedPolicies())
    for resource in template["Resources"].values():
        if prefix and resource["Type"] == "AWS::Lambda::Function":
            resource["Properties"]["Code"]["S3Bucket"] = {"Fn::Sub": f"{prefix[0]}-${{AWS::Region}}"}
    json.dump(template, sys.stdout, separators=(",", ":"))


main()
