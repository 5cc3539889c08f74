"""The settings of the function: environment variables whose names begin with ``INDEXER_``."""

import os
import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

PREFIX = "INDEXER_"
INDEX_NAME_LENGTH = 255
"""Maximum length of an index name in bytes (OpenSearch, create index)."""
_URLS = "https://host or https://host:9200"


class SettingsError(ValueError):
    """A setting cannot be used. The text names it, the value and what is accepted."""


class Settings(NamedTuple):
    """The settings, validated. README.md describes each."""

    endpoint: str
    index_template: str
    auth: str
    secret_arn: str | None
    username: str | None
    password: str | None
    include_fields: frozenset[str]
    exclude_fields: frozenset[str]
    id_separator: str
    decimals: str
    version_attribute: str | None
    ordered: bool
    pipeline: str | None
    check_template: bool
    on_rejected: str
    gzip: bool
    max_request_bytes: int
    connect_timeout: float
    timeout: float
    metrics_namespace: str
    log_content: bool

    def index_for(self, table: str) -> str:
        """Return the name of the index for a table, in lower case, because OpenSearch accepts no other.

        Raises:
            SettingsError: OpenSearch does not accept the name.

        """
        name = self.index_template.replace("{table}", table).lower()
        fits = re.fullmatch(r"(?!\.\.?\Z)[^-_+\\/*?\"<>| ,#:][^\\/*?\"<>| ,#:]*", name)
        if not fits or len(name.encode()) > INDEX_NAME_LENGTH:
            raise SettingsError(
                f'INDEXER_INDEX must be the name of an index. Got "{self.index_template}", which is "{name}" for the '
                f'table "{table}". A name must not begin with -, _ or +, contain a space or one of '
                rf'\ / * ? " < > | , # :, be . or .., or have more than {INDEX_NAME_LENGTH} bytes.'
            )
        return name


