"""Profiles: an organisation's own variant of the module, described in TOML."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from generator.errors import ProfileError
from generator.spec import MODULE
from generator.spec.autoscaling import TABLE_AUTOSCALING
from generator.spec.features import FEATURES
from generator.spec.model import PROVIDERS, Variable
from generator.spec.types import NUMBER, STRING

_VERSION: Final = r"^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$"
_CONSTRAINT: Final = r"^(>=|<=|>|<|~>|=|!=)? ?[0-9]+(\.[0-9]+){0,2}(, (>=|<=|>|<|~>|=|!=)? ?[0-9]+(\.[0-9]+){0,2})*$"
_TEXT: Final = {"type": "string", "minLength": 1}
_TEXTS: Final = {"type": "array", "items": _TEXT}
_FLAG: Final = {"type": "boolean"}
_TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "string": str, "boolean": bool, "array": list, "object": dict, "integer": int, "number": (int, float),
}  # fmt: skip


def profile_schema() -> dict[str, Any]:
    """Return the JSON Schema of a profile. What concerns several of its settings is checked by ``build`` alone."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A profile of {MODULE.name}: an organisation's own variant of the module",
        **_closed(
            {
                "name": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$", "description": "Name of the module."},
                "version": {"type": "string", "pattern": _VERSION, "description": "Version of the module."},
                "licence": {**_TEXT, "description": "Lines for the head of every file."},
                "introduction": {**_TEXT, "description": "What the module's README begins with."},
                "omit": {
                    "type": "array",
                    "items": {"type": "string", "enum": omissible()},
                    "description": "Features and variables that the module is to be without.",
                },
                "provider": _closed(
                    {
                        "target": {
                            "type": "integer",
                            "enum": list(PROVIDERS),
                            "description": "Major of the AWS provider.",
                        },
                        "version": {"type": "string", "pattern": _CONSTRAINT, "description": "Its version constraint."},
                        "user_agent": {**_TEXTS, "description": "provider_meta: how calls of the module are marked."},
                    }
                ),
                "terraform": _closed(
                    {"version": {"type": "string", "pattern": _CONSTRAINT, "description": "Terraform's constraint."}}
                ),
                "lifecycle": _closed(
                    {
                        "prevent_destroy": {**_FLAG, "description": "Terraform refuses to destroy the table."},
                        "ignore_code_changes": {**_FLAG, "description": "Code is deployed elsewhere."},
                        "autoscaling": {**_FLAG, "description": "Provisioned capacity can follow the load."},
                    }
                ),
                "tags": _closed(
                    {
                        "required": {**_TEXTS, "description": "Tags that every pipeline must have."},
                        "patterns": {
                            "type": "object",
                            "additionalProperties": _TEXT,
                            "description": "Regular expressions for values of tags, which are then required.",
                        },
                    }
                ),
                "variables": _closed({variable.name: _changes(variable) for variable in changeable()}),
            }
        ),
    }


def changeable() -> list[Variable]:
    """Return the variables that a profile can change."""
    return [*MODULE.variables(), TABLE_AUTOSCALING]


def omissible() -> list[str]:
    """Return what a profile can leave out: features, and variables by themselves."""
    optional = [variable.name for variable in MODULE.variables() if not variable.required]
    return list(dict.fromkeys([*(feature.name for feature in FEATURES), *optional]))


def _closed(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "additionalProperties": False}


