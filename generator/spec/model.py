"""What a module is made of: variables with their validations, outputs, and the components that own them.

Everything is frozen and checked when it is made, so that a specification that exists is a sound one.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, NamedTuple

from generator.literals import quoted
from generator.spec.provider import OLDEST, has, numbers
from generator.spec.text import listed
from generator.spec.types import Type, literal

PARTS = {
    "table": ("aws_dynamodb_table",),
    "event source mapping": ("aws_lambda_event_source_mapping",),
    "function": ("aws_lambda_function",),
    "log group": ("aws_cloudwatch_log_group",),
    "role": ("aws_iam_role",),
    "policies of the role": ("aws_iam_role_policy",),
    "dead-letter queue": ("aws_sqs_queue", "aws_sqs_queue_policy"),
}
"""What a change can replace or delete, with its types of resources."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_MINIMUM = re.compile(r"(?:>=|>|~>|=|)\s*([0-9]+(?:\.[0-9]+)*)")
"""A version constraint that excludes older versions."""
_FIRST_WITH_DEPRECATED = (1, 15)
_COMPARISON = re.compile(r'\S+ (?:==|!=) (?:null|"\w+")')


FIRST_VERSION = "1.0.0"


class SpecificationError(ValueError):
    """The specification contradicts itself: a mistake of its author, not of a user."""


@dataclass(frozen=True, kw_only=True)
class Validation:
    """A condition that a variable's value must meet.

    ``condition`` is an HCL expression that may refer to any variable; ``message`` is what a user reads when it is
    false, an HCL string template. ``invalid_examples`` are module arguments that must be rejected with this message:
    each is a mapping of variable to value. ``accepted`` says in words which values are accepted, ``schema`` as JSON
    Schema, where either can. ``rebuild`` makes the rule (see :mod:`generator.spec.rules`) for other bounds or choices.
    Builds have it for providers from the version ``since_provider`` on, and before ``until_provider``.
    """

    condition: str
    message: str
    invalid_examples: tuple[Mapping[str, Any], ...]
    accepted: str = ""
    schema: Mapping[str, Any] = field(default_factory=dict)
    rebuild: Callable[..., Callable[..., "Validation"]] | None = field(default=None, compare=False)
    since_provider: str = OLDEST
    until_provider: str = ""

    def applies_to(self, provider: str) -> bool:
        """Return whether the module for this target has the validation."""
        return has(provider, self.since_provider) and not (self.until_provider and has(provider, self.until_provider))

    def __post_init__(self) -> None:
        if not self.invalid_examples:
            raise SpecificationError(f"a validation without a value that it rejects: {self.condition}")


class _Sentinel:
    """A value that stands for no other."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


REQUIRED = _Sentinel("REQUIRED")
"""The default of a variable that has none."""
SAME = _Sentinel("SAME")
"""The planned value is the variable's own."""
COMPUTED = _Sentinel("COMPUTED")
"""The planned value is one that the module computes."""
UNKNOWN = _Sentinel("UNKNOWN")
"""The planned value is known after apply only, as that of a policy."""


class Effect(NamedTuple):
    """Which value of which planned resource a variable sets, so that none is without effect.

    ``resource`` is an address within the module, and ``path`` leads to the value in dotted steps. ``default`` and
    ``example`` are what the plan has there for the variable's default and for its example; ``None`` is nothing.
    """

    resource: str
    path: str
    default: Any = SAME
    example: Any = SAME


