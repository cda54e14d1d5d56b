"""The request shapes of SageMaker's operations, and which of their members the rules are about.

What a member is about is told by its own name and that of its shape, not by Tagwarden's table of operations: so each can
find what is missing in the other.
"""

import fnmatch
import re
import tomllib
from pathlib import Path

import botocore.session

FOLDER = Path(__file__).parent


def model(service="sagemaker"):
    return botocore.session.get_session().get_service_model(service)


def lower_first(name):
    """A member's name as CloudTrail writes it."""
    return name[0].lower() + name[1:]


class Member:
    """A member of a request, at a path such as `productionVariants[].instanceType`."""

    def __init__(self, path, name, shape, required):
        self.path, self.name, self.shape, self.required = path, name, shape, required

    @property
    def kind(self):
        return self.shape.type_name


def members(shape, path="", required=True, seen=()):
    """Every member below a structure. Required: if a request without it is refused. Each list counts with its elements."""
    for name, member in shape.members.items():
        at = f"{path}.{lower_first(name)}" if path else lower_first(name)
        yield from _member(at, lower_first(name), member, required and name in shape.required_members, seen)


def _member(path, name, shape, required, seen):
    yield Member(path, name, shape, required)
    if shape.type_name == "list":
        yield from _member(path + "[]", name, shape.member, required, seen)
    elif shape.type_name == "structure" and shape.name not in seen:
        yield from members(shape, path, required, (*seen, shape.name))


# What a member is about: a pattern for its name, one for its shape's name, and the type that it must have.
ABOUT = {
    "tags": (r"tags", r"TagList", "list"),
    "tag-key": (r"tagKeys", r"TagKey", "string"),
    "role": (r".*([rR]ole|[rR]ole(Arn|ARN)s?)", r"RoleArn", "string"),
    "instance-type": (r".*", r".*InstanceType|InstanceType", "string"),
    "instance-count": (r".*([iI]nstanceCount|incrementTargetCountBy)", r".*", "integer"),
    "runtime": (r"maxRuntime.*InSeconds|maxAutoMLJobRuntimeInSeconds|jobDurationInSeconds", r".*", "integer"),
    "keep-alive": (r"keepAlivePeriodInSeconds", r".*", "integer"),
    "jobs": (r"maxNumberOfTrainingJobs", r".*", "integer"),
    "spot": (r"enableManagedSpotTraining", r".*", "boolean"),
    "key": (r".*", r".*Kms.*Key.*", "string"),
    "isolation": (r"enableNetworkIsolation", r".*", "boolean"),
    "traffic": (r"enableInterContainerTrafficEncryption", r".*", "boolean"),
    "subnet": (r".*", r".*SubnetId", "string"),
    "security-group": (r".*", r".*SecurityGroupId", "string"),
    "model": (r"modelName(Override)?", r"ModelName", "string"),
    "endpoint-config": (r"endpointConfigName", r"EndpointConfigName", "string"),
    "image": (r".*", r"ContainerImage|AlgorithmImage|ImageUri|OptimizationContainerImage|ImageBaseImage", "string"),
    "uri": (r".*", r"(.*S3.*(Uri|Path)|Url)", "string"),
    "shell": (r"enableRemoteDebug|enableSSMAccess", r".*", "boolean"),
    "remote-access": (r"remoteAccess", r".*", "string"),
    "root": (r"rootAccess", r".*", "string"),
    "internet": (r"directInternetAccess|appNetworkAccessType", r".*", "string"),
}


def about(member):
    """What a rule would ask about this member; `None` where none would."""
    for subject, (name, shape, kind) in ABOUT.items():
        if member.kind == kind and re.fullmatch(name, member.name) and re.fullmatch(shape, member.shape.name):
            return subject
    return None


# Operations that launch, change or open nothing.
HARMLESS = re.compile(r"(Describe|List|Get|Search|Query|Render|Delete(?!Tags$)|Stop|Disassociate|Detach|Deregister|BatchDelete)")


# Operations that read, by the first word of their names.
READS = re.compile(r"(Describe|List|Get|Search|Query|Render|BatchDescribe)")


def of_concern(service):
    """The operations that may launch, change or open something, with the shapes of their requests."""
    for name in service.operation_names:
        shape = service.operation_model(name).input_shape
        if shape is not None and not HARMLESS.match(name):
            yield name, shape


class Exclusions:
    """What is left out of the table on purpose, with the reasons: `excluded.toml`."""

    def __init__(self):
        with open(FOLDER / "excluded.toml", "rb") as file:
            self.entries = tomllib.load(file)["excluded"]
        self.used = set()

    def covers(self, operation, path):
        for index, entry in enumerate(self.entries):
            named = any(fnmatch.fnmatchcase(operation, pattern) for pattern in entry.get("operations", ["*"]))
            # `[]` are no character classes here.
            patterns = [pattern.replace("[", "[[]") for pattern in entry["paths"]]
            if named and any(fnmatch.fnmatchcase(path, pattern) for pattern in patterns):
                self.used.add(index)
                return True
        return False

    def unused(self):
        return [entry for index, entry in enumerate(self.entries) if index not in self.used]
