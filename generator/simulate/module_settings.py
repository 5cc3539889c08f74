"""The module's defaults for an event source mapping, and the values that its variables accept."""

from dataclasses import fields
from typing import Any, Final

from generator.errors import UsageError
from generator.mapping.settings import Settings
from generator.spec.event_source import EVENT_SOURCE

_VARIABLES: Final = {variable.name.removeprefix("event_source_"): variable for variable in EVENT_SOURCE.variables}


def module_settings(**changes: Any) -> Settings:  # noqa: ANN401 - each setting has its own type
    """Return the module's default settings, with changes."""
    defaults = {field.name: _VARIABLES[field.name].default for field in fields(Settings) if field.name in _VARIABLES}
    return Settings(**{**defaults, "filter_patterns": (), "destination": True, **changes})


def check(name: str, value: Any, label: str) -> None:  # noqa: ANN401 - as above
    """Check a setting against the validations of its variable; ``label`` is what the user set.

    Raises:
        UsageError: the variable does not accept the value.
    """
    schemas = [validation.schema for validation in _VARIABLES[name].validations if validation.schema]
    if not all(any(_accepts(part, value) for part in schema.get("anyOf", [schema])) for schema in schemas):
        raise UsageError(f'{label}: "{value}" is not accepted. Use {_VARIABLES[name].accepted.replace("`", "")}.')


def _accepts(schema: Any, value: Any) -> bool:  # noqa: ANN401 - as above
    """Return whether one of the schemas that validations have accepts a value: a choice, a constant or a range."""
    if "minimum" in schema:
        return isinstance(value, int) and schema["minimum"] <= value <= schema["maximum"]
    return value in (schema["enum"] if "enum" in schema else [schema["const"]])
