"""Is an expression worked out as Terraform would, and what is not known left as it is written?"""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.hcl.expressions import HclError, parse
from generator.hcl.folding import fold, fold_message
from generator.hcl.functions import Fails, Set
from generator.hcl.results import Known, Result, Unknown
from generator.profile.consequences import refusal
from generator.spec import MODULE, OPTIONS
from generator.spec.model import REQUIRED, Variable
from generator.spec.rules import REGION
from generator.spec.types import literal
from tests.support.specifications import json_values

TABLE = "aws_dynamodb_table.this"
ALIAS = "aws_lambda_alias.this"
ENVIRONMENT: dict[str, Result] = {
    "var.none": Known(None),
    "var.yes": Known(value=True),
    "var.no": Known(value=False),
    "var.text": Known("a"),
    "var.list": Known(["a", "b"]),
    "var.empty": Known([]),
    "var.map": Known({"b": 2, "a": 1}),
    "var.object": Known({"name": "id", "type": None}),
    "var.given": Unknown("var.given", safe=True, given=True),
    "var.some": Unknown("var.some", safe=True),
    "var.kind": Unknown("var.kind", among=frozenset({"sqs", "s3"}), given=True),
    TABLE: Unknown(TABLE, safe=True, given=True, single=True),
    ALIAS: Known([]),
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
    "[{ granted = false }, { granted = true }]": [{"granted": True}],
    'jsonencode({ a = ["<"] })': '{"a":["\\u003c"]}',
    "toset([])": Set([]),
}

