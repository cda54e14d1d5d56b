"""EventBridge as AWS documents it: events are validated, and those of AWS's own sources are refused."""

from botocore.validate import ParamValidator
from moto.core.utils import get_service_model
from moto.events.exceptions import ValidationException
from moto.events.models import EventsBackend, events_backends

# API reference, PutEvents and PutEventsRequestEntry.
LONGEST_TYPE = 128
LARGEST_REQUEST = 1024 * 1024


def install():
    events_backends.backend = ValidatingBackend


class ValidatingBackend(EventsBackend):
    # moto finds a service's urls by the name of the module.
    __module__ = EventsBackend.__module__

    def put_events(self, events):
        shape = get_service_model("events").shape_for("PutEventsRequestEntry")
        size = 0
        for event in events:
            report = ParamValidator().validate(event, shape)
            if report.has_errors():
                raise ValidationException(report.generate_report())
            size += sum(len(event.get(member, "").encode()) for member in ("Source", "DetailType", "Detail"))
        if size > LARGEST_REQUEST:
            raise ValidationException(f"{size} bytes")
        refused = [self._refused(event) for event in events]
        taken = iter(super().put_events([event for event, why in zip(events, refused) if not why]))
        return [{"ErrorCode": why, "ErrorMessage": why} if why else next(taken) for why in refused]

    @staticmethod
    def _refused(event):
        if event.get("Source", "").startswith("aws."):
            return "NotAuthorizedForSourceException"
        if len(event.get("DetailType", "")) > LONGEST_TYPE:
            return "InvalidArgument"
        return None
