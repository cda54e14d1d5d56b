"""What an HTTP request asks of AWS, and how AWS answers an error in that request's protocol."""

import io
import json
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from botocore.exceptions import UnknownServiceError
from moto.core.request import Request
from moto.core.routing import NotFound, get_service_router
from moto.core.utils import get_service_model
from werkzeug.wrappers import Response

CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request")

# The members of a request that name the resource it is about, the most telling one first.
RESOURCE_MEMBERS = (
    "ResourceArn",
    "ResourceARN",
    "ResourceARNList",
    "TrainingJobName",
    "EndpointName",
    "EndpointConfigName",
    "ModelName",
    "TableName",
    "QueueUrl",
    "QueueName",
    "TopicArn",
    "KeyId",
    "RoleArn",
    "RoleName",
    "UserName",
    "Name",
)


@dataclass(frozen=True)
class Call:
    """One call of an AWS operation."""

    access_key: str | None
    region: str | None
    service: str | None
    action: str
    resource: str | None
    protocol: str
    content_type: str
    user_agent: str
    members: dict
    """What the request says, where it is JSON."""

    @classmethod
    def read(cls, environ):
        """Reads a call from a WSGI request and leaves the request's body in place."""
        credential = CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
        access_key, region, service = credential.groups() if credential else (None, None, None)
        body = _body(environ)
        content_type = environ.get("CONTENT_TYPE", "")
        target = environ.get("HTTP_X_AMZ_TARGET")
        members = read_json(body) if target else {}
        if target:
            action, resource, protocol = target.split(".")[-1], _resource(members), "json"
        elif content_type.startswith("application/x-www-form-urlencoded"):
            form = dict(parse_qsl(body.decode(errors="replace")))
            action, resource, protocol = form.get("Action", ""), _resource(form), "query"
        else:
            action, protocol = _rest_operation(service, environ)
            resource = environ["PATH_INFO"]
        user_agent = environ.get("HTTP_USER_AGENT", "")
        return cls(access_key, region, service, action, resource, protocol, content_type, user_agent, members)


def error(call, status, code, message):
    """An error as the SDKs expect it in the protocol of the call."""
    headers = {"x-amzn-errortype": code}
    if call.protocol == "json":
        body, content_type = {"__type": code, "message": message}, call.content_type
    elif call.protocol == "rest-json":
        body, content_type = {"message": message}, "application/json"
    else:
        body, content_type, headers = _xml_error(call, code, message), "text/xml", {}
    body = json.dumps(body) if isinstance(body, dict) else body
    return Response(body, status, headers, content_type=content_type)


def _xml_error(call, code, message):
    detail = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    if call.protocol == "rest-xml":
        return f"<Error>{detail}</Error>"
    return f"<ErrorResponse><Error><Type>Sender</Type>{detail}</Error></ErrorResponse>"


def _body(environ):
    # A body without a length is a stream: it stays as it is.
    if not environ.get("CONTENT_LENGTH"):
        return b""
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def read_json(body):
    """The members of a JSON object; none, if it is none."""
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _resource(members):
    value = next((members[name] for name in RESOURCE_MEMBERS if name in members), None)
    return ",".join(value) if isinstance(value, list) else value


def _rest_operation(service, environ):
    """The operation that a REST service's model has for the method and the path."""
    try:
        operation, _ = get_service_router(service).match(Request(environ))
    except (NotFound, NotImplementedError, UnknownServiceError, TypeError):
        return f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}", "rest-json"
    return operation.name, get_service_model(service).protocol
