"""Profiles as files: their schema, and reading them."""

from collections.abc import Iterable, Mapping
from functools import cache
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from generator.errors import ProfileError
from generator.parsing import MAX_CONFIGURATION_BYTES, parse_toml, problems, read_text, reported
from generator.spec import MODULE
from generator.spec.autoscaling import TABLE_AUTOSCALING
from generator.spec.deployment import FUNCTION_DEPLOYMENT
from generator.spec.features import FEATURES
from generator.spec.model import Variable
from generator.spec.provider import ACCEPTED
from generator.spec.types import NUMBER, STRING
from generator.variant import RETAINABLE

_VERSION: Final = r"^[0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9}(-[0-9A-Za-z.-]+)?$"
_CONSTRAINT: Final = r"^(>=|<=|>|<|~>|=|!=)? ?[0-9]+(\.[0-9]+){0,2}(, (>=|<=|>|<|~>|=|!=)? ?[0-9]+(\.[0-9]+){0,2})*$"
_MAX_PROBLEMS: Final = 20
"""How many problems an error shows."""


def profile_schema() -> dict[str, Any]:
    """Return the JSON Schema of profiles. ``build`` also checks what concerns several settings of a profile."""
    names = [variable.name for variable in changeable()]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Profile of a variant of {MODULE.name}",
        **_table(
            name=_string("Name of the module.", pattern="^[a-z][a-z0-9_]*$"),
            version=_string("Version of the module.", pattern=_VERSION),
            written_for=_string(
                "Version of the complete module that the profile was written for. `build` lists variables added since.",
                pattern=_VERSION,
            ),
            licence=_string("Lines for the head of every file."),
            introduction=_string("First paragraph of the README."),
            expose=_strings("Variables that callers can set. All others keep their defaults.", "variable", names),
            omit=_strings(
                "Features and variables that the module does not have.", "feature or optional variable", omissible()
            ),
            provider=_table(
                target={"type": ["string", "integer"], "description": f"Version of the provider: {ACCEPTED}."},
                version=_string("Version constraint of the AWS provider.", pattern=_CONSTRAINT),
                user_agent=_strings("Products that provider_meta adds to the user agent of requests to AWS."),
            ),
            terraform=_table(version=_string("Version constraint of Terraform.", pattern=_CONSTRAINT)),
            lifecycle=_table(
                prevent_destroy=_flag("Set to `true` to let Terraform reject plans that destroy the table."),
                ignore_code_changes=_flag("Set to `true` if another pipeline deploys the code of the function."),
                ignore_replica_changes=_flag(
                    "Set to `true` if the replicas are managed elsewhere. `table_replicas` has an effect only when the "
                    "table is created."
                ),
                autoscaling=_flag("Set to `true` to add `table_autoscaling`."),
                function_deployment=_flag(
                    "Set to `true` to add `function_deployment`: CodeDeploy moves the alias, and Terraform does not."
                ),
                retain=_strings(
                    "Resources that Terraform removes from its state instead of deleting them (`destroy = false`). The "
                    "module then requires Terraform 1.16 or OpenTofu 1.12.",
                    "resource",
                    list(RETAINABLE),
                ),
            ),
            tags=_table(
                required=_strings("Tags that callers must set."),
                patterns={
                    "type": "object",
                    "additionalProperties": {"type": "string", "minLength": 1},
                    "description": "Regular expressions that the values of required tags must match.",
                },
            ),
            variables=_table(**{variable.name: _changes(variable) for variable in changeable()}),
        ),
    }


def changeable() -> list[Variable]:
    """Return the variables that a profile can change."""
    return [*MODULE.variables(), TABLE_AUTOSCALING, FUNCTION_DEPLOYMENT]


def omissible() -> list[str]:
    """Return what a profile can omit: features, and single variables."""
    optional = [variable.name for variable in MODULE.variables() if not variable.required]
    return list(dict.fromkeys([*(feature.name for feature in FEATURES), *optional]))


def newest_version() -> str:
    """Return the version of the complete module, or that of its newest variable if it is not released yet."""
    return max(MODULE.version, *(variable.since for variable in MODULE.variables()), key=version_numbers)


@cache
def version_numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a version, by which versions are compared."""
    return tuple(map(int, version.partition("-")[0].split(".")))


def _table(**properties: Any) -> dict[str, Any]:  # noqa: ANN401 - schemas
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _string(description: str, **more: str) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, **more, "description": description}


def _strings(description: str, title: str = "", enum: list[str] | None = None) -> dict[str, Any]:
    items = {"type": "string", "enum": enum, "title": title} if enum else {"type": "string", "minLength": 1}
    return {"type": "array", "items": items, "description": description}


def _flag(description: str) -> dict[str, Any]:
    return {"type": "boolean", "description": description}


def _changes(variable: Variable) -> dict[str, Any]:
    value = variable.type.json_schema()
    keys: dict[str, Any] = {
        "default": {**value, "description": "Another default."},
        "fixed": {**value, "description": "Value that callers cannot change."},
        "required": {"const": True, "type": "boolean", "description": "Callers must set the variable."},
        "example": {**value, "description": "Value for the README and the tests of the module."},
        "description": _string("Another description."),
    }
    if variable.type in (STRING, NUMBER):
        # Numbers are whole, as in all validations of the module
        items = {"type": "integer"} if variable.type == NUMBER else value
        keys["allowed"] = {
            "type": "array",
            "items": items,
            "minItems": 1,
            "maxItems": 1000,
            "description": "The accepted values.",
        }
    if variable.type == STRING:
        keys["pattern"] = _string("Regular expression that values must match.")
    if variable.type == NUMBER:
        keys |= {"minimum": {"type": "integer"}, "maximum": {"type": "integer"}}
    return _table(**keys)


class Profile(NamedTuple):
    """The content of a profile, and the name of its file."""

    source: str
    document: Mapping[str, Any] = MappingProxyType({})

    def section(self, name: str) -> Mapping[str, Any]:
        """Return a table of the profile, or an empty one if the profile does not have it."""
        return dict(self.document.get(name, {}))

    @property
    def changes(self) -> Mapping[str, Mapping[str, Any]]:
        """The changes of variables, by their names."""
        return self.section("variables")


def read(path: Path) -> Profile:
    """Return the profile in a file.

    Raises:
        ProfileError: the file cannot be read, or does not follow :func:`profile_schema`. The error has a line for each
            problem.
    """
    with reported(ProfileError, path):
        document = parse_toml(read_text(path, MAX_CONFIGURATION_BYTES))
    reject(path.name, problems(document, profile_schema(), ""))
    return Profile(source=path.name, document=document)


def reject(source: str, problems: Iterable[str]) -> None:
    """Raise one error with a line for each of the first problems of a profile, if there are any."""
    found = list(islice(problems, _MAX_PROBLEMS + 1))
    if found[_MAX_PROBLEMS:]:
        found[_MAX_PROBLEMS:] = ["more problems follow. Correct these first."]
    if found:
        raise ProfileError(*(f"{source}: {problem}" for problem in found))
