"""CloudTrail's records of the calls to SageMaker that write, in the form in which CloudTrail writes them."""

import os
import uuid
from datetime import UTC, datetime

from moto.core.utils import get_service_model
from moto.iam.models import get_account_id_from, iam_backends
from moto.sts.models import sts_backends

READS = ("BatchDescribe", "Describe", "Get", "List", "Query", "Render", "Search")

# What somebody may have put a secret into.
SECRETS = ("Environment", "HyperParameters", "StaticHyperParameters")

SIGNED_IN = "2026-03-02T08:41:09Z"


def is_told(call):
    """Whether the history tells of a call: it writes, and there is such an operation."""
    known = get_service_model("sagemaker").operation_names
    return call.service == "sagemaker" and call.action in known and not call.action.startswith(READS)


def record(call, status, answer, identity=None):
    """What CloudTrail writes of a call. `identity` is the `userIdentity` behind keys that IAM does not know."""
    model = get_service_model("sagemaker").operation_model(call.action)
    # moto's own setting, which outweighs a key's account.
    account = os.environ.get("MOTO_ACCOUNT_ID") or get_account_id_from(call.access_key)
    refused = status >= 400
    written = {
        "eventVersion": "1.11",
        "userIdentity": _identity(call.access_key, account, identity),
        "eventTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": "sagemaker.amazonaws.com",
        "eventName": call.action,
        "awsRegion": call.region,
        "sourceIPAddress": "198.51.100.23",
        "userAgent": call.user_agent,
        "requestParameters": _written(model.input_shape, call.members),
        "responseElements": None if refused else _written(model.output_shape, answer) or None,
        "requestID": str(uuid.uuid4()),
        "eventID": str(uuid.uuid4()),
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": account,
        "eventCategory": "Management",
    }
    if refused:
        written |= {"errorCode": answer.get("__type"), "errorMessage": answer.get("message", answer.get("Message"))}
    return written


def _identity(access_key, account, identity):
    iam, sts = iam_backends[account]["aws"], sts_backends[account]["aws"]
    if session := sts.get_assumed_role_from_access_key(access_key):
        return _session(session.role_arn, session.user_id, session.session_name, access_key)
    if user := iam.get_user_from_access_key_id(access_key):
        return {
            "type": "IAMUser",
            "principalId": user.id,
            "arn": user.arn,
            "accountId": account,
            "accessKeyId": access_key,
            "userName": user.name,
        }
    # A function under test signs with its name, which is its role's as well: no key of AWS is in lower case.
    if access_key.islower():
        return _session_of(iam, account, access_key, access_key, access_key)
    return identity or _session_of(iam, account, "DataScientist", "ana", access_key)


def _session_of(iam, account, role, name, access_key):
    known = next((one.id for one in iam.roles.values() if one.name == role), "AROAB5I7PEIXCXROSPF5Z")
    return _session(f"arn:aws:iam::{account}:role/{role}", f"{known}:{name}", name, access_key)


def _session(role_arn, principal_id, name, access_key):
    account, role = role_arn.split(":")[4], role_arn.rsplit("/", 1)[1]
    return {
        "type": "AssumedRole",
        "principalId": principal_id,
        "arn": f"arn:aws:sts::{account}:assumed-role/{role}/{name}",
        "accountId": account,
        "accessKeyId": access_key,
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": principal_id.split(":")[0],
                "arn": role_arn,
                "accountId": account,
                "userName": role,
            },
            "attributes": {"creationDate": SIGNED_IN, "mfaAuthenticated": "false"},
        },
    }


def _written(shape, value):
    """Members in CloudTrail's form: their names begin in lower case, the keys of maps stay as they are."""
    match shape and shape.type_name, value:
        case "structure", dict():
            return {
                name[0].lower() + name[1:]: _written(shape.members.get(name), member)
                for name, member in value.items()
                if name not in SECRETS
            }
        case "list", list():
            return [_written(shape.member, element) for element in value]
        case "map", dict():
            return {key: _written(shape.value, element) for key, element in value.items()}
    return value
