"""The mapping of an index as OpenSearch 2.19 applies it: which documents it takes, and which fields they add.

Statuses and types of errors are those that a real node answered (tests/opensearch/answers-2.19.6.json); the tests
replay its requests.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

LONGEST_TERM: Final = 32_766
"""Bytes of a term of a keyword field (Lucene)."""
METADATA: Final = frozenset(
    [
        "_id",
        "_source",
        "_index",
        "_routing",
        "_version",
        "_seq_no",
        "_field_names",
        "_ignored",
        "_nested_path",
        "_doc_count",
        "_data_stream_timestamp",
        "_feature",
    ]
)
_OF_LUCENE: Final = ("_primary_term", "_tombstone", "__soft_deletes")
"""Names of fields that a node adds to documents. It rejects the next document or removal; this server, the first."""
_TOO_LONG: Final = "max_bytes_length_exceeded_exception"
_FLOAT_MAX: Final = 3.4028235e38
_LONG: Final = (-(2**63), 2**63 - 1)
_RANGES: Final = {"long": _LONG, "integer": (-(2**31), 2**31 - 1), "unsigned_long": (0, 2**64 - 1)}
_NUMBERS: Final = {*_RANGES, "float", "double", "scaled_float"}
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_DATE: Final = re.compile(r"(\d{4})[-/](\d{2})[-/](\d{2})([T ]\d{2}:\d{2}(:\d{2})?Z?)?")
_GEOHASH: Final = re.compile(r"[0-9b-hjkmnp-z]+")

Field = dict[str, Any]
"""The mapping of one field: its type and options, as the mapping API has them."""


class Refusal(Exception):  # noqa: N818 - an answer, which the server gives on purpose
    """An error that the server answers with."""

    def __init__(self, status: int, type_: str, reason: str | None, cause: str | None = None, **more: object) -> None:
        super().__init__(reason)
        self.status = status
        self.type = type_
        self.reason = reason
        self.cause = cause
        self.more = more

    def as_json(self) -> dict[str, Any]:
        """Return the error as the server's JSON has it."""
        cause = {"caused_by": {"type": self.cause, "reason": self.reason}} if self.cause else {}
        return {"type": self.type, "reason": self.reason, **cause, **self.more}


class _Malformed(Exception):  # noqa: N818 - becomes a Refusal, or nothing if the index ignores malformed values
    def __init__(self, cause: str | None = "illegal_argument_exception") -> None:
        super().__init__()
        self.cause = cause


class IndexMapping:
    """Fields of one index by their dotted paths, and the rules by which documents add more.

    Takes the ``mappings`` and the flattened ``settings`` of an index, as its creation has them.
    """

    def __init__(self, mappings: Mapping[str, Any] | None = None, settings: Mapping[str, Any] | None = None) -> None:
        mappings, settings = mappings or {}, settings or {}
        self.source_enabled = (mappings.get("_source") or {}).get("enabled", True)
        self.routing_required = (mappings.get("_routing") or {}).get("required", False)
        self.dynamic = str(mappings.get("dynamic", "true")).lower()
        self.date_detection = mappings.get("date_detection", True)
        self.templates = [next(iter(each.values())) for each in mappings.get("dynamic_templates", [])]
        self.fields: dict[str, Field] = {}
        self._add_properties("", mappings.get("properties", {}))
        self._ignore_malformed = str(settings.get("index.mapping.ignore_malformed", False)).lower() == "true"
        self._most_fields = int(settings.get("index.mapping.total_fields.limit", 1000))
        self._deepest = int(settings.get("index.mapping.depth.limit", 20))
        self._most_nested = int(settings.get("index.mapping.nested_objects.limit", 10_000))

    def _add_properties(self, path: str, properties: Mapping[str, Field]) -> None:
        for name, mapped in properties.items():
            own = f"{path}{name}"
            self.fields[own] = {
                "type": "object",
                **{key: value for key, value in mapped.items() if key != "properties"},
            }
            self._add_properties(f"{own}.", mapped.get("properties", {}))

    def apply(self, document: Mapping[str, Any], id_: str) -> bool:
        """Add the fields of a document, or refuse it and add none. Return whether a field was added.

        Raises:
            Refusal: a value does not fit its field, or a limit is exceeded.

        """
        visit = _Visit(self, id_, ignore_malformed=self._ignore_malformed)
        visit.document(document)
        if visit.nested > self._most_nested:
            raise Refusal(
                400, "mapper_parsing_exception", "The number of nested documents has exceeded the allowed limit"
            )
        if visit.added:
            count = len(self.fields) + len(visit.added)
            count += sum("fields" in mapped for mapped in [*self.fields.values(), *visit.added.values()])
            if count > self._most_fields:
                raise Refusal(
                    400, "illegal_argument_exception", f"Limit of total fields [{self._most_fields}] has been exceeded"
                )
            self.fields |= visit.added
        return bool(visit.added)

    @property
    def deepest(self) -> int:
        """The limit of levels of maps or of lists in one document."""
        return self._deepest

    def dynamic_field(self, name: str, value: Any) -> Field:  # noqa: ANN401 - JSON
        """Return the mapping that a new field with this value gets."""
        kind = self._detected(value)
        for template in self.templates:
            fits_name = "match" not in template or _glob(template["match"], name)
            if fits_name and template.get("match_mapping_type", "*") in ("*", kind):
                return {"type": kind, **template["mapping"]}
        if kind == "string":
            return {"type": "text", "fields": {"keyword": {"type": "keyword", "ignore_above": 256}}}
        return {"type": {"double": "float"}.get(kind, kind)}

    def _detected(self, value: Any) -> str:  # noqa: ANN401 - JSON
        if isinstance(value, str):
            return "date" if self.date_detection and _is_date(value) else "string"
        return {bool: "boolean", int: "long", float: "double", dict: "object"}[type(value)]