@dataclass(frozen=True, kw_only=True)
class Variable:
    """One argument of the module: everything that is known of it.

    ``example`` is a value other than the default, accepted together with the arguments in ``example_with``.
    ``accepted_values`` says in words which values are accepted, where the validations do not. ``features`` are the
    parts of the module that a variant leaves out together with the variable. ``since`` is the version that added it,
    ``construct_prop`` the property of the AWS Solutions Construct that it answers to, if any, and ``since_provider`` the
    version of the AWS provider that first had what it sets. ``deprecated`` says what callers set instead, if a later major
    version removes it. ``examples_since`` are arguments by the version that first
    had an attribute in them. ``replaces`` and
    ``deletes`` are what a change of a deployed pipeline replaces or deletes: keys of :data:`PARTS`.
    """

    name: str
    type: Type
    description: str
    example: Any
    default: Any = REQUIRED
    example_with: Mapping[str, Any] = field(default_factory=dict)
    validations: tuple[Validation, ...] = ()
    accepted_values: str = ""
    features: tuple[str, ...] = ()
    effect: Effect | None = None
    since: str = FIRST_VERSION
    construct_prop: str | None = None
    since_provider: str = OLDEST
    examples_since: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    replaces: tuple[str, ...] = ()
    deletes: tuple[str, ...] = ()
    deprecated: str = ""

    def __post_init__(self) -> None:
        for problem in self._problems():
            raise SpecificationError(f"variable {self.name}: {problem}")

    def _problems(self) -> Iterator[str]:
        if not _NAME.fullmatch(self.name):
            yield "a name is lower-case letters, digits and underscores"
        if not self.description.strip():
            yield "it has no description"
        if self.deprecated and self.required:
            yield "a deprecated variable needs a default, so that callers can remove it"
        if self.default is not REQUIRED and self.default is not None and not self.type.accepts(self.default):
            yield f"its default {self.default!r} is not a {self.type.hcl()}"
        for part in {*self.replaces, *self.deletes} - PARTS.keys():
            yield f"nothing is called {part!r}"
        if not self.type.accepts(self.example):
            yield f"its example {self.example!r} is not a {self.type.hcl()}"
        attributes = {version for version in self.type.versions() if not has(self.since_provider, version)}
        if attributes != self.examples_since.keys():
            yield f"examples_since must have an example for each of {sorted(attributes)}"

    @property
    def required(self) -> bool:
        """Whether a caller must set it."""
        return self.default is REQUIRED

    @property
    def documented(self) -> str:
        """The description, after what callers set instead of a deprecated variable."""
        return _documented(self.description, self.deprecated)

    @property
    def nullable(self) -> bool:
        """Whether ``null`` is a value of its own; elsewhere it means the default."""
        return self.default is None

    @property
    def accepted(self) -> str:
        """Which values are accepted, in words; empty where the type says it all."""
        return self.accepted_values or next((one.accepted for one in self.validations if one.accepted), "")

    def consequences(self, types: Container[str]) -> str:
        """Return what a change of a deployed pipeline replaces and deletes, of these types of resources."""
        parts = {
            verb: [name for name in names if PARTS[name][0] in types]
            for verb, names in (("replaces", self.replaces), ("deletes", self.deletes))
        }
        return " and ".join(f"{verb} the {listed(names, 'and')}" for verb, names in parts.items() if names)

    def offered_by(self, provider: str) -> bool:
        """Return whether the module for this target has the variable."""
        return has(provider, self.since_provider)

    def for_provider(self, provider: str) -> "Variable":
        """Return the variable with the attributes and validations that it has in the module for this target."""
        validations = tuple(one for one in self.validations if one.applies_to(provider))
        examples = {version: given for version, given in self.examples_since.items() if has(provider, version)}
        kind = self.type.for_provider(provider)
        if (kind, validations, examples) == (self.type, self.validations, self.examples_since):
            # Most variables are the same for every target, and each copy is checked again.
            return self
        return replace(self, type=kind, validations=validations, examples_since=examples)

    def needs(self, provider: str) -> str:
        """Return the oldest version of the AWS provider that has all that the module for this target sets with it."""
        versions = (version for version in self.type.versions() if has(provider, version))
        return max([self.since_provider, *versions], key=numbers)


@dataclass(frozen=True)
class Output:
    """One value that the module returns; ``value`` is an HCL expression, ``deprecated`` as in a variable."""

    name: str
    description: str
    value: str
    deprecated: str = ""

    def __post_init__(self) -> None:
        if not self.description.strip():
            raise SpecificationError(f"output {self.name}: it has no description")

    @property
    def documented(self) -> str:
        """The description, after what callers use instead of a deprecated output."""
        return _documented(self.description, self.deprecated)


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
            raise SpecificationError(f"a condition that is more than comparisons: {self.hcl}")

    def holds(self, value: Callable[[str], object]) -> bool:
        """Return whether the condition is true, where ``value`` gives the value of a reference."""
        for comparison in self.hcl.split(" && "):
            reference, operator, literal = comparison.rsplit(" ", 2)
            if (value(reference) == json.loads(literal)) != (operator == "=="):
                return False
        return True


class Statement(NamedTuple):
    """One statement of the policy of the function's role, which allows ``actions`` on ``resource``, an HCL expression.

    ``scope`` says in words what the resource is. ``condition`` are HCL expressions that must equal condition keys.
    Without ``when``, the role always has the statement. ``comment`` says why it is as wide as it is.
    """

    sid: str
    actions: tuple[str, ...]
    resource: str
    scope: str
    condition: Mapping[str, str] = MappingProxyType({})
    when: When | None = None
    comment: str = ""
    since_provider: str = OLDEST

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


class Component(NamedTuple):
    """A part of the pipeline with the variables and outputs that belong to it."""

    name: str
    title: str
    variables: tuple[Variable, ...]
    outputs: tuple[Output, ...] = ()

    def variables_for(self, provider: str) -> list[Variable]:
        """Return the variables that the module for one target has, as it has them."""
        return [variable.for_provider(provider) for variable in self.variables if variable.offered_by(provider)]


@dataclass(frozen=True, kw_only=True)
class Module:
    """The whole module."""

    name: str
    version: str
    terraform: str
    components: tuple[Component, ...]
    statements: tuple[Statement, ...] = ()

    def __post_init__(self) -> None:
        for kind, names in (
            ("variable", (variable.name for variable in self.variables())),
            ("output", (output.name for output in self.outputs())),
            ("component", (component.name for component in self.components)),
            ("statement", (statement.sid for statement in self.statements)),
        ):
            _unique(kind, names)

    @property
    def has_deprecated(self) -> bool:
        """Whether each Terraform that may run the module knows ``deprecated``, as since 1.15 (OpenTofu since 1.10)."""
        parts = (_MINIMUM.fullmatch(part.strip()) for part in self.terraform.split(","))
        return any(numbers(part[1]) >= _FIRST_WITH_DEPRECATED for part in parts if part)

    def variables(self, provider: str | None = None) -> list[Variable]:
        """Return the variables of all components, or those of the module for one target."""
        return [
            variable
            for component in self.components
            for variable in (component.variables if provider is None else component.variables_for(provider))
        ]

    def outputs(self) -> list[Output]:
        """Return the outputs of all components."""
        return [output for component in self.components for output in component.outputs]


def _documented(description: str, deprecated: str) -> str:
    return f"Deprecated: {deprecated} {description}" if deprecated else description


def _unique(kind: str, names: Iterable[str]) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise SpecificationError(f"{kind} {', '.join(twice)}: the name is used more than once")
