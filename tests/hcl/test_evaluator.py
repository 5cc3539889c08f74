"""Does partial evaluation return what Terraform returns, and leave the rest of an expression as it is?"""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.hcl.evaluator import evaluate_message, evaluate_partially
from generator.hcl.expressions import HclError, Node
from generator.hcl.functions import EvaluationError, Set
from generator.hcl.parser import parse
from generator.hcl.printer import render
from generator.hcl.values import Known, known, reference
from generator.profile.validation_resolver import validation_error
from generator.spec import MODULE, OPTIONS
from generator.spec.examples import REGION
from generator.spec.model import REQUIRED
from generator.spec.types import STRING, List, Map, Object, Optional, literal
from tests.support.specifications import json_values

TABLE = "aws_dynamodb_table.this"
ALIAS = "aws_lambda_alias.this"
TARGET = "aws_appautoscaling_target.this"
ENVIRONMENT: dict[str, Node] = {
    "var.none": known(None),
    "var.yes": known(value=True),
    "var.no": known(value=False),
    "var.text": known("a"),
    "var.list": known(["a", "b"]),
    "var.empty": known([]),
    "var.map": known({"b": 2, "a": 1}),
    "var.object": known({"name": "id", "type": None}),
    "var.given": reference(
        "var.given", type=Object({"name": STRING, "kind": Optional(STRING, "S"), "key": Optional(STRING)}), nonnull=True
    ),
    "var.some": reference("var.some", type=STRING),
    "var.things": reference("var.things", type=List(STRING), nonnull=True),
    "var.maybe": reference("var.maybe", type=List(STRING)),
    "var.tags": reference("var.tags", type=Map(STRING), nonnull=True),
    "var.kind": reference("var.kind", possible=frozenset({"sqs", "s3"}), nonnull=True),
    TABLE: reference(TABLE, nonnull=True, index=0),
    TARGET: reference(TARGET, nonnull=True, index="read"),
    ALIAS: known([]),
}

KNOWN = {
    "1 + 2 * 3": 7,
    "-1": -1,
    "!var.yes": False,
    "var.none == null": True,
    "var.text == null ? 1 : 2": 2,
    "var.no && var.other": False,
    "var.other || var.yes": True,
    '"${var.text}-${1}"': "a-1",
    '"$${a} \\"b\\""': '${a} "b"',
    "var.object.name": "id",
    "var.map.b": 2,
    'var.map["a"]': 1,
    "var.list[1]": "b",
    "var.none[*].name": [],
    "var.object[*].name": ["id"],
    "one(var.none[*].name)": None,
    "[for item in var.list : item]": ["a", "b"],
    "[for key, value in var.map : value]": [1, 2],
    '{ for item in var.list : item => 1 if item != "a" }': {"b": 1},
    "[for name, given in { a = true, b = false } : name if given]": ["a"],
    "try(var.none.name, 3)": 3,
    "can(var.none.name)": False,
    'can(regex("^a$", var.text))': True,
    'can(regex("^b$", var.text))': False,
    'regexall("(a)(b)?", "ab-a")': [["a", "b"], ["a", None]],
    'replace("a.b.c", ".", "-")': "a-b-c",
    'replace("A.b_1", "/[^a-z0-9]/", "")': "b1",
    'replace("ab", "/(?P<x>a)(b)?(c)?/", "$2$$-$x$3$z")': "b$-a",
    'replace("a/b", "/", "-")': "a-b",
    'regexall("(x+)+$", join("", [for number in ["xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "y"] : number]))': [],
    "length(var.map)": 2,
    "[var.text, 1]": ["a", 1],
    "length([var.given, var.some])": 2,
    "coalesce(null, var.text)": "a",
    "concat(var.empty, var.list)": ["a", "b"],
    "var.given == null": False,
    "var.given != null": True,
    'var.kind == "sns"': False,
    'var.kind != "sns"': True,
    f"length({ALIAS})": 0,
    f"one({ALIAS}[*].arn)": None,
    f"try({ALIAS}[0].arn, null)": None,
    "[for one in [{ on = false }, { on = true }] : one if one.on]": [{"on": True}],
    "[for key, value in [7, 8] : key]": [0, 1],
    "{ for index, item in var.list : item => index if index > 0 }": {"b": 1},
    "one([])": None,
    "{ for key, value in { b = 1, a = 2 } : key => value if value > 1 }": {"a": 2},
    "[for key, value in { b = 1, a = 2 } : key]": ["a", "b"],
    "var.list[*]": ["a", "b"],
    "var.text[*]": ["a"],
    "try(var.list[5], var.other.x, 1) == 1 || true": True,
    "merge({}, var.map)": {"b": 2, "a": 1},
    "concat([], [])": [],
    "can(var.given.name)": True,
    'timeadd("2026-01-01T00:00:00Z", "0s")': "2026-01-01T00:00:00Z",
    'jsonencode({ a = ["<"] })': '{"a":["\\u003c"]}',
    "toset([])": Set([]),
}

