"""Lints rendered policies: JSON documents with parliament, Terraform with a parser. One argument: the folder that holds them."""

import json
import pathlib
import re
import sys

import hcl2
from parliament import analyze_policy_string

# What parliament finds and is no mistake: issue, pattern of the detail, pattern of the file, and why. One that finds nothing
# any more is an error too.
KNOWN = [
    ("RESOURCE_STAR", r"'sagemaker(-mlflow)?:", r".*", "what can be done is limited by tags, not by ARNs"),
    ("RESOURCE_STAR", r"'kms:", r"key-policy", "in a key's policy `*` is the key"),
    ("RESOURCE_STAR", r"'glue:GetDatabase'", r"persona", "which tables may be read is Lake Formation's to say"),
    ("RESOURCE_EFFECTIVELY_STAR", r"", r"persona", "any workgroup of Athena"),
    ("RESOURCE_STAR", r"'ec2:CreateNetworkInterface'", r"execution-role", "a job's network interfaces have no names beforehand"),
    ("RESOURCE_STAR", r"'application-autoscaling:", r"boundary", "a boundary says what no policy can give"),
    ("RESOURCE_STAR", r"'application-autoscaling:", r"persona", "what scales has ids that nobody knows beforehand"),
    ("RESOURCE_MISMATCH", r"'sagemaker:CreateModel'", r"persona|group", "AWS documents it for packages of other accounts"),
    ("RESOURCE_MISMATCH", r"'sagemaker:CreatePresignedDomainUrl'", r".*", "parliament does not take variables for names"),
    ("MALFORMED", r"neither Resource nor NotResource", r"-trust|repository-policy", "the resource is what the policy belongs to"),
    (
        "UNKNOWN_ACTION",
        r"sagemaker:(Attach\*|CreatePresignedMlflowAppUrl|BatchAddClusterNodes|BatchRe\*|CreateJob|CreateTrainingSession|DeleteTrainingJob|DetachClusterNodeVolume"
        r"|StartSession|UpdateInferenceRouter)$",
        r".*",
        "newer than parliament's list",
    ),
    ("UNKNOWN_CONDITION_FOR_ACTION", r"", r"scp", "a pattern of actions may hold some without a key that the condition needs"),
    ("MISMATCHED_TYPE", r"sagemaker:\w+KmsKey ", r"scp", "a request may name a key by an id or an alias"),
    ("MISMATCHED_TYPE_BUT_USABLE", r"String(Not)?Like requires a value of type String but given Arn", r".*", "wildcards over all of an ARN"),
]


def unknown(documents: list[pathlib.Path]) -> list[str]:
    """What parliament finds in the documents, but for what is known."""
    found, used = [], set()
    for path in documents:
        for finding in analyze_policy_string(path.read_text(), str(path)).findings:
            detail = str(finding.detail)
            known = [
                index
                for index, (issue, pattern, files, _) in enumerate(KNOWN)
                if issue == finding.issue and re.search(pattern, detail) and re.search(files, path.name)
            ]
            used.update(known)
            if not known:
                found.append(f"{path}: {finding.issue}: {detail}")
    found += [f"tests/lint/policies.py: {KNOWN[index][:3]} is found no more" for index in range(len(KNOWN)) if index not in used]
    return found


def main() -> int:
    folder = pathlib.Path(sys.argv[1])
    documents = [path for path in sorted(folder.glob("*.json")) if path.name != "rendered.json"]
    documents = [path for path in documents if not path.name.endswith(".template.json")]
    # A tag policy is no policy of IAM: `tests/tests/render.rs` holds its syntax.
    documents = [path for path in documents if path.name != "tag-policy.json"]
    problems = unknown(documents) if documents else []
    for path in sorted(folder.glob("*.tf")):
        blocks = hcl2.loads(path.read_text())
        if not blocks.get("resource"):
            problems.append(f"{path}: no resource in {json.dumps(sorted(blocks))}")
    print("\n".join(problems) or "rendered policies: no problems")
    return 1 if problems else 0


sys.exit(main())
