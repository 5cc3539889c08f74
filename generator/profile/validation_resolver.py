"""What is left of the validations and the defaults of variables if some variables are fixed."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

from generator.hcl.evaluator import evaluate_message, evaluate_partially
from generator.hcl.expressions import Node
from generator.hcl.functions import EvaluationError, Set
from generator.hcl.printer import render
from generator.hcl.values import Known, known, reference
from generator.spec.conflicts import ConflictingVariables, is_set_expression
from generator.spec.examples import REGION
from generator.spec.function import PACKAGES
from generator.spec.model import REQUIRED, Validation, Variable
from generator.spec.text import without
from generator.spec.types import literal

_INDEXES: Final = ("table_global_secondary_indexes", "table_local_secondary_indexes")
_VARIABLE: Final = re.compile(r"var\.(?<!\wvar\.)\w++")
_LOCAL: Final = re.compile(r"local\.(?<!\wlocal\.)\w++")
"""Each begins with literal text, for which Python looks several times as fast as for an alternative."""
_NULL: Final = known(None)


@dataclass(eq=False, repr=False, match_args=False)
class ValidationResolver:
    """Resolves the validations of ``variables``, of which some are ``fixed``, and collects ``problems``.

    ``base_variables`` are the variables of the complete module, ``fixed_reason`` is the reason why a variable is fixed,
    and ``kinds`` are the kinds of on-failure destinations that are left, or ``None`` for all kinds. ``conditions`` is
    what is left of conditions, by their text, as far as an earlier resolver has found it.
    """

    variables: dict[str, Variable]
    fixed: Mapping[str, Any]
    fixed_reason: Mapping[str, str]
    base_variables: Mapping[str, Variable]
    options: tuple[ConflictingVariables, ...]
    provider: str
    kinds: frozenset[str] | None
    problems: list[str] = field(default_factory=list)
    known: dict[str, Node] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    conditions: dict[str, str | bool] = field(default_factory=dict)
    narrowed: set[str] = field(default_factory=set)
    """The variables whose validations other variables have changed: they may reject the example."""

    def __post_init__(self) -> None:
        # The locals to which validations refer, each a list of the variables that are set
        self.listed = {f"local.{options.local}": options.expressions(self.provider) for options in self.options}
        self.listed["local.function_packages"] = {name: f"var.{name} != null" for name in PACKAGES}
        self.as_by_default: set[str] = set()
        for name, variable in self.base_variables.items():
            default = None if variable.default is REQUIRED else variable.default
            self.known[f"var.{name}"] = known(default)
            if name in self.fixed and self.fixed[name] == default and not variable.required:
                self.as_by_default.add(f"var.{name}")
        for name, variable in self.variables.items():
            self._learn_variable(name, variable)
        optional = [one for name, one in self.base_variables.items() if name not in self.fixed and not one.required]
        self.unset = {_is_default(variable): variable.name for variable in optional}
        for local, expressions in self.listed.items():
            names = self._set(expressions)
            if names is not None:
                self._learn(local, known(names))
        if all(name in self.fixed for name in _INDEXES):
            indexes = [index for name in _INDEXES for index in self.fixed[name].values()]
            single = {index.get(key) for index in indexes for key in ("partition_key", "sort_key")} - {None}
            lists = [index.get(key) or () for index in indexes for key in ("partition_keys", "sort_keys")]
            self._learn("local.index_keys", known(Set(sorted(single.union(*lists)))))
        if self.kinds and "on_failure_destination" not in self.fixed:
            kind = "var.on_failure_destination.type"
            self.known[kind] = reference(kind, possible=self.kinds, nonnull=True, safe=False)
            self.changed.add("var.on_failure_destination")

    def _learn_variable(self, name: str, variable: Variable) -> None:
        if name in self.fixed:
            self._learn(f"var.{name}", _value(variable, self.fixed[name]))
        else:
            nullable = variable.nullable
            self.known[f"var.{name}"] = reference(f"var.{name}", type=variable.type, nonnull=not nullable)
            if self.base_variables[name].nullable and not nullable:
                self.changed.add(f"var.{name}")

    def _set(self, expressions: Mapping[str, str]) -> list[str] | None:
        """Return the variables that are set, in their order in Terraform, or ``None`` if one may be set."""
        names = []
        for name, expression in sorted(expressions.items()):
            is_set = evaluate_partially(expression, self.known)
            if not isinstance(is_set, Known):
                return None
            if is_set.value:
                names.append(name)
        return names

    def _loop(self, head: str) -> Node:
        """Return the first of the names of a loop, by the last of them."""
        return evaluate_partially(f"[for {head} : {head.partition(' in ')[0].partition(',')[0]} if is_set]", self.known)

    def _learn(self, name: str, value: Node) -> None:
        self.known[name] = value
        self.changed.add(name)

    # --- validations --------------------------------------------------------------------------------------------------

    def resolve(self) -> dict[str, str]:
        """Replace every validation with what is left of it.

        A validation that no longer refers to its variable moves to another variable to which it refers.

        Returns:
            The variables of which what is left accepts nothing but the default, with the reasons. If there are any,
            their validations are not moved: fix them, and resolve anew.
        """
        without_choice = self._without_choice()
        if without_choice:
            return without_choice
        orphaned: list[tuple[str, Validation]] = []
        for name, variable in self.variables.items():
            left = [one for one in (self._left(name, validation) for validation in variable.validations) if one]
            kept = [one for one in left if name not in self.fixed and f"var.{name}" in _references(one.condition)]
            orphaned += [(name, one) for one in left if one not in kept]
            if name not in self.fixed and kept != list(variable.validations):
                self.variables[name] = replace(variable, validations=tuple(kept))
        for name, validation in orphaned:
            self._reattach(name, validation)
        return {}

    def _without_choice(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, variable in self.variables.items():
            for validation in variable.validations:
                condition = self._left_of(validation.condition)
                if isinstance(condition, str) and (names := self._defaults_of(condition)):
                    kept = name not in self.fixed and f"var.{name}" in _references(condition)
                    reason = "its validations accept nothing else" if kept else self._because(name)
                    found |= dict.fromkeys(names, reason)
        return found

    def _left(self, name: str, validation: Validation) -> Validation | None:
        """Return what is left of a validation. If no value can meet it, add a problem."""
        condition = self._left_of(validation.condition)
        if isinstance(condition, bool):
            if not condition:
                self._reject(name, validation)
            return None
        references = _references(validation.condition)
        if self.changed.isdisjoint(references) and self.changed.isdisjoint(_references(validation.message)):
            return self._with_message(validation)
        if not self.changed.isdisjoint(references - {f"var.{name}"}):
            self.narrowed.add(name)
        message = evaluate_message(self._with_message(validation).message, self.known)
        return replace(validation, condition=condition, message=message)

    def _left_of(self, condition: str) -> str | bool:
        """Return what is left of a condition, or its value."""
        if condition not in self.conditions:
            references = _references(condition)
            if references <= self.as_by_default:
                # The complete module accepts its defaults
                self.conditions[condition] = True
            elif self.changed.isdisjoint(references):
                self.conditions[condition] = condition
            else:
                self.conditions[condition] = self._evaluated(condition)
        return self.conditions[condition]

    def _evaluated(self, condition: str) -> str | bool:
        try:
            left = evaluate_partially(condition, self.known)
        except EvaluationError:
            return False
        return bool(left.value) if isinstance(left, Known) else render(left)

    def conditions_without(self, names: Iterable[str]) -> dict[str, str | bool]:
        """Return what stays of ``conditions`` if the variables are fixed: what refers neither to them nor to locals."""
        fixed = {*(f"var.{name}" for name in names), *self.listed, "local.index_keys"}
        return {text: left for text, left in self.conditions.items() if fixed.isdisjoint(_references(text))}

    def _with_message(self, validation: Validation) -> Validation:
        """Return a validation without what its message says of fixed variables."""
        message = without(validation.message, self.fixed.keys())
        return validation if message == validation.message else replace(validation, message=message)

    def _reject(self, name: str, validation: Validation, problem: str = "") -> None:
        because = f"{name} is required"
        if name in self.fixed:
            because = f"{name} is {literal(self.fixed[name])} ({self.fixed_reason[name]})"
        self.problems.append(f"{because}{problem}: {display_message(validation, self.known)}")

    def _reattach(self, name: str, validation: Validation) -> None:
        """Move a validation to another variable to which its condition refers, if need be through a local.

        Then the local is written out: it refers to the variable, so that a reference to it would close a cycle.
        """
        if not _variables(validation.condition):
            flags, names = {}, {}
            for local in _references(validation.condition) & self.listed.keys():
                flags[local] = self._loop(f"is_set in [{', '.join(self.listed[local].values())}]")
            for local in _references(validation.message) & self.listed.keys():
                entries = ", ".join(f"{name} = {expression}" for name, expression in self.listed[local].items())
                names[local] = self._loop(f"name, is_set in {{ {entries} }}")
            condition = render(evaluate_partially(validation.condition, self.known | flags))
            message = evaluate_message(validation.message, self.known | names)
            validation = replace(validation, condition=condition, message=message)
        direct = [one for one in _variables(validation.condition) if one in self.variables and one not in self.fixed]
        host = next((one for one in direct if not self._is_reached(one, set(direct) - {one})), None)
        if host:
            variable = self.variables[host]
            self.variables[host] = replace(variable, validations=(*variable.validations, validation))
            self.narrowed.add(host)
        elif "local.region" not in validation.condition:
            self._reject(name, validation, ", and variables that callers can set may conflict with it")
        # Otherwise only AWS can reject a fixed ARN of another Region: no variable is left that can have the validation

    def _is_reached(self, name: str, others: set[str]) -> bool:
        """Return whether validations of other variables refer to a variable: one of its own would close a cycle."""
        waiting, seen = set(others), set[str]()
        while waiting:
            other = waiting.pop()
            seen.add(other)
            left = other in self.variables and other not in self.fixed
            for validation in self.variables[other].validations if left else ():
                found = self._referred_to(f"{validation.condition} {validation.message}")
                if name in found:
                    return True
                waiting |= found - seen
        return False

    def _referred_to(self, text: str) -> set[str]:
        """Return the variables to which a text refers, directly or through locals."""
        through = {**self.listed, "local.index_keys": _INDEXES}
        return set(_variables(text)).union(*(names for local, names in through.items() if local in text))

    def _defaults_of(self, condition: str) -> list[str]:
        """Return the variables that a condition wants to have their defaults, if it wants nothing else."""
        if options := re.fullmatch(r"length\((local\.\w+)\) == 0", condition):
            return [*self.listed.get(options[1], ())]
        names = [self.unset.get(part) for part in condition.split(" && ")]
        return [name for name in names if name] if None not in names else []

    def _because(self, name: str) -> str:
        value = self.fixed.get(name, True)
        return f"{name} is always set" if value not in (None, False) else f"{name} is {literal(value)}"

    # --- defaults -----------------------------------------------------------------------------------------------------

    def check_defaults(self, changed: Iterable[str]) -> None:
        """Add a problem for each default that the module rejects with the other defaults.

        Args:
            changed: The variables of which the profile changes something.
        """
        references = {*self.changed - self.as_by_default, *(f"var.{name}" for name in changed)}
        others = {
            f"var.{name}": _value(variable, variable.default)
            for name, variable in self.variables.items()
            if name not in self.fixed and not variable.required
        }
        for name, variable in self.variables.items():
            if name in self.fixed or variable.required:
                continue
            base = self.base_variables[name].validations
            same = {one.condition for one in base if references.isdisjoint(_references(one.condition))}
            if len(same) < len(base):
                # The complete module accepts the default with the validations that are the same
                checked = [one for one in variable.validations if one.condition not in same]
                error = validation_error(variable, variable.default, {**self.known, **others}, checked)
                self.problems += [f"variables.{name}: the module rejects its default: {error}"] if error else []


def _value(variable: Variable, value: Any) -> Node:  # noqa: ANN401 - a value of the variable's type
    return _NULL if value is None else known(variable.type.complete(value))


def _is_default(variable: Variable) -> str:
    """Return the HCL expression that is true when a variable has its default."""
    is_set = is_set_expression(variable)
    if isinstance(variable.default, bool):
        return is_set.removeprefix("!") if variable.default else f"!{is_set}"
    return is_set.replace(" != ", " == ").replace(" > ", " == ")


@cache
def _references(text: str) -> frozenset[str]:
    """Return the variables and locals to which a text refers."""
    return frozenset(_VARIABLE.findall(text) + _LOCAL.findall(text))


def _variables(text: str) -> list[str]:
    """Return the variables to which a text refers, in their order."""
    return list(dict.fromkeys(re.findall(r"var(?<!\wvar)\.(\w++)", text)))


def validation_error(
    variable: Variable,
    value: Any,  # noqa: ANN401 - a value of the variable's type
    others: Mapping[str, Node] | None = None,
    validations: Iterable[Validation] | None = None,
) -> str | None:
    """Return the message with which the module rejects a value, or ``None`` if what is known does not let it.

    Without ``validations``, all of the variable's own are checked.
    """
    environment = {"local.region": known(REGION), **(others or {}), f"var.{variable.name}": _value(variable, value)}
    for validation in variable.validations if validations is None else validations:
        try:
            result = evaluate_partially(validation.condition, environment)
        except EvaluationError:
            return display_message(validation, environment)
        if isinstance(result, Known) and not result.value:
            return display_message(validation, environment)
    return None


def display_message(validation: Validation, environment: Mapping[str, Node]) -> str:
    """Return the message of a validation as Terraform prints it, with ``...`` for what is not known."""
    text = evaluate_message(validation.message, {"local.region": known(REGION), **environment})
    return re.sub(r"\$\{[^{}]*\}", "...", text.replace('\\"', '"'))