LEFT = {
    "var.other": "var.other",
    "var.yes && var.some == null": "var.some == null",
    "var.no || var.some == null": "var.some == null",
    "(var.no) == (var.some != null)": "var.some == null",
    "var.yes == (var.some != null)": "var.some != null",
    "!(var.some == null || var.no)": "var.some != null",
    "var.other ? var.no : var.yes": "!var.other",
    "var.other ? var.yes : var.no": "var.other",
    "coalesce(var.none, var.some)": "var.some",
    "coalesce(var.given, var.some)": "var.given",
    "coalesce(var.some, var.text)": 'coalesce(var.some, "a")',
    "merge({}, var.some)": "var.some",
    "concat([], var.some, [1])": "concat(var.some, [1])",
    "concat([1], var.yes ? [var.x] : [], var.none == null ? [2] : [], var.some, [3])": "concat([1, var.x, 2], var.some, [3])",
    "concat([1], var.x ? [2] : [], var.no ? [3] : [])": "concat([1], var.x ? [2] : [])",
    "merge({ a = 1 }, var.yes ? { b = var.x } : {})": "{ a = 1, b = var.x }",
    "merge({ a = 1 }, var.yes ? { a = var.x } : {})": "merge({ a = 1 }, { a = var.x })",
    "merge({ (var.x) = 1 }, var.yes ? { b = 2 } : {})": "merge({ (var.x) = 1 }, { b = 2 })",
    "one([var.other])": "var.other",
    "one(var.other[*].name)": "one(var.other[*].name)",
    f"one({TABLE}[*].arn)": f"{TABLE}.arn",
    f"{TABLE}[0].arn": f"{TABLE}.arn",
    f'{TARGET}["read"].arn': f"{TARGET}.arn",
    f"{{ for key, one in {TARGET} : key => one.arn }}": f"{{ read = {TARGET}.arn }}",
    f"try({ALIAS}[0].arn, {TABLE}[0].arn)": f"{TABLE}.arn",
    f"merge({{ for one in {ALIAS} : one.name => 1 }}, {{ for one in {TABLE} : one.name => 2 }})": f"{{ ({TABLE}.name) = 2 }}",
    "try(var.other.arn, var.none.arn, null)": "try(var.other.arn, null)",
    "try(var.other.arn)": "try(var.other.arn)",
    "can(var.other.arn)": "can(var.other.arn)",
    "can(var.some.name)": "can(var.some.name)",
    "try(var.given.name, 1)": "var.given.name",
    'try(var.tags.owner, "nobody")': 'try(var.tags.owner, "nobody")',
    f"[for table in {TABLE} : table.arn]": f"[{TABLE}.arn]",
    "one(var.given[*].name)": "var.given.name",
    "[for key in var.given[*] : key.name]": "[var.given.name]",
    "var.given.kind == null || var.x": "var.x",
    "var.given.key == null || var.x": "var.given.key == null || var.x",
    # A splat of a list goes through its elements, that of anything else makes a list of it, or none of null
    "var.things[*]": "var.things",
    "var.things[*].name": "var.things[*].name",
    "[for one in var.things[*] : one]": "[for one in var.things : one]",
    "var.maybe[*]": "var.maybe[*]",
    "var.some[*]": "var.some[*]",
    "var.tags[*]": "[var.tags]",
    "var.other[*]": "var.other[*]",
    '"${var.text}-${var.other}"': '"a-${var.other}"',
    "var.other * (1 + var.some)": "var.other * (1 + var.some)",
    "(var.yes ? var.a + 1 : 0) * var.b": "(var.a + 1) * var.b",
    "[for item in var.other : item if var.yes]": "[for item in var.other : item if true]",
    # A loop over one element is no loop
    "[for item in [var.x] : upper(item)]": "[upper(var.x)]",
    "{ for name, given in { a = var.no, b = var.some } : name => 1 if given }": "var.some ? { b = 1 } : {}",
    "[for one in [{ on = var.no, id = 1 }, { on = var.some, id = 2 }, { on = var.x, id = 3 }] : one.id if one.on]": "[for one in [{ on = var.some, id = 2 }, { on = var.x, id = 3 }] : one.id if one.on]",
    "[for one in [{ on = var.no, id = 1 }, { on = true, id = var.x }, { on = true, id = 3 }] : upper(one.id) if one.on]": "[for one in [{ on = true, id = var.x }, { on = true, id = 3 }] : upper(one.id)]",
    "[for one in [var.x, var.y] : one if var.yes]": "[var.x, var.y]",
    "[for key, value in { b = 1, c = 3, a = 2 } : upper(var.x) if value > 1]": "[for key, value in { c = 3, a = 2 } : upper(var.x)]",
    "[for key, value in var.map : upper(var.x) if value > 0]": "[for key, value in { b = 2, a = 1 } : upper(var.x)]",
    "merge({ a = var.x }, var.map, { c = 3 })": "merge({ a = var.x }, { b = 2, a = 1, c = 3 })",
    "{ for key, value in { a = var.x, b = var.none } : key => value if value != null }": "var.x != null ? { a = var.x } : {}",
    '{ for key, value in { a = "${var.x}", b = [var.x], c = var.none } : key => value if value != null }': '{ a = "${var.x}", b = [var.x] }',
    "fileexists(var.text)": 'fileexists("a")',
}

