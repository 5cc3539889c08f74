"""Which server, which index and what else the user chose: environment variables that begin with ``INDEXER_``."""

import os
import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

PREFIX = "INDEXER_"
INDEX_NAME_LENGTH = 255
"""Bytes that the name of an index may have (OpenSearch, create index)."""


class SettingsError(ValueError):
    """A setting that cannot be used; the text names it, its value and what is accepted."""


class Settings(NamedTuple):
    """What the environment says, checked. README.md explains each."""

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
    on_rejected: str
    gzip: bool
    max_request_bytes: int
    connect_timeout: float
    timeout: float
    metrics_namespace: str
    log_content: bool

    def index_for(self, table: str) -> str:
        """Return the name of the index for a table: in lower case, since no other is allowed.

        Raises:
            SettingsError: OpenSearch would not accept the name.

        """
        name = self.index_template.replace("{table}", table).lower()
        fits = re.fullmatch(r"(?!\.\.?\Z)[^-_+\\/*?\"<>| ,#:][^\\/*?\"<>| ,#:]*", name)
        if not fits or len(name.encode()) > INDEX_NAME_LENGTH:
            raise SettingsError(
                f"INDEXER_INDEX is {self.index_template!r}, which gives {name!r} for the table {table}: the name of an "
                r'index must not begin with -, _ or +, contain a space or one of \ / * ? " < > | , # :, be . or .., '
                f"or have more than {INDEX_NAME_LENGTH} bytes"
            )
        return name


def read(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings.

    Raises:
        SettingsError: One is missing, unknown or cannot be used, or two contradict each other.

    """
    given = _Given({name.removeprefix(PREFIX): value for name, value in environment.items() if name.startswith(PREFIX)})
    settings = Settings(
        endpoint=given.endpoint("ENDPOINT"),
        index_template=given.matching(
            "INDEX", r"([^{}]|\{table\})+", "a name, in which {table} stands for the table's", "{table}"
        ),
        auth=given.one_of("AUTH", "es", "aoss", "basic", "none"),
        secret_arn=given.optional(
            "SECRET_ARN", r"arn:[^:]+:secretsmanager:[^:]+:[^:]+:secret:.+", "a secret's whole ARN"
        ),
        username=given.text("USERNAME"),
        password=given.text("PASSWORD"),
        include_fields=given.names("INCLUDE_FIELDS"),
        exclude_fields=given.names("EXCLUDE_FIELDS"),
        id_separator=given.matching("ID_SEPARATOR", r"[^\\]{1,16}", r"1 to 16 characters without a \\", "|"),
        decimals=given.one_of("DECIMALS", "number", "text"),
        version_attribute=given.text("VERSION_ATTRIBUTE"),
        ordered=given.one_of("ORDERED", "false", "true") == "true",
        pipeline=given.text("PIPELINE"),
        on_rejected=given.one_of("ON_REJECTED", "report", "park"),
        gzip=given.one_of("GZIP", "true", "false") == "true",
        max_request_bytes=int(given.number("MAX_REQUEST_BYTES", 5_000_000, 1_000, 100_000_000)),
        connect_timeout=given.number("CONNECT_TIMEOUT", 3, 0.1, 900),
        timeout=given.number("TIMEOUT", 20, 0.1, 900),
        metrics_namespace=given.matching(
            "METRICS_NAMESPACE", r"[\w.#:/-]{1,255}", "a namespace or none", "opensearch_indexer"
        ),
        log_content=environment.get("LOG_CONTENT") == "true",
    )
    given.refuse_unknown()
    _refuse_contradictions(settings)
    return settings


def _refuse_contradictions(settings: Settings) -> None:
    secret, plain = settings.secret_arn is not None, settings.username is not None or settings.password is not None
    if settings.auth == "basic" and (secret == plain or (plain and None in (settings.username, settings.password))):
        raise SettingsError(
            "INDEXER_AUTH is 'basic': it needs either INDEXER_SECRET_ARN or INDEXER_USERNAME and INDEXER_PASSWORD"
        )
    if settings.auth != "basic" and (secret or plain):
        raise SettingsError(
            f"INDEXER_AUTH is {settings.auth!r}: INDEXER_SECRET_ARN, INDEXER_USERNAME and INDEXER_PASSWORD belong to "
            "'basic' alone"
        )
    if settings.include_fields and settings.exclude_fields:
        raise SettingsError("INDEXER_INCLUDE_FIELDS and INDEXER_EXCLUDE_FIELDS are both given: only one of them can be")
    for name, other in (
        ("INDEXER_PIPELINE", settings.pipeline),
        ("INDEXER_VERSION_ATTRIBUTE", settings.version_attribute),
    ):
        if settings.ordered and other:
            why = (
                "pipelines are not applied to scripted updates"
                if other == settings.pipeline
                else "it orders changes itself"
            )
            raise SettingsError(f"Set only one of INDEXER_ORDERED and {name}: {why}")


class _Given:
    """The settings as they are given, by their names without the prefix; remembers which are known."""

    def __init__(self, values: dict[str, str]) -> None:
        self._values = values
        self._known: list[str] = []

    def text(self, name: str) -> str | None:
        """Return a setting, or None if it is not given; empty stands for not given."""
        self._known.append(name)
        return self._values.get(name) or None

    def optional(self, name: str, pattern: str, accepted: str) -> str | None:
        value = self.text(name)
        if value is not None and not re.fullmatch(pattern, value):
            raise self._refusal(name, accepted)
        return value

    def matching(self, name: str, pattern: str, accepted: str, default: str) -> str:
        value = self.text(name) or default
        if not re.fullmatch(pattern, value):
            raise self._refusal(name, accepted)
        return value

    def one_of(self, name: str, *accepted: str) -> str:
        """Return a setting that is one of several; the first is the default."""
        value = self.text(name) or accepted[0]
        if value not in accepted:
            raise self._refusal(name, " or ".join(accepted))
        return value

    def names(self, name: str) -> frozenset[str]:
        value = self.text(name) or ""
        return frozenset(part.strip() for part in value.split(",") if part.strip())

    def number(self, name: str, default: float, least: float, most: float) -> float:
        value = self.text(name) or str(default)
        if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", value) or not least <= float(value) <= most:
            raise self._refusal(name, f"a number from {least:,} to {most:,}")
        return float(value)

    def endpoint(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise SettingsError(
                "INDEXER_ENDPOINT is not set: it must be the server's URL, as in https://host or https://host:9200"
            )
        try:
            parts = urlsplit(value)
            whole = parts.scheme in ("https", "http") and parts.hostname and (parts.port or True)
        except ValueError:
            whole = False
        if (
            not whole
            or parts.username is not None
            or parts.query
            or parts.fragment
            or not re.fullmatch(r"[!-~]+", value)
        ):
            # A URL that holds an @ may hold a password.
            shown = "" if "@" in value else f" is {value!r}"
            raise SettingsError(
                f"{PREFIX}{name}{shown}: it must be a URL without credentials or query, as in https://host or "
                "https://host:9200"
            )
        return value.rstrip("/")

    def refuse_unknown(self) -> None:
        unknown = sorted(set(self._values) - set(self._known))
        if unknown:
            known = ", ".join(sorted(self._known))
            raise SettingsError(f"{PREFIX}{unknown[0]} is not a setting: behind {PREFIX}, there are {known}")

    def _refusal(self, name: str, accepted: str) -> SettingsError:
        return SettingsError(f"{PREFIX}{name} is {self._values[name]!r}: it must be {accepted}")
