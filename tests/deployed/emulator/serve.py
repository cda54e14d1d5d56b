"""The AWS of the deployed stack: ministack, with its differences from AWS corrected. Prints where it listens.

    python serve.py SAGEMAKER       SAGEMAKER is the address of tests/aws/emulator.py

It knows no real account and needs no credentials. Control calls, JSON in and out:

    POST   /_deployed/events        an event of AWS's own, in EventBridge's envelope, comes to the default bus of a region
    POST   /_deployed/schedules     runs what the rule of this name runs, before its time
    DELETE /_deployed/delays        ends the delays of SQS's messages, and answers with them, in seconds
"""

import asyncio
import json
import os
import socket
import sys
from urllib.parse import urlsplit

HOST = "127.0.0.1"


def environment(port):
    """What ministack reads when it is imported. The functions inherit it as well."""
    return {
        "AUTH": "true",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": HOST,
        "AWS_ENDPOINT_URL": f"http://{HOST}:{port}",
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
    }


def controlled(app):
    """The application, with the control calls in front of it."""
    import bus
    import delays

    calls = {
        ("POST", "/_deployed/events"): bus.publish,
        ("POST", "/_deployed/schedules"): bus.run_schedule,
        ("DELETE", "/_deployed/delays"): delays.skip,
    }

    async def answer(scope, receive, send):
        call = calls.get((scope.get("method"), scope.get("path")))
        if call is None:
            # What comes in plain here comes by TLS on AWS, and a policy may ask for that.
            return await app({**scope, "scheme": "https"}, receive, send)
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        result = json.dumps(call(json.loads(body or b"null"))).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(result)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": result})

    return answer


async def serve(listener, sagemaker):
    from hypercorn.asyncio import serve as serve_with_hypercorn
    from hypercorn.config import Config
    from ministack.app import app

    import asynchronous
    import bus
    import elsewhere
    import resources
    import undelivered

    for correction in (asynchronous, bus, resources, undelivered):
        correction.install()
    elsewhere.install(urlsplit(sagemaker).netloc)
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.loglevel = "WARNING"
    await serve_with_hypercorn(controlled(app), config)


def main():
    listener = socket.create_server((HOST, 0), backlog=1024)
    port = listener.getsockname()[1]
    os.environ |= environment(port)
    # The socket listens from here on: a connection waits until it is served.
    print(f"listening on http://{HOST}:{port}", flush=True)
    asyncio.run(serve(listener, sys.argv[1]))


main()
