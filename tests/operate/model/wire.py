"""The protocols in which AWS speaks over HTTP: requests as calls of the model, and its answers as responses.

What the members of a request and a response are is read from botocore's models of the services. Protocols: JSON with
the operation in ``X-Amz-Target`` (SQS, DynamoDB and its streams), REST with JSON (Lambda), REST with XML (S3).
"""

import base64
import functools
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape

import botocore.session

from tests.operate.model.names import Answer, ServiceError

_TARGETS: Final = {"AmazonSQS": "sqs", "DynamoDB_20120810": "dynamodb", "DynamoDBStreams_20120810": "dynamodbstreams"}

_LAMBDA: Final = (
    ("POST", r"/2015-03-31/functions/([^/]+)/invocations", "Invoke", "FunctionName"),
    ("GET", r"/2015-03-31/event-source-mappings/([^/]+)", "GetEventSourceMapping", "UUID"),
    ("GET", r"/2015-03-31/event-source-mappings/?()", "ListEventSourceMappings", ""),
    ("GET", r"/2015-03-31/functions/([^/]+)/configuration", "GetFunctionConfiguration", "FunctionName"),
)
"""Methods and paths of operations, and what the path names (botocore's model of Lambda)."""

_S3: Final = {"GET": "GetObject", "PUT": "PutObject", "DELETE": "DeleteObject"}


@dataclass(frozen=True)
class Request:
    """A request over HTTP, with the names of its headers in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def caller(self) -> str:
        """Who signed it: the access key."""
        found = re.search(r"Credential=([^/]+)/", self.headers.get("authorization", ""))
        return found[1] if found else "nobody"


@dataclass(frozen=True)
class Response:
    """A response over HTTP."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


Call = tuple[str, str, dict[str, Any]]
"""The service, the operation and its parameters."""


@functools.cache
def _model(service: str) -> Any:  # noqa: ANN401 - botocore publishes no types
    return botocore.session.Session().get_service_model(service)


def read(request: Request) -> Call:
    """Return the call that a request makes."""
    if "x-amz-target" in request.headers:
        prefix, _, operation = request.headers["x-amz-target"].partition(".")
        service = _TARGETS[prefix]
        shape = _model(service).operation_model(operation).input_shape
        return service, operation, _decoded(shape, json.loads(request.body or b"{}"))
    parts = urlsplit(request.target)
    query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    if parts.path.startswith("/2015-03-31/"):
        return _read_lambda(request, unquote(parts.path), query)
    return _read_s3(request, unquote(parts.path), query)


def _read_lambda(request: Request, path: str, query: dict[str, str]) -> Call:
    for method, pattern, operation, name in _LAMBDA:
        found = re.fullmatch(pattern, path)
        if found and method == request.method:
            given: dict[str, Any] = {name: found[1]} if name else {}
            given |= {"Payload": request.body} if operation == "Invoke" else {}
            return "lambda", operation, given | query
    raise NotImplementedError(f"the model has no {request.method} {path} of Lambda")


def _read_s3(request: Request, path: str, query: dict[str, str]) -> Call:
    bucket, _, key = path.removeprefix("/").partition("/")
    if not key and request.method == "GET":
        names = {"prefix": "Prefix", "continuation-token": "ContinuationToken", "start-after": "StartAfter"}
        given = {names[name]: value for name, value in query.items() if name in names}
        return "s3", "ListObjectsV2", {"Bucket": bucket} | given
    body = {"Body": request.body} if request.method == "PUT" else {}
    return "s3", _S3[request.method], {"Bucket": bucket, "Key": key} | body


def answered(service: str, operation: str, answer: Answer) -> Response:
    """Return the response with what an operation returns."""
    if operation == "Invoke":
        kind = {"x-amz-function-error": answer["FunctionError"]} if "FunctionError" in answer else {}
        return Response(answer["StatusCode"], answer["Payload"].read(), kind)
    if service == "s3":
        return _s3_response(operation, answer)
    if operation == "ReceiveMessage":
        for message in answer.get("Messages", []):
            message["MD5OfBody"] = hashlib.md5(message["Body"].encode()).hexdigest()  # noqa: S324 - as SQS does
    shape = _model(service).operation_model(operation).output_shape
    content = _encoded(shape, answer) if shape else {}
    return Response(200, json.dumps(content).encode(), {"content-type": "application/x-amz-json-1.0"})


def _s3_response(operation: str, answer: Answer) -> Response:
    if operation == "GetObject":
        return Response(200, answer["Body"].read(), {"content-type": "application/octet-stream"})
    if operation != "ListObjectsV2":
        return Response(204 if operation == "DeleteObject" else 200, b"")
    # boto3 asks for keys that are encoded as in a URL, so that any key fits into XML.
    inner = [f"<IsTruncated>{str(answer['IsTruncated']).lower()}</IsTruncated><EncodingType>url</EncodingType>"]
    inner += [
        f"<Contents><Key>{quote(each['Key'])}</Key><Size>{each['Size']}</Size></Contents>"
        for each in answer.get("Contents", [])
    ]
    if "NextContinuationToken" in answer:
        inner.append(f"<NextContinuationToken>{escape(answer['NextContinuationToken'])}</NextContinuationToken>")
    return _xml(200, f"<ListBucketResult>{''.join(inner)}</ListBucketResult>")


def refused(service: str, error: ServiceError) -> Response:
    """Return the response with an error."""
    if service == "s3":
        inner = f"<Code>{error.code}</Code><Message>{escape(error.message)}</Message>"
        return _xml(error.status, f"<Error>{inner}</Error>")
    content = {"__type": error.code, "message": error.message}
    return Response(error.status, json.dumps(content).encode(), {"x-amzn-errortype": error.code})


def _xml(status: int, text: str) -> Response:
    return Response(status, f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode(), {"content-type": "text/xml"})


def _decoded(shape: Any, value: Any) -> Any:  # noqa: ANN401 - as the shape says
    """Return a value of JSON as boto3 takes it."""
    if shape.type_name == "structure":
        return {name: _decoded(shape.members[name], inner) for name, inner in value.items() if inner is not None}
    if shape.type_name == "list":
        return [_decoded(shape.member, inner) for inner in value]
    if shape.type_name == "map":
        return {name: _decoded(shape.value, inner) for name, inner in value.items()}
    if shape.type_name == "blob":
        return base64.b64decode(value)
    return datetime.fromtimestamp(value, UTC) if shape.type_name == "timestamp" else value


def _encoded(shape: Any, value: Any) -> Any:  # noqa: ANN401 - as above
    """Return what boto3 gives as a value of JSON."""
    if shape.type_name == "structure":
        return {name: _encoded(shape.members[name], inner) for name, inner in value.items() if inner is not None}
    if shape.type_name == "list":
        return [_encoded(shape.member, inner) for inner in value]
    if shape.type_name == "map":
        return {name: _encoded(shape.value, inner) for name, inner in value.items()}
    if shape.type_name == "blob":
        return base64.b64encode(value).decode()
    return value.timestamp() if shape.type_name == "timestamp" else value
