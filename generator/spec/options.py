"""Options that another choice makes meaningless: they are refused, where the construct ignores them."""

from dataclasses import dataclass, replace
from typing import Any

from generator.spec.model import Validation, Variable
from generator.spec.types import literal


def given(variable: Variable) -> str:
    """Return the HCL expression that is true when a variable differs from its default."""
    reference = f"var.{variable.name}"
    default = variable.default
    if default is True:
        return f"!{reference}"
    if default is False:
        return reference
    if default is None or isinstance(default, (str, int, float)):
        return f"{reference} != {literal(default)}"
    if not default:
        return f"length({reference}) > 0"
    return f"jsonencode({reference}) != jsonencode({literal(default)})"


@dataclass(frozen=True)
class Options:
    """Variables that have no effect under some circumstance.

    ``local`` names the module's local value that lists those of them which were given.
    """

    local: str
    circumstance: str
    variables: tuple[Variable, ...]

    def expressions(self, provider: int) -> dict[str, str]:
        """Return, by variable, the HCL expression that tells whether it was given."""
        return {variable.name: given(variable) for variable in self.variables if variable.offered_by(provider)}

    def refused_with(self, choice: Variable) -> Variable:
        """Return the variable ``choice`` with a validation that refuses these options beside it."""
        if choice.default is True:
            chosen, otherwise = "false", f"var.{choice.name}"
        else:
            chosen, otherwise = "given", f"var.{choice.name} == null"
        validation = Validation(
            condition=f"{otherwise} || length(local.{self.local}) == 0",
            message=(
                f"{choice.name} is {chosen}, so these have no effect and are refused: "
                f'${{join(", ", local.{self.local})}}.'
            ),
            refuses=(self.beside(choice, self.variables[0]),),
        )
        return replace(choice, validations=(*choice.validations, validation))

    def beside(self, choice: Variable, variable: Variable) -> dict[str, Any]:
        """Return arguments in which one of these options stands beside the choice that makes it meaningless."""
        return {
            **choice.example_with,
            choice.name: choice.example,
            **variable.example_with,
            variable.name: variable.example,
        }
