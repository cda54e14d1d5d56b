"""Failures that tests ask for, so that code meets what AWS does on a bad day."""

from dataclasses import dataclass
from threading import Lock

KINDS = ("error", "delay", "drop", "lost-response")


@dataclass
class Fault:
    """What happens to the next `times` calls of an action; without `times`, to all of them."""

    service: str
    action: str
    kind: str
    times: int | None = None
    status: int = 400
    code: str = "InternalFailure"
    message: str = "A fault that a test asked for."
    seconds: float = 0

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"kind is {self.kind!r}, not one of {', '.join(KINDS)}")

    def hits(self, call):
        return (self.service, self.action) == (call.service, call.action) and self.times != 0


class Faults:
    def __init__(self):
        self._lock = Lock()
        self.clear()

    def clear(self):
        self._faults = []

    def add(self, descriptions):
        """Adds all described faults, or none if a description is wrong (ValueError, TypeError)."""
        self._faults += [Fault(**description) for description in descriptions]

    def take(self, call):
        """The newest fault that hits the call, used up by one."""
        with self._lock:
            fault = next((fault for fault in reversed(self._faults) if fault.hits(call)), None)
            if fault and fault.times is not None:
                fault.times -= 1
            return fault
