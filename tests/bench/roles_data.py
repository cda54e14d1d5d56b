"""IAM's data of 24 roles, and questions about them for the simulator of tests/iam.

`roles_data.py FOLDER` writes `iam.json`, `questions.jsonl` and `names.json` there. The policies are AWS's, as moto has them, and a few
shapes that people use: a boundary, a Deny, tags, exceptions.
"""

import json
import pathlib
import sys

from moto.iam.aws_managed_policies import aws_managed_policies_data

ACCOUNT = "111122223333"
MANAGED = [
    "AmazonSageMakerFullAccess", "AdministratorAccess", "PowerUserAccess", "AmazonS3FullAccess", "AmazonS3ReadOnlyAccess", "SecretsManagerReadWrite",
    "AmazonSSMReadOnlyAccess", "AmazonSSMFullAccess", "AmazonSageMakerCanvasFullAccess", "AmazonSageMakerPipelinesIntegrations",
    "AmazonSageMakerModelRegistryFullAccess", "AmazonSageMakerFeatureStoreAccess", "CloudWatchLogsFullAccess", "AmazonEC2ContainerRegistryReadOnly",
]  # fmt: skip
FOREIGN = "arn:aws:s3:::zq-foreign/zq/x"
# Anybody can create a bucket with SageMaker's name in it.
TAKEN = "arn:aws:s3:::zq-sagemaker-SageMaker-zq/zq/x"
# Reading and writing data that no policy names.
REQUESTS = [
    *((action, resource) for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject") for resource in (FOREIGN, TAKEN)),
    ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:zq-foreign-AbCdEf"),
    ("ssm:GetParameter", f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/zq-foreign"),
]


def allow(action, resource, **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


ALL = allow("*", "*")
OWN = "arn:aws:s3:::atlas-data/*"
# Name, policy, boundary
SHAPES = [
    ("s3-all", document(allow("s3:*", "*")), None),
    ("s3-own", document(allow("s3:GetObject", OWN)), None),
    ("s3-by-tag", document(allow("s3:GetObject", "arn:aws:s3:::${aws:PrincipalTag/Project}-data/*")), None),
    ("admin-in-boundary", document(ALL), document(allow("s3:GetObject", OWN))),
    ("admin-in-wide-boundary", document(ALL), document(allow("s3:*", "*"))),
    ("admin-with-deny", document(ALL, {"Effect": "Deny", "Action": "*", "Resource": "*"}), None),
    ("s3-denied-elsewhere", document(allow("s3:*", "*"), {"Effect": "Deny", "Action": "s3:*", "NotResource": OWN}), None),
    ("all-but-iam", document({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}), None),
    ("s3-all-but-one", document({"Effect": "Allow", "Action": "s3:GetObject", "NotResource": OWN}), None),
    ("s3-any-bucket", document(allow("s3:GetObject", "arn:aws:s3:::*/*")), None),
]


def main(folder):
    policies = {name: json.loads(json.dumps(entry["Document"])) for name, entry in json.loads(aws_managed_policies_data).items()}
    roles, managed, lines = [], [], []
    shapes = [(name, policies[name], None) for name in MANAGED] + SHAPES
    trust = document({"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole",
                      "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}})  # fmt: skip
    for number, (name, policy, boundary) in enumerate(shapes):
        role = {
            "Path": "/", "RoleName": name, "RoleId": f"AROA{number:016}", "Arn": f"arn:aws:iam::{ACCOUNT}:role/{name}",
            "CreateDate": "2024-01-01T00:00:00+00:00", "AssumeRolePolicyDocument": trust, "InstanceProfileList": [],
            "RolePolicyList": [{"PolicyName": "work", "PolicyDocument": policy}], "AttachedManagedPolicies": [],
            "Tags": [{"Key": "Project", "Value": "atlas"}],
        }  # fmt: skip
        if boundary:
            arn = f"arn:aws:iam::{ACCOUNT}:policy/{name}-boundary"
            role["PermissionsBoundary"] = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
            managed.append({
                "PolicyName": f"{name}-boundary", "PolicyId": f"ANPA{number:016}", "Arn": arn, "Path": "/", "DefaultVersionId": "v1",
                "AttachmentCount": 0, "PermissionsBoundaryUsageCount": 1, "IsAttachable": True, "CreateDate": "2024-01-01T00:00:00+00:00",
                "UpdateDate": "2024-01-01T00:00:00+00:00", "PolicyVersionList": [
                    {"Document": boundary, "VersionId": "v1", "IsDefaultVersion": True, "CreateDate": "2024-01-01T00:00:00+00:00"}],
            })  # fmt: skip
        roles.append(role)
        lines.append({"define": name, "scps": [], "identity": [policy], "boundary": boundary})
        for action, resource in REQUESTS:
            lines.append({"id": len(lines), "policies": name, "principal": {"arn": role["Arn"], "tags": {"Project": "atlas"}},
                          "request": {"action": action, "resource": resource, "context": {}}})  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    details = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": roles, "Policies": managed}
    (folder / "iam.json").write_text(json.dumps(details))
    (folder / "questions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "names.json").write_text(json.dumps([name for name, _, _ in shapes]))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
