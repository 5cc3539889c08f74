"""Makes a variant of what a profile says and of the specification."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any, Final

from generator.profile.consequences import Consequences, refusal
from generator.profile.document import Profile, close, refuse
from generator.profile.narrowing import NarrowingError, allowed, bounded, matching, tagged
from generator.profile.prose import without
from generator.spec import MODULE, OPTIONS
from generator.spec.autoscaling import TABLE_AUTOSCALING
from generator.spec.dead_letter_queue import DESTINATIONS, on_failure_destination
from generator.spec.features import FEATURES, Feature
from generator.spec.function import BESIDE_IMAGE, PACKAGES, one_package
from generator.spec.model import REQUIRED, Component, Module, Validation, Variable
from generator.spec.options import Options
from generator.spec.rules import rule
from generator.spec.types import literal
from generator.variant import LIFECYCLE, USAGE, Variant

_FEATURES: Final = {feature.name: feature for feature in FEATURES}
_MEANINGLESS: Final = {
    "existing_table": "table_options",
    "existing_function": "function_options",
    "existing_role": "role_options",
    "on_failure_destination": "dead_letter_queue_options",
}
_CODE: Final = ("function_handler", "function_runtime")


def variant(profile: Profile, provider: int | None = None) -> Variant:
    """Return what a profile makes of the module; ``provider`` is the major that the command line asks for, if any.

    Raises:
        ProfileError: it contradicts itself or the module; every problem is named.
    """
    made = _Making(profile, provider)
    made.read()
    refuse(profile.source, made.problems)
    worked_out = made.consequences()
    refuse(profile.source, made.problems)
    return made.variant(worked_out)


class _Making:
    """Collects problems instead of raising them, so that a user sees all of them at once."""

    def __init__(self, profile: Profile, provider: int | None) -> None:
        self.profile = profile
        self.problems: list[str] = []
        target = profile.section("provider").get("target")
        if provider and target and provider != target:
            self.problems.append(f"provider.target is {target}, and --provider asks for {provider}")
        self.provider: int = target or provider or 5
        self.lifecycle = {name: bool(profile.section("lifecycle").get(name)) for name in LIFECYCLE}
        self.module = self._whole()
        self.variables = {variable.name: variable for variable in self.module.variables()}
        self.whole = dict(self.variables)
        self.fixed: dict[str, Any] = {}
        self.origin: dict[str, str] = {}
        self.rules: list[Validation] = []

    def _whole(self) -> Module:
        """Return the module to begin with: as the target has it, and with what only variants have."""
        components = []
        for component in MODULE.components:
            variables = [one for one in component.variables if one.offered_by(self.provider)]
            if component.name == "table" and self.lifecycle["autoscaling"]:
                variables.append(TABLE_AUTOSCALING)
            components.append(replace(component, variables=tuple(variables)))
        return replace(MODULE, components=tuple(components))

    # --- what the profile says ----------------------------------------------------------------------------------------

    def read(self) -> None:
        """Fix and change the variables as the profile says."""
        for name in self.profile.omitted:
            self._omit(name)
        self._choose_destinations()
        for name, changes in self.profile.changes.items():
            self._change(name, changes)
        self._require_tags()
        self._imply()
        self._choose_package()
        self._check()

    def _omit(self, name: str) -> None:
        feature = _FEATURES.get(name) or Feature(name=name, description="", variables=(name,))
        for other in FEATURES:
            offered = any(one in self.variables for one in other.variables)
            if name in other.needs and other.name not in self.profile.omitted and offered:
                self.problems.append(f"omit: {other.name} needs {name}; omit it too")
        for variable in (*feature.variables, *feature.without):
            if variable in self.variables:
                default = self.variables[variable].default
                self._fix(variable, feature.without.get(variable, default), f"{name} is omitted")

    def _fix(self, name: str, value: Any, why: str) -> None:  # noqa: ANN401
        self.fixed[name], self.origin[name] = value, why

    def _kinds(self) -> list[str]:
        return [kind for kind in DESTINATIONS if f"{kind}_destination" not in self.profile.omitted]

    def _choose_destinations(self) -> None:
        kinds = self._kinds()
        if "on_failure_destination" in self.fixed or len(kinds) == len(DESTINATIONS):
            return
        if kinds:
            self.variables["on_failure_destination"] = on_failure_destination(*kinds)
        else:
            self.problems.append("omit: no kind of failure destination is left; omit on_failure_destination")

    def _change(self, name: str, changes: Mapping[str, Any]) -> None:
        where = f"variables.{name}"
        if name not in self.variables:
            self.problems.append(f"{where}: {self._missing(name)}")
        elif name in self.origin:
            self.problems.append(f"{where}: {self.origin[name]}, so that there is nothing to change")
        elif "fixed" in changes:
            if len(changes) > 1:
                others = ", ".join(sorted(changes.keys() - {"fixed"}))
                self.problems.append(f"{where}: it is fixed, so that {others} would have no effect")
            self._fix(name, self._typed(name, "fixed", changes["fixed"]), "fixed")
        else:
            self._narrow(name, changes)
            self._describe(name, changes)

    def _missing(self, name: str) -> str:
        if name == TABLE_AUTOSCALING.name:
            return "set lifecycle.autoscaling"
        if any(name == variable.name for variable in MODULE.variables()):
            return f"it is not offered with provider {self.provider}; set provider.target"
        return f"it does not exist{close(name, self.variables)}"

    def _typed(self, name: str, key: str, value: Any) -> Any:  # noqa: ANN401
        variable = self.variables[name]
        if variable.type.accepts(value):
            return value
        kind = " ".join(variable.type.hcl().split())
        self.problems.append(f"variables.{name}.{key} must be {kind}, not {literal(value)}")
        return variable.example

    def _narrow(self, name: str, changes: Mapping[str, Any]) -> None:
        steps: list[tuple[str, Callable[[Variable], Variable]]] = []
        if "minimum" in changes or "maximum" in changes:
            steps.append(("", lambda one: bounded(one, changes.get("minimum"), changes.get("maximum"))))
        if "allowed" in changes:
            for value in changes["allowed"]:
                if says := refusal(self.variables[name], value):
                    self.problems.append(f"variables.{name}.allowed: {says}")
            steps.append((".allowed", lambda one: allowed(one, changes["allowed"])))
        if "pattern" in changes:
            steps.append((".pattern", lambda one: matching(one, changes["pattern"])))
        for key, step in steps:
            try:
                self.variables[name] = step(self.variables[name])
            except NarrowingError as refused:
                self.problems.append(f"variables.{name}{key}: {refused}")

    def _describe(self, name: str, changes: Mapping[str, Any]) -> None:
        new = {key: self._typed(name, key, changes[key]) for key in ("default", "example") if key in changes}
        if "description" in changes:
            new["description"] = changes["description"]
        if changes.get("required"):
            if "default" in changes:
                self.problems.append(f"variables.{name}: it is required, so that a default would have no effect")
            new["default"] = REQUIRED
        self.variables[name] = replace(self.variables[name], **new)

    def _require_tags(self) -> None:
        section = self.profile.section("tags")
        if not section:
            return
        if "tags" in self.fixed:
            self.problems.append(f"tags: {self.origin['tags']}, so that there is nothing to require")
            return
        example = self.profile.changes.get("tags", {}).get("example")
        try:
            self.variables["tags"] = tagged(
                self.variables["tags"], section.get("required", ()), section.get("patterns", {}), example
            )
        except NarrowingError as refused:
            self.problems.append(f"tags.patterns: {refused}")

    def _ask_for_package(self, packages: Sequence[str]) -> None:
        """Let ``existing_function`` ask for itself or one of these packages, or for nothing where there are none."""
        existing = self.variables["existing_function"]
        choice = [one_package(*packages)] if packages else []
        validations = [choice if one == one_package(*PACKAGES) else [one] for one in existing.validations]
        self.variables["existing_function"] = replace(existing, validations=tuple(chain(*validations)))

    def _is_required(self, name: str) -> bool:
        return name not in self.fixed and name in self.variables and self.variables[name].required

    def _imply(self) -> None:
        """Leave out what something that is always there makes meaningless."""
        options = {options.local: options.variables for options in self._all_options()}
        for choice, local in _MEANINGLESS.items():
            if self._is_required(choice) or self.fixed.get(choice) is not None:
                self._leave_out([option.name for option in options[local]], choice)
        if self.origin.get("dead_letter_queue_name", "").startswith("on_failure_destination"):
            self.fixed["dead_letter_queue_enabled"] = False
            self.origin["dead_letter_queue_enabled"] = self.origin["dead_letter_queue_name"]

    def _leave_out(self, names: Iterable[str], choice: str) -> None:
        """Fix variables that have no effect beside a choice at their defaults."""
        for name in names:
            if name in self.profile.changes:
                self.problems.append(f"variables.{name}: it has no effect where {choice} is always given")
            elif name not in self.fixed:
                self._fix(name, self.whole[name].default, f"{choice} is always given")

    def _choose_package(self) -> None:
        """Make the one kind of package that is left required, or ask for one of those that are left."""
        if self._is_required("existing_function"):
            return
        fixed = [name for name in PACKAGES if self.fixed.get(name) is not None]
        if fixed:
            self._leave_out([name for name in (*PACKAGES, "existing_function") if name != fixed[0]], fixed[0])
            self._ask_for_package([])
            return
        left = [name for name in PACKAGES if name not in self.fixed]
        optional = "existing_function" not in self.fixed
        self._ask_for_package(left if optional else [])
        if not left:
            self.problems.append("omit: no kind of package is left, and existing_function is not required")
        elif len(left) == 1 and not optional:
            if left == ["function_image_uri"]:
                self._leave_out(BESIDE_IMAGE, "function_image_uri")
            for name in (*left, *_CODE):
                if name not in self.fixed:
                    self.variables[name] = replace(self.variables[name], default=REQUIRED)
        elif not optional:
            given = ", ".join(f"var.{name} != null" for name in left)
            condition = f"length([for given in [{given}] : given if given]) == 1"
            message = f"{', '.join(left)}: exactly one is required in pipeline ${{var.name}}."
            self.rules.append(rule(condition, message, {}))

    def _check(self) -> None:
        """Note what contradicts itself among the settings that are no variables."""
        if self.lifecycle["autoscaling"] and self.fixed.get("table_billing_mode") == "PAY_PER_REQUEST":
            self.problems.append("lifecycle.autoscaling needs tables with provisioned capacity, which are left out")
        choices = {"ignore_code_changes": "existing_function"}
        for setting, on in self.lifecycle.items():
            choice = choices.get(setting, "existing_table")
            if on and self._is_required(choice):
                self.problems.append(f"lifecycle.{setting} has no effect where {choice} is required")
        if "user_agent" in self.profile.section("provider") and self.provider == 5:  # noqa: PLR2004 - the major
            self.problems.append("provider.user_agent needs provider.target 6: earlier providers take no provider_meta")

    # --- what follows -------------------------------------------------------------------------------------------------

    def consequences(self) -> Consequences:
        """Work out the validations, and note which defaults they refuse and which arguments cannot be found."""
        kinds = self._kinds()
        worked_out = Consequences(
            variables=self.variables,
            fixed=self.fixed,
            origin=self.origin,
            whole=self.whole,
            options=self._options(),
            kinds=frozenset(kinds) if len(kinds) < len(DESTINATIONS) else None,
            problems=self.problems,
        )
        worked_out.work_out()
        for name, variable in self.variables.items():
            if name in self.fixed or variable.required or not worked_out.depends(name, self.profile.changes):
                continue
            if says := worked_out.refused_default(name):
                self.problems.append(f"variables.{name}: its default is refused: {says}")
        for validation in self.rules:
            worked_out.house("name", validation)
        self.usage = self._usage()
        return worked_out

    def _all_options(self) -> list[Options]:
        """Return the options as the target has them."""
        whole = {
            options.local: [one for one in options.variables if one.offered_by(self.provider)] for options in OPTIONS
        }
        if self.lifecycle["autoscaling"]:
            whole["table_options"].append(TABLE_AUTOSCALING)
        return [replace(options, variables=tuple(whole[options.local])) for options in OPTIONS]

    def _options(self) -> tuple[Options, ...]:
        """Return the options that can be refused: those that are left and need not be given."""
        return tuple(
            replace(
                options,
                variables=tuple(
                    self.variables[one.name]
                    for one in options.variables
                    if one.name not in self.fixed and not self.variables[one.name].required
                ),
            )
            for options in self._all_options()
        )

    def _usage(self) -> dict[str, Any]:
        """Return arguments with which the variant can be called."""
        needed = {name for name in self.variables if self._is_required(name)}
        fixed = any(self.fixed.get(name) is not None for name in PACKAGES)
        if not self._is_required("existing_function") and not fixed:
            left = [name for name in PACKAGES if name not in self.fixed]
            needed.update(left[:1] if needed.isdisjoint(PACKAGES) else ())
        if not needed.isdisjoint(PACKAGES[:2]) or (fixed and not self.fixed.get("function_image_uri")):
            needed.update(_CODE)
        return {
            name: self._example(variable)
            for name, variable in self.variables.items()
            if name in needed and name not in self.fixed
        }

    def _example(self, variable: Variable) -> Any:  # noqa: ANN401
        changes = self.profile.changes.get(variable.name, {})
        own = [changes["example"]] if "example" in changes else []
        usual = [*changes.get("allowed", ()), USAGE.get(variable.name, variable.example), variable.example]
        refusals = []
        for candidate in own or usual:
            says = refusal(variable, candidate)
            if says is None:
                return candidate
            refusals.append(says)
        what = "its example is refused" if own else "give an example, since the module's own is refused"
        self.problems.append(f"variables.{variable.name}: {what}: {refusals[0]}")
        return variable.example

    # --- the variant --------------------------------------------------------------------------------------------------

    def variant(self, worked_out: Consequences) -> Variant:
        """Return the variant; there must be no problems."""
        document = self.profile.document
        provider, terraform = self.profile.section("provider"), self.profile.section("terraform")
        constraints = dict(MODULE.provider_constraints)
        if "version" in provider:
            constraints[self.provider] = provider["version"]
        return Variant(
            module=replace(
                self.module,
                name=document.get("name", MODULE.name),
                version=document.get("version", MODULE.version),
                terraform=terraform.get("version", MODULE.terraform),
                provider_constraints=constraints,
                components=tuple(self._component(component) for component in self.module.components),
            ),
            provider=self.provider,
            options=tuple(options for options in self._options() if self._is_asked(options)),
            fixed=self.fixed,
            known=worked_out.known,
            news=frozenset(worked_out.news),
            usage=self.usage,
            lifecycle=self.lifecycle,
            user_agent=tuple(provider.get("user_agent", ())),
            licence=document.get("licence", "").strip(),
            introduction=document.get("introduction", "").strip(),
            profile=self.profile.source,
        )

    def _component(self, component: Component) -> Component:
        left = [self.variables[one.name] for one in component.variables if one.name not in self.fixed]
        absent, names = self.fixed.keys(), self.whole.keys()
        return replace(
            component,
            variables=tuple(replace(one, description=without(one.description, absent, names)) for one in left),
        )

    def _is_asked(self, options: Options) -> bool:
        """Tell whether a validation is left that refuses these options."""
        return any(
            f"local.{options.local}" in validation.condition
            for name, variable in self.variables.items()
            if name not in self.fixed
            for validation in variable.validations
        )
