"""AWS through boto3: credentials, profiles, regions and endpoints as in other AWS tools, and errors of one line."""

import os
import random
import re
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from generator.errors import AwsError, extra
from generator.limits import MAX_FUNCTION_SECONDS

Client = Callable[[str], Any]
"""Returns the boto3 client of a service."""

Result = TypeVar("Result")

Pause = Callable[[float, str], object]
"""Waits some seconds, for a reason: the code of the error that is waited out. Empty if the wait is planned."""

_MAX_PAUSE: Final = 30.0
_MAX_ATTEMPTS: Final = 10

_HINTS: Final = {
    "NoCredentialsError": "; name a profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "NoRegionError": "; set AWS_REGION, or name a profile that has one",
    "ExpiredToken": "; renew the credentials and run it again",
    "ExpiredTokenException": "; renew the credentials and run it again",
    "RequestExpired": "; renew the credentials and run it again",
}


def connect(profile: str | None = None, region: str | None = None, endpoint_url: str | None = None) -> Client:
    """Return a function that creates boto3 clients. Defaults come from the environment and the AWS configuration.

    ``AWS_REGION`` is read as by other AWS tools; boto3 itself reads only ``AWS_DEFAULT_REGION``. A client of Lambda
    waits for the longest timeout of a function and never retries an invocation: the caller decides about retries.

    Raises:
        UsageError: boto3 is not installed.
        AwsError: The profile does not exist. The function raises it if no region is known.
    """
    with extra("aws"):
        # Importing it takes most of a second, and most commands do not need it.
        import boto3  # noqa: PLC0415
        from botocore.config import Config  # noqa: PLC0415
    with aws_errors("AWS cannot be used"):
        session = boto3.session.Session(profile_name=profile, region_name=region or os.environ.get("AWS_REGION"))
    no_retry_config = Config(
        read_timeout=MAX_FUNCTION_SECONDS + 10, retries={"total_max_attempts": 1, "mode": "standard"}
    )
    retry_config = Config(retries={"total_max_attempts": 5, "mode": "adaptive"})
    clients: dict[str, Any] = {}

    def client(service: str) -> Any:  # noqa: ANN401 - boto3 makes its clients' types
        if service not in clients:
            with aws_errors("AWS cannot be used"):
                config = no_retry_config if service == "lambda" else retry_config
                clients[service] = session.client(service, endpoint_url=endpoint_url, config=config)
        return clients[service]

    return client


def error_code(error: Exception) -> str:
    """Return the code of an error response of AWS, without a prefix of the protocol. Empty for other errors."""
    response = getattr(error, "response", None)
    code = (response.get("Error") or {}).get("Code", "") if isinstance(response, dict) else ""
    return str(code).rpartition(".")[2]


@contextmanager
def aws_errors(what: str) -> Iterator[None]:
    """Turn errors of boto3 in the ``with`` block into an :class:`AwsError` that begins with ``what``."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see connect

    try:
        yield
    except ClientError as error:
        code = error_code(error)
        message = " ".join(str((error.response.get("Error") or {}).get("Message", "")).split())
        hint = _HINTS.get(code) or _owner_hint(what, message)
        failure = AwsError(f"{what}: {code}: {message.rstrip('.')}{hint}.")
        failure.code = code
        raise failure from error
    except (BotoCoreError, ValueError) as error:
        # ValueError: an endpoint that is not a URL
        hint = _HINTS.get(type(error).__name__, "")
        raise AwsError(f"{what}: {' '.join(str(error).split()).rstrip('.')}{hint}.") from error


def _owner_hint(what: str, message: str) -> str:
    """Return a hint if AWS denies an action on a resource of another account: its own policy must allow that, too."""
    denied = re.search(r"arn:[\w-]+:(?:iam|sts)::(\d{12}):.* is not authorized to perform: ([\w:]+)", message)
    resource = re.search(r"arn:[\w-]+:\w+:[\w-]*:(\d{12}):\S+", what)
    if not denied or not resource or denied[1] == resource[1]:
        return ""
    return f"; the account {resource[1]} must allow {denied[2]} in the policy of the resource, too"


def with_backoff(
    call: Callable[[], Result], codes: Collection[str], exhausted: str, *, pause: Pause | None = None
) -> Result:
    """Return the result of a call that is repeated, at most ten times, while AWS answers with one of some error codes.

    Pauses start at half a second and double up to half a minute; a random part of a half keeps several processes apart.

    Raises:
        AwsError: The last attempt failed too. Its message is ``exhausted``.
    """
    code = ""
    for attempt in range(_MAX_ATTEMPTS):
        if attempt:
            longest = min(2.0 ** (attempt - 2), _MAX_PAUSE)
            (pause or sleep)(longest * random.uniform(0.5, 1), code)  # noqa: S311 - nothing depends on its secrecy
        try:
            return call()
        except Exception as error:
            code = error_code(error)
            if code not in codes:
                raise
    raise AwsError(exhausted)


def sleep(seconds: float, reason: str) -> None:
    """Wait some seconds."""
    del reason
    time.sleep(seconds)
