"""The sample events of events/, and the account in which they happened."""

import json
from contextlib import suppress
from pathlib import Path

import botocore.session

EVENTS = Path(__file__).parents[2] / "events"
ACCOUNT = "111122223333"
REGION = "eu-west-1"


def event(name):
    """A sample event, as EventBridge delivers it."""
    return json.loads(text(name))


def text(name):
    return (EVENTS / f"{name}.json").read_text()


def request(record):
    """The request behind a record of CloudTrail. What SageMaker adds to the record is left out."""
    service = botocore.session.get_session().get_service_model("sagemaker")
    return _spelled(service.operation_model(record["eventName"]).input_shape, record["requestParameters"])


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
