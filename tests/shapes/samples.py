"""Prints sample events for every operation of SageMaker that has something to judge, made from the shapes of its request.

One JSON object a line: the operation, the case, a CloudTrail record, and which findings are expected of a policy in which every
rule is on, as (rule, path) or, where the place does not matter, (rule, null). The cases:

- `right`: everything that the request can say is said, and as the policy wants it
- `wrong`: everything is said, and wrong
- `silent`: what rules ask for is not said at all; an update then changes nothing

What is expected comes from the shapes, not from Tagwarden's table. Whatever the request says beside that is a secret, which no
output may repeat.
"""

import json

import shapes

ACCOUNT = "111122223333"
SECRET = "hunter2"

# Of each subject: what is right, what is wrong, the rule that finds the wrong one at its place, and the rules that find that
# nothing was said, unless it is an update.
VALUES = {
    "tags": (
        [{"key": "Project", "value": "atlas"}],
        [{"key": "Project", "value": "borealis"}],
        ("foreign-project-tag", "[0].value"),
        ["missing-project-tag"],
    ),
    "tag-key": ("Team", "Project", ("changed-project-tag", ""), []),
    "role": (
        f"arn:aws:iam::{ACCOUNT}:role/ml/atlas/atlas-run",
        f"arn:aws:iam::{ACCOUNT}:role/ml/cygnus/cygnus-run",
        ("foreign-execution-role", ""),
        [],
    ),
    "instance-type": ("ml.m5.xlarge", "ml.p5.48xlarge", ("unapproved-instance-type", ""), []),
    "instance-count": (1, 1000, ("excessive-instance-count", None), []),
    "runtime": (3600, 2_419_200, ("excessive-runtime", ""), []),
    "keep-alive": (600, 21_600, ("excessive-cost", None), []),
    "jobs": (2, 500, ("excessive-cost", None), []),
    "spot": (True, False, ("on-demand-training", ""), ["on-demand-training"]),
    "key": (
        f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/0d1e2f3a-4b5c-4d6e-8f70-112233445566",
        f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/77aa",
        ("unapproved-kms-key", ""),
        [],
    ),
    "isolation": (True, False, ("network-isolation-off", ""), ["network-isolation-off"]),
    "traffic": (True, False, ("unencrypted-traffic", ""), ["unencrypted-traffic"]),
    "subnet": ("subnet-0aaa1111bbb22222c", "subnet-2", ("unapproved-subnet", ""), []),
    "security-group": ("sg-0a11b22c33d44e55f", "sg-2", ("unapproved-security-group", ""), []),
    "model": ("isolated", "open", ("network-isolation-off", ""), []),
    "endpoint-config": (
        "isolated",
        "open",
        ("noncompliant-endpoint-config", " → productionVariants[0].modelName"),
        [],
    ),
    "image": (
        f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/run:1",
        "docker.io/somebody/run:1",
        ("unapproved-image", ""),
        [],
    ),
    "uri": ("s3://atlas-data/x", "s3://elsewhere/x", ("unapproved-bucket", ""), []),
    "shell": (False, True, ("remote-shell", ""), []),
    "remote-access": ("DISABLED", "ENABLED", ("remote-shell", ""), []),
    "root": ("Disabled", "Enabled", ("notebook-root-access", ""), ["notebook-root-access"]),
    "internet": (None, None, ("notebook-internet-access", ""), ["notebook-internet-access"]),
}

# Switches with words of their own.
INTERNET = {"DirectInternetAccess": ("Disabled", "Enabled"), "AppNetworkAccessType": ("VpcOnly", "PublicInternetOnly")}

CASES = ("right", "wrong", "silent")

# What takes its tags from something that the request names, so that nothing is missing from the request.
# Source: SageMaker Developer Guide, "Custom tags for Studio resources"; API Reference, `CreateModelPackage`.
INHERITS_TAGS = {"CreateApp", "CreateModelPackage"}

# What a request that names models takes from them, whatever it says itself.
FROM_MODELS = {"isolation", "subnet", "security-group"}

# Members that bring what a record does not tell, so that nothing is known of it.
UNTOLD = {"algorithmName", "modelPackageName", "sourceAlgorithmSpecification"}