SEVERAL_LINES = """(
    var.none == null
    ? concat(
      [
        { Sid = "a" },
      ],
      var.empty,
      [for item in var.other : item],
    )
    : null
  )"""


@pytest.mark.parametrize("text", KNOWN)
def test_evaluator_returns_value_when_everything_is_known(text: str) -> None:
    result = evaluate_partially(text, ENVIRONMENT)
    assert isinstance(result, Known), render(result)
    assert (result.value, type(result.value)) == (KNOWN[text], type(KNOWN[text]))


@pytest.mark.parametrize("text", LEFT)
def test_evaluator_leaves_what_is_not_known(text: str) -> None:
    assert render(evaluate_partially(text, ENVIRONMENT)) == LEFT[text]


@pytest.mark.parametrize(
    "text",
    ["var.none.name", "var.list[2]", 'regex("^b$", var.text)', "var.text + 1", f"{ALIAS}[0]", "one(var.list)",
     "try(var.none.name)", "length(1)", '"${var.list}"', "[for one in var.text : one]", "coalesce(null)",
     "[for var in var.list : var.x]"],
)  # fmt: skip
def test_evaluator_fails_when_expression_has_no_value(text: str) -> None:
    with pytest.raises(EvaluationError):
        evaluate_partially(text, ENVIRONMENT)


def test_result_on_several_lines_is_indented_anew() -> None:
    result = render(evaluate_partially(SEVERAL_LINES, ENVIRONMENT))
    assert result == 'concat(\n  [\n    { Sid = "a" },\n  ],\n  [for item in var.other : item],\n)'


def test_comments_stay_above_their_items() -> None:
    text = "concat(\n  [\n    # one\n    1,\n  ],\n  # two\n  var.yes ? [{\n    b  = 2\n\n    # c\n    cc = var.x\n  }] : [],\n)"
    result = render(evaluate_partially(text, ENVIRONMENT))
    assert result == "[\n  # one\n  1,\n  # two\n  {\n    b = 2\n\n    # c\n    cc = var.x\n  },\n]"


