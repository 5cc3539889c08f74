"""``generator.spec.types``: what each type says as HCL, as JSON Schema and of a value is one and the same."""

import json
from pathlib import Path
from typing import Any

import hcl2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.literals import quoted
from generator.spec.types import (
    BOOL,
    NUMBER,
    STRING,
    List,
    Map,
    Object,
    Optional,
    Primitive,
    Type,
    literal,
    nullable,
)
from tests.support.planning import run
from tests.support.schemas import draft_2020_12
from tests.support.specifications import json_values, sample, texts, types, values

ORDER = Object({"id": STRING, "count": Optional(NUMBER, 1), "note": Optional(STRING)})

typed_values = types.flatmap(lambda of: st.tuples(st.just(of), values(of)))


@given(types)
def test_every_json_schema_is_valid(of: Type) -> None:
    draft_2020_12().check_schema(of.json_schema())


@given(types.flatmap(lambda of: st.tuples(st.just(of), st.one_of(values(of), json_values))))
def test_the_json_schema_takes_exactly_what_the_type_accepts(pair: tuple[Type, Any]) -> None:
    of, value = pair
    assert draft_2020_12()(of.json_schema()).is_valid(value) == of.accepts(value)


@given(typed_values)
def test_a_type_accepts_its_own_values(pair: tuple[Type, Any]) -> None:
    of, value = pair
    assert of.accepts(value)


@given(typed_values)
def test_a_nullable_schema_takes_null_beside_what_it_took(pair: tuple[Type, Any]) -> None:
    of, value = pair
    validator = draft_2020_12()(nullable(of.json_schema()))
    assert validator.is_valid(None)
    assert validator.is_valid(value)


@given(typed_values)
def test_a_completed_value_has_every_attribute_and_still_fits(pair: tuple[Type, Any]) -> None:
    of, value = pair
    completed = of.complete(value)
    assert of.accepts(completed)
    assert of.complete(completed) == completed


def test_a_completed_object_has_the_defaults_of_what_was_left_out() -> None:
    assert ORDER.complete({"id": "a"}) == {"id": "a", "count": 1, "note": None}


def test_completion_reaches_into_lists_and_maps() -> None:
    assert Map(List(ORDER)).complete({"x": [{"id": "a"}]}) == {"x": [{"id": "a", "count": 1, "note": None}]}


@given(types)
def test_every_type_expression_is_hcl(of: Type) -> None:
    assert hcl2.loads(f'variable "it" {{\n  type = {of.hcl(2)}\n}}\n')["variable"]


@given(typed_values)
def test_every_literal_is_hcl_on_one_line(pair: tuple[Type, Any]) -> None:
    text = literal(pair[1])
    assert len(text.splitlines()) == 1 or "\u2028" in text or "\x85" in text
    assert "\n" not in text
    assert "it" in hcl2.loads(f"it = {text}\n")


@pytest.mark.parametrize(
    ("of", "value"),
    [
        (NUMBER, True),
        (BOOL, 1),
        (STRING, 1),
        (NUMBER, "1"),
        (STRING, None),
        (List(STRING), "text"),
        (List(STRING), ["a", None]),
        (Map(NUMBER), {1: 1}),
        (Map(NUMBER), ["a"]),
        (ORDER, {}),
        (ORDER, {"id": None}),
        (ORDER, {"id": "a", "idd": "b"}),
        (ORDER, {"id": "a", "count": "1"}),
        (ORDER, []),
    ],
    ids=repr,
)
def test_a_type_refuses_what_terraform_would_convert_or_drop(of: Type, value: object) -> None:
    assert not of.accepts(value)


@pytest.mark.parametrize("default", ["1", [], True])
def test_an_attribute_whose_default_does_not_fit_is_refused(default: object) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        Optional(NUMBER, default)


def test_an_object_aligns_only_neighbours_that_stand_on_one_line() -> None:
    of = Object({"a": STRING, "long": NUMBER, "inner": Object({"x": BOOL}), "b": Optional(STRING, "${")})
    assert of.hcl() == (
        "object({\n  a    = string\n  long = number\n  inner = object({\n    x = bool\n  })\n"
        '  b = optional(string, "$${")\n})'
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (-1.5, "-1.5"),
        ([], "[]"),
        ({}, "{}"),
        (("a", 1), '["a", 1]'),
        ({"a b": 1, "for": 2, "x-y": 3}, '{ "a b" = 1, "for" = 2, x-y = 3 }'),
        ("\b\f\x00\x7f", r'"\u0008\u000c\u0000\u007f"'),
        ('"\\\n', r'"\"\\\n"'),
        ("${a} %{b} $ %", '"$${a} %%{b} $ %"'),
    ],
    ids=repr,
)
def test_a_literal_is_written_as_a_person_would(value: object, text: str) -> None:
    assert literal(value) == text


def test_what_has_no_literal_is_refused() -> None:
    with pytest.raises(TypeError, match="no HCL literal for a value of type set"):
        literal({"a": {1}})


def test_a_type_says_nothing_by_itself() -> None:
    for say in (Type().hcl, Type().json_schema, lambda: Type().accepts(1)):
        with pytest.raises(NotImplementedError):
            say()


def test_types_are_values() -> None:
    assert List(Map(Primitive("string"))) == List(Map(STRING))


@pytest.mark.terraform
def test_terraform_reads_each_literal_as_the_value_that_it_was_written_for(tmp_path: Path) -> None:
    """Also where templates, escapes and keys are awkward. Terraform holds strings in NFC and numbers of 512 bits."""
    cases = [*sample(json_values, 60), *sample(texts, 40), "$${", "%%{", "$$$${a}", "\\${", "$", "%", {"for": 1}]
    expected = {f"case{number}": value for number, value in enumerate(cases)}
    text = "".join(
        f"output {quoted(name)} {{\n  value = jsonencode({literal(value)})\n}}\n" for name, value in expected.items()
    )
    (tmp_path / "main.tf").write_text(text, encoding="utf-8")
    run(tmp_path, "apply", "-auto-approve", "-input=false", "-no-color")
    read = json.loads(run(tmp_path, "output", "-json").stdout)
    assert {name: _canonical(json.loads(read[name]["value"])) for name in expected} == {
        name: _canonical(value) for name, value in expected.items()
    }


@pytest.mark.terraform
def test_terraform_takes_for_each_type_the_values_that_it_accepts(tmp_path: Path) -> None:
    """The default of an attribute and of the variable are typed values too; those left out are completed as we say."""
    pairs = sample(typed_values, 60)
    blocks = [
        f'variable "v{number}" {{\n  type = {of.hcl(2)}\n  default = {literal(value)}\n}}\n'
        f'output "v{number}" {{\n  value = jsonencode(var.v{number})\n}}\n'
        for number, (of, value) in enumerate(pairs)
    ]
    (tmp_path / "main.tf").write_text("".join(blocks), encoding="utf-8")
    run(tmp_path, "apply", "-auto-approve", "-input=false", "-no-color")
    read = json.loads(run(tmp_path, "output", "-json").stdout)
    for number, (of, value) in enumerate(pairs):
        assert _canonical(json.loads(read[f"v{number}"]["value"])) == _canonical(of.complete(value))


def _canonical(value: Any) -> Any:  # noqa: ANN401
    """Return a value as Terraform holds it."""
    import unicodedata

    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    if isinstance(value, dict):
        return {_canonical(key): _canonical(item) for key, item in value.items()}
    return value
