"""How a variant is called: arguments for the module's README and its own tests, and what they bring about."""

from collections.abc import Mapping
from typing import Any, Final

from generator.spec.dead_letter_queue import DESTINATIONS
from generator.spec.examples import FUNCTION_ARN
from generator.spec.function import PACKAGES
from generator.spec.provider import has
from generator.spec.types import literal
from generator.variant import Variant

_CREATION: Final = {
    "table_restore": (
        "restore_source_name",
        "restore_source_table_arn",
        "restore_date_time",
        "restore_to_latest_time",
    ),
    "table_import": ("import_table",),
}
"""The arguments of the table that count at its creation only, by their variables."""
_PACKAGE: Final = {"bucket": "packages", "key": "orders.zip", "version": "1"}


class Usage:
    """What the templates of the README and of the tests ask about a variant that is called with what it needs."""

    def __init__(self, variant: Variant) -> None:
        self._variant = variant
        self._variables = {variable.name: variable for variable in variant.variables}

    def setting(self, name: str) -> Any:  # noqa: ANN401 - a value of the variable's type
        """Return what a variable is where only what is needed is given; ``None`` where the target does not have it."""
        if name in self._variant.fixed:
            return self._variant.fixed[name]
        if name in self._arguments:
            return self._arguments[name]
        return self._variables[name].default if name in self._variables else None

    @property
    def arguments(self) -> Mapping[str, str]:
        """The arguments of a call, as HCL; a package is next to the call."""
        return {
            name: f'"${{path.module}}/{value}"' if name == "function_filename" else literal(value)
            for name, value in self._variant.usage.items()
        }

    @property
    def test_arguments(self) -> Mapping[str, str]:
        """The arguments of a test, as HCL: none names a package that would have to be there."""
        return {name: literal(value) for name, value in self._arguments.items()}

    @property
    def _arguments(self) -> dict[str, Any]:
        """The arguments of a test: its package is in a bucket, or a file that is there, since a mock reads neither."""
        given = dict(self._variant.usage)
        if "function_filename" not in given:
            return given
        if self._needs("function_filename") or "function_s3" not in self._variables:
            return {**given, "function_filename": "main.tf"}
        package = {"function_filename": ("function_s3", _PACKAGE)}
        return dict(package.get(name, (name, value)) for name, value in given.items())

    def _needs(self, name: str) -> bool:
        return name in self._variables and self._variables[name].required

    @property
    def command(self) -> str:
        """What a test runs: it could not destroy what it has applied where that is prevented."""
        return "plan" if self._variant.lifecycle["prevent_destroy"] else "apply"

    @property
    def ignored_of_table(self) -> Mapping[str, tuple[str, ...]]:
        """The arguments of the table whose changes Terraform ignores, by the reason."""
        lifecycle = self._variant.lifecycle
        restored = [name for name in _CREATION if name in self._variables or self.setting(name) is not None]
        reasons = {
            "They count when the table is created; later, they would replace it": sum(
                (_CREATION[name] for name in restored), ()
            ),
            "Application Auto Scaling changes them": ("read_capacity", "write_capacity") * lifecycle["autoscaling"],
            "The replicas are managed elsewhere": ("replica",) * lifecycle["ignore_replica_changes"],
        }
        return {reason: arguments for reason, arguments in reasons.items() if arguments}

    @property
    def table(self) -> bool:
        """Whether the variant creates the table."""
        return self.setting("existing_table") is None

    @property
    def function(self) -> bool:
        """Whether the variant creates the function."""
        return self.setting("existing_function") is None

    @property
    def queue(self) -> bool:
        """Whether the variant creates the dead-letter queue."""
        return bool(self.setting("dead_letter_queue_enabled")) and self.setting("on_failure_destination") is None

    @property
    def destinations(self) -> tuple[str, ...]:
        """The kinds of on-failure destinations that a caller can choose instead of the queue."""
        variable = self._variables.get("on_failure_destination")
        if not variable or variable.required:
            return ()
        return tuple(
            kind
            for kind in DESTINATIONS
            if any(f'"{kind}"' in validation.condition for validation in variable.validations)
        )

    @property
    def packages(self) -> tuple[str, ...]:
        """The variables of the package in the tests' arguments."""
        return tuple(name for name in PACKAGES if name in self._arguments)

    @property
    def instead_of_function(self) -> Mapping[str, str]:
        """Arguments that put an existing function in the place of the one of the tests' arguments, as HCL."""
        options = {
            variable.name
            for group in self._variant.options
            for variable in group.variables
            if "existing_function" in group.condition_text
        }
        nothing = {name: "null" for name in self._arguments if name in options}
        return {**nothing, "existing_function": literal({"arn": FUNCTION_ARN, "role_name": "existing"})}

    @property
    def statements(self) -> list[str]:
        """The statements of the role's policy that the tests' arguments bring about, in their order."""
        destination = self.setting("on_failure_destination") or {}
        target = self.setting("function_async_dead_letter_target") or {}
        table = self.setting("existing_table") or {"kms_key_arn": self.setting("table_kms_key_arn")}
        queue_key = self.setting("dead_letter_queue_kms_key_arn")
        values = {
            "local.on_failure_type": "sqs" if self.queue else destination.get("type", "none"),
            "local.on_failure_kms_key_arn": queue_key if self.queue else destination.get("kms_key_arn"),
            "local.table_kms_key_arn": table.get("kms_key_arn"),
            "one(var.function_async_dead_letter_target[*].type)": target.get("type"),
        }

        def value(reference: str) -> object:
            return values[reference] if reference in values else self.setting(reference.removeprefix("var."))

        offered = (one for one in self._variant.module.statements if has(self._variant.provider, one.since_provider))
        granted = [one.sid for one in offered if not one.when or one.when.holds(value)]
        return [*granted, *sorted(self.setting("role_policy_statements") or {})]

    @property
    def unrestricted(self) -> list[str]:
        """Those of the statements that allow their actions on all resources."""
        everywhere = {one.sid for one in self._variant.module.statements if one.resource == '"*"'}
        return [sid for sid in self.statements if sid in everywhere]