def _glob(pattern: str, name: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name) is not None


class _Visit:
    """One document on its way through a mapping."""

    def __init__(self, mapping: IndexMapping, id_: str, *, ignore_malformed: bool) -> None:
        self._mapping = mapping
        self._id = id_
        self._ignore_malformed = ignore_malformed
        self.added: dict[str, Field] = {}
        self.nested = 0

    def document(self, document: Mapping[str, Any]) -> None:
        for name, value in document.items():
            if name in METADATA:
                self._metadata(name, value)
            elif name in _OF_LUCENE:
                raise Refusal(
                    400, "illegal_argument_exception", "Inconsistency of field data structures across documents"
                )
            else:
                self._named("", name, value, 1)

    def _metadata(self, name: str, value: Any) -> None:  # noqa: ANN401 - JSON
        if name == "_doc_count" and type(value) is int and value > 0:
            return
        if not self._ignore_malformed:
            cause = None if name == "_doc_count" else "mapper_parsing_exception"
            raise self._unparsed(name, name, _Malformed(cause))

    def _named(self, path: str, name: str, value: Any, depth: int) -> None:  # noqa: ANN401 - JSON
        """Visit a field by its name in a document, in which dots stand for levels."""
        parts = _levels(name)
        for level in parts[:-1]:
            path = f"{path}{level}"
            known = self._known(path)
            if known is None:
                if self._dynamic(path) == "false":
                    return
                self.added[path] = self._mapping.dynamic_field(level, {})
                known = self.added[path]
            if known["type"] not in ("object", "nested"):
                if path in self.added and known["type"] != "flat_object":
                    raise Refusal(
                        400,
                        "illegal_argument_exception",
                        f"can't merge a non object mapping [{path}] with an object mapping",
                    )
                raise Refusal(400, "mapper_parsing_exception", f"Could not dynamically add mapping for field [{name}]")
            path += "."
            depth += 1
        self._field(f"{path}{parts[-1]}", parts[-1], value, depth)

    def _known(self, path: str) -> Field | None:
        return self.added.get(path) or self._mapping.fields.get(path)

    def _field(self, path: str, name: str, value: Any, depth: int, lists: int = 0) -> None:  # noqa: ANN401, C901 - JSON; the rules in their order
        if depth > self._mapping.deepest or lists > self._mapping.deepest:
            raise Refusal(400, "mapper_parsing_exception", "failed to parse", "parse_exception")
        known = self._known(path)
        if isinstance(value, list) and not (known and known["type"] in ("flat_object", "geo_point")):
            for inner in value:
                self._field(path, name, inner, depth, lists + 1)
            return
        if value is None or (known and not known.get("enabled", True)):
            return
        if known is None:
            known = self._new(path, name, value)
            if known is None:
                return
        elif path in self.added:
            self._check_same(path, name, value)
        if known["type"] in ("object", "nested"):
            self._object(path, known, value, depth)
            return
        try:
            _check(known, value)
        except _Malformed as malformed:
            if not self._ignore_malformed or malformed.cause == _TOO_LONG:
                raise self._unparsed(path, known["type"], malformed) from None

    def _check_same(self, path: str, name: str, value: Any) -> None:  # noqa: ANN401 - JSON
        """Refuse another value of a field that is new: within one document, it gets a type from each of them."""
        known = self.added[path]["type"]
        if self._mapping.dynamic_field(name, value)["type"] != known:
            reason = f"mapper [{path}] cannot be changed from type [{known}]"
            raise Refusal(400, "illegal_argument_exception", reason)

    def _dynamic(self, path: str) -> str:
        """Return whether new fields are added at a path: as the innermost object says that says something."""
        while "." in path:
            path = path.rpartition(".")[0]
            inner = (self._known(path) or {}).get("dynamic")
            if inner is not None:
                return str(inner).lower()
        return self._mapping.dynamic

    def _new(self, path: str, name: str, value: Any) -> Field | None:  # noqa: ANN401 - JSON
        if self._dynamic(path) == "false":
            return None
        if self._dynamic(path) == "strict":
            reason = f"mapping set to strict, dynamic introduction of [{name}] within [_doc] is not allowed"
            raise Refusal(400, "strict_dynamic_mapping_exception", reason)
        self.added[path] = self._mapping.dynamic_field(name, value)
        return self.added[path]

    def _object(self, path: str, known: Field, value: Any, depth: int) -> None:  # noqa: ANN401 - JSON
        if not isinstance(value, dict):
            reason = f"object mapping for [{path}] tried to parse field [{path}] as object, but found a concrete value"
            raise Refusal(400, "mapper_parsing_exception", reason)
        self.nested += known["type"] == "nested"
        for name, inner in value.items():
            self._named(f"{path}.", name, inner, depth + 1)

    def _unparsed(self, path: str, type_: str, malformed: _Malformed) -> Refusal:
        if malformed.cause == _TOO_LONG:
            reason = f'Document contains at least one immense term in field="{path}"'
            return Refusal(400, "illegal_argument_exception", reason, _TOO_LONG)
        reason = f"failed to parse field [{path}] of type [{type_}] in document with id '{self._id}'."
        return Refusal(400, "mapper_parsing_exception", reason, malformed.cause)


