"""The JSON Schema of the module's arguments, for editors and for anyone who writes ``*.tf.json`` or variable files."""

import json
from typing import Any

from generator.spec.model import Module, Variable
from generator.spec.types import nullable


def inputs_schema(module: Module, provider: str) -> dict[str, Any]:
    """Return the schema of the arguments that the module takes if it is built for one target.

    It says what a schema can: types, ranges, choices and patterns. What concerns two arguments is left to the plan.
    """
    variables = module.variables(provider)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Arguments of {module.name} {module.version}",
        "type": "object",
        "properties": {variable.name: _property(variable) for variable in variables},
        "required": [variable.name for variable in variables if variable.required],
        "additionalProperties": False,
    }


def _property(variable: Variable) -> dict[str, Any]:
    schema = variable.type.json_schema()
    # null means the default wherever there is one
    if not variable.required:
        schema = nullable(schema)
    rules = [dict(validation.schema) for validation in variable.validations if validation.schema]
    merged: dict[str, Any] = {"description": variable.documented, **schema}
    if variable.deprecated:
        merged["deprecated"] = True
    for rule in rules:
        if "enum" in rule and not variable.required and None not in rule["enum"]:
            rule["enum"] = [*rule["enum"], None]
        if "anyOf" in rule and not variable.required:
            rule["anyOf"] = [*rule["anyOf"], {"type": "null"}]
        merged |= rule
    if not variable.required and variable.default is not None:
        merged["default"] = variable.default
    return merged


def indented(schema: dict[str, Any]) -> bytes:
    """Return a schema as a file of JSON.

    ``json.dumps`` returns the same with ``indent=2``, which is written in Python alone and takes a tenth of a build.
    """
    return f"{_indented(schema, chr(10))}\n".encode()


def _indented(value: Any, end: str) -> str:  # noqa: ANN401 - any value of JSON
    if isinstance(value, str):
        return _encode_text(value)
    inner = f"{end}  "
    if isinstance(value, dict) and value:
        items = [f"{_encode_text(key)}: {_indented(item, inner)}" for key, item in value.items()]
        return f"{{{inner}{f',{inner}'.join(items)}{end}}}"
    if isinstance(value, list) and value:
        return f"[{inner}{f',{inner}'.join([_indented(item, inner) for item in value])}{end}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value)


_encode_text = json.encoder.encode_basestring
"""Returns a string as JSON, as ``json.dumps`` does without ``ensure_ascii``."""