def read(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings.

    Raises:
        SettingsError: A setting is missing, unknown or invalid, or two settings conflict.

    """
    variables = _Variables(
        {name.removeprefix(PREFIX): value for name, value in environment.items() if name.startswith(PREFIX)}
    )
    settings = Settings(
        endpoint=variables.endpoint("ENDPOINT"),
        index_template=variables.matching(
            "INDEX", r"([^{}]|\{table\})+", "a name, in which {table} is the name of the table", "{table}"
        ),
        auth=variables.one_of("AUTH", "es", "aoss", "basic", "none"),
        secret_arn=variables.secret_arn("SECRET_ARN"),
        username=variables.text("USERNAME"),
        password=variables.text("PASSWORD"),
        include_fields=variables.names("INCLUDE_FIELDS"),
        exclude_fields=variables.names("EXCLUDE_FIELDS"),
        id_separator=variables.matching("ID_SEPARATOR", r"[^\\]{1,16}", "1 to 16 characters without a backslash", "|"),
        decimals=variables.one_of("DECIMALS", "number", "text"),
        version_attribute=variables.text("VERSION_ATTRIBUTE"),
        ordered=variables.one_of("ORDERED", "false", "true") == "true",
        pipeline=variables.text("PIPELINE"),
        check_template=variables.one_of("CHECK_TEMPLATE", "true", "false") == "true",
        on_rejected=variables.one_of("ON_REJECTED", "report", "park"),
        gzip=variables.one_of("GZIP", "true", "false") == "true",
        max_request_bytes=int(variables.number("MAX_REQUEST_BYTES", 5_000_000, 1_000, 100_000_000)),
        connect_timeout=variables.number("CONNECT_TIMEOUT", 3, 0.1, 900),
        # A request needs at least half a second (bulk.RESERVE).
        timeout=variables.number("TIMEOUT", 20, 0.5, 900),
        metrics_namespace=variables.matching(
            "METRICS_NAMESPACE", r"[\w.#:/-]{1,255}", "a CloudWatch namespace or none", "opensearch_indexer"
        ),
        log_content=environment.get("LOG_CONTENT") == "true",
    )
    variables.reject_unknown()
    _reject_conflicts(settings)
    return settings


def _reject_conflicts(settings: Settings) -> None:
    credentials = {
        "SECRET_ARN": settings.secret_arn is not None,
        "USERNAME": settings.username is not None,
        "PASSWORD": settings.password is not None,
    }
    if settings.auth != "basic":
        for name, is_set in credentials.items():
            if is_set:
                raise SettingsError(f'Remove {PREFIX}{name}: it has no effect when INDEXER_AUTH is "{settings.auth}".')
    elif tuple(credentials.values()) not in ((True, False, False), (False, True, True)):
        raise SettingsError(
            'INDEXER_AUTH is "basic". Set either INDEXER_SECRET_ARN, or both INDEXER_USERNAME and INDEXER_PASSWORD.'
        )
    if settings.include_fields and settings.exclude_fields:
        raise SettingsError("Set only one of INDEXER_INCLUDE_FIELDS and INDEXER_EXCLUDE_FIELDS.")
    if settings.ordered and settings.pipeline:
        raise SettingsError(
            "Set only one of INDEXER_ORDERED and INDEXER_PIPELINE: OpenSearch does not apply pipelines to scripted "
            "updates."
        )
    if settings.ordered and settings.version_attribute:
        raise SettingsError("Set only one of INDEXER_ORDERED and INDEXER_VERSION_ATTRIBUTE.")


class _Variables:
    """The environment variables, by their names without the prefix. Records which of them are settings."""

    def __init__(self, values: dict[str, str]) -> None:
        self._values = values
        self._known: list[str] = []

    def text(self, name: str) -> str | None:
        """Return a setting, or None if it is not set or empty."""
        self._known.append(name)
        return self._values.get(name) or None

    def matching(self, name: str, pattern: str, accepted: str, default: str) -> str:
        value = self.text(name) or default
        if not re.fullmatch(pattern, value):
            raise self._error(name, accepted)
        return value

    def one_of(self, name: str, *accepted: str) -> str:
        """Return a setting that has one of several values; the first is the default."""
        value = self.text(name) or accepted[0]
        if value not in accepted:
            raise self._error(name, " or ".join(accepted))
        return value

    def names(self, name: str) -> frozenset[str]:
        value = self.text(name) or ""
        return frozenset(part.strip() for part in value.split(",") if part.strip())

    def number(self, name: str, default: float, least: float, most: float) -> float:
        value = self.text(name) or str(default)
        if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", value) or not least <= float(value) <= most:
            raise self._error(name, f"a number from {least:,} to {most:,}")
        return float(value)

    def secret_arn(self, name: str) -> str | None:
        value = self.text(name)
        if value is not None and not re.fullmatch(r"arn:[^:]+:secretsmanager:[^:]+:[^:]+:secret:.+", value):
            # Anything but an ARN can be the password itself.
            raise self._error(name, "the ARN of a secret", shown=value.startswith("arn:"))
        return value

    def endpoint(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise SettingsError(f"{PREFIX}{name} is not set. Set it to the URL of the server, such as {_URLS}.")
        try:
            parts = urlsplit(value)
            complete = parts.scheme in ("https", "http") and parts.hostname and (parts.port or True)
        except ValueError:
            complete = False
        if (
            not complete
            or parts.username is not None
            or parts.query
            or parts.fragment
            or not re.fullmatch(r"[!-~]+", value)
        ):
            # A URL with an @, a query or a fragment can contain a password or a token.
            accepted = f"a URL without credentials and query, such as {_URLS}"
            raise self._error(name, accepted, shown=not re.search("[@?#]", value))
        return value.rstrip("/")

    def reject_unknown(self) -> None:
        unknown = sorted(set(self._values) - set(self._known))
        if unknown:
            settings = ", ".join(f"{PREFIX}{name}" for name in sorted(self._known))
            raise SettingsError(f"{PREFIX}{unknown[0]} is not a setting. The settings are {settings}.")

    def _error(self, name: str, accepted: str, *, shown: bool = True) -> SettingsError:
        value = f' Got "{self._values[name]}".' if shown else ""
        return SettingsError(f"{PREFIX}{name} must be {accepted}.{value}")
