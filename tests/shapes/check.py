"""Compares Tagwarden's table of operations, read as JSON from standard input, with the service model of SageMaker.

Says what is wrong in the table, and what of the service it does not cover: after a new release of the AWS SDK, what is new.
"""

import json
import re
import sys

import shapes

# What may stand at the path of each fact.
TYPES = {
    "Tags": {"list"},
    "AddedTags": {"list"},
    "InstanceCount": {"integer"},
    "InstanceCountCeiling": {"integer"},
    "InstanceCountChoice": {"integer"},
    "ParallelJobs": {"integer"},
    "TotalJobs": {"integer"},
    "MaxRuntime": {"integer"},
    "KeepAlive": {"integer"},
    "SpotTraining": {"boolean"},
    "NetworkIsolation": {"boolean"},
    "TrafficEncryption": {"boolean"},
    "OutputSwitch": {"boolean"},
    "StorageSwitch": {"boolean"},
    "RemoteShell": {"boolean"},
    "RemoteAccess": {"string"},
    "Compute": {"structure"},
    "Serverless": {"structure"},
    # Where no object holds them: the subnets themselves.
    "Variables": {"map"},
    "Vpc": {"structure", "list", "string"},
}
TEXT = {"string"}

class Report:
    def __init__(self):
        self.problems = []

    def expect(self, holds, problem):
        if not holds:
            self.problems.append(problem)


def check_row(row, operation, service, exclusions, report):
    name = row["operation"]
    known = {member.path: member for member in shapes.members(operation.input_shape)}
    for slot in row["slots"]:
        path = slot["path"].replace("?", "")
        member = known.get(path)
        if member is None:
            report.expect(False, f"{name}: a request has no `{path}`")
            continue
        expected = TYPES.get(slot["fact"], TEXT)
        report.expect(member.kind in expected, f"{name}: `{path}` is a {member.kind}, not a {' or '.join(expected)}")
        may_lack = "?" in slot["path"]
        report.expect(
            slot["required"] == (member.required and not may_lack),
            f"{name}: `{path}` is {'required' if member.required else 'optional'}",
        )
        for part in re.findall(r"[^?]*(?=\?)", slot["path"]):
            optional = known.get(part.replace("?", ""))
            report.expect(optional is None or not optional.required, f"{name}: `{part}` is required, and marked with `?`")
    answer = operation.output_shape.members if operation.output_shape else {}
    inputs = set(known)
    outputs = {shapes.lower_first(member) for member in answer}
    if row["resource_name"]:
        report.expect(row["resource_name"] in inputs, f"{name}: a request has no `{row['resource_name']}`")
    if row["resource_arn"]:
        report.expect(row["resource_arn"] in inputs | outputs, f"{name}: no `{row['resource_arn']}` in request or answer")
    else:
        arns = {output for output in outputs if output.endswith("Arn") or output == "arn"}
        report.expect(not arns, f"{name}: answers {', '.join(sorted(arns))}, which the row does not name")
    if undo := row["stop"].get("by"):
        takes = {shapes.lower_first(member) for member in service.operation_model(undo).input_shape.members}
        report.expect(takes & {row["resource_name"], row["resource_arn"]}, f"{name}: {undo} does not take the resource")
    slots = {slot["path"].replace("?", "") for slot in row["slots"]}
    for member in known.values():
        subject = None if row["only_ownership"] else shapes.about(member)
        if subject and not exclusions.covers(name, member.path) and member.path not in slots:
            report.expect(False, f"{name}: `{member.path}` ({subject}) is neither in the table nor excluded")


def listed_names():
    """What the core takes for all operations."""
    source = (shapes.FOLDER.parent.parent / "shared/src/operations/names.rs").read_text()
    listed = source.split("pub static OPERATION_NAMES", 1)[1].split("];", 1)[0]
    return set(re.findall(r'"(\w+)"', listed))


def problems(table, names, entries=None):
    """What is wrong with the table, by operation, with the names of all operations, and with what is excluded."""
    service, runtime, exclusions, report = shapes.model(), shapes.model("sagemaker-runtime"), shapes.Exclusions(), Report()
    exclusions.entries = exclusions.entries if entries is None else entries
    existing = set(service.operation_names) | set(runtime.operation_names)
    for name in sorted(existing - names):
        report.expect(False, f"{name} is new: `OPERATION_NAMES` does not have it")
    for name in sorted(names - existing):
        report.expect(False, f"{name} does not exist: `OPERATION_NAMES` has it")

    for name, row in table.items():
        if name in service.operation_names:
            check_row(row, service.operation_model(name), service, exclusions, report)
        else:
            report.expect(False, f"{name} does not exist")

    for name in service.operation_names:
        if name not in table and not shapes.READS.match(name) and not exclusions.covers(name, ""):
            report.expect(False, f"{name} does not only read, and is neither in the table nor excluded")

    for name, shape in shapes.of_concern(service):
        if name in table:
            continue
        for member in shapes.members(shape):
            subject = shapes.about(member)
            if subject and not exclusions.covers(name, member.path):
                report.expect(False, f"{name}: has `{member.path}` ({subject}), and is neither in the table nor excluded")

    for entry in exclusions.unused():
        report.expect(False, f"excluded.toml: nothing matches {entry}")

    return report.problems


def main():
    table = {row["operation"]: row for row in map(json.loads, sys.stdin)}
    names = listed_names()
    found = problems(table, names)
    for problem in found:
        print(problem)
    slots = sum(len(row["slots"]) for row in table.values())
    print(f"{len(table)} operations with {slots} slots, of {len(names)}: {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
