"""The kinds of variable that recur: flags, whole numbers, choices, strings of a form, keys.

Each takes what :class:`Variable` has, and ``rules`` instead of validations.
"""

from dataclasses import replace
from typing import Any

from generator.spec.examples import KEY_ARN
from generator.spec.model import Variable
from generator.spec.rules import Rule, Subject, between, key_arn, matches, one_of
from generator.spec.types import BOOL, NUMBER, STRING


def variable(*, rules: tuple[Rule, ...] = (), **entry: Any) -> Variable:
    """Return a variable with the validations that its rules become."""
    made = Variable(**entry)
    return replace(made, validations=tuple(rule(Subject.of(made)) for rule in rules))


def flag(*, default: bool, **entry: Any) -> Variable:
    """Return a variable that is ``true`` or ``false``."""
    return variable(type=BOOL, default=default, example=not default, **entry)


def whole_number(
    *, bounds: tuple[int, int], also: int | None = None, unit: str = "", rules: tuple[Rule, ...] = (), **entry: Any
) -> Variable:
    """Return a variable that is a whole number within bounds, or the one value ``also``."""
    entry = {"example": next(bound for bound in bounds if bound != entry["default"]), **entry}
    return variable(type=NUMBER, rules=(between(*bounds, also=also, unit=unit), *rules), **entry)


def choice(*, values: tuple[str, ...], rules: tuple[Rule, ...] = (), **entry: Any) -> Variable:
    """Return a variable that is one of some strings, by default the first."""
    entry = {"default": values[0], "example": values[-1], **entry}
    return variable(type=STRING, rules=(one_of(*values), *rules), **entry)


def string(
    *, pattern: str, accepted: str, bad: tuple[str, ...], rules: tuple[Rule, ...] = (), **entry: Any
) -> Variable:
    """Return a variable that is a string of some form, or by default ``null``; strings in ``bad`` are rejected."""
    return variable(type=STRING, rules=(matches(pattern, accepted, *bad), *rules), **{"default": None, **entry})


def key(*, rules: tuple[Rule, ...] = (), **entry: Any) -> Variable:
    """Return a variable that is the ARN of a customer managed key, or ``null``."""
    return variable(type=STRING, default=None, example=KEY_ARN, rules=(key_arn(), *rules), **entry)
