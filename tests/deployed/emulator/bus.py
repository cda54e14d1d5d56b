"""EventBridge: events of AWS's own, and rules that hear read-only calls.

EventBridge User Guide, "Receiving read-only management events from AWS services": a rule in the state `ENABLED` hears all events that
match it but CloudTrail's of read-only calls; in the state `ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS` it hears these as well.

EventBridge API Reference, PutEventsRequestEntry: sources that begin with `aws.` are not for customers. So tests have a way of their own.
"""

import json
from datetime import datetime

from ministack.core.responses import set_request_account_id, set_request_region
from ministack.services import eventbridge

ENABLED = "ENABLED"
ALSO_READ_ONLY = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


def install():
    eventbridge._dispatch_event = dispatch


def publish(asked):
    """Brings an event to the default bus of a region, with its own id, time and region: it may have been forwarded."""
    event = asked["event"]
    set_request_account_id(event["account"])
    set_request_region(asked["region"])
    eventbridge._ensure_default_bus()
    received = {
        "EventId": event["id"],
        "Source": event["source"],
        "DetailType": event["detail-type"],
        "Detail": json.dumps(event["detail"]),
        "EventBusName": "default",
        "Time": int(datetime.fromisoformat(event["time"]).timestamp()),
        "Resources": event["resources"],
        "Account": event["account"],
        "Region": event["region"],
    }
    eventbridge._dispatch_event(received)
    eventbridge._archive_event(received)
    return {}


def run_schedule(rule):
    """Runs what a schedule runs, before its time."""
    for account, region, key in list(eventbridge._rules._data):
        if key.endswith(f"|{rule}"):
            eventbridge._rule_last_fired[account, region, key] = 0
    eventbridge._tick_scheduled_rules()
    return {}


def dispatch(event, view=None):
    view = view or eventbridge._pattern_event_view(event)
    hearing = (ALSO_READ_ONLY,) if is_read_only(view) else (ENABLED, ALSO_READ_ONLY)
    for key, rule in eventbridge._rules.items():
        pattern = rule.get("EventPattern")
        is_on_bus = rule["EventBusName"] == event.get("EventBusName", "default")
        if pattern and is_on_bus and rule["State"] in hearing and eventbridge._matches_pattern_view(pattern, view):
            for target in eventbridge._targets.get(key, []):
                eventbridge._invoke_target(target, event, rule, view)


def is_read_only(view):
    event = view.event_with_detail()
    is_call = event["detail-type"].endswith("via CloudTrail")
    return is_call and event["detail"].get("managementEvent") is True and event["detail"].get("readOnly") is True