def _levels(name: str) -> list[str]:
    """Return the levels that dots in a field's name stand for.

    Raises:
        Refusal: a level has no name.

    """
    if name == "":
        reason = "field name cannot be an empty string"
    elif set(name) == {"."}:
        reason = "field name cannot contain only the character [.]"
    else:
        # Java leaves out what is empty at the end.
        parts = name.rstrip(".").split(".")
        if len(parts) == 1 or all(part.strip() for part in parts):
            return parts
        if "" in parts:
            reason = f"object field starting or ending with a [.] makes object resolution ambiguous: [{name}]"
        else:
            reason = f"object field cannot contain only whitespace: ['{name}']"
    raise Refusal(400, "mapper_parsing_exception", "failed to parse", "illegal_argument_exception", detail=reason)


def _is_date(text: str) -> bool:
    found = _DATE.fullmatch(text)
    if found is None:
        return False
    try:
        date(*map(int, found.group(1, 2, 3)))
    except ValueError:
        return False
    return True


def _check(mapped: Field, value: Any) -> None:  # noqa: ANN401 - JSON
    """Refuse a value that does not fit a field that is no object.

    Raises:
        _Malformed: it does not.

    """
    type_ = mapped["type"]
    if type_ == "alias":
        raise Refusal(400, "mapper_parsing_exception", "failed to parse", "illegal_argument_exception")
    if isinstance(value, dict) and type_ not in ("flat_object", "geo_point"):
        raise _Malformed("illegal_state_exception" if type_ in ("text", "date", "keyword") else "json_parse_exception")
    if type_ in _NUMBERS:
        _check_number(type_, value, coerce=mapped.get("coerce", True))
    else:
        _CHECKS.get(type_, lambda _: None)(value)


def _check_number(type_: str, value: Any, *, coerce: bool) -> None:  # noqa: ANN401 - JSON
    if isinstance(value, bool):
        raise _Malformed("json_parse_exception")
    if value == "" and coerce:
        return
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise _Malformed("number_format_exception" if type_ == "float" else "illegal_argument_exception")
    number = float(value)
    if type_ == "float" and abs(number) > _FLOAT_MAX:
        raise _Malformed
    if type_ in _RANGES:
        if not coerce and not number.is_integer():
            raise _Malformed
        exact = value if isinstance(value, int) else int(number)
        low, high = _RANGES[type_]
        if not low <= exact <= high:
            raise _Malformed("illegal_argument_exception" if type_ == "unsigned_long" else "input_coercion_exception")


def _check_keyword(value: object) -> None:
    if len(str(value).encode(errors="surrogatepass")) > LONGEST_TERM:
        raise _Malformed(_TOO_LONG)


def _check_flat_object(value: Any, path: str = "") -> None:  # noqa: ANN401 - JSON
    """Refuse a text that is too long for a term, which begins with the names of its levels."""
    if isinstance(value, dict):
        for name, inner in value.items():
            _check_flat_object(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            _check_flat_object(inner, path)
    else:
        _check_keyword(f"{path}={value}")


def _check_boolean(value: object) -> None:
    if not isinstance(value, bool) and value not in ("true", "false", ""):
        raise _Malformed("illegal_argument_exception" if isinstance(value, str) else "json_parse_exception")


def _check_date(value: object) -> None:
    if not isinstance(value, int) and not _is_date(str(value)):
        raise _Malformed


def _check_ip(value: object) -> None:
    try:
        ipaddress.ip_address(str(value))
    except ValueError:
        raise _Malformed from None


def _check_geo_point(value: Any) -> None:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        if not (abs(value.get("lat", 91)) <= 90 and abs(value.get("lon", 181)) <= 180):
            raise _Malformed
    elif not (isinstance(value, str) and _GEOHASH.fullmatch(value)):
        raise _Malformed("parse_exception")


_CHECKS: Final[Mapping[str, Callable[[Any], None]]] = {
    "keyword": _check_keyword,
    "flat_object": _check_flat_object,
    "boolean": _check_boolean,
    "date": _check_date,
    "ip": _check_ip,
    "geo_point": _check_geo_point,
}