def test_entries_of_objects_are_aligned_anew() -> None:
    text = "merge(\n  {\n    a = var.x\n  },\n  var.yes ? {\n    long = 2\n  } : {},\n)"
    assert render(evaluate_partially(text, ENVIRONMENT)) == "{\n  a    = var.x\n  long = 2\n}"


def test_message_has_null_for_what_fails() -> None:
    text = "not ${var.text}, ${var.none}, ${var.none.name} or ${var.other}"
    assert evaluate_message(text, ENVIRONMENT) == "not a, null, null or ${var.other}"


@pytest.mark.parametrize("text", ["", "a b", "[1", '"${a"', "<<EOT", '"%{ if a }b%{ endif }"', "{ a = }", "a.b(1)["])
def test_parser_rejects_what_is_not_an_expression(text: str) -> None:
    with pytest.raises(HclError):
        parse(text)


@given(json_values)
def test_every_literal_is_known(value: Any) -> None:  # noqa: ANN401
    result = evaluate_partially(literal(value), {})
    assert isinstance(result, Known)
    assert result.value == value


@given(st.sampled_from([*KNOWN, *LEFT, SEVERAL_LINES]))
def test_nothing_changes_when_nothing_is_known(text: str) -> None:
    try:
        result = evaluate_partially(text, {})
    except EvaluationError:
        return
    if not isinstance(result, Known):
        names = sorted(set(re.findall(r"[a-z_]+\.[a-z]+", text)))
        assert set(re.findall(r"[a-z_]+\.[a-z]+", render(result))) <= set(names)


# --- the validations of the specification: Terraform says the same of these values (tests/refuse) ----------------------

VARIABLES = {variable.name: variable for variable in MODULE.variables()}


def environment_of(arguments: Mapping[str, Any]) -> dict[str, Node]:
    """Return everything that a validation can refer to, with these arguments and every other default."""
    environment: dict[str, Node] = {"local.region": known(REGION)}
    for name, variable in VARIABLES.items():
        value = arguments.get(name, None if variable.default is REQUIRED else variable.default)
        value = "orders" if name == "name" and value is None else value
        value = variable.default if value is None and not variable.nullable else value
        environment[f"var.{name}"] = known(variable.type.complete(value))
    for options in OPTIONS:
        given = {
            name: evaluate_partially(expression, environment) for name, expression in options.expressions("6").items()
        }
        environment[f"local.{options.local}"] = known(
            [name for name, result in given.items() if isinstance(result, Known) and result.value is True]
        )
    packages = ("function_filename", "function_s3", "function_image_uri")
    environment["local.function_packages"] = known([name for name in packages if arguments.get(name) is not None])
    indexes = [environment[f"var.table_{kind}_secondary_indexes"] for kind in ("global", "local")]
    keys = [
        (index or {}).get(key)
        for one in indexes
        if isinstance(one, Known)
        for index in one.value.values()
        for key in ("partition_key", "sort_key")
    ]
    environment["local.index_keys"] = known(Set([key for key in keys if key]))
    return environment


ZIP = {"function_filename": "a.zip", "function_handler": "a.b", "function_runtime": "python3.13"}
REFUSED = [
    (variable.name, validation, arguments)
    for variable in VARIABLES.values()
    for validation in variable.validations
    for arguments in validation.invalid_examples
    if "fileexists" not in validation.condition
]


def test_every_bad_value_is_refused() -> None:
    assert len(REFUSED) > 300
    for name, validation, arguments in REFUSED:
        with suppress(EvaluationError):
            result = evaluate_partially(validation.condition, environment_of({**ZIP, **arguments}))
            assert isinstance(result, Known), (name, arguments)
            assert result.value is False, (name, arguments)


def test_every_example_is_accepted() -> None:
    for name, variable in VARIABLES.items():
        if name != "function_filename":
            others = environment_of({**ZIP, **variable.example_with, name: variable.example})
            assert validation_error(variable, variable.example, others) is None, name
