"""Signature of a request (AWS, Signature Version 4), with the standard library alone.

Importing botocore for it takes longer than everything else here together. A test compares it with botocore's.
"""

import hashlib
import hmac
import os
from datetime import datetime, timezone
from typing import Any, NamedTuple

_SERVICE = "events"


class Credentials(NamedTuple):
    """Credentials of the function's role."""

    access_key: str
    secret_key: str
    token: str | None


_session: Any = None


def credentials() -> Credentials:
    """Return the credentials that Lambda provides."""
    global _session  # noqa: PLW0603 - botocore renews what it holds
    if "AWS_ACCESS_KEY_ID" in os.environ:
        return Credentials(
            os.environ["AWS_ACCESS_KEY_ID"],
            os.environ["AWS_SECRET_ACCESS_KEY"],
            os.environ.get("AWS_SESSION_TOKEN"),
        )
    # With SnapStart, Lambda provides them at an address instead, and renews them.
    if _session is None:
        import botocore.session  # noqa: PLC0415 - see above

        _session = botocore.session.get_session().get_credentials()
    return Credentials(*_session.get_frozen_credentials())


def signed(
    host: str, region: str, headers: dict[str, str], body: bytes, *, keys: Credentials, now: datetime | None = None
) -> dict[str, str]:
    """Return the headers of a ``POST /`` with those that sign it."""
    now = now or datetime.now(timezone.utc)  # noqa: UP017 - Python 3.10, which Lambda still runs, has no datetime.UTC
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    headers = {**headers, "X-Amz-Date": stamp}
    if keys.token:
        headers["X-Amz-Security-Token"] = keys.token
    lower = {name.lower(): value for name, value in {**headers, "Host": host}.items()}
    names = ";".join(sorted(lower))
    canonical = "\n".join(
        [
            "POST",
            "/",
            "",
            *(f"{name}:{lower[name]}" for name in sorted(lower)),
            "",
            names,
            hashlib.sha256(body).hexdigest(),
        ]
    )
    scope = f"{stamp[:8]}/{region}/{_SERVICE}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{keys.secret_key}".encode()
    for part in (*scope.split("/"), text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    headers["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={keys.access_key}/{scope}, SignedHeaders={names}, Signature={key.hex()}"
    )
    return headers
