"""The kinds of variable that recur: flags, whole numbers, choices, strings of a form, keys.

Each takes what :class:`Variable` has, and ``rules`` instead of validations.
"""

from collections.abc import Iterator
from typing import Any

from generator.spec.examples import KEY_ARN
from generator.spec.model import REQUIRED, Effect, Variable
from generator.spec.object_keys import key_rules
from generator.spec.provider import OLDEST, numbers
from generator.spec.rules import Rule, Subject, before, between, key_arn, matches, must_be, one_of, since
from generator.spec.types import BOOL, NUMBER, STRING, Checked, Object, Optional

PROPAGATION = "6.54"
"""The first version with ``use_resource_timeout_for_propagation``, and with timeouts of a mapping."""


def variable(*, rules: tuple[Rule, ...] = (), **entry: Any) -> Variable:
    """Return a variable with the validations that its rules become."""
    kind = entry["type"]
    if isinstance(kind, Checked):
        rules = (*_key_rules(kind), *rules)
    subject = Subject(
        name=entry["name"],
        type=kind.documented,
        nullable=entry.get("default", REQUIRED) is None,
        example=entry["example"],
        given=entry.get("example_with", {}),
    )
    return Variable(**entry, validations=tuple(rule(subject) for rule in rules))


def _key_rules(of: Checked) -> Iterator[Rule]:
    """Yield the rules about keys, for each range of provider versions that have the same keys."""
    versions = sorted({OLDEST, *of.versions()}, key=numbers)
    for version, newer in zip(versions, [*versions[1:], None], strict=True):
        kind = of.for_provider("5" if version == OLDEST else version)
        for rule in key_rules(kind) if isinstance(kind, Checked) else ():
            bounded = rule if version == OLDEST else since(version, rule)
            yield before(newer, bounded) if newer else bounded


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


def timeouts(resource: str, effect: Effect, description: str, *, propagation: bool = False, **entry: Any) -> Variable:
    """Return a variable with the times that Terraform waits for a resource, such as ``30m``.

    With ``propagation``, the provider can also use them while changes of IAM reach Lambda.
    """
    name = f"{resource}_timeouts"
    attributes = {action: Optional(STRING) for action in ("create", "update", "delete")}
    if propagation:
        attributes["use_for_propagation"] = Optional(BOOL, since=PROPAGATION)
    durations = "[self.create, self.update, self.delete]"
    return variable(
        name=name,
        type=Object(attributes),
        default=None,
        description=f"Times that Terraform waits for the `create`, `update`, and `delete` of the resource. {description}",
        example={"update": "120m"},
        examples_since=(
            {PROPAGATION: {name: {"create": "15m", "use_for_propagation": True}}}
            if propagation and "since_provider" not in entry
            else {}
        ),
        accepted_values="times such as `90s`, `30m`, or `2h`",
        features=("timeouts",),
        effect=effect,
        since="2.0.0",
        rules=(
            must_be(
                f'alltrue([for time in {durations} : time == null || can(regex("^([0-9]+(s|m|h))+$", time))])',
                "times such as 90s, 30m, or 2h",
                {"update": "soon"},
            ),
        ),
        **entry,
    )


def key(*, rules: tuple[Rule, ...] = (), **entry: Any) -> Variable:
    """Return a variable that is the ARN of a customer managed key, or ``null``."""
    return variable(type=STRING, default=None, example=KEY_ARN, rules=(key_arn(), *rules), **entry)
