"""The sample events of events/, and the account in which they happened."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import botocore.session
from botocore import xform_name
from botocore.exceptions import ClientError, ParamValidationError

EVENTS = Path(__file__).parents[2] / "events"
ACCOUNT = "111122223333"
REGION = "eu-west-1"


def event(name):
    """A sample event, as EventBridge delivers it."""
    return json.loads(text(name))


def text(name):
    return (EVENTS / f"{name}.json").read_text()


@cache
def _sagemaker():
    return botocore.session.get_session().get_service_model("sagemaker")


def request(record):
    """The request behind a record of CloudTrail. What SageMaker adds to the record is left out."""
    return _spelled(_sagemaker().operation_model(record["eventName"]).input_shape, record["requestParameters"])


def _spelled(shape, value):
    """A value in the spelling of the API. In CloudTrail's, members begin in lower case."""
    match shape.type_name:
        case "structure":
            named = {member: (inner, member[0].lower() + member[1:]) for member, inner in shape.members.items()}
            return {member: _spelled(inner, value[name]) for member, (inner, name) in named.items() if name in value}
        case "list":
            return [_spelled(shape.member, element) for element in value]
        case "map":
            return {key: _spelled(shape.value, element) for key, element in value.items()}
    return value


def people(iam):
    """Creates the roles and users of the samples in an account, with their policies. What exists already stays as it is."""
    details = json.loads((EVENTS / "iam.json").read_text())
    exists = iam.exceptions.EntityAlreadyExistsException
    for policy in details["Policies"]:
        document = next(one["Document"] for one in policy["PolicyVersionList"] if one["IsDefaultVersion"])
        with suppress(exists):
            iam.create_policy(PolicyName=policy["PolicyName"], Path=policy["Path"], PolicyDocument=json.dumps(document))
    for role in details["RoleDetailList"]:
        name, trust = role["RoleName"], json.dumps(role["AssumeRolePolicyDocument"])
        with suppress(exists):
            iam.create_role(RoleName=name, Path=role["Path"], AssumeRolePolicyDocument=trust, Tags=role.get("Tags", []))
        for policy in role["AttachedManagedPolicies"]:
            # The account's own stand in for those of AWS.
            arn = f"arn:aws:iam::{ACCOUNT}:policy/{policy['PolicyName']}"
            iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    for user in details["UserDetailList"]:
        with suppress(exists):
            iam.create_user(UserName=user["UserName"], Path=user["Path"], Tags=user.get("Tags", []))


def ids():
    """The unique ids of the roles and users, by their names."""
    details = json.loads((EVENTS / "iam.json").read_text())
    roles = {role["RoleName"]: role["RoleId"] for role in details["RoleDetailList"]}
    return roles | {user["UserName"]: user["UserId"] for user in details["UserDetailList"]}


def replay(sagemaker, folder):
    """Creates what the sample events created, as their callers, and writes all events to a folder, as of now."""
    folder.mkdir(parents=True, exist_ok=True)
    events = {path.name: json.loads(path.read_text()) for path in EVENTS.glob("*.*.json")}
    for name, sample in sorted(events.items(), key=lambda named: named[1]["time"]):
        record = sample["detail"]
        if is_creation(record):
            # What SageMaker refuses here does not exist: a configuration, for example, of an unknown model.
            with suppress(ClientError, ParamValidationError):
                create(sagemaker, record)
        sample["time"] = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        if "eventTime" in record:
            record["eventTime"] = sample["time"]
        (folder / name).write_text(json.dumps(sample, indent=2))


def is_creation(record):
    is_call = record.get("eventType") == "AwsApiCall" and "errorCode" not in record
    return is_call and record["eventName"].startswith("Create")


def create(sagemaker, record):
    """Makes the call of a record, as its caller."""

    def name_caller(params, **_):
        params["headers"]["X-Emulator-Identity"] = json.dumps(record["userIdentity"])

    sagemaker.meta.events.register("before-call", name_caller)
    try:
        getattr(sagemaker, xform_name(record["eventName"]))(**request(record))
    finally:
        sagemaker.meta.events.unregister("before-call", name_caller)