def _changes(variable: Variable) -> dict[str, Any]:
    value = variable.type.json_schema()
    keys: dict[str, Any] = {
        "default": {**value, "description": "Another default."},
        "fixed": {**value, "description": "A value that callers cannot change."},
        "required": {"const": True, "type": "boolean", "description": "Callers must give a value."},
        "example": {**value, "description": "A value for the module's README and tests."},
        "description": {**_TEXT, "description": "Another description."},
    }
    if variable.type in (STRING, NUMBER):
        keys["allowed"] = {"type": "array", "items": value, "minItems": 1, "description": "The only values accepted."}
    if variable.type == STRING:
        keys["pattern"] = {**_TEXT, "description": "A regular expression that values must match."}
    if variable.type == NUMBER:
        keys |= {"minimum": {"type": "integer"}, "maximum": {"type": "integer"}}
    return _closed(keys)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What a profile says: ``document`` is its content, ``source`` the name of its file."""

    source: str
    document: Mapping[str, Any] = field(default_factory=dict)

    def section(self, name: str) -> Mapping[str, Any]:
        """Return a table of the profile, empty where it is not there."""
        return dict(self.document.get(name, {}))

    @property
    def omitted(self) -> tuple[str, ...]:
        """The features and variables that are left out."""
        return tuple(self.document.get("omit", ()))

    @property
    def changes(self) -> Mapping[str, Mapping[str, Any]]:
        """What is changed, by variable."""
        return self.section("variables")


def read(path: Path) -> Profile:
    """Return the profile in a file.

    Raises:
        ProfileError: it cannot be read, is no TOML, or does not follow :func:`profile_schema`; every problem is named.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProfileError(f"profile {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ProfileError(f"profile {path}: not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"profile {path}: no TOML: {error}") from None
    refuse(path.name, list(_problems(document, profile_schema(), "")))
    return Profile(source=path.name, document=document)


def refuse(source: str, problems: list[str]) -> None:
    """Raise one error for all problems of a profile, if there are any; each has a line of its own."""
    if problems:
        raise ProfileError("\n".join(f"profile {source}: {problem}" for problem in problems))


def _problems(value: Any, schema: Mapping[str, Any], path: str) -> Iterator[str]:  # noqa: ANN401
    """Yield what is wrong with a value, by the parts of JSON Schema that :func:`profile_schema` uses.

    It is written out because the libraries for it take longer to import than the module to build.
    """
    kinds = schema.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if kinds and not any(_is(value, kind) for kind in kinds):
        accepted = " or ".join({"object": "a table", "array": "an array"}.get(kind, f"a {kind}") for kind in kinds)
        yield f"{path} must be {accepted.replace('a integer', 'an integer')}, not {_shown(value)}"
    elif "const" in schema and value != schema["const"]:
        yield f"{path} must be {_shown(schema['const'])}, not {_shown(value)}"
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{path} must not be {_shown(value)}{_choices(value, schema['enum'])}"
    elif isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        yield f"{path} must match {schema['pattern']}, not {_shown(value)}"
    elif isinstance(value, (str, list)) and len(value) < schema.get("minLength", schema.get("minItems", 0)):
        yield f"{path} must not be empty"
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _problems(item, schema["items"], f"{path}[{number}]")
    elif isinstance(value, dict):
        yield from _keys(value, schema, path)


def _keys(value: Mapping[str, Any], schema: Mapping[str, Any], path: str) -> Iterator[str]:
    properties, rest = schema.get("properties", {}), schema.get("additionalProperties", True)
    prefix = f"{path}." if path else ""
    for key, item in value.items():
        if key in properties:
            yield from _problems(item, properties[key], f"{prefix}{key}")
        elif rest is False:
            yield f"{prefix}{key} does not exist{_choices(key, properties)}"
        elif isinstance(rest, dict):
            yield from _problems(item, rest, f"{prefix}{key}")
    for key in schema.get("required", ()):
        if key not in value:
            yield f"{path} needs {key}"


def _is(value: object, kind: str) -> bool:
    if kind == "null":
        return value is None
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES[kind])


def _choices(value: object, names: Any) -> str:  # noqa: ANN401
    """Return, for a message, what a value may have been meant to be, or what there is where that is not much."""
    there = f"; accepted are {', '.join(map(str, names))}" if len(names) <= 10 else ""  # noqa: PLR2004 - on one line
    return close(value, names) or there


def _shown(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004 - what fits on a line


def close(value: object, names: Any) -> str:  # noqa: ANN401 - anything that holds names
    """Return, for a message, the name that a value may have been meant to be."""
    import difflib  # noqa: PLC0415 - only a mistake needs it

    close = difflib.get_close_matches(str(value), list(map(str, names)), n=1, cutoff=0.5)
    return f"; did you mean {close[0]}?" if close else ""
