"""A form of the module: the whole of it, or what a profile makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from generator.spec import MODULE, OPTIONS
from generator.spec.conflicts import ConflictingVariables
from generator.spec.model import Component, Module, Variable
from generator.spec.provider import constraint, numbers

if TYPE_CHECKING:
    from generator.hcl.expressions import Node

RETAINABLE: Final = ("table", "dead_letter_queue", "log_group")
"""The resources with data that a profile can let Terraform remove from the state instead of deleting them."""

LIFECYCLE: Final = (
    "prevent_destroy",
    "ignore_code_changes",
    "ignore_replica_changes",
    "autoscaling",
    "function_deployment",
    *(f"retain_{name}" for name in RETAINABLE),
)
"""What HCL cannot take from a variable, and a profile can switch on."""

USAGE: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "name": "orders",
        "function_filename": "function.zip",
        "function_handler": "handler.handler",
        "function_runtime": "python3.13",
    }
)
"""Arguments with which the whole module can be called, for its README and its tests."""


@dataclass(frozen=True, kw_only=True)
class Variant:
    """What the templates and the simplification need to know.

    ``module`` has the variables that callers can give, and ``fixed`` those that they cannot, with their values.
    ``known`` is what is known of references; of ``changed_references``, the complete module knows less.
    ``usage`` are arguments that a call needs.
    ``provider_version`` replaces the version constraint of the AWS provider.
    """

    module: Module = MODULE
    provider: str = "5"
    provider_version: str = ""
    options: tuple[ConflictingVariables, ...] = OPTIONS
    fixed: Mapping[str, Any] = field(default_factory=dict)
    known: "Mapping[str, Node]" = field(default_factory=dict)
    changed_references: frozenset[str] = frozenset()
    usage: Mapping[str, Any] = field(default_factory=lambda: USAGE)
    lifecycle: Mapping[str, bool] = field(default_factory=lambda: dict.fromkeys(LIFECYCLE, False))
    user_agent: tuple[str, ...] = ()
    licence: str = ""
    introduction: str = ""
    profile: str = ""

    @property
    def retains(self) -> bool:
        """Whether a resource has ``destroy = false``: Terraform has it since 1.16, OpenTofu since 1.12."""
        return any(self.lifecycle[f"retain_{name}"] for name in RETAINABLE)

    @cached_property
    def components(self) -> list[Component]:
        """The components that have variables in the module for the provider, with those variables."""
        components = [one._replace(variables=tuple(one.variables_for(self.provider))) for one in self.module.components]
        return [one for one in components if one.variables]

    @cached_property
    def variables(self) -> list[Variable]:
        """The variables of the module for the provider."""
        return [variable for component in self.components for variable in component.variables]

    @cached_property
    def provider_constraint(self) -> str:
        """The version constraint of the AWS provider; its minimum is what the variant needs, if it is for 6."""
        used = [variable.needs(self.provider) for variable in self.variables]
        used += [
            one.needs(self.provider)
            for one in MODULE.variables()
            if self.fixed.get(one.name, one.default) != one.default
        ]
        return self.provider_version or constraint(self.provider, used)

    def accepts(self, version: str) -> bool:
        """Return whether the oldest provider that the variant asks for is this version, such as ``6.40``, or older."""
        bounds = [part.strip(" ~>=") for part in self.provider_constraint.split(",") if part.strip()[0] not in "!<"]
        return all(numbers(bound) <= numbers(version) for bound in bounds)
