"""Services that another emulator plays: IAM decides here, by the caller's role, and the call goes on with who called.

The resources of actions: Service Authorization Reference, "Actions, resources, and condition keys" for Amazon SageMaker AI, and for AWS
Security Hub. Tagging API Reference, TagResources: it also needs the permission of the service whose resource is tagged.
"""

import asyncio
import http.client
import json
import re
from datetime import UTC, datetime

from ministack import app
from ministack.core import iam_actions, router
from ministack.core.iam_evaluator import enforce, resolve_credential
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam, sts

VERB = re.compile(r"^(Create|Describe|Update|Stop|Delete|Start)(?P<noun>.+?)(V2)?$")
# The words of a kind: AutoMLJob has two, "automl" and "job".
WORD = re.compile(r"(?<!^)(?=[A-Z][a-z])")
SECURITY_HUB = {"/findings/import": "product/{}/default", "/findings": "hub/default"}
PARTS = ("DomainId", "UserProfileName", "SpaceName", "AppType")

_extract_resource_arn = iam_actions.extract_resource_arn


def install(address):
    async def forward(method, path, headers, body, _):
        return await asyncio.to_thread(call, address, method, path, headers, body)

    for service in ("sagemaker", "securityhub"):
        router.SERVICE_PATTERNS[service] = {}
        iam_actions.SERVICE_TO_IAM_NAMESPACE[service] = service
        iam_actions._BOTOCORE_SERVICE_MAP[service] = [service]
    iam_actions.extract_resource_arn = extract_resource_arn
    for service in ("cloudtrail", "organizations", "sagemaker", "securityhub", "tagging"):
        app.SERVICE_HANDLERS[service] = forward


def extract_resource_arn(service, method, path, headers, body, *others):
    match service:
        case "sagemaker":
            return resource(action(headers), json.loads(body))
        case "securityhub" if path in SECURITY_HUB:
            return f"arn:aws:securityhub:{get_region()}:{get_account_id()}:{SECURITY_HUB[path].format(get_account_id())}"
    return _extract_resource_arn(service, method, path, headers, body, *others)


def action(headers):
    """The action of a call, of a service that names it."""
    return headers.get("x-amz-target", "").rsplit(".", 1)[-1]


def resource(asked, members):
    """The resource of an action. Lists have none."""
    if "ResourceArn" in members:
        return members["ResourceArn"]
    about = VERB.match(asked)
    if not about:
        return "*"
    noun = about["noun"]
    named = [members[part] for part in (*PARTS, f"{noun}Name") if part in members]
    kind = WORD.sub("-", noun).lower()
    return f"arn:aws:sagemaker:{get_region()}:{get_account_id()}:{'/'.join([kind, *dict.fromkeys(named)])}"


def call(address, method, path, headers, body):
    key = router.extract_access_key_id(headers)
    if action(headers) == "TagResources" and (failed := refused(key, json.loads(body))):
        return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps({"FailedResourcesMap": failed}).encode()
    connection = http.client.HTTPConnection(address)
    try:
        connection.request(method, path, body, {**headers, "x-emulator-identity": json.dumps(identity(key))})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def refused(key, members):
    """The resources that the caller may not tag."""
    tags = members["Tags"]
    context = {"aws:TagKeys": list(tags), **{f"aws:RequestTag/{name}": value for name, value in tags.items()}}
    failure = {"StatusCode": 403, "ErrorCode": "InvalidParameterException", "ErrorMessage": "not authorized: sagemaker:AddTags"}
    arns = members["ResourceARNList"]
    return {arn: failure for arn in arns if enforce(key, "sagemaker:AddTags", "sagemaker", get_region(), arn, context)}


def identity(key):
    """The `userIdentity` of the caller, as CloudTrail writes it (CloudTrail User Guide, "CloudTrail userIdentity element")."""
    account = get_account_id()
    caller = resolve_credential(key, account)
    if caller.principal_type != "AssumedRole":
        root = {"type": "Root", "principalId": account, "arn": caller.principal_arn, "accountId": account}
        return {**root, "accessKeyId": key}
    *_, role_name, session_name = caller.principal_arn.split("/")
    role = iam._roles.get_scoped(account, None, role_name) or iam._roles[role_name]
    issued = datetime.fromtimestamp(sts._sessions[key]["IssuedAt"], UTC)
    return {
        "type": "AssumedRole",
        "principalId": f"{role['RoleId']}:{session_name}",
        "arn": caller.principal_arn,
        "accountId": account,
        "accessKeyId": key,
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": role["RoleId"],
                "arn": role["Arn"],
                "accountId": account,
                "userName": role_name,
            },
            "attributes": {"creationDate": f"{issued:%Y-%m-%dT%H:%M:%SZ}", "mfaAuthenticated": "false"},
        },
    }
