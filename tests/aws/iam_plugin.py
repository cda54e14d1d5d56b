"""The unique id of the role of the sample events: moto makes ids up."""

from moto.iam.models import IAMBackend

# Role names, with the ids that CloudTrail's sample records have. A role that is made again gets another one.
IDS = {"DataScientist": "AROAB5I7PEIXCXROSPF5Z"}

_create_role = IAMBackend.create_role


def install():
    IAMBackend.create_role = create_role


def create_role(backend, role_name, *args, **kwargs):
    role = _create_role(backend, role_name, *args, **kwargs)
    if known := IDS.pop(role_name, None):
        del backend.roles[role.id]
        role.id = known
        backend.roles[role.id] = role
    return role
