"""SageMaker's List… operations: one page of resources, filtered and in order (SageMaker API reference)."""

import base64
import json
from datetime import datetime
from heapq import nlargest, nsmallest

from moto.core.responses import ActionResult
from moto.core.utils import get_service_model
from moto.sagemaker.exceptions import ValidationError

# How an operation sorts what it is not asked to sort, where that is not the newest first. The reference says two things of
# ListTrainingJobs: ascending (SortOrder), and "from the most current to the oldest" (the operation). It leaves out the direction
# of ListNotebookInstances.
ORDERS = {
    "ListHyperParameterTuningJobs": ("Name", "Ascending"),
    "ListAutoMLJobs": ("Name", "Descending"),
    "ListProcessingJobs": ("CreationTime", "Ascending"),
    "ListCompilationJobs": ("CreationTime", "Ascending"),
    "ListLabelingJobs": ("CreationTime", "Ascending"),
    "ListOptimizationJobs": ("CreationTime", "Ascending"),
    "ListNotebookInstances": ("Name", "Ascending"),
    "ListApps": ("CreationTime", "Ascending"),
    "ListSpaces": ("CreationTime", "Ascending"),
    "ListUserProfiles": ("CreationTime", "Ascending"),
}
NEWEST_FIRST = ("CreationTime", "Descending")

PAGE = 10
PAGES = {"ListOptimizationJobs": 50}

# These list what was created at the very time as well.
FROM_THE_TIME_ON = ("ListEndpoints", "ListEndpointConfigs", "ListModels")

EPOCH = datetime(1970, 1, 1)

HOW_TO_LIST = ("MaxResults", "NextToken", "SortBy", "SortOrder")


def page(operation, resources, given):
    """Answers a List… operation.

    A resource has `name`, `arn`, `created`, `modified` (as seconds), `state`, and `member(name)`: what its summary says, or None.
    """
    model = get_service_model("sagemaker").operation_model(operation)
    _check(model.input_shape, given)
    filters = {name: value for name, value in given.items() if name not in HOW_TO_LIST}
    # ListTrainingJobs: with MaxResults, the status filters what would be the page. That may be empty, and not the last.
    by_page = operation == "ListTrainingJobs" and "MaxResults" in given
    state_of_page = filters.pop("StatusEquals", None) if by_page else None
    tests = [_test(operation, name, value) for name, value in filters.items()]

    by, direction = ORDERS.get(operation, NEWEST_FIRST)
    position = _position(given.get("SortBy", by))
    descending = given.get("SortOrder", direction) == "Descending"
    after = _after(operation, given["NextToken"], descending) if "NextToken" in given else lambda _: True
    placed = ((position(one), one) for one in resources if all(test(one) for test in tests))
    size = given.get("MaxResults", PAGES.get(operation, PAGE))
    # One more than the page tells whether there is another.
    first = nlargest if descending else nsmallest
    listed = first(size + 1, ((place, one) for place, one in placed if after(place)))
    answer = {"NextToken": _token(operation, listed[size - 1][0])} if len(listed) > size else {}

    items, members = _summaries(model.output_shape)
    shown = [one for _, one in listed[:size] if state_of_page in (None, one.state)]
    return ActionResult({items: [_summary(one, members) for one in shown], **answer})


def _summaries(shape):
    """The name of the list in an answer, and the members of its elements."""
    name, listed = next((name, shape) for name, shape in shape.members.items() if shape.type_name == "list")
    return name, listed.member.members


def _summary(resource, members):
    said = {name: resource.member(name) for name in members}
    return {name: value for name, value in said.items() if value is not None}


def _test(operation, name, value):
    """What a filter asks of a resource. Which one it is, its name tells."""
    match name:
        case "CreationTimeAfter" | "CreatedAfter" if operation in FROM_THE_TIME_ON:
            return lambda one: one.created >= seconds(value)
        case "CreationTimeAfter" | "CreatedAfter":
            return lambda one: one.created > seconds(value)
        case "CreationTimeBefore" | "CreatedBefore":
            return lambda one: one.created < seconds(value)
        case "LastModifiedTimeAfter":
            return lambda one: one.modified > seconds(value)
        case "LastModifiedTimeBefore":
            return lambda one: one.modified < seconds(value)
        case "NameContains" | "SpaceNameContains" | "UserProfileNameContains":
            return lambda one: value in one.name
        case "StatusEquals":
            return lambda one: one.state == value
        case _ if name.endswith("Contains"):
            raise NotImplementedError(f"{operation} by {name}")
        case _:
            return lambda one: one.member(name.removesuffix("Equals")) == value


def _position(by):
    """A key to sort by. It stands for one resource only, and stays what it is while others come and go."""
    match by:
        case "Name":
            return lambda one: [one.name, one.created, one.arn]
        case "CreationTime":
            return lambda one: [one.created, one.arn]
        case "LastModifiedTime":
            return lambda one: [one.modified, one.arn]
        case "Status" | "FeatureGroupStatus":
            return lambda one: [one.state, one.created, one.arn]
        case _:
            raise NotImplementedError(f"sorting by {by}")


def _token(operation, position):
    return base64.b64encode(json.dumps([operation, position]).encode()).decode()


def _after(operation, token, descending):
    """Whether a position comes after the one where the page before ended."""
    try:
        of, last = json.loads(base64.b64decode(token, validate=True))
    except (TypeError, ValueError):
        of = None
    if of != operation:
        raise ValidationError("Invalid pagination token.")
    return (lambda position: position < last) if descending else (lambda position: position > last)


def _check(shape, given):
    """Common Errors, ValidationException: what the members of a request may be, its shape tells."""
    for name, value in given.items():
        rules = shape.members[name].metadata
        if "enum" in rules and value not in rules["enum"]:
            raise _invalid(name, value, f"Member must satisfy enum value set: [{', '.join(rules['enum'])}]")
        if name == "MaxResults" and value > rules["max"]:
            raise _invalid(name, value, f"Member must have value less than or equal to {rules['max']}")
        if name == "MaxResults" and value < 1:
            raise _invalid(name, value, "Member must have value greater than or equal to 1")


def _invalid(name, value, constraint):
    at = name[0].lower() + name[1:]
    return ValidationError(
        f"1 validation error detected: Value '{value}' at '{at}' failed to satisfy constraint: {constraint}"
    )


def seconds(time):
    """Seconds since 1970 of a time as moto has it: with a zone, or in UTC without one."""
    return time.timestamp() if time.tzinfo else (time - EPOCH).total_seconds()
