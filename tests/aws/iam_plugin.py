"""The unique ids of the roles and users of the sample events: moto makes ids up."""

from moto.iam.models import IAMBackend

import samples

# Names, with the ids that the sample records have. A role that is made again gets another one.
IDS = {"DataScientist": "AROAB5I7PEIXCXROSPF5Z", **samples.ids()}

_create_role = IAMBackend.create_role
_create_user = IAMBackend.create_user


def install():
    IAMBackend.create_role = create_role
    IAMBackend.create_user = create_user


def create_role(backend, role_name, *args, **kwargs):
    role = _create_role(backend, role_name, *args, **kwargs)
    if known := IDS.pop(role_name, None):
        del backend.roles[role.id]
        role.id = known
        backend.roles[role.id] = role
    return role


def create_user(backend, region_name, user_name, *args, **kwargs):
    user = _create_user(backend, region_name, user_name, *args, **kwargs)
    user.id = IDS.pop(user_name, user.id)
    return user
