"""What follows from the variables that a profile fixes: for expressions, for validations, for defaults."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from generator.hcl.folding import fold, fold_message
from generator.hcl.functions import Fails, Set
from generator.hcl.results import Environment, Known, Result, Unknown, pattern
from generator.profile.prose import without
from generator.spec.function import PACKAGES
from generator.spec.model import REQUIRED, Validation, Variable
from generator.spec.options import Options
from generator.spec.rules import REGION
from generator.spec.types import literal

_INDEXES: Final = ("table_global_secondary_indexes", "table_local_secondary_indexes")


@dataclass
class Consequences:
    """Works out what is left of the validations of some variables, of which some are ``fixed``.

    ``origin`` says, for a message, why a variable is fixed; ``whole`` are the variables as the whole module has them,
    and ``kinds`` the kinds of failure destinations that are left, if they are not all. Problems are collected.
    """

    variables: dict[str, Variable]
    fixed: Mapping[str, Any]
    origin: Mapping[str, str]
    whole: Mapping[str, Variable]
    options: tuple[Options, ...]
    kinds: frozenset[str] | None = None
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.known: dict[str, Result] = {}
        self.news: set[str] = set()
        for name, variable in self.variables.items():
            self._know(name, variable)
        for name, variable in self.whole.items():
            default = None if variable.default is REQUIRED else variable.default
            self.known.setdefault(f"var.{name}", Known(default))
        for options in self.options:
            if not options.variables:
                self._learn(f"local.{options.local}", Known([]))
        if all(name in self.fixed and not self.fixed[name] for name in _INDEXES):
            self.known["local.index_keys"] = Known(Set([]))
        if self.kinds and "on_failure_destination" not in self.fixed:
            reference = "var.on_failure_destination"
            self.known[f"{reference}.type"] = Unknown(f"{reference}.type", among=self.kinds, given=True)
            self.news.add(reference)
        self._affected = pattern(self.news)

    def _know(self, name: str, variable: Variable) -> None:
        reference = f"var.{name}"
        if name in self.fixed:
            value = self.fixed[name]
            self._learn(reference, Known(None if value is None else variable.type.complete(value)))
            return
        self.known[reference] = Unknown(reference, safe=True, given=not variable.nullable)
        if self.whole[name].nullable and not variable.nullable:
            self.news.add(reference)

    def _learn(self, reference: str, result: Result) -> None:
        self.known[reference] = result
        self.news.add(reference)

    # --- validations --------------------------------------------------------------------------------------------------

    def work_out(self) -> None:
        """Replace every validation by what is left of it.

        What is left of one that no longer mentions its variable moves to another that it does mention.
        """
        homeless: list[tuple[str, Validation]] = []
        for name, variable in self.variables.items():
            left = [one for one in (self._left(name, validation) for validation in variable.validations) if one]
            stay = [one for one in left if name not in self.fixed and name in _variables(one.condition)]
            homeless += [(name, one) for one in left if one not in stay]
            self.variables[name] = replace(variable, validations=tuple(stay))
        for name, validation in homeless:
            self.house(name, validation)

    def _left(self, name: str, validation: Validation) -> Validation | None:
        """Return what is left of a validation; note a problem where nothing can satisfy it."""
        if not self._affected.search(validation.condition) and not self._affected.search(validation.message):
            return self._said(validation)
        try:
            condition = fold(validation.condition, self.known)
        except Fails:
            condition = Known(value=False)
        if isinstance(condition, Unknown):
            message = fold_message(validation.message, self.known)
            return self._said(replace(validation, condition=condition.text, message=message))
        if not condition.value:
            self.problems.append(f"{self._why(name)}: {shown(validation, self.known)}")
        return None

    def _said(self, validation: Validation) -> Validation:
        message = without(validation.message, self.fixed.keys(), self.whole.keys())
        return validation if message == validation.message else replace(validation, message=message)

    def _why(self, name: str) -> str:
        if name not in self.fixed:
            return f"{name} is required"
        return f"{name} is {literal(self.fixed[name])} ({self.origin[name]})"

    def house(self, name: str, validation: Validation) -> None:
        """Give a validation that is about a variable which cannot have it to one that it mentions."""
        mentioned = dict.fromkeys(_variables(validation.condition))
        direct = [one for one in mentioned if one in self.variables and one not in self.fixed]
        host = next((one for one in direct if not self._reached(one, set(direct) - {one})), None)
        if host:
            variable = self.variables[host]
            self.variables[host] = replace(variable, validations=(*variable.validations, validation))
        elif "local.region" not in validation.condition:
            self.problems.append(f"{self._why(name)}: {shown(validation, self.known)}")
        # Else: whether a fixed ARN is in the pipeline's region, AWS says, since no variable is left to say it at

    def _reached(self, name: str, others: set[str]) -> bool:
        """Tell whether the validations of others lead to a variable: one more there would close a circle."""
        ahead, seen = set(others), set[str]()
        while ahead:
            other = ahead.pop()
            seen.add(other)
            for validation in self.variables[other].validations if other in self.variables else ():
                found = self._mentioned(f"{validation.condition} {validation.message}")
                if name in found:
                    return True
                ahead |= found - seen
        return False

    def _mentioned(self, text: str) -> set[str]:
        """Return the variables to which a text refers, itself or through the module's locals."""
        found = set(_variables(text))
        through = {f"local.{options.local}": [one.name for one in options.variables] for options in self.options}
        through |= {"local.index_keys": list(_INDEXES), "local.function_packages": list(PACKAGES)}
        return found.union(*(names for local, names in through.items() if local in text))

    # --- values -------------------------------------------------------------------------------------------------------

    def refused_default(self, name: str) -> str | None:
        """Return what the module would say of a variable's default beside all other defaults, if it refuses it."""
        defaults = {
            f"var.{other}": Known(None if variable.default is None else variable.type.complete(variable.default))
            for other, variable in self.variables.items()
            if other not in self.fixed and not variable.required
        }
        variable = self.variables[name]
        return refusal(variable, variable.default, {**self.known, **defaults})

    def depends(self, name: str, changed: Iterable[str]) -> bool:
        """Tell whether a validation of a variable depends on one that is fixed or is among those that are changed."""
        references = pattern([*self.news, *(f"var.{one}" for one in changed)])
        return any(references.search(one.condition) for one in self.whole[name].validations)


def _variables(text: str) -> list[str]:
    """Return the variables that a text mentions, in order."""
    return re.findall(r"\bvar\.(\w+)", text)


def refusal(variable: Variable, value: Any, others: Environment | None = None) -> str | None:  # noqa: ANN401
    """Return the message with which the module refuses a value, if it does by itself and by what else is known."""
    completed = None if value is None else variable.type.complete(value)
    known = {"local.region": Known(REGION), **(others or {}), f"var.{variable.name}": Known(completed)}
    for validation in variable.validations:
        try:
            result = fold(validation.condition, known)
        except Fails:
            return shown(validation, known)
        if isinstance(result, Known) and not result.value:
            return shown(validation, known)
    return None


def shown(validation: Validation, known: Environment) -> str:
    """Return a validation's message as a user would see it; what is not known is left open."""
    text = fold_message(validation.message, {"local.region": Known(REGION), **known})
    return re.sub(r"\$\{[^{}]*\}", "...", text.replace('\\"', '"'))
