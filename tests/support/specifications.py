"""Hypothesis strategies of whole specifications: types, values of a type, variables, modules."""

import re
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from generator.literals import quoted
from generator.spec.model import REQUIRED, Component, Module, Output, Validation, Variable
from generator.spec.types import BOOL, NUMBER, STRING, List, Map, Object, Optional, Primitive, Type

# What HCL, JSON and Jinja each find hard, among whatever Unicode has; a lone surrogate is no text
_hard = [
    "${a}",
    "%{a}",
    "$${a}",
    '"',
    "\\",
    "\n",
    "\r",
    "\t",
    "\b",
    "\x00",
    "{{",
    "#%",
    "{#",
    "*/",
    "é",
    "\u2028",
    "🦊",
    "|",
]


def _text(parts: list[str]) -> str:
    # python-hcl2 cannot read the escape of a template marker that nothing closes
    return re.sub(r"([$%])\{+(?!a\})", r"\1", "".join(parts))


texts = st.lists(st.one_of(st.sampled_from(_hard), st.characters(exclude_categories=["Cs"])), max_size=8).map(_text)
descriptions = texts.filter(str.strip)
names = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True).filter(lambda name: name != "for")
numbers = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.one_of(names, texts), inner, max_size=3)),
    max_leaves=6,
)


def values(of: Type, *, complete: bool = False) -> st.SearchStrategy[Any]:
    """Give values of a type; ``complete`` ones have every optional attribute."""
    if isinstance(of, Primitive):
        return {"string": texts, "number": numbers, "bool": st.booleans()}[of.name]
    if isinstance(of, List):
        return st.lists(values(of.of, complete=complete), max_size=3)
    if isinstance(of, Map):
        return st.dictionaries(st.one_of(names, texts), values(of.of, complete=complete), max_size=3)
    assert isinstance(of, Object)
    required = {
        name: values(attribute, complete=complete)
        for name, attribute in of.attributes.items()
        if isinstance(attribute, Type)
    }
    optional = {
        name: values(attribute.type, complete=complete) | st.none()
        for name, attribute in of.attributes.items()
        if isinstance(attribute, Optional)
    }
    return (
        st.fixed_dictionaries(required | optional) if complete else st.fixed_dictionaries(required, optional=optional)
    )


def _attributes(inner: st.SearchStrategy[Type]) -> st.SearchStrategy[Type | Optional]:
    optional = inner.flatmap(lambda of: st.builds(Optional, st.just(of), st.none() | values(of)))
    return st.one_of(inner, optional)


types: st.SearchStrategy[Type] = st.recursive(
    st.sampled_from([STRING, NUMBER, BOOL]),
    lambda inner: st.one_of(
        st.builds(List, inner),
        st.builds(Map, inner),
        st.builds(Object, st.dictionaries(names, _attributes(inner), max_size=4)),
    ),
    max_leaves=6,
)


@st.composite
def validations(draw: st.DrawFn, name: str) -> Validation:
    return Validation(
        condition=f"length(jsonencode(var.{name})) > {draw(st.integers(0, 9))}",
        message=quoted(draw(descriptions))[1:-1] + f" ${{jsonencode(var.{name})}}.",
        invalid_examples=({name: None},),
    )


@st.composite
def variables(draw: st.DrawFn, name: str) -> Variable:
    of = draw(types)
    default = draw(st.one_of(st.just(REQUIRED), st.none(), values(of)))
    return Variable(
        name=name,
        type=of,
        description=draw(descriptions),
        default=default,
        example=draw(values(of).filter(lambda example: example != default)),
        validations=tuple(draw(st.lists(validations(name), max_size=2))),
        since_provider=draw(st.sampled_from(["5.100", "6.0", "6.12"])),
    )


@st.composite
def modules(draw: st.DrawFn) -> Module:
    """Give a module of one to three components with up to six variables and as many outputs."""
    components = []
    for title, names_of_one in zip(
        ("First", "Second", "Third"),
        _shared_out(draw(st.lists(names, unique=True, min_size=1, max_size=6))),
        strict=False,
    ):
        outputs = [Output(name=name, description=draw(descriptions), value=f"var.{name}") for name in names_of_one]
        components.append(
            Component(
                name=title.lower(),
                title=title,
                variables=tuple(draw(variables(name)) for name in names_of_one),
                outputs=tuple(outputs),
            )
        )
    return Module(
        name="random",
        version="1.2.3",
        terraform=">= 1.9",
        components=tuple(components),
    )


def _shared_out(all_names: list[str]) -> list[list[str]]:
    return [all_names[start::3] for start in range(min(3, len(all_names)))]


def sample(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    """Return the same examples every time, for a property that is checked for all of them by one call of a program."""
    found: list[Any] = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(example: Any) -> None:  # noqa: ANN401
        found.append(example)

    collect()
    return found