LEFT = {
    "var.other": "var.other",
    "var.yes && var.some == null": "var.some == null",
    "var.no || var.some == null": "var.some == null",
    "(var.no) == (var.some != null)": "var.some == null",
    "var.yes == (var.some != null)": "(var.some != null)",
    "!(var.some == null || var.no)": "var.some != null",
    "var.other ? var.no : var.yes": "!var.other",
    "var.other ? var.yes : var.no": "var.other",
    "coalesce(var.none, var.some)": "var.some",
    "coalesce(var.given, var.some)": "var.given",
    "coalesce(var.some, var.text)": 'coalesce(var.some, "a")',
    "merge({}, var.some)": "var.some",
    "concat([], var.some, [1])": "concat(var.some, [1])",
    f"one({TABLE}[*].arn)": f"{TABLE}.arn",
    f"{TABLE}[0].arn": f"{TABLE}.arn",
    f"try({ALIAS}[0].arn, {TABLE}[0].arn)": f"{TABLE}.arn",
    "try(var.other.arn, var.none.arn, null)": "try(var.other.arn, null)",
    f"[for table in {TABLE} : table.arn]": f"[{TABLE}.arn]",
    f"[{TABLE}, {ALIAS}]": f"[{TABLE}]",
    "one(var.given[*].name)": "var.given.name",
    "[for key in var.given[*] : key.name]": "[var.given.name]",
    '"${var.text}-${var.other}"': '"a-${var.other}"',
    "var.other * (1 + var.some)": "var.other * (1 + var.some)",
    "(var.yes ? var.a + 1 : 0) * var.b": "(var.a + 1) * var.b",
    "[for item in var.other : item if var.yes]": "[for item in var.other : item if true]",
    "{ for name, given in { a = var.no, b = var.some } : name => 1 if given }": "{ for name, given in { b = var.some } : name => 1 if given }",
    "[{ granted = var.no, id = 1 }, { granted = var.some, id = 2 }]": "[{ granted = var.some, id = 2 }]",
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
def test_what_is_known_is_worked_out(text: str) -> None:
    result = fold(text, ENVIRONMENT)
    assert isinstance(result, Known), result
    assert (result.value, type(result.value)) == (KNOWN[text], type(KNOWN[text]))


@pytest.mark.parametrize("text", LEFT)
def test_what_is_not_known_stays(text: str) -> None:
    result = fold(text, ENVIRONMENT)
    assert isinstance(result, Unknown)
    assert result.text == LEFT[text]


@pytest.mark.parametrize(
    "text", ["var.none.name", "var.list[2]", 'regex("^b$", var.text)', "var.text + 1", f"{ALIAS}[0]"]
)
def test_what_has_no_value_fails(text: str) -> None:
    with pytest.raises(Fails):
        fold(text, ENVIRONMENT)


def test_several_lines_keep_their_indent() -> None:
    result = fold(SEVERAL_LINES, ENVIRONMENT)
    expected = 'concat(\n    [\n      { Sid = "a" },\n    ],\n    [for item in var.other : item],\n  )'
    assert result.text == expected


def test_message_keeps_what_fails() -> None:
    assert fold_message("not ${var.text}, ${var.none} or ${var.other}", ENVIRONMENT) == "not a, null or ${var.other}"


@pytest.mark.parametrize("text", ["", "a b", "[1", '"${a"', "<<EOT", '"%{ if a }b%{ endif }"', "{ a = }"])
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(HclError):
        parse(text)


@given(json_values)
def test_any_literal_is_known(value: Any) -> None:  # noqa: ANN401
    assert fold(literal(value), {}) == Known(value)


@given(st.sampled_from([*KNOWN, *LEFT]))
def test_nothing_is_touched_where_nothing_is_known(text: str) -> None:
    result = fold(text, {})
    if isinstance(result, Unknown) and "granted" not in text and "given" not in text:
        assert result.text.count("var.") == text.count("var.")


# --- the validations of the specification: Terraform says the same of these values (tests/refuse) ----------------------

VARIABLES = {variable.name: variable for variable in MODULE.variables()}


def _known(arguments: Mapping[str, Any]) -> dict[str, Result]:
    """Return everything that a validation can refer to, with these arguments and every other default."""
    known: dict[str, Result] = {"local.region": Known(REGION)}
    for name, variable in VARIABLES.items():
        value = arguments.get(name, None if variable.default is REQUIRED else variable.default)
        value = "orders" if name == "name" and value is None else value
        value = variable.default if value is None and not variable.nullable else value
        known[f"var.{name}"] = Known(None if value is None else variable.type.complete(value))
    for options in OPTIONS:
        given = {name: fold(expression, known) for name, expression in options.expressions(6).items()}
        known[f"local.{options.local}"] = Known([name for name, result in given.items() if result == Known(value=True)])
    packages = ("function_filename", "function_s3", "function_image_uri")
    known["local.function_packages"] = Known([name for name in packages if arguments.get(name) is not None])
    indexes = [known[f"var.table_{kind}_secondary_indexes"] for kind in ("global", "local")]
    keys = [
        index.get(key)
        for one in indexes
        if isinstance(one, Known)
        for index in one.value.values()
        for key in ("partition_key", "sort_key")
    ]
    known["local.index_keys"] = Known(Set([key for key in keys if key]))
    return known


REFUSED = [
    pytest.param(
        variable,
        position,
        {"function_filename": "a.zip", "function_handler": "a.b", "function_runtime": "python3.13", **arguments},
        id=f"{variable.name}-{position}-{number}",
    )
    for variable in VARIABLES.values()
    for position, validation in enumerate(variable.validations)
    for number, arguments in enumerate(validation.refuses)
    if "fileexists" not in validation.condition
]


@pytest.mark.parametrize(("variable", "position", "arguments"), REFUSED)
def test_every_bad_value_is_refused(variable: Variable, position: int, arguments: Mapping[str, Any]) -> None:
    try:
        result = fold(variable.validations[position].condition, _known(arguments))
    except Fails:
        return
    assert result == Known(value=False)


@pytest.mark.parametrize("name", [name for name in VARIABLES if name != "function_filename"])
def test_every_example_is_accepted(name: str) -> None:
    variable = VARIABLES[name]
    others = _known(
        {
            "function_filename": "a.zip",
            "function_handler": "a.b",
            "function_runtime": "python3.13",
            **variable.example_with,
            name: variable.example,
        }
    )
    assert refusal(variable, variable.example, others) is None
