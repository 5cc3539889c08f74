"""Authorizes requests: with a signature, with a name and a password, or not at all."""

import base64
import hashlib
import json
import os
from typing import Any

from indexer.settings import Settings, SettingsError


class Authorization:
    """Adds headers to a request, as ``INDEXER_AUTH`` requires.

    The AWS libraries, which the Python runtimes of Lambda contain, are imported when they are first needed: their
    import takes longer than that of the function.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._known: Any = None

    def headers(self, method: str, url: str, headers: dict[str, str], body: bytes, seconds: float) -> dict[str, str]:
        """Return the headers with those that authorize the request; reading a password takes at most ``seconds``."""
        if self._settings.auth in ("es", "aoss"):
            return self._signed(method, url, headers, body)
        if self._settings.auth == "basic":
            return {**headers, "Authorization": self._basic(seconds)}
        return headers

    def forget(self) -> bool:
        """Discard a password that was read from a secret, which may have been rotated; return whether there was one."""
        was_known, self._known = self._known is not None and self._settings.secret_arn is not None, None
        return was_known

    def _signed(self, method: str, url: str, headers: dict[str, str], body: bytes) -> dict[str, str]:
        from botocore.auth import SigV4Auth  # noqa: PLC0415 - as the class says
        from botocore.awsrequest import AWSRequest  # noqa: PLC0415 - as the class says

        # OpenSearch Serverless requires the hash of the body as a header; domains accept it.
        digest = hashlib.sha256(body).hexdigest()
        request = AWSRequest(method, url, data=body, headers={**headers, "X-Amz-Content-SHA256": digest})
        SigV4Auth(self._credentials(), self._settings.auth, os.environ["AWS_REGION"]).add_auth(request)
        return dict(request.headers.items())

    def _credentials(self) -> Any:  # noqa: ANN401 - botocore has no types
        if "AWS_ACCESS_KEY_ID" in os.environ:
            from botocore.credentials import Credentials  # noqa: PLC0415 - as the class says

            return Credentials(
                os.environ["AWS_ACCESS_KEY_ID"],
                os.environ["AWS_SECRET_ACCESS_KEY"],
                os.environ.get("AWS_SESSION_TOKEN"),
            )
        if self._known is None:
            # With SnapStart, Lambda provides them at a URL instead, and renews them.
            import botocore.session  # noqa: PLC0415 - as the class says

            self._known = botocore.session.get_session().get_credentials()
        return self._known.get_frozen_credentials()

    def _basic(self, seconds: float) -> str:
        if self._known is None:
            name, password = self._settings.username, self._settings.password
            if self._settings.secret_arn is not None:
                name, password = _secret(self._settings.secret_arn, seconds)
            self._known = "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()
        known: str = self._known
        return known


def _secret(arn: str, seconds: float) -> tuple[str, str]:
    import boto3  # noqa: PLC0415 - as the class says
    from botocore.config import Config  # noqa: PLC0415 - as the class says

    # By default, boto3 waits a minute for each of several attempts: Lambda would end the function without a message.
    limits = Config(
        connect_timeout=min(3, seconds / 2), read_timeout=min(5, seconds / 2), retries={"total_max_attempts": 1}
    )
    secrets = boto3.client("secretsmanager", region_name=arn.split(":")[3], config=limits)
    text = secrets.get_secret_value(SecretId=arn).get("SecretString") or ""
    try:
        secret = json.loads(text)
        return secret["username"], secret["password"]
    except (ValueError, KeyError, TypeError):
        raise SettingsError(
            f'The secret {arn} (INDEXER_SECRET_ARN) must be JSON with "username" and "password".'
        ) from None
