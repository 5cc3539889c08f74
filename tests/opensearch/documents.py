"""Scenarios of documents: what dynamic and explicit mappings take, ids, versions and names of fields."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from tests.opensearch.scenario import OWN, RESERVED, Change, Scenario, case, create, deep, mapped, put, remove

_ID: Final = {"id": {"type": "keyword"}}


def _lists(levels: int) -> Any:  # noqa: ANN401 - JSON
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def _then(name: str, values: tuple[Any, Any], outcome: str) -> Scenario:
    """Return the scenario of a field that gets its type from one value, and then another value."""
    first, second = values
    return case(name, [[put("a", x=first)], [put("ok"), put("b", x=second)]], f"indexed; indexed {outcome}")


def _named(name: str, outcome: str = "indexed") -> Scenario:
    """Return the scenario of an attribute with this name, and of a neighbor without."""
    index = f"fn-{name.encode().hex()}"
    return case(f"field name {name!r}", [put("a", {name: 1}), put("ok")], f"{outcome} indexed", index=index)


def _long_name(size: int, since_3: str | None = None) -> Scenario:
    changes = [put("a", {"n" * size: 1}), put("ok", {"t" * size: "x"}), put("also")]
    return case(f"field name of {size} bytes", changes, "indexed indexed indexed", since_3=since_3, index=f"fnl-{size}")


def _keyed(**key: str) -> Change:
    return Change(key, {})


VALUES: Final[Sequence[Scenario]] = (
    case(
        "insert modify remove",
        [[put("a", n=1), put("b", n=1)], [put("a", n=2), remove("b")], [remove("missing")]],
        "indexed indexed; indexed deleted; missing",
    ),
    case(
        "every type",
        [put("a", doc={"a": {"b": [1, 2]}, "s": ["x", "y"], "bin": "AAEC", "t": True, "z": None, "e": ""})],
        "indexed",
    ),
    case("38 digits integer", [put("a", n=10**38 - 1), put("b", n=5)], "rejected indexed"),
    case("38 digits decimal", [put("a", n=Decimal("1234567890123456789.0123456789012345678"))], "indexed"),
    case("1E+100 decimal", [[put("a", n=Decimal("1.5E+100"))], [put("b", n=Decimal("1E-130"))]], "rejected; indexed"),
    case("1E+100 as integer text", [put("a", n=10**30)], "rejected"),
    case("2^63-1 and 2^63", [[put("a", n=2**63 - 1)], [put("b", n=2**63)]], "indexed; rejected"),
    case("decimal after integer", [[put("a", n=10)], [put("b", n=Decimal("10.25"))]], "indexed; indexed"),
    case("empty string", [put("a", e="")], "indexed"),
    case("300 KB document", [put(str(n), t="word " * 60_000) for n in range(3)], "indexed indexed indexed"),
    case("300 KB one token", [put("a", t="x" * 300_000)], "indexed"),
    _then("long then text", (1, "two"), "rejected"),
    _then("long then object", (1, {"y": 1}), "rejected"),
    _then("long then boolean", (1, True), "rejected"),
    _then("long then list with text", ([1], [1, "z"]), "rejected"),
    _then("long then empty string", (1, ""), "indexed"),
    _then("long then numeric text with blanks", (1, " 5 "), "rejected"),
    _then("long then decimal text", (1, "5.5"), "indexed"),
    _then("object then long", ({"y": 1}, 1), "rejected"),
    _then("object then text", ({"y": 1}, "s"), "rejected"),
    _then("object then null", ({"y": 1}, None), "indexed"),
    _then("object then empty list", ({"y": 1}, []), "indexed"),
    _then("object then list of text", ({"y": 1}, ["s"]), "rejected"),
    _then("text then object", ("s", {"y": 1}), "rejected"),
    _then("text then empty object", ("s", {}), "rejected"),
    _then("text then long", ("s", 1), "indexed"),
    _then("text then boolean", ("s", True), "indexed"),
    _then("boolean then text", (True, "maybe"), "rejected"),
    _then("boolean then number", (True, 1), "rejected"),
    _then("boolean then empty string", (True, ""), "indexed"),
    _then("boolean then text false", (True, "False"), "rejected"),
    _then("float then text", (Decimal("1.5"), "z"), "rejected"),
    _then("date text then other text", ("2024-01-31", "n/a"), "rejected"),
    _then("date time then other text", ("2024-01-31T12:00:00Z", "tomorrow"), "rejected"),
    _then("date text then empty string", ("2024-01-31", ""), "rejected"),
    _then("date text then number", ("2024-01-31", 5), "indexed"),
    _then("date with slashes then text", ("2024/01/31", "x"), "rejected"),
    _then("date then 31 february", ("2024-01-31", "2024-02-31"), "rejected"),
    _then("date then object", ("2024-01-31", {"y": 1}), "rejected"),
    case(
        "two new fields of one batch disagree",
        [put("a", x=1), put("b", x="two"), put("c", x={"y": 1})],
        "indexed rejected rejected",
    ),
    case(
        "a list of a text and a number, at first",
        [put("a", x=["one", 2]), put("b", x=["one"]), put("c", x=["one", 2])],
        "rejected indexed indexed",
    ),
    case("a list of maps that disagree, at first", [put("a", x=[{"y": 1}, {"y": "t"}]), put("b")], "rejected indexed"),
    case("dynamic text of 32767 bytes without blanks", [put("a", k="x" * 32_767)], "indexed"),
    case(
        "total fields limit by one document",
        [[put("a"), put("b", {f"f{n}": n for n in range(1001)})], [put("c", one=1)]],
        "indexed rejected; indexed",
    ),
    case(
        "total fields limit over many documents",
        [put(str(n), m={f"f{n}_{m}": "v" for m in range(20)}) for n in range(60)],
        " ".join(["indexed"] * 24 + ["rejected"] * 36),
    ),
    case("depth 19 maps", [put("a", d=deep(18))], "indexed"),
    case("depth 32 maps", [put("a", d=deep(31)), put("b")], "rejected indexed"),
    case("depth 31 lists", [put("a", d=_lists(31))], "rejected"),
    case(
        "same mapping conflict, several changes of one item",
        [put("a", x=1), put("a", x="bad"), put("a", x="worse")],
        "indexed rejected rejected",
        mapped(x="long"),
    ),
)
"""Values of items, with dynamic mapping."""

EXPLICIT: Final[Sequence[Scenario]] = (
    case(
        "explicit keyword, immense term",
        [put("a", k="x" * 32_767), put("b", k="x" * 32_766)],
        "rejected indexed",
        mapped(k="keyword"),
    ),
    case("explicit integer out of range", [put("a", k=2**31)], "rejected", mapped(k="integer")),
    case(
        "explicit integer with decimal, coerce false",
        [put("a", k=Decimal("1.5"))],
        "rejected",
        mapped(k={"type": "integer", "coerce": False}),
    ),
    case(
        "explicit unsigned_long 38 digits",
        [put("a", k=10**38 - 1), put("b", k=2**64 - 1)],
        "rejected indexed",
        mapped(k="unsigned_long"),
    ),
    case(
        "explicit double 38 digits",
        [put("a", k=10**38 - 1), put("b", k=Decimal("9.9E+125"))],
        "indexed indexed",
        mapped(k="double"),
    ),
    case("explicit keyword 38 digits", [put("a", k=10**38 - 1)], "indexed", mapped(k="keyword")),
    case(
        "explicit scaled_float",
        [put("a", k=10**38 - 1)],
        "indexed",
        mapped(k={"type": "scaled_float", "scaling_factor": 100}),
    ),
    # Every document of the request was refused with one type: none of them is taken for the cause.
    case(
        "explicit geo_point",
        [put("a", k="nowhere"), put("b", k={"lat": 95, "lon": 5})],
        "again again",
        mapped(k="geo_point"),
    ),
    case("explicit ip", [put("a", k="nowhere")], "rejected", mapped(k="ip")),
    case("explicit binary not base64", [put("a", k="*")], "indexed", mapped(k="binary")),
    case("explicit nested gets text", [put("a", k="*")], "rejected", mapped(k="nested")),
    case(
        "strict mapping",
        [put("a", new=1), put("b")],
        "rejected indexed",
        create({"dynamic": "strict", "properties": _ID}),
        # The index does not take the field for the sequence number either.
        ordered="again again",
    ),
    case("dynamic false", [put("a", new=1)], "indexed", create({"dynamic": False})),
    case("mapping with _source disabled", [put("a")], "indexed", create({"_source": {"enabled": False}}), read=""),
    case(
        "field alias written",
        [put("a", al=1)],
        "rejected",
        mapped(k="keyword", al={"type": "alias", "path": "k"}),
    ),
    case("10001 nested objects", [put("a", k=[{"a": 1}] * 10_001)], "rejected", mapped(k="nested")),
)
"""Values of items, with fields that the mapping names."""

NAMES: Final[Sequence[Scenario]] = (
    case("unicode keys", [put("ключ/ä b%2F?#\n\t 💥", {"поле": "значение", "💥": 1})], "indexed"),
    case(
        "ids with % space slash",
        [put(key) for key in ("a/b", "a b", "a%b", 'a"b', "a\\b", "a*b", "a#b", "a\nb")],
        " ".join(["indexed"] * 8),
    ),
    case(
        "composite keys",
        [_keyed(p="a|b", s="c"), _keyed(p="a", s="b|c"), _keyed(p="a\\", s="b|c")],
        "indexed indexed indexed",
    ),
    case("id of 512 bytes", [put("x" * 512)], "indexed"),
    case("id of 3072 bytes", [_keyed(p="x" * 2048, s="y" * 1024)], "indexed"),
    # What a mapping would refuse, or take for a level, gets another name.
    *(_named(name) for name in ("a.b", ".a", "a.", "a..b", ".", "..", " . ")),
    *(_named(name) for name in (*RESERVED, *OWN)),
    *(_named(name) for name in ("_type", "_size", "_other", "__proto__")),
    *(_named(name) for name in (" ", "a b", "a*b", "a/b", "a\x00b", "#", "ä")),
    case("field name empty in a map", [put("a", m={"": 1}), put("ok")], "rejected indexed"),
    case("field _id in a map", [put("a", m={"_id": 1, "_source": 2})], "indexed"),
    case("a and a.b of one document", [put("a", {"a": 1, "a.b": 2})], "indexed"),
    case("a.b then a", [[put("x", {"a.b": 2})], [put("y", a=1)]], "indexed; indexed"),
    case("a then a.b", [[put("x", a=2)], [put("y", {"a.b": 1})]], "indexed; indexed"),
    case("map a with b and a.b", [put("x", {"a": {"b": 2}, "a.b": 3})], "indexed"),
    case(
        "an attribute named as another one is renamed",
        [put("x", {"_id": 1, "dynamodb__id": 2}), put("y")],
        "rejected indexed",
    ),
    *(_long_name(size) for size in (30_000, 33_000, 40_000)),
    *(_long_name(size, "rejected rejected indexed") for size in (51_000, 65_000)),
)
"""Names of fields, and ids."""

VERSIONS: Final[Sequence[Scenario]] = (
    case(
        "external: newer then older",
        [[put("a", v=7, t="new")], [put("a", v=6, t="old")]],
        "indexed; conflict",
        modes=["versioned"],
    ),
    case(
        "external: same version, other content",
        [[put("a", v=7, t="one")], [put("a", v=7, t="two")]],
        "indexed; conflict",
        modes=["versioned"],
    ),
    case(
        "external: removal then older insert at once",
        [[put("a", v=7)], [remove("a", v=7)], [put("a", v=7)]],
        "indexed; deleted; conflict",
        modes=["versioned"],
    ),
    case(
        "external: removal of what is not there",
        [[remove("a", v=7)], [remove("a", v=7)], [put("a", v=6)]],
        "missing; conflict; conflict",
        modes=["versioned"],
    ),
    case("external: removal where the index is missing", [remove("a", v=7)], "missing", modes=["versioned"]),
    case("internal: removal where the index is missing", [remove("a")], "missing", modes=["plain"]),
    case("external then internal versions", [put("a", v=7)], "indexed", modes=["versioned"]),
    case(
        "largest version",
        [[put("a", v=2**62 - 1)], [remove("a", v=2**62 - 1)]],
        "indexed; deleted",
        modes=["versioned"],
    ),
)
"""Versions that an attribute gives."""

DOCUMENTS: Final = (*VALUES, *EXPLICIT, *NAMES, *VERSIONS)
