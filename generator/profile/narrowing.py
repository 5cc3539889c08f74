"""Changes of single variables: smaller ranges, fewer choices, patterns, tags that must be there."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from generator.spec.model import REQUIRED, Validation, Variable
from generator.spec.rules import matches, one_of, rule
from generator.spec.types import literal, quoted


class NarrowingError(Exception):
    """A change that cannot be made; its text says why."""


def bounded(variable: Variable, minimum: int | None, maximum: int | None) -> Variable:
    """Return a variable with a smaller range of whole numbers.

    Raises:
        NarrowingError: it has no range, or one that is smaller.
    """
    found = next(((one, bounds) for one in variable.validations if (bounds := _bounds(one))), None)
    if not found or not found[0].again:
        raise NarrowingError("it has no range that could be narrowed")
    wide, (lowest, highest) = found
    low, high = lowest if minimum is None else minimum, highest if maximum is None else maximum
    if low < lowest or high > highest:
        raise NarrowingError(f"{low} to {high} is wider than the module's {lowest} to {highest}")
    if low > high:
        raise NarrowingError(f"its minimum {low} is more than its maximum {high}")
    # A value beside the range, such as -1 for no end, is what the smaller range is meant to exclude
    narrow = found[0].again(low, high, also=None, nullable=variable.nullable)
    validations = tuple(narrow if one is wide else one for one in variable.validations)
    return replace(variable, validations=validations, accepted=f"{low} to {high}")


def allowed(variable: Variable, values: Sequence[Any]) -> Variable:
    """Return a variable that accepts these values only."""
    found = next((one for one in variable.validations if "enum" in one.schema), None)
    again = found.again if found and found.again else partial(one_of, variable.name)
    others = tuple(one for one in variable.validations if one is not found)
    accepted = ", ".join(f"`{value}`" for value in values)
    return replace(variable, validations=(again(*values, nullable=variable.nullable), *others), accepted=accepted)


def matching(variable: Variable, pattern: str) -> Variable:
    """Return a variable whose values must match a regular expression as well.

    Raises:
        NarrowingError: it is no regular expression.
    """
    name = variable.name
    validation = matches(name, _checked(pattern), "", bad=("",), nullable=variable.nullable)
    message = f"{name} must match {_inside(pattern)}, not ${{jsonencode(var.{name})}}."
    accepted = f"{variable.accepted}; matches `{pattern}`" if variable.accepted else f"matches `{pattern}`"
    return replace(
        variable, validations=(*variable.validations, replace(validation, message=message)), accepted=accepted
    )


def tagged(tags: Variable, required: Sequence[str], patterns: Mapping[str, str], example: Any) -> Variable:  # noqa: ANN401
    """Return the variable of the tags, with some that must be there and patterns for the values of some.

    Raises:
        NarrowingError: a pattern is no regular expression.
    """
    names = sorted({*required, *patterns})
    validations = [
        rule(
            f"alltrue([for tag in {literal(names)} : contains(keys(var.tags), tag)])",
            f"tags must hold {_inside(', '.join(names))}; here are ${{jsonencode(keys(var.tags))}}.",
            {"tags": {}},
        )
    ]
    for tag, pattern in patterns.items():
        value = f"lookup(var.tags, {quoted(tag)}, null)"
        validations.append(
            rule(
                f"can(regex({quoted(_checked(pattern))}, {value}))",
                f"tags: {_inside(tag)} must match {_inside(pattern)}, not ${{jsonencode({value})}}.",
                {"tags": {tag: ""}},
            )
        )
    return replace(
        tags,
        default=REQUIRED,
        example=example or dict.fromkeys(names, "orders"),
        validations=(*tags.validations, *validations),
        accepted=f"at least {', '.join(f'`{tag}`' for tag in names)}",
    )


def _checked(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise NarrowingError(f"{pattern!r} is no regular expression: {error}") from None
    return pattern


def _inside(text: str) -> str:
    return quoted(text)[1:-1]


def _bounds(validation: Validation) -> tuple[int, int] | None:
    """Return the range that a validation accepts, if it is one of a range."""
    for one in (validation.schema, *validation.schema.get("anyOf", ())):
        if "minimum" in one and "maximum" in one:
            return one["minimum"], one["maximum"]
    return None
