"""Is the time that a comparison takes bounded, whatever the size of what the expressions evaluate to?"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

import pytest

from tests.compare.versions import findings

MOST: Final = 5_000_000
"""Calls of functions in a comparison of values that double 60 times; more than twice as many as the slowest kind takes."""

# The first local, with %s for what differs, and how each of the others is made of the one before it
DOUBLED: Final = {
    "concat": ('["%s"]', "concat(local.a, local.a)"),
    "list": ('"%s"', "[local.a, local.a]"),
    "sum": ('length("%s")', "local.a + local.a"),
    "join": ('"%s"', 'join("-", [local.a, local.a])'),
    "format": ('"%s"', 'format("%%s%%s", local.a, local.a)'),
    "object": ('{ x = "%s" }', "{ l = local.a, r = local.a }"),
    "merge": ('{ x = "%s" }', 'merge(local.a, { "y${length(local.a)}" = local.a })'),
    "JSON": ('"%s"', "jsonencode([local.a, local.a])"),
    "replace": ('"x%s"', 'replace(local.a, "x", local.a)'),
    "conditions": ('var.v == "%s"', "local.a && local.a || local.a"),
    "flatten": ('["%s"]', "flatten([local.a, local.a])"),
    "template": ('"${var.v}%s"', '"${local.a}${local.a}"'),
    "if": ('"${var.v}%s"', 'local.a == "q" ? "a${local.a}" : local.a'),
    "try": ('"${var.v}%s"', "try(local.a, local.a, upper(local.a))"),
    "for": ('["%s"]', "[for one in [local.a, local.a] : one]"),
}


@contextmanager
def calls_limited() -> Iterator[None]:
    """Fail once more functions have been called than any comparison needs."""
    calls = 0

    def count(_frame: FrameType, event: str, _of: object) -> None:
        nonlocal calls
        calls += event == "call"
        if calls > MOST:
            sys.setprofile(None)
            raise AssertionError(f"more than {MOST} calls")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(before)


@pytest.mark.slow
@pytest.mark.parametrize("kind", DOUBLED)
def test_values_that_double_one_another_are_compared_in_bounded_time(kind: str) -> None:
    first, form = DOUBLED[kind]
    lines = [f"a{number} = {form.replace('local.a', f'local.a{number - 1}')}" for number in range(1, 60)]
    old, new = (
        'variable "v" {{\n type = string\n}}\nlocals {{\n a0 = {}\n {}\n}}\n{}'.format(
            first % text,
            "\n ".join(lines).replace("%%", "%"),
            'resource "aws_sqs_queue" "q" {\n name = jsonencode(local.a59)\n tags = { a = local.a59 }\n}\n'
            'output "a" {\n value = local.a59\n}\n',
        )
        for text in ("x", "yy")
    )
    with calls_limited():
        found = {one.subject for one in findings(old, new)}
        assert findings(old, old) == []
    assert "output.a" in found
    assert {one for one in found if one.startswith("aws_sqs_queue.q.")}
