"""Which filter patterns can match a record of a DynamoDB stream: one description for the module and the simulation.

A pattern is taken apart into its values, each with its path: the names that lead to it, and ``$or`` with the number of
an alternative. A path and a value must fit one of :data:`RULES`. Names and forms of records are those of the Lambda
developer guide ("Using AWS Lambda with Amazon DynamoDB") and of the DynamoDB Streams API ("Record", "StreamRecord",
"AttributeValue"), operators those of "Filter rule syntax". Numbers of items are strings in a record.

The regular expressions are for the JSON that Terraform writes, and have the same meaning in Python and in Terraform.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from generator.parsing import ParseError, parse_json

LEVELS: Final = 8
"""Levels of names and alternatives that the module takes apart, since Terraform has no recursion."""

_OR: Final = "(?:/[$]or/[0-9]+)*"
_STRING: Final = r'"(?:[^"\\]|\\.)*"'
_TEXT: Final = r'"(?:[^"\\]|\\.)+"'
_NUMBER: Final = r"-?[0-9.]+(?:e[+-]?[0-9]+)?"
_FOLDED: Final = rf'\{{"equals-ignore-case":{_STRING}\}}'
_EXISTS: Final = r'\{"exists":(?:true|false)\}'


def _one_or_more(value: str) -> str:
    """Return the expression of a value or of a list of at least one."""
    return rf"(?:{value}|\[(?:{value}[,\]])+)"


_NEGATED: Final = (
    rf'\{{"(?:prefix|suffix)":{_one_or_more(f"(?:{_TEXT}|{_FOLDED})")}\}}',
    rf'\{{"equals-ignore-case":{_one_or_more(_STRING)}\}}',
    _one_or_more(_STRING),
)
_STRINGS: Final = (
    _FOLDED,
    rf'\{{"(?:prefix|suffix)":(?:{_STRING}|{_FOLDED})\}}',
    rf'\{{"anything-but":(?:{"|".join(_NEGATED)})\}}',
    _EXISTS,
)
_NUMBERS: Final = (
    _NUMBER,
    rf'\{{"numeric":\["(?:=|\\u003c=?|\\u003e=?)",{_NUMBER}\]\}}',
    rf'\{{"numeric":\["\\u003e=?",{_NUMBER},"\\u003c=?",{_NUMBER}\]\}}',
    rf'\{{"anything-but":{_one_or_more(_NUMBER)}\}}',
    _EXISTS,
)


def _alternatives(*values: str) -> str:
    return rf"^\[(?:(?:{'|'.join(values)})[,\]])+$"


_ATTRIBUTE: Final = rf"(?:Keys|NewImage|OldImage){_OR}/[^/]+{_OR}(?:/L{_OR}|/M{_OR}/[^/]+{_OR})*"

RULES: Final[tuple[tuple[str, str], ...]] = (
    (rf"^{_OR}/eventName$", _alternatives('"(?:INSERT|MODIFY|REMOVE)"', *_STRINGS)),
    (
        (
            rf"^{_OR}/(?:event(?:ID|Version|Source|SourceARN)|awsRegion|userIdentity{_OR}/(?:type|principalId)|"
            rf"dynamodb{_OR}/(?:SequenceNumber|StreamViewType|{_ATTRIBUTE}/(?:S|N|B|SS|NS|BS)))$"
        ),
        _alternatives(_STRING, *_STRINGS),
    ),
    (rf"^{_OR}/dynamodb{_OR}/(?:ApproximateCreationDateTime|SizeBytes)$", _alternatives(*_NUMBERS)),
    (rf"^{_OR}/dynamodb{_OR}/{_ATTRIBUTE}/(?:BOOL|NULL)$", _alternatives("true", "false", *_STRINGS)),
    # What is deeper is not taken apart by the module, and not rejected
    (rf"^(?:/[^/]+){{{LEVELS}}}$", r"^\{."),
    (rf"^(?:/[^/]+){{{LEVELS - 1}}}/[$]or$", r"^\[\{"),
)
"""Regular expressions of paths, each with that of the values there, as JSON without spaces."""

RANGE: Final = rf'\["\\u003e=?",({_NUMBER}),"\\u003c=?",({_NUMBER})\]'
"""Expression of a range, the limits of which must be in order."""

ABSENT_IMAGES: Final[Mapping[str, str]] = {
    "NEW_AND_OLD_IMAGES": "^/$",
    "NEW_IMAGE": rf"^{_OR}/dynamodb{_OR}/OldImage(?:/|$)",
    "OLD_IMAGE": rf"^{_OR}/dynamodb{_OR}/NewImage(?:/|$)",
    "KEYS_ONLY": rf"^{_OR}/dynamodb{_OR}/(?:New|Old)Image(?:/|$)",
}
"""Expression of the paths that records do not have, by the view type of the stream."""


def problem(text: str, view_type: str = "NEW_AND_OLD_IMAGES") -> str | None:
    """Return why a pattern cannot match as it is written, or ``None``.

    The pattern is JSON. The text is the end of a sentence, and names the place.
    """
    try:
        pattern = parse_json(text)
    except ParseError:
        return "it is not JSON"
    for path, value in _leaves(pattern, ""):
        place = path.strip("/").replace("/", ".") or "the pattern"
        if re.search(ABSENT_IMAGES[view_type], path):
            return f"{place} is not in the records of a stream with the view type {view_type}"
        written = _written(value)
        rules = [values for paths, values in RULES if re.search(paths, path)]
        if not rules:
            return f"{place} is not a value of a stream record"
        if not any(re.search(values, written) for values in rules):
            return f"{place} cannot match {written}"
        if any(float(low) >= float(high) for low, high in re.findall(RANGE, written)):
            return f"{place} has a range that is not from low to high"
    return None


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any value of a pattern
    """Yield the values of a pattern with their paths."""
    alternatives = path.endswith("/$or")
    if not alternatives and isinstance(value, dict) and value:
        # In the order of Terraform
        for name in sorted(value):
            yield from _leaves(value[name], f"{path}/{name.replace('/', '_')}")
    elif alternatives and isinstance(value, list) and len(value) > 1:
        for number, inner in enumerate(value):
            yield from _leaves(inner, f"{path}/{number}")
    else:
        yield path, value


def _written(value: Any) -> str:  # noqa: ANN401 - any value of a pattern
    """Return a value as the function ``jsonencode`` of Terraform writes it."""
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
