"""What a module is made of: variables with their validations, outputs, and the components that own them.

Everything is frozen and checked when it is made, so that a specification that exists is a sound one.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from generator.spec.types import Type, literal, quoted

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_COMPARISON = re.compile(r'\S+ (?:==|!=) (?:null|"\w+")')


class _Required:
    """The default of a variable that has none."""

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED = _Required()
PROVIDERS = (5, 6)


class SpecificationError(ValueError):
    """The specification contradicts itself: a mistake of whoever wrote it, not of a user."""


@dataclass(frozen=True, kw_only=True)
class Validation:
    """A condition that a variable's value must meet.

    ``condition`` is an HCL expression that may refer to any variable; ``message`` is what a user reads when it is
    false, an HCL string template. ``refuses`` holds module arguments that must be refused with this message: each
    is a mapping of variable to value. ``schema`` is the same condition as JSON Schema, where that can say it, and
    ``again`` makes such a validation for other bounds or choices.
    """

    condition: str
    message: str
    refuses: tuple[Mapping[str, Any], ...]
    schema: Mapping[str, Any] = field(default_factory=dict)
    again: Callable[..., "Validation"] | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not self.refuses:
            message = f"a validation without a value that it refuses: {self.condition}"
            raise SpecificationError(message)


@dataclass(frozen=True, kw_only=True)
class Variable:
    """One argument of the module.

    ``example`` is a value other than the default, accepted together with the arguments in ``example_with``.
    ``accepted`` says in words what values are taken, for the table and the messages. ``prop`` is the property of the
    AWS Solutions Construct that the variable answers to, if any. ``providers`` are the provider majors that offer it.
    """

    name: str
    type: Type
    description: str
    example: Any
    default: Any = REQUIRED
    example_with: Mapping[str, Any] = field(default_factory=dict)
    validations: tuple[Validation, ...] = ()
    accepted: str = ""
    sensitive: bool = False
    since: str = "1.0.0"
    prop: str | None = None
    providers: tuple[int, ...] = PROVIDERS

    def __post_init__(self) -> None:
        for problem in self._problems():
            message = f"variable {self.name}: {problem}"
            raise SpecificationError(message)

    def _problems(self) -> Iterator[str]:
        if not _NAME.fullmatch(self.name):
            yield "a name is lower-case letters, digits and underscores"
        if not self.description.strip():
            yield "it has no description"
        if self.default is not REQUIRED and self.default is not None and not self.type.accepts(self.default):
            yield f"its default {self.default!r} is no {self.type.hcl()}"
        if not self.type.accepts(self.example):
            yield f"its example {self.example!r} is no {self.type.hcl()}"

    @property
    def required(self) -> bool:
        """Whether a caller must give a value."""
        return self.default is REQUIRED

    @property
    def nullable(self) -> bool:
        """Whether ``null`` is a value of its own; elsewhere it means the default."""
        return self.default is None

    def offered_by(self, provider: int) -> bool:
        """Tell whether the module for this provider major has the variable."""
        return provider in self.providers


@dataclass(frozen=True, kw_only=True)
class Output:
    """One value that the module returns; ``value`` is an HCL expression."""

    name: str
    description: str
    value: str
    sensitive: bool = False

    def __post_init__(self) -> None:
        if not self.description.strip():
            message = f"output {self.name}: it has no description"
            raise SpecificationError(message)


@dataclass(frozen=True)
class When:
    """A condition of a statement: ``text`` for a reader, and the same as ``hcl``.

    The HCL is comparisons ``reference == value`` or ``reference != value``, joined by ``&&``, so that :meth:`holds`
    can decide it without Terraform.
    """

    text: str
    hcl: str

    def __post_init__(self) -> None:
        if not all(_COMPARISON.fullmatch(comparison) for comparison in self.hcl.split(" && ")):
            message = f"a condition that is more than comparisons: {self.hcl}"
            raise SpecificationError(message)

    def holds(self, value: Callable[[str], object]) -> bool:
        """Return whether the condition is true, where ``value`` gives the value of a reference."""
        for comparison in self.hcl.split(" && "):
            reference, operator, literal = comparison.rsplit(" ", 2)
            if (value(reference) == json.loads(literal)) != (operator == "=="):
                return False
        return True


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement of the policy of the function's role, which allows ``actions`` on ``resource``, an HCL expression.

    ``scope`` says in words what the resource is. ``condition`` are HCL expressions that must equal condition keys.
    Without ``when``, the role always has the statement. ``comment`` says why it is as wide as it is.
    """

    sid: str
    actions: tuple[str, ...]
    resource: str
    scope: str
    condition: Mapping[str, str] = field(default_factory=dict)
    when: When | None = None
    comment: str = ""
    providers: tuple[int, ...] = PROVIDERS

    def attributes(self) -> dict[str, str]:
        """Return the statement's attributes as HCL, by name."""
        attributes = {
            "Sid": quoted(self.sid),
            "Effect": '"Allow"',
            "Action": literal(self.actions),
            "Resource": f"[{self.resource}]",
        }
        if self.condition:
            keys = ", ".join(f"{quoted(key)} = {value}" for key, value in self.condition.items())
            attributes["Condition"] = f"{{ StringEquals = {{ {keys} }} }}"
        return attributes


@dataclass(frozen=True, kw_only=True)
class Component:
    """A part of the pipeline with the variables and outputs that belong to it."""

    name: str
    title: str
    variables: tuple[Variable, ...]
    outputs: tuple[Output, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Module:
    """The whole module."""

    name: str
    version: str
    terraform: str
    components: tuple[Component, ...]
    provider_constraints: Mapping[int, str]
    statements: tuple[Statement, ...] = ()

    def __post_init__(self) -> None:
        for kind, names in (
            ("variable", (variable.name for variable in self.variables())),
            ("output", (output.name for output in self.outputs())),
            ("component", (component.name for component in self.components)),
            ("statement", (statement.sid for statement in self.statements)),
        ):
            _unique(kind, names)

    def variables(self, provider: int | None = None) -> list[Variable]:
        """Return the variables of all components, or those that one provider major offers."""
        return [
            variable
            for component in self.components
            for variable in component.variables
            if provider is None or variable.offered_by(provider)
        ]

    def outputs(self) -> list[Output]:
        """Return the outputs of all components."""
        return [output for component in self.components for output in component.outputs]


def _unique(kind: str, names: Iterable[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        message = f"{kind} {', '.join(twice)}: the name is used more than once"
        raise SpecificationError(message)
