"""The WSGI application in front of moto: faults, journal, control endpoints, errors as in AWS."""

import json
import re
import socket
import time
import traceback
from threading import Lock

from botocore.model import OperationNotFoundError
from moto.moto_api._internal.models import moto_api_backend
from werkzeug.wrappers import Request, Response

import calls
import cloudtrail_plugin
import delays
import history
from calls import Call
from faults import Faults
from journal import Journal

# moto knows these errors under the names and the status of the XML protocols only.
# SageMaker API reference, Common Errors (the same in those of KMS and DynamoDB).
JSON_ERROR_CODES = {
    "AccessDenied": "AccessDeniedException",
    "InvalidClientTokenId": "UnrecognizedClientException",
    "SignatureDoesNotMatch": "InvalidSignatureException",
}


class Gateway:
    def __init__(self, moto):
        self.moto = moto
        self.faults = Faults()
        self.journal = Journal()
        self.identity = None
        self._one_at_a_time = Lock()

    def __call__(self, environ, start_response):
        path = environ["PATH_INFO"]
        if path.startswith("/moto-api"):
            return self.moto(environ, start_response)
        handle = self._control if path.startswith("/_emulator/") else self._call
        return handle(environ)(environ, start_response)

    def _control(self, environ):
        request = Request(environ)
        match request.method, request.path.removeprefix("/_emulator/"):
            case "POST", "reset":
                self._reset()
            case "POST", "faults":
                try:
                    self.faults.add(json.loads(request.get_data()))
                except (TypeError, ValueError) as reason:
                    return _json(400, {"error": str(reason)})
            case "DELETE", "faults":
                self.faults.clear()
            case "GET", "journal":
                return _json(200, self.journal.entries)
            case "DELETE", "journal":
                self.journal.clear()
            case "DELETE", "delays":
                return _json(200, delays.skip())
            case "DELETE", "history":
                with self._one_at_a_time:
                    cloudtrail_plugin.forget()
            case "PUT", "identity":
                identity = calls.read_json(request.get_data())
                if "type" not in identity:
                    return _json(400, {"error": "a userIdentity is an object with a type"})
                self.identity = identity
            case _:
                return _json(404, {"error": "no such control endpoint"})
        return _json(200, {})

    def _reset(self):
        with self._one_at_a_time:
            moto_api_backend.reset()
        self.faults.clear()
        self.journal.clear()
        self.identity = None

    def _call(self, environ):
        call = Call.read(environ)
        fault = self.faults.take(call)
        entry = self.journal.add(call, fault)
        response = self._respond(call, fault, environ)
        entry["status"] = response.status_code if response else None
        if fault and fault.kind in ("drop", "lost-response"):
            _hang_up(environ)
        return response

    def _respond(self, call, fault, environ):
        kind = fault.kind if fault else None
        if kind == "drop":
            return None
        if kind == "error":
            return calls.error(call, fault.status, fault.code, fault.message)
        if kind == "delay":
            time.sleep(fault.seconds)
        return self._carry_out(call, environ)

    def _carry_out(self, call, environ):
        # ReceiveMessage may wait for a message, which another call has to bring.
        if call.service == "sqs":
            return self._ask_moto(call, environ)
        # moto looks and then writes; one call at a time makes its conditions as atomic as AWS's.
        with self._one_at_a_time:
            response = self._ask_moto(call, environ)
            self._remember(call, response, environ)
            return response

    def _remember(self, call, response, environ):
        """CloudTrail User Guide, event history: it tells of calls that failed as well, by their error code."""
        if history.is_told(call) and response.status_code < 500:
            answer = calls.read_json(response.get_data())
            identity = calls.read_json(environ.get("HTTP_X_EMULATOR_IDENTITY", "")) or self.identity
            cloudtrail_plugin.remember(history.record(call, response.status_code, answer, identity))

    def _ask_moto(self, call, environ):
        try:
            response = Response.from_app(self.moto, environ, buffered=True)
        except (NotImplementedError, OperationNotFoundError):
            return _unknown_operation(call)
        except Exception:
            return calls.error(call, 500, "InternalFailure", traceback.format_exc())
        return _in_protocol(call, response)


def _unknown_operation(call):
    """Common Errors of the services: InvalidAction in those of IAM, SNS and STS."""
    code = "UnknownOperationException" if "json" in call.protocol else "InvalidAction"
    return calls.error(call, 400, code, f"The emulator does not implement {call.action}.")


def _in_protocol(call, response):
    """moto refuses access in XML in any protocol: an SDK for JSON would not find the code."""
    if call.protocol != "json" or response.status_code < 400:
        return response
    text = response.get_data(as_text=True)
    if text.startswith("{"):
        return response
    code = re.search(r"<Code>(.*?)</Code>", text)
    if not code:
        return calls.error(call, response.status_code, "InternalFailure", text)
    message = re.search(r"<Message>(.*?)</Message>", text, re.DOTALL)
    name = code[1]
    return calls.error(call, 400, JSON_ERROR_CODES.get(name, name), message[1] if message else "")


def _hang_up(environ):
    """Ends the connection without an answer: at this error the server gives up on the request."""
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError


def _json(status, value):
    return Response(json.dumps(value), status, content_type="application/json")
