"""AWS through boto3: credentials, profiles, regions and endpoints as every AWS tool takes them, errors of one line."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from generator.errors import AwsError

Client = Callable[[str], Any]
"""Gives a boto3 client of a service."""

LONGEST_INVOCATION: Final = 900
"""Seconds that a function may take (AWS, "Lambda quotas")."""

_HINTS: Final = {
    "NoCredentialsError": "; name a profile, or set AWS_ACCESS_KEY_ID and what goes with it",
    "NoRegionError": "; set AWS_REGION, or name a profile that has one",
    "ExpiredToken": "; renew the credentials and run it again",
    "ExpiredTokenException": "; renew the credentials and run it again",
    "RequestExpired": "; renew the credentials and run it again",
}


def connect(profile: str | None = None, region: str | None = None, endpoint_url: str | None = None) -> Client:
    """Return what gives boto3 clients; what is not given comes from the environment and the AWS configuration.

    ``AWS_REGION`` is the region as for every other AWS tool; boto3 itself knows ``AWS_DEFAULT_REGION`` alone.
    A client of Lambda waits as long as a function may take and never repeats an invocation by itself.

    Raises:
        AwsError: boto3 is not installed, or the profile does not exist. A client raises it where no region is known.
    """
    try:
        # Takes most of a second, and the other commands do without.
        import boto3  # noqa: PLC0415
        from botocore.config import Config  # noqa: PLC0415
    except ImportError as error:
        raise AwsError('This needs the Python package boto3: pip install "boto3>=1.40".') from error
    with refusing("AWS cannot be used"):
        session = boto3.session.Session(profile_name=profile, region_name=region or os.environ.get("AWS_REGION"))
    once = Config(read_timeout=LONGEST_INVOCATION + 10, retries={"total_max_attempts": 1, "mode": "standard"})
    often = Config(retries={"total_max_attempts": 5, "mode": "adaptive"})
    clients: dict[str, Any] = {}

    def client(service: str) -> Any:  # noqa: ANN401 - boto3 makes its clients' types
        if service not in clients:
            with refusing("AWS cannot be used"):
                config = once if service == "lambda" else often
                clients[service] = session.client(service, endpoint_url=endpoint_url, config=config)
        return clients[service]

    return client


def code_of(error: Exception) -> str:
    """Return the code of an error that AWS answered with, without what a protocol puts before it; else nothing."""
    response = getattr(error, "response", None)
    code = (response.get("Error") or {}).get("Code", "") if isinstance(response, dict) else ""
    return str(code).rpartition(".")[2]


@contextmanager
def refusing(what: str) -> Iterator[None]:
    """Turn what boto3 raises within the ``with`` block into an :class:`AwsError` that begins with what was tried."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see connect

    try:
        yield
    except ClientError as error:
        code = code_of(error)
        said = " ".join(str((error.response.get("Error") or {}).get("Message", "")).split())
        raise AwsError(f"{what}: {code}: {said.rstrip('.')}{_HINTS.get(code, '')}.") from error
    except (BotoCoreError, ValueError) as error:
        # ValueError: an endpoint that is no URL
        hint = _HINTS.get(type(error).__name__, "")
        raise AwsError(f"{what}: {' '.join(str(error).split()).rstrip('.')}{hint}.") from error
