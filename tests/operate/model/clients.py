"""boto3's own clients in this process, whose calls a process of the model answers instead of the network.

Parameters are validated and errors become exceptions as ever; what botocore does by itself below a call, such as
repeating it, is left out.
"""

import functools
from collections.abc import Mapping
from typing import Any

import boto3
import botocore.session

from tests.operate.model import process
from tests.operate.model.names import REGION, ServiceError

_RealSession = boto3.session.Session


class Session:
    """What stands in for ``boto3.session.Session`` while the model is in use."""

    def __init__(self, *, profile_name: str | None = None, region_name: str | None = None, **_: Any) -> None:  # noqa: ANN401
        self.profile_name = profile_name or "default"
        self.region_name = region_name or REGION

    def client(self, service: str, **_: Any) -> Any:  # noqa: ANN401 - boto3 makes its clients' types
        """Return a client; who uses it is found out at each call."""
        return _client(service)


@functools.cache
def _client(service: str) -> Any:  # noqa: ANN401 - as above
    # A session of its own, whose handlers are nobody else's
    inner = botocore.session.Session()
    inner.set_credentials("a", "b")
    client = _RealSession(botocore_session=inner, region_name=REGION).client(service)
    client.meta.events.register_first("before-parameter-build.*.*", _note)
    client.meta.events.register("before-call.*.*", functools.partial(_answer, service))
    return client


def _note(params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:  # noqa: ANN401
    context["given"] = dict(params)


def _answer(service: str, model: Any, context: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:  # noqa: ANN401
    given = context["given"]
    try:
        answer = process.current().call(service, model.name, given)
    except ServiceError as error:
        told = {"Error": {"Code": error.code, "Message": error.message}, "ResponseMetadata": {}}
        return _Status(error.status), told
    return _Status(200), answer | {"ResponseMetadata": {"HTTPStatusCode": 200}}


class _Status:
    """What botocore wants to know of a response."""

    def __init__(self, status_code: int) -> None:
        self.status_code = status_code
