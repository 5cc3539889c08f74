"""Arguments that another choice makes meaningless: they are rejected, where the construct ignores them."""

from dataclasses import replace
from typing import Any, NamedTuple

from generator.spec.model import Validation, Variable
from generator.spec.text import Text, about
from generator.spec.types import literal


def is_set_expression(variable: Variable) -> str:
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


class ConflictingVariables(NamedTuple):
    """Variables that have no effect under a condition.

    ``local`` names the module's local value that lists those of them which are set, and ``condition_text`` says when
    they have no effect.
    """

    local: str
    condition_text: str
    variables: tuple[Variable, ...]

    def expressions(self, provider: str) -> dict[str, str]:
        """Return, by variable, the HCL expression that is true when it is set."""
        return {
            variable.name: is_set_expression(variable) for variable in self.variables if variable.offered_by(provider)
        }

    def rejected_with(self, choice: Variable, unless: Variable | None = None) -> Variable:
        """Return the variable ``choice`` with a validation that rejects these variables together with it.

        With the flag ``unless``, they have an effect nevertheless.
        """
        if choice.default is True:
            chosen, otherwise = "false", f"var.{choice.name}"
        else:
            chosen, otherwise = "set", f"var.{choice.name} == null"
        message = f'Remove ${{join(", ", local.{self.local})}}: no effect when {choice.name} is {chosen}.'
        if unless:
            otherwise += f" || var.{unless.name}"
            message = Text(message, about(f"Or set {unless.name} to true.", unless.name))
        validation = Validation(
            condition=f"{otherwise} || length(local.{self.local}) == 0",
            message=message,
            invalid_examples=(self.conflict_arguments(choice, self.variables[0]),),
        )
        return replace(choice, validations=(*choice.validations, validation))

    def conflict_arguments(self, choice: Variable, variable: Variable) -> dict[str, Any]:
        """Return arguments in which one of these variables is set together with the choice."""
        return {
            **choice.example_with,
            choice.name: choice.example,
            **variable.example_with,
            variable.name: variable.example,
        }
