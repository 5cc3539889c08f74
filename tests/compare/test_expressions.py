"""Is what an expression evaluates to the same as its value, and nothing else?"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

import pytest

from tests.compare.versions import findings, rules

VARIABLES = """
variable "s" {
  type     = string
  nullable = false
}
variable "n" { type = string }
variable "b" {
  type     = bool
  nullable = false
}
variable "l" {
  type     = list(string)
  nullable = false
}
variable "m" {
  type     = map(string)
  nullable = false
}
variable "o" { type = object({ a = string, b = optional(number, 5) }) }
resource "aws_sqs_queue" "q" {
  count = var.b ? 1 : 0
  name  = "q"
}
resource "aws_sqs_queue" "r" {
  for_each = { a = "x", b = "y" }
  name     = each.value
}
resource "aws_sns_topic" "t" { name = "t-${var.s}" }
"""

# An expression, one with the same value, and one with another
CASES = [
    # functions of text
    ('format("%s-%d", "a", 1)', '"a-1"', '"a-2"'),
    ('format("%s-%%", var.s)', '"${var.s}-%"', '"${var.s}%"'),
    ('join("-", ["a", var.s])', '"a-${var.s}"', '"a${var.s}"'),
    ('join("", aws_sqs_queue.q[*].arn)', 'try(aws_sqs_queue.q[0].arn, "")', "try(aws_sqs_queue.q[0].arn, null)"),
    ('upper("a")', '"A"', '"a"'),
    ('trimsuffix("a.fifo", ".fifo")', '"a"', '"a.fifo"'),
    ('substr("abc", 1, 2)', '"bc"', '"ab"'),
    ('regex("[0-9]+", "a12")', '"12"', '"a12"'),
    ('can(regex("^a", "b"))', "false", "true"),
    ('startswith("ab", "a")', "true", "false"),
    ('replace("a-b", "-", "_")', '"a_b"', '"a-b"'),
    # conversions
    ("tostring(5)", '"5"', '"6"'),
    ('tonumber("5")', "5", "6"),
    ('tobool("true")', "true", "false"),
    ("tostring(var.s)", "var.s", "var.n"),
    ("toset([var.s, var.s])", "toset([var.s])", "toset([var.n])"),
    ("toset(distinct(var.l))", "toset(var.l)", "toset(concat(var.l, [var.s]))"),
    ('jsondecode(jsonencode({ a = var.s }))["a"]', "var.s", "var.n"),
    # collections
    ("coalesce(null, var.s, var.n)", "coalesce(var.s, var.n)", "coalesce(var.n, var.s)"),
    ('coalescelist([], ["a"])', '["a"]', '["b"]'),
    ('coalescelist(var.l, ["a"])', 'length(var.l) > 0 ? var.l : ["a"]', 'length(var.l) > 1 ? var.l : ["a"]'),
    ("concat(var.l, [], [var.s])", "concat(var.l, [var.s])", "concat([var.s], var.l)"),
    ('merge(var.m, {}, { a = "b" })', 'merge(var.m, { a = "b" })', 'merge({ a = "b" }, var.m)'),
    ('merge({ a = 1 }, { a = 2 })["a"]', "2", "1"),
    ("flatten([[var.s], [[var.n]]])", "[var.s, var.n]", "[var.n, var.s]"),
    ("flatten(concat([var.l], [[var.s]]))", "concat(var.l, [var.s])", "concat([var.s], var.l)"),
    ('compact(["a", "", null])', '["a"]', '["a", ""]'),
    ('element(["a", "b"], 3)', '"b"', '"a"'),
    ('one(["a"])', '"a"', '"b"'),
    ("one(aws_sqs_queue.q[*].arn)", "try(aws_sqs_queue.q[0].arn, null)", 'try(aws_sqs_queue.q[0].arn, "")'),
    ("keys({ b = 1, a = 2 })", '["a", "b"]', '["b", "a"]'),
    ("values({ b = 1, a = 2 })", "[2, 1]", "[1, 2]"),
    ('zipmap(["a"], [var.s])', "{ a = var.s }", "{ a = var.n }"),
    ('length("abc") + length([1]) + length({ a = 1 })', "5", "6"),
    ("length([for one in var.l : upper(one)])", "length(var.l)", "length(var.m)"),
    ('contains(["a", "b"], "a")', "true", "false"),
    ('lookup({ a = 1 }, "b", 3)', "3", "1"),
    ("list(1, 2)", "[1, 2]", "[2, 1]"),
    ('map("a", 1)', "{ a = 1 }", "{ a = 2 }"),
    ("max([1, 7]...)", "7", "1"),
    ('element(concat(aws_sqs_queue.q[*].arn, [""]), 0)', 'try(aws_sqs_queue.q[0].arn, "")', "aws_sqs_queue.r"),
    # loops
    ('[for one in ["a", "b"] : one if one != "a"]', '["b"]', '["a"]'),
    (
        "[for k, v in { a = false, b = var.b } : k if v]",
        "[for k, v in { b = var.b } : k if v]",
        "[for k, v in { a = true, b = var.b } : k if v]",
    ),
    ("[for one in var.l : one]", "var.l", "[for one in var.l : upper(one)]"),
    ('{ for key, one in { a = 1 } : "${key}x" => one + 1 }', "{ ax = 2 }", "{ ax = 1 }"),
    ('{ for one in ["a", "ab", "b"] : substr(one, 0, 1) => one... }', '{ a = ["a", "ab"], b = ["b"] }', '{ a = ["a"] }'),
    ("var.s[*]", "[var.s]", "[var.n]"),
    ("null[*]", "[]", "[null]"),
    # operators
    ("1 + 2 * 3 - 4 / 2", "5", "9"),
    ("7 % 4", "3", "4"),
    ("-(-5)", "5", "-5"),
    ("!(1 > 2)", "true", "false"),
    ("!(!var.b)", "var.b", "!var.b"),
    ("var.b == true", "var.b", "var.b == false"),
    ("var.b && true || false", "var.b", "!var.b"),
    ("var.b && !var.b", "false", "true"),
    ('!(var.b && var.s == "a")', '!var.b || var.s != "a"', '!var.b && var.s != "a"'),
    ("length(var.l) >= 1", "1 <= length(var.l)", "1 < length(var.l)"),
    ("!(length(var.l) > 1)", "length(var.l) <= 1", "length(var.l) < 1"),
    ("(var.b ? 1 : 0) == 1", "var.b", "!var.b"),
    ("(var.b ? 1 : 0) * 2", "var.b ? 2 : 0", "var.b ? 0 : 2"),
    ("0 + length(var.l) * 1", "length(var.l)", "length(var.m)"),
    ("length(var.l) * 0", "0", "1"),
    ("length(var.l) + length(var.m)", "length(var.m) + length(var.l)", "length(var.m)"),
    ("!var.b ? var.s : var.n", "var.b ? var.n : var.s", "var.b ? var.s : var.n"),
    ('var.b ? (var.b ? "a" : "b") : "c"', 'var.b ? "a" : "c"', 'var.b ? "b" : "c"'),
    ("var.b ? true : false", "var.b", "!var.b"),
    ('var.b ? (var.s == "x" ? "a" : "c") : "c"', 'var.b && var.s == "x" ? "a" : "c"', 'var.b ? "a" : "c"'),
    ('var.b ? "a" : (var.s == "x" ? "a" : "c")', 'var.b || var.s == "x" ? "a" : "c"', 'var.b ? "a" : "c"'),
    ('var.n == null ? "a" : (var.n == null ? "b" : var.n)', 'var.n == null ? "a" : var.n', 'var.n == null ? "b" : var.n'),
    ('aws_sns_topic.t.arn == ""', "false", "true"),
    ("aws_sns_topic.t.id != null", "true", "false"),
    # references
    ("aws_sns_topic.t.name", '"t-${var.s}"', '"t"'),
    ('aws_sqs_queue.r["a"].name', '"x"', '"y"'),
    ("length(aws_sqs_queue.q)", "var.b ? 1 : 0", "var.b ? 0 : 1"),
    ('try(var.o.c, "d")', '"d"', '"c"'),
    ("try(var.s, var.n)", "var.s", "var.n"),
    ('(var.b ? { a = "x" } : { a = "y" }).a', 'var.b ? "x" : "y"', 'var.b ? "y" : "x"'),
    ("[var.s, var.n][1]", "var.n", "var.s"),
    ('[for one in var.l : "${one}x"][0]', '"${var.l[0]}x"', '"${var.l[1]}x"'),
]  # fmt: skip


def changed(old: str, new: str) -> dict[str, str]:
    versions = (f'{VARIABLES}output "a" {{\n value = {value}\n}}\n' for value in (old, new))
    return rules(*versions)


@pytest.mark.parametrize(("expression", "same", "other"), CASES)
def test_expression_is_its_value_and_no_other(expression: str, same: str, other: str) -> None:
    assert set(changed(expression, same).values()) <= {"patch"}
    assert set(changed(expression, other).values()) & {"major", "minor"}


# --- values that double one another ------------------------------------------------------------------------------------

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


@pytest.mark.parametrize(("default", "found"), [("false", set()), ("true", {"validation-tightened"})])
def test_new_variable_in_a_list_of_conflicts_concerns_callers_by_its_default(default: str, found: set[str]) -> None:
    def module(more: str) -> str:
        return f"""
variable "a" {{
  type     = bool
  default  = false
  nullable = false
}}
variable "existing" {{
  type    = string
  default = null
  validation {{
    condition     = var.existing == null || length([for k, v in {{ a = var.a, {more} }} : k if v]) == 0
    error_message = "No."
  }}
}}
resource "aws_sqs_queue" "q" {{ name = var.existing }}
"""

    new = f'variable "new" {{\n  type     = bool\n  default  = {default}\n  nullable = false\n}}\n'
    assert rules(module(""), module("new = var.new") + new).keys() - {"new-optional-variable"} == found