class Sample:
    """A request of one operation, for one case."""

    def __init__(self, name, shape, case, exclusions):
        self.name, self.case, self.exclusions = name, case, exclusions
        self.is_update = name.startswith(("Update", "Start", "Add", "Delete")) and name != "UpdateMonitoringSchedule"
        self.expected = []
        named = (member for member in shapes.members(shape) if shapes.about(member) == "model")
        self.has_models = any(not exclusions.covers(name, member.path) for member in named)
        self.request = self.structure(shape, "", "", ())
        if case == "silent":
            self.expect_silence(shape)

    def structure(self, shape, path, place, seen):
        built = {}
        for name, member in shape.members.items():
            key = shapes.lower_first(name)
            if key in UNTOLD and self.case == "right":
                continue
            at, there = (f"{path}.{key}", f"{place}.{key}") if path else (key, key)
            required = name in shape.required_members
            value = self.member(shapes.Member(at, key, member, required), there, seen)
            if value is not None:
                built[key] = value
        return built

    def member(self, member, place, seen):
        shape, subject = member.shape, shapes.about(member)
        if subject:
            return self.judged(subject, member, place)
        if member.kind == "structure":
            if shape.name in seen:
                return None
            built = self.structure(shape, member.path, place, (*seen, shape.name))
            # What says nothing of concern need not be there.
            return built if built or member.required else None
        if member.kind == "list":
            element = shapes.Member(member.path + "[]", member.name, shape.member, member.required)
            value = self.member(element, place + "[0]", seen)
            return None if value is None else [value]
        if member.kind == "map":
            return {SECRET: SECRET}
        if member.kind == "boolean":
            # Capture and stores are on, so that they count.
            return True
        if member.kind in ("integer", "long", "float", "double"):
            return 1
        return shape.enum[0] if getattr(shape, "enum", None) else member.name

    def judged(self, subject, member, place):
        right, wrong, (rule, below), _ = VALUES[subject]
        if subject == "internet":
            right, wrong = INTERNET[member.shape.name]
        is_excluded = self.exclusions.covers(self.name, member.path)
        if is_excluded and subject in ("model", "endpoint-config"):
            return "another"
        if self.case == "silent" and not is_excluded:
            # Types, counts and places must be there for the rest to mean anything; so must what the API requires.
            keep = subject in ("instance-type", "instance-count", "uri", "role", "image", "model", "endpoint-config", "tag-key")
            gone = subject in ("subnet", "security-group")
            return (2 if subject == "instance-count" else right) if keep or member.required and not gone else None
        if self.case != "wrong" or is_excluded:
            return right
        if self.name == "AddTags":
            rule = "changed-project-tag"
        path = None if below is None else f"requestParameters.{place}{below}"
        if not (self.has_models and subject in FROM_MODELS):
            self.expected.append((rule, path))
        return wrong

    def expect_silence(self, shape):
        """What rules find where nothing was said that they ask for."""
        if self.is_update:
            return
        said = list(shapes.members(shape))
        for member in said:
            subject = shapes.about(member)
            if subject and not (self.has_models and subject in FROM_MODELS):
                asked = VALUES[subject][3] if subject != "tags" or self.name not in INHERITS_TAGS else []
                self.expected.extend((rule, None) for rule in asked)
        names = {member.name for member in said}
        if not self.has_models and names & {"vpcConfig", "subnetId", "subnetIds"}:
            self.expected.append(("missing-vpc", None))
        if "volumeKmsKeyId" in names:
            self.expected.append(("unencrypted-volume", None))


def record(name, request):
    return {
        "eventVersion": "1.11",
        "eventSource": "sagemaker.amazonaws.com",
        "eventName": name,
        "eventTime": "2026-03-02T09:00:00Z",
        "eventType": "AwsApiCall",
        "awsRegion": "eu-west-1",
        "recipientAccountId": ACCOUNT,
        "readOnly": False,
        "userIdentity": {
            "type": "AssumedRole",
            "sessionContext": {"sessionIssuer": {"arn": f"arn:aws:iam::{ACCOUNT}:role/Scientist"}},
        },
        "requestParameters": request,
    }


def main():
    service, exclusions = shapes.model(), shapes.Exclusions()
    for name, shape in shapes.of_concern(service):
        if not any(shapes.about(member) and not exclusions.covers(name, member.path) for member in shapes.members(shape)):
            continue
        for case in CASES:
            sample = Sample(name, shape, case, exclusions)
            expected = sorted(set(sample.expected), key=str)
            event = record(name, sample.request)
            print(json.dumps({"operation": name, "case": case, "record": event, "expected": expected}))


if __name__ == "__main__":
    main()
