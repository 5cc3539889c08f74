"""Checks AWS signatures (version 4) by the standard library alone: the signer under test must not judge itself.

Source: AWS, "Create a signed AWS API request".
"""

import calendar
import hashlib
import hmac
import re
import time
from dataclasses import dataclass
from urllib.parse import quote, unquote

LONGEST_AGE = 300
"""Seconds that a signature may be old."""

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, "
    r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})"
)


@dataclass(frozen=True, kw_only=True)
class Signed:
    """A request as it arrived: its headers by their names in lower case, its body as it was sent."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


def check_signature(request: Signed, *, scope: tuple[str, str], credentials: tuple[str, str], now: float) -> str | None:
    """Say what is wrong with the signature of a request, or return None.

    Takes what is expected: region and service, access key id and secret key, and the time in seconds.
    """
    headers = request.headers
    found = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if found is None:
        return "Missing Authentication Token"
    key, day, region, service, signed, signature = found.groups()
    names, stamp = signed.split(";"), headers.get("x-amz-date", "")
    if (region, service) != scope or key != credentials[0]:
        return f"Credential should be scoped to {scope}, not {(region, service)}, with the key {credentials[0]}"
    if not re.fullmatch(rf"{day}T\d{{6}}Z", stamp):
        return "X-Amz-Date is missing or of another day"
    if abs(calendar.timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ")) - now) > LONGEST_AGE:
        return "Signature expired"
    demanded = {"host", *(name for name in headers if name.startswith("x-amz-"))}
    if names != sorted(names) or not demanded <= set(names) or not set(names) <= set(headers):
        return f"'{signed}' are not the headers that must be signed: {sorted(demanded)}"
    expected = _signature(request, names, credentials[1], scope)
    return None if hmac.compare_digest(expected, signature) else "The request signature we calculated does not match"


def _signature(request: Signed, names: list[str], secret: str, scope: tuple[str, str]) -> str:
    path, _, query = request.target.partition("?")
    pairs = sorted(
        (_quoted(name), _quoted(value)) for name, _, value in (p.partition("=") for p in query.split("&") if p)
    )
    stamp = request.headers["x-amz-date"]
    canonical = "\n".join(
        [
            request.method,
            # Every service but S3 takes the path as it is sent and quotes it again.
            quote(path, safe="/~"),
            "&".join(f"{name}={value}" for name, value in pairs),
            *(f"{name}:{' '.join(request.headers[name].split())}" for name in names),
            "",
            ";".join(names),
            hashlib.sha256(request.body).hexdigest(),
        ]
    )
    where = "/".join([stamp[:8], *scope, "aws4_request"])
    to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, where, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{secret}".encode()
    for part in where.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, to_sign.encode(), "sha256").hex()


def _quoted(text: str) -> str:
    return quote(unquote(text), safe="~")
