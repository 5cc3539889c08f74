"""Constraints on single variables: smaller ranges, fewer values, patterns, required tags."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from generator.hcl.functions import compiled
from generator.literals import quoted
from generator.spec.model import REQUIRED, Validation, Variable
from generator.spec.rules import Subject, custom_rule, matches, one_of
from generator.spec.text import listed
from generator.spec.types import literal


class ConstraintError(Exception):
    """A variable cannot have a constraint. The text is a sentence with the reason."""


def constrain(variable: Variable, changes: Mapping[str, Any]) -> Variable:
    """Return a variable with the constraints that a profile adds.

    Raises:
        ConstraintError: the variable cannot have one of them.
    """
    if "minimum" in changes or "maximum" in changes:
        variable = _bounded(variable, changes.get("minimum"), changes.get("maximum"))
    if "allowed" in changes:
        variable = _allowed(variable, changes["allowed"])
    return _matching(variable, changes["pattern"]) if "pattern" in changes else variable


def _bounded(variable: Variable, minimum: int | None, maximum: int | None) -> Variable:
    """Return a variable with a smaller range of whole numbers."""
    found = next(((one, bounds) for one in variable.validations if (bounds := _bounds(one))), None)
    if not found or not found[0].rebuild:
        raise ConstraintError("minimum and maximum need a variable with a range.")
    wide, (lowest, highest) = found
    low, high = lowest if minimum is None else minimum, highest if maximum is None else maximum
    if low < lowest or high > highest:
        raise ConstraintError(f"the range {low} to {high} is wider than {lowest} to {highest}, the module's own.")
    if low > high:
        raise ConstraintError(f"the minimum {low} is greater than the maximum {high}.")
    # A value outside of the range, such as -1 for no limit, is what a smaller range excludes
    narrow = found[0].rebuild(low, high)(Subject.of(variable))
    validations = tuple(narrow if one is wide else one for one in variable.validations)
    return replace(variable, validations=validations, accepted_values=f"{low} to {high}")


def _bounds(validation: Validation) -> tuple[int, int] | None:
    """Return the range that a validation accepts, or ``None`` if it is not about a range."""
    for one in (validation.schema, *validation.schema.get("anyOf", ())):
        if "minimum" in one and "maximum" in one:
            return one["minimum"], one["maximum"]
    return None


def _allowed(variable: Variable, values: Sequence[Any]) -> Variable:
    """Return a variable that accepts these values only."""
    found = next((one for one in variable.validations if "enum" in one.schema), None)
    rebuild = found.rebuild if found and found.rebuild else one_of
    others = tuple(one for one in variable.validations if one is not found)
    validations = (rebuild(*values)(Subject.of(variable)), *others)
    return replace(variable, validations=validations, accepted_values=listed([f"`{value}`" for value in values], "or"))


def _matching(variable: Variable, pattern: str) -> Variable:
    """Return a variable whose values must also match a regular expression."""
    validation = matches(_checked(pattern, "pattern"), "", "")(Subject.of(variable))
    message = f"The {variable.name} value must match {_escaped(pattern)}. Got ${{jsonencode(var.{variable.name})}}."
    accepted = f"{variable.accepted}; matches `{pattern}`" if variable.accepted else f"matches `{pattern}`"
    validations = (*variable.validations, replace(validation, message=message))
    return replace(variable, validations=validations, accepted_values=accepted)


def require_tags(tags: Variable, required: Sequence[str], patterns: Mapping[str, str], example: Any) -> Variable:  # noqa: ANN401
    """Return the variable of the tags with required tags, and patterns for the values of some of them.

    Raises:
        ConstraintError: a pattern is not a regular expression.
    """
    names = sorted({*required, *patterns})
    present = custom_rule(
        f"alltrue([for tag in {literal(names)} : contains(keys(var.tags), tag)])",
        f"The tags value must contain {_escaped(', '.join(names))}. Got ${{jsonencode(keys(var.tags))}}.",
        {"tags": {}},
    )
    matching = []
    for tag, pattern in patterns.items():
        value = f"lookup(var.tags, {quoted(tag)}, null)"
        condition = f"can(regex({quoted(_checked(pattern, 'patterns'))}, {value}))"
        message = f"The tags.{_escaped(tag)} value must match {_escaped(pattern)}. Got ${{jsonencode({value})}}."
        matching.append(custom_rule(condition, message, {"tags": {tag: ""}}))
    return replace(
        tags,
        default=REQUIRED,
        example=example or dict.fromkeys(names, "orders"),
        validations=(*tags.validations, *(one(Subject.of(tags)) for one in (present, *matching))),
        accepted_values=f"at least {', '.join(f'`{tag}`' for tag in names)}",
    )


def _checked(pattern: str, key: str) -> str:
    try:
        compiled(pattern)
    except ValueError as error:
        raise ConstraintError(f"{key} is not a regular expression: {error}.") from None
    return pattern


def _escaped(text: str) -> str:
    return quoted(text)[1:-1]
