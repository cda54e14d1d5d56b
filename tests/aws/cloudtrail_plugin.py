"""CloudTrail's event history, which moto lacks (CloudTrail API reference, LookupEvents)."""

import base64
import hashlib
import json
import math
from bisect import bisect_left, bisect_right
from datetime import datetime
from itertools import islice

from moto.cloudtrail import urls
from moto.cloudtrail.models import CloudTrailBackend, cloudtrail_backends
from moto.cloudtrail.responses import CloudTrailResponse
from moto.core.exceptions import JsonRESTError

PAGE = 50

# LookupAttribute, AttributeKey
KEYS = ("AccessKeyId", "EventId", "EventName", "EventSource", "ReadOnly", "ResourceName", "ResourceType", "Username")


def install():
    cloudtrail_backends.backend = HistoryBackend
    urls.url_paths["{0}/$"] = CloudTrail.dispatch


def remember(record):
    """Adds a record to the history of its account and region."""
    history = cloudtrail_backends[record["recipientAccountId"]][record["awsRegion"]].history
    history.append(Event(record))


def forget():
    """Empties the history of all accounts and regions."""
    for account in cloudtrail_backends.values():
        for backend in account.values():
            backend.history.clear()


class Event:
    """An event of the history."""

    def __init__(self, record):
        self.record = record
        self.time = int(datetime.fromisoformat(record["eventTime"]).timestamp())
        identity = record["userIdentity"]
        attributes = {
            "EventId": record["eventID"],
            "EventName": record["eventName"],
            "ReadOnly": json.dumps(record["readOnly"]),
            "AccessKeyId": identity.get("accessKeyId"),
            "EventSource": record["eventSource"],
            "Username": _username(identity),
        }
        self.attributes = {key: value for key, value in attributes.items() if value is not None}
        self.resources = list(_resources(record))

    def has(self, key, value):
        if key in ("ResourceName", "ResourceType"):
            return value in (resource.get(key) for resource in self.resources)
        return self.attributes.get(key) == value

    def told(self):
        more = {"EventTime": self.time, "Resources": self.resources, "CloudTrailEvent": json.dumps(self.record)}
        return {**self.attributes, **more}


def _username(identity):
    """The name of the session where a role was assumed."""
    if identity["type"] == "AssumedRole":
        return identity["arn"].rsplit("/", 1)[1]
    return "root" if identity["type"] == "Root" else identity.get("userName")


def _resources(record):
    """What SageMaker made, or was asked to change, by the ARNs that the record has for it."""
    said = {**record["requestParameters"], **(record["responseElements"] or {})}
    for value in dict.fromkeys(value for value in said.values() if isinstance(value, str)):
        match value.split(":", 5):
            case ["arn", _, "sagemaker", _, _, resource]:
                kind = "".join(word.capitalize() for word in resource.split("/")[0].split("-"))
                yield {"ResourceType": f"AWS::SageMaker::{kind}", "ResourceName": value}


class HistoryBackend(CloudTrailBackend):
    # moto finds a service's urls by the name of the module.
    __module__ = CloudTrailBackend.__module__

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.history = []

    def lookup_events(self, asked):
        """LookupEvents: the newest first. A token goes with the other parameters of the request that it is the answer to."""
        most = asked.get("MaxResults", PAGE)
        if not 1 <= most <= PAGE:
            raise _refusal("InvalidMaxResultsException", f"MaxResults must be from 1 to {PAGE}.")
        attributes = [(one.get("AttributeKey"), one.get("AttributeValue")) for one in asked.get("LookupAttributes", [])]
        if len(attributes) > 1 or any(key not in KEYS or not value for key, value in attributes):
            raise _refusal("InvalidLookupAttributesException", "One attribute at most, of those that are documented.")
        start, end = asked.get("StartTime", 0), asked.get("EndTime", math.inf)
        if start > end:
            raise _refusal("InvalidTimeRangeException", "StartTime is after EndTime.")

        first = bisect_left(self.history, start, key=lambda event: event.time)
        newest = bisect_right(self.history, end, key=lambda event: event.time)
        request = hashlib.sha256(json.dumps({**asked, "NextToken": None}, sort_keys=True).encode()).hexdigest()
        last = self._position(asked["NextToken"], request) if "NextToken" in asked else newest
        found = (
            place
            for place in range(last - 1, first - 1, -1)
            if all(self.history[place].has(key, value) for key, value in attributes)
        )
        places = list(islice(found, most + 1))
        events = [self.history[place].told() for place in places[:most]]
        more = {"NextToken": _token(places[most - 1], request)} if len(places) > most else {}
        return {"Events": events, **more}

    def _position(self, token, request):
        """Where the page before ended."""
        try:
            place, asked = json.loads(base64.b64decode(token, validate=True))
        except (TypeError, ValueError):
            asked = None
        if asked != request or place > len(self.history):
            raise _refusal("InvalidNextTokenException", "The token is not of a request with these parameters.")
        return place


def _token(place, request):
    return base64.b64encode(json.dumps([place, request]).encode()).decode()


def _refusal(code, message):
    return JsonRESTError(code, message)


class CloudTrail(CloudTrailResponse):
    def lookup_events(self):
        answer = self.cloudtrail_backend.lookup_events(json.loads(self.body))
        return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(answer)
