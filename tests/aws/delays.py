"""Delayed messages of SQS, for tests that do not wait."""

from moto.sqs.models import sqs_backends


def skip():
    """Lets every message be received at once. Returns the delays that messages had, in seconds."""
    return sorted(delay for queue in _queues() for message in queue._messages if (delay := _skip(message)))


def _queues():
    for account in sqs_backends.values():
        for backend in account.values():
            yield from backend.queues.values()


def _skip(message):
    delay = round((message.delayed_until - message.sent_timestamp) / 1000) if message.delayed_until else 0
    message.delayed_until = 0
    return delay
