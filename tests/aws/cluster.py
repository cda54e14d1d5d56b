"""HyperPod clusters, as DescribeCluster tells of them: of what was asked for, it says what is wanted and what is there."""


def described(given):
    """The members of a cluster that was created like this, and is there, which are not as they were given."""
    groups = ("InstanceGroups", "RestrictedInstanceGroups")
    members = {member: [_group(group) for group in given[member]] for member in groups if member in given}
    if "AutoScaling" in given:
        members["AutoScaling"] = {**given["AutoScaling"], "Status": "InService"}
    return members


def _group(given):
    group = {name: value for name, value in given.items() if name not in ("InstanceCount", "InstanceRequirements")}
    if "InstanceCount" in given:
        group |= {"CurrentCount": given["InstanceCount"], "TargetCount": given["InstanceCount"]}
    if "InstanceRequirements" in given:
        types = given["InstanceRequirements"]["InstanceTypes"]
        group["InstanceRequirements"] = {"CurrentInstanceTypes": types, "DesiredInstanceTypes": types}
    return group
