"""The settings of the function: environment variables whose names begin with ``PUBLISHER_``."""

import os
import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

PREFIX = "PUBLISHER_"
LARGEST_ENTRY = 1_048_576
"""Bytes that an entry can have (AWS Compute Blog, 2026-01-29); the user guide still says 256 KB, the default here."""
_SETTINGS = (
    "EVENT_BUS",
    "SOURCE",
    "DETAIL_TYPE",
    "IMAGES",
    "INCLUDE_FIELDS",
    "EXCLUDE_FIELDS",
    "MAX_ENTRY_BYTES",
    "CLAIM_CHECK_BUCKET",
    "CLAIM_CHECK_PREFIX",
    "TIMEOUT",
    "METRICS_NAMESPACE",
)


class SettingsError(ValueError):
    """A setting cannot be used. The text names it, the value and what is accepted."""


class Settings(NamedTuple):
    """The settings, validated. README.md describes each."""

    event_bus: str
    source: str
    detail_type: str
    images: str
    include_fields: frozenset[str]
    exclude_fields: frozenset[str]
    max_entry_bytes: int
    claim_check_bucket: str
    claim_check_prefix: str
    timeout: float
    metrics_namespace: str
    endpoint: str
    region: str


def read(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings.

    Raises:
        SettingsError: A setting is unknown or invalid, or two settings conflict.

    """
    values = {name.removeprefix(PREFIX): value for name, value in environment.items() if name.startswith(PREFIX)}
    for name in sorted(set(values) - set(_SETTINGS)):
        known = ", ".join(f"{PREFIX}{each}" for each in _SETTINGS)
        raise SettingsError(f"{PREFIX}{name} is not a setting. The settings are {known}.")
    region = environment.get("AWS_REGION", "us-east-1")
    settings = Settings(
        event_bus=_matching(
            values,
            "EVENT_BUS",
            r"[\w./-]{1,256}|arn:aws[a-z-]*:events:[a-z0-9-]+:\d{12}:event-bus/[\w./-]+",
            "the name or ARN of an event bus",
            "default",
        ),
        source=_matching(
            values,
            "SOURCE",
            r"(?!aws\.).{1,256}",
            'at most 256 characters that do not begin with "aws."',
            "dynamodb.{table}",
        ),
        detail_type=_matching(values, "DETAIL_TYPE", r".{1,128}", "at most 128 characters", "{event}"),
        images=_matching(values, "IMAGES", "both|new|none", "both, new, or none", "both"),
        include_fields=_names(values, "INCLUDE_FIELDS"),
        exclude_fields=_names(values, "EXCLUDE_FIELDS"),
        max_entry_bytes=int(_number(values, "MAX_ENTRY_BYTES", 262_144, 1_024, LARGEST_ENTRY)),
        claim_check_bucket=_matching(
            values, "CLAIM_CHECK_BUCKET", r"|[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "the name of a bucket", ""
        ),
        claim_check_prefix=_matching(
            values, "CLAIM_CHECK_PREFIX", r"[\w!.*'()/-]{0,512}", "a prefix of object keys", ""
        ),
        timeout=_number(values, "TIMEOUT", 10, 0.1, 900),
        metrics_namespace=_matching(
            values, "METRICS_NAMESPACE", r"[\w.#:/-]{1,255}", "a CloudWatch namespace or none", "eventbridge_publisher"
        ),
        endpoint=_endpoint(environment, region),
        region=region,
    )
    for name in ("source", "detail_type"):
        _reject_placeholders(f"{PREFIX}{name.upper()}", getattr(settings, name))
    if settings.include_fields and settings.exclude_fields:
        raise SettingsError("Set only one of PUBLISHER_INCLUDE_FIELDS and PUBLISHER_EXCLUDE_FIELDS.")
    if settings.claim_check_prefix and not settings.claim_check_bucket:
        raise SettingsError(
            "PUBLISHER_CLAIM_CHECK_PREFIX has no effect without PUBLISHER_CLAIM_CHECK_BUCKET. Remove it."
        )
    return settings


def _matching(values: Mapping[str, str], name: str, pattern: str, accepted: str, default: str) -> str:
    value = values.get(name) or default
    if not re.fullmatch(pattern, value):
        raise _error(name, value, accepted)
    return value


def _names(values: Mapping[str, str], name: str) -> frozenset[str]:
    return frozenset(part.strip() for part in values.get(name, "").split(",") if part.strip())


def _number(values: Mapping[str, str], name: str, default: float, least: float, most: float) -> float:
    value = values.get(name) or str(default)
    if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", value) or not least <= float(value) <= most:
        raise _error(name, value, f"a number from {least:,} to {most:,}")
    return float(value)


def _reject_placeholders(name: str, template: str) -> None:
    unknown = re.sub(r"\{(table|event)\}", "", template)
    if re.search(r"[{}]", unknown):
        raise SettingsError(f'{name} can contain the placeholders {{table}} and {{event}}. Got "{template}".')


def _endpoint(environment: Mapping[str, str], region: str) -> str:
    """Return the URL of EventBridge: that of the Region, or the one that the AWS SDKs would use."""
    given = environment.get("AWS_ENDPOINT_URL_EVENTBRIDGE") or environment.get("AWS_ENDPOINT_URL")
    if given:
        if urlsplit(given).scheme not in ("http", "https") or not urlsplit(given).hostname:
            raise SettingsError(f'AWS_ENDPOINT_URL must be a URL. Got "{given}".')
        return given.rstrip("/")
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"https://events.{region}.{suffix}"


def _error(name: str, value: str, accepted: str) -> SettingsError:
    return SettingsError(f'{PREFIX}{name} must be {accepted}. Got "{value}".')
