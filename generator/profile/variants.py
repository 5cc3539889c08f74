"""Builds a variant from a profile and the specification of the complete module."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from generator.profile.constraints import ConstraintError, constrain, require_tags
from generator.profile.document import Profile, newest_version, reject, version_numbers
from generator.profile.validation_resolver import ValidationResolver, validation_error
from generator.spec import MODULE, OPTIONS
from generator.spec.autoscaling import TABLE_AUTOSCALING
from generator.spec.conflicts import ConflictingVariables
from generator.spec.dead_letter_queue import DESTINATIONS, on_failure_destination
from generator.spec.deployment import DEPLOYMENT_OUTPUTS, FUNCTION_DEPLOYMENT, NOT_WITH_DEPLOYMENT
from generator.spec.features import FEATURES, Feature
from generator.spec.function import PACKAGES
from generator.spec.model import REQUIRED, Component, Module, Variable
from generator.spec.provider import ProviderError, has
from generator.spec.provider import target as accepted_target
from generator.spec.text import without
from generator.variant import LIFECYCLE, USAGE, Variant

if TYPE_CHECKING:
    from generator.hcl.expressions import Node

_FEATURES: Final = {feature.name: feature for feature in FEATURES}
_CODE: Final = ("function_handler", "function_runtime")

TERRAFORM_RETAINS: Final = ">= 1.16"
"""The Terraform that has ``destroy = false`` in ``lifecycle``; of OpenTofu, 1.12 has it."""
_ADDED: Final = {
    ("autoscaling", "table"): (TABLE_AUTOSCALING, ()),
    ("function_deployment", "function"): (FUNCTION_DEPLOYMENT, DEPLOYMENT_OUTPUTS),
}
"""The variable and the outputs that a setting of the lifecycle adds to a component."""
_CHOICES: Final = {
    "function_deployment": "existing_function",
    "ignore_code_changes": "existing_function",
    "retain_log_group": "existing_function",
    "retain_dead_letter_queue": "on_failure_destination",
}
"""The variable that leaves out the resource of a setting of the lifecycle if it is always set; else existing_table."""


def variant(profile: Profile, provider: str | None = None) -> Variant:
    """Return the variant that a profile describes.

    Args:
        profile: The profile.
        provider: The target that the command line asks for, if it asks for one.

    Raises:
        ProfileError: the profile contradicts itself or the module. The error has a line for each problem.
    """
    builder = VariantBuilder(profile, provider)
    builder.apply_profile()
    reject(profile.source, builder.problems)
    builder.resolve()
    reject(profile.source, builder.problems)
    return builder.build()


def new_variables(profile: Profile, built: Variant) -> str | None:
    """Return a warning about the variables that came after the version that a profile is written for, if any did.

    With ``expose``, new variables are fixed at their defaults, so that callers do not see them.
    """
    written_for = profile.document.get("written_for")
    if written_for is None or "expose" in profile.document:
        return None
    offered, oldest = built.variables, version_numbers(written_for)
    new = [f"{one.name} ({one.since})" for one in offered if version_numbers(one.since) > oldest]
    if not new:
        return None
    problem = f"callers can set variables added since {written_for}: {', '.join(new)}"
    next_step = f'Omit them, or set written_for to "{newest_version()}"'
    return f"{profile.source}: {problem}. {next_step}."


class VariantBuilder:
    """Applies a profile to the variables of the complete module, and collects ``problems``.

    ``fixed`` holds the variables that callers cannot set, with their values, and ``fixed_reason`` the reasons.
    """

    def __init__(self, profile: Profile, provider: str | None) -> None:
        self.profile = profile
        self.problems: list[str] = []
        target = str(profile.section("provider").get("target", provider or "5"))
        try:
            accepted_target(target)
        except ProviderError as error:
            self.problems.append(f"provider.target: {error}.")
            target = "5"
        if provider and provider != target:
            self.problems.append(f"provider.target is {target}, and --provider is {provider}. Remove one of them.")
        self.provider = target
        lifecycle = profile.section("lifecycle")
        retained = [f"retain_{name}" for name in lifecycle.get("retain", ())]
        self.lifecycle = {name: bool(lifecycle.get(name)) or name in retained for name in LIFECYCLE}
        self.module = self._complete_module()
        self.variables = {variable.name: variable for variable in self.module.variables()}
        self.base_variables = dict(self.variables)
        self.fixed: dict[str, Any] = {}
        self.fixed_reason: dict[str, str] = {}
        self.known: Mapping[str, Node] = {}
        self.changed: frozenset[str] = frozenset()
        self.usage: dict[str, Any] = {}

    def _complete_module(self) -> Module:
        """Return the module for the provider, with the variables and outputs that only variants have."""
        components = []
        for component in MODULE.components:
            variables = [
                one.for_provider(self.provider) for one in component.variables if one.offered_by(self.provider)
            ]
            outputs = list(component.outputs)
            for (setting, name), (variable, more) in _ADDED.items():
                if component.name == name and self.lifecycle[setting]:
                    variables.append(variable)
                    outputs += more
            components.append(component._replace(variables=tuple(variables), outputs=tuple(outputs)))
        return replace(MODULE, components=tuple(components))

    # --- the settings of the profile ----------------------------------------------------------------------------------

    def apply_profile(self) -> None:
        """Fix and change the variables as the profile says."""
        for name in NOT_WITH_DEPLOYMENT if self.lifecycle["function_deployment"] else ():
            self._fix(name, self.variables[name].default, "CodeDeploy moves the alias")
        for name in self.profile.document.get("omit", ()):
            self._omit(name)
        self._expose()
        self._choose_destinations()
        for name, changes in self.profile.changes.items():
            self._change(name, changes)
        self._require_tags()
        if self._is_always_set("on_failure_destination"):
            # Unless the profile says so, no queue is kept with the destination
            kept = "dead_letter_queue_kept" in self.profile.changes
            names = ["dead_letter_queue_enabled"] if kept else ["dead_letter_queue_enabled", "dead_letter_queue_kept"]
            self._leave_out(names, "on_failure_destination is always set")
            self.fixed["dead_letter_queue_enabled"] = kept
        self._choose_package()
        self._check_settings()

    def _fix(self, name: str, value: Any, reason: str) -> None:  # noqa: ANN401 - a value of the variable's type
        self.fixed[name], self.fixed_reason[name] = value, reason

    def _omit(self, name: str) -> None:
        feature = _FEATURES.get(name) or Feature(name=name, description="", variables=(name,))
        for other in FEATURES:
            offered = any(one in self.variables for one in other.variables)
            if name in other.needs and other.name not in self.profile.document["omit"] and offered:
                self.problems.append(f"omit: {other.name} needs {name}. Omit it too.")
        for variable in (*feature.variables, *feature.without):
            if variable in self.variables:
                default = self.variables[variable].default
                self._fix(variable, feature.without.get(variable, default), f"{name} is omitted")

    def _expose(self) -> None:
        """Fix every variable that the profile does not expose at its default."""
        exposed = self.profile.document.get("expose", ())
        for name in exposed:
            if name in self.fixed:
                self.problems.append(f"expose: {name} cannot be set ({self.fixed_reason[name]}). Remove one of them.")
            elif name not in self.variables:
                self.problems.append(f"expose: {self._missing(name)}")
            elif "fixed" in self.profile.changes.get(name, {}):
                self.problems.append(f"variables.{name}: an exposed variable cannot be fixed. Remove it from expose.")
        for name, variable in self.variables.items() if "expose" in self.profile.document else ():
            if name in exposed or name in self.fixed or "fixed" in self.profile.changes.get(name, {}):
                continue
            if variable.required:
                self.problems.append(f"expose: {name} is required. Add it, or set variables.{name}.fixed.")
            self._fix(name, None if variable.required else variable.default, "not exposed")

    def _missing(self, name: str) -> str:
        for (setting, _), (variable, _) in _ADDED.items():
            if name == variable.name:
                return f"{name} needs lifecycle.{setting}. Set it to true."
        since = next(one.since_provider for one in MODULE.variables() if one.name == name)
        return f'{name} needs provider {since} or newer. Set provider.target to "6".'

    def _destination_kinds(self) -> list[str]:
        return [kind for kind in DESTINATIONS if f"{kind}_destination" not in self.profile.document.get("omit", ())]

    def _choose_destinations(self) -> None:
        kinds = self._destination_kinds()
        if "on_failure_destination" in self.fixed or len(kinds) == len(DESTINATIONS):
            return
        if kinds:
            self.variables["on_failure_destination"] = on_failure_destination(*kinds)
        else:
            self.problems.append("omit: no kind of on-failure destination is left. Omit on_failure_destination.")

    def _change(self, name: str, changes: Mapping[str, Any]) -> None:
        where = f"variables.{name}"
        if name not in self.variables:
            self.problems.append(f"variables: {self._missing(name)}")
        elif name in self.fixed:
            self.problems.append(f"{where}: it cannot be changed ({self.fixed_reason[name]}). Remove one of them.")
        elif "fixed" in changes:
            if len(changes) > 1:
                others = ", ".join(sorted(changes.keys() - {"fixed"}))
                self.problems.append(f"{where}: a fixed variable cannot have {others}. Remove one of them.")
            self._fix(name, changes["fixed"], "fixed")
        else:
            self._constrain(name, changes)

    def _constrain(self, name: str, changes: Mapping[str, Any]) -> None:
        where, variable = f"variables.{name}", self.variables[name]
        for value in changes.get("allowed", ()):
            if error := validation_error(variable, value):
                self.problems.append(f"{where}.allowed: {error}")
        try:
            variable = constrain(variable, changes)
        except ConstraintError as error:
            self.problems.append(f"{where}: {error}")
        new = {key: changes[key] for key in ("default", "example", "description") if key in changes}
        if changes.get("required"):
            if "default" in changes:
                self.problems.append(f"{where}: a required variable cannot have a default. Remove one of them.")
            new["default"] = REQUIRED
        self.variables[name] = replace(variable, **new)

    def _require_tags(self) -> None:
        section = self.profile.section("tags")
        if section and "tags" in self.fixed:
            self.problems.append(f"tags: the variable tags is {self.fixed_reason['tags']}. Remove the table.")
        elif section:
            example = self.profile.changes.get("tags", {}).get("example")
            required, patterns = section.get("required", ()), section.get("patterns", {})
            try:
                self.variables["tags"] = require_tags(self.variables["tags"], required, patterns, example)
            except ConstraintError as error:
                self.problems.append(f"tags: {error}")

    def _is_required(self, name: str) -> bool:
        return name not in self.fixed and name in self.variables and self.variables[name].required

    def _is_always_set(self, name: str) -> bool:
        return self._is_required(name) or self.fixed.get(name) is not None

    def _leave_out(self, names: Iterable[str], reason: str) -> None:
        """Fix variables without effect at their defaults."""
        for name in names:
            if name in self.profile.changes:
                self.problems.append(f"variables.{name}: it has no effect, because {reason}. Remove it.")
            if name not in self.fixed:
                self._fix(name, self.base_variables[name].default, reason)

    def _choose_package(self) -> None:
        """Require the only kind of package that is left, or leave out the others if one is always set."""
        left = [name for name in PACKAGES if name not in self.fixed]
        given = [name for name in PACKAGES if self.fixed.get(name) is not None]
        if self._is_always_set("existing_function"):
            return
        if given:
            others = [name for name in (*PACKAGES, "existing_function") if name != given[0]]
            self._leave_out(others, f"{given[0]} is always set")
        elif not left:
            where = "expose" if "expose" in self.profile.document else "omit"
            self.problems.append(f"{where}: no kind of package is left. Keep one of {', '.join(PACKAGES)}.")
        elif len(left) == 1 and "existing_function" in self.fixed:
            for name in (left[0], *(() if left[0] == "function_image_uri" else _CODE)):
                if name not in self.fixed:
                    self.variables[name] = replace(self.variables[name], default=REQUIRED)

    def _check_settings(self) -> None:
        """Add a problem for each setting without effect that is not about a variable."""
        if self.lifecycle["autoscaling"] and self.fixed.get("table_billing_mode") == "PAY_PER_REQUEST":
            self.problems.append("lifecycle.autoscaling needs table_billing_mode PROVISIONED. Remove one of them.")
        elif TABLE_AUTOSCALING.name in self.fixed and self.fixed[TABLE_AUTOSCALING.name] is None:
            never = f"{TABLE_AUTOSCALING.name} is never set"
            self.problems.append(f"lifecycle.autoscaling has no effect, because {never}. Remove one of them.")
        if self.lifecycle["function_deployment"] and self.fixed.get("function_alias", "") is None:
            never = "function_alias is never set"
            self.problems.append(f"lifecycle.function_deployment has no effect, because {never}. Remove one of them.")
        for setting, on in self.lifecycle.items():
            choice = _CHOICES.get(setting, "existing_table")
            if on and self._is_always_set(choice):
                name = setting.replace("_", ": ", 1) if setting.startswith("retain") else setting
                self.problems.append(f"lifecycle.{name} has no effect, because {choice} is always set. Remove it.")
        if "user_agent" in self.profile.section("provider") and not has(self.provider, "6.0"):
            self.problems.append('provider.user_agent needs version 6 of the provider. Set provider.target to "6".')

    # --- what follows -------------------------------------------------------------------------------------------------

    def resolve(self) -> None:
        """Resolve the validations, check the defaults, and find arguments for examples."""
        constrained = {name for name, one in self.variables.items() if self._is_constrained(one)}
        resolver = self._resolver({})
        while without_choice := resolver.resolve():
            for name, reason in without_choice.items():
                self._leave_out([name], reason)
            resolver = self._resolver(resolver.conditions_without(without_choice))
        self.variables = resolver.variables
        resolver.check_defaults(self.profile.changes)
        self.problems += resolver.problems
        self.known, self.changed = resolver.known, frozenset(resolver.changed)
        needed, narrowed = self._needed(), constrained | resolver.narrowed
        self.usage = {name: self._example(name, narrowed=name in narrowed) for name in self.variables if name in needed}

    def _is_constrained(self, variable: Variable) -> bool:
        base = self.base_variables[variable.name]
        return (variable.validations, variable.example) != (base.validations, base.example)

    def _resolver(self, conditions: dict[str, str | bool]) -> ValidationResolver:
        kinds = self._destination_kinds()
        return ValidationResolver(
            variables=dict(self.variables),
            fixed=self.fixed,
            fixed_reason=self.fixed_reason,
            base_variables=self.base_variables,
            options=self._options(),
            provider=self.provider,
            kinds=frozenset(kinds) if len(kinds) < len(DESTINATIONS) else None,
            conditions=conditions,
        )

    def _options(self) -> tuple[ConflictingVariables, ...]:
        """Return the variables that conflict with others and that callers need not set."""
        names = {name for name in self.variables if name not in self.fixed and not self.variables[name].required}
        found = []
        for options in OPTIONS:
            more = [one for (_, part), (one, _) in _ADDED.items() if options.local == f"{part}_options"]
            variables = [self.variables[one.name] for one in (*options.variables, *more) if one.name in names]
            found.append(options._replace(variables=tuple(variables)))
        return tuple(found)

    def _needed(self) -> set[str]:
        """Return the variables that a call of the variant must set."""
        needed = {name for name in self.variables if self._is_required(name)}
        fixed = any(self.fixed.get(name) is not None for name in PACKAGES)
        if not self._is_always_set("existing_function") and not fixed and needed.isdisjoint(PACKAGES):
            needed.update([name for name in PACKAGES if name not in self.fixed][:1])
        if not needed.isdisjoint(PACKAGES[:2]) or (fixed and not self.fixed.get("function_image_uri")):
            needed.update(_CODE)
        if self.lifecycle["function_deployment"]:
            # Without an alarm, a check fails
            needed.update([name for name in ("alarms_enabled", "alarm_actions") if name not in self.fixed][:1])
        return needed - self.fixed.keys()

    def _example(self, name: str, *, narrowed: bool) -> Any:  # noqa: ANN401
        """Return an argument for the variable, which the module accepts unless its validations are ``narrowed``."""
        variable, changes = self.variables[name], self.profile.changes.get(name, {})
        usual = [*changes.get("allowed", ()), USAGE.get(name, variable.example), variable.example]
        if not narrowed:
            return usual[0]
        candidates = [changes["example"]] if "example" in changes else usual
        errors = []
        for candidate in candidates:
            error = validation_error(variable, candidate)
            if not error:
                return candidate
            errors.append(error)
        what = "the example is not valid" if "example" in changes else "set an example that meets the constraints"
        self.problems.append(f"variables.{name}: {what}: {errors[0]}")
        return variable.example

    # --- the variant --------------------------------------------------------------------------------------------------

    def build(self) -> Variant:
        """Return the variant. There must not be any problems."""
        document = self.profile.document
        provider, terraform = self.profile.section("provider"), self.profile.section("terraform")
        retains = any(on for name, on in self.lifecycle.items() if name.startswith("retain_"))
        return Variant(
            module=replace(
                self.module,
                name=document.get("name", MODULE.name),
                version=document.get("version", MODULE.version),
                terraform=terraform.get("version", TERRAFORM_RETAINS if retains else MODULE.terraform),
                components=tuple(self._component(component) for component in self.module.components),
            ),
            provider=self.provider,
            provider_version=provider.get("version", ""),
            options=self._options(),
            fixed=self.fixed,
            known=self.known,
            changed_references=self.changed,
            usage=self.usage,
            lifecycle=self.lifecycle,
            user_agent=tuple(provider.get("user_agent", ())),
            licence=document.get("licence", "").strip(),
            introduction=document.get("introduction", "").strip(),
            profile=self.profile.source,
        )

    def _component(self, component: Component) -> Component:
        variables = []
        for one in component.variables:
            if one.name in self.fixed:
                continue
            variable = self.variables[one.name]
            text = without(variable.description, self.fixed.keys(), never_null=not variable.nullable)
            deprecated = without(variable.deprecated, self.fixed.keys())
            if (text, deprecated) != (variable.description, variable.deprecated):
                # Most variables stay as they are, and each copy is checked again.
                variable = replace(variable, description=text, deprecated=deprecated)
            variables.append(variable)
        return component._replace(variables=tuple(variables))
