"""Turns the HCL of a module into a description: its variables, outputs, resources and what they say."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

from generator.compare.expressions import Expander, canonical
from generator.errors import ModuleError

Body = dict[str, str]
"""The arguments of a block by their paths (``ttl.enabled``), as expressions."""

_SUBJECTS: Final = {"resource": "", "data": "data."}


@dataclass(kw_only=True)
class Variable:
    """A variable; every text is an expression in its one form, and ``None`` where there is none."""

    type: str = "any"
    default: str | None = None
    nullable: bool = True
    sensitive: bool = False
    ephemeral: bool = False
    description: str = ""
    validations: list[tuple[str, str]] = field(default_factory=list)


@dataclass(kw_only=True)
class Described:
    """A module: its parts by their names and addresses."""

    variables: dict[str, Variable] = field(default_factory=dict)
    outputs: dict[str, Body] = field(default_factory=dict)
    resources: dict[str, Body] = field(default_factory=dict)
    data: dict[str, Body] = field(default_factory=dict)
    modules: dict[str, Body] = field(default_factory=dict)
    locals: dict[str, str] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    removed: dict[str, bool] = field(default_factory=dict)
    terraform: str | None = None
    providers: dict[str, str] = field(default_factory=dict)

    def renamed(self, addresses: Mapping[str, str]) -> "Described":
        """Return the description with references to some resources under other addresses."""
        if not addresses:
            return self
        pattern = re.compile("|".join(rf"(?<![\w.]){re.escape(address)}(?!\w)" for address in addresses))

        def body(texts: Body) -> Body:
            return {path: pattern.sub(lambda match: addresses[match[0]], text) for path, text in texts.items()}

        return replace(
            self,
            outputs={name: body(texts) for name, texts in self.outputs.items()},
            resources={name: body(texts) for name, texts in self.resources.items()},
            data={name: body(texts) for name, texts in self.data.items()},
            modules={name: body(texts) for name, texts in self.modules.items()},
            locals=body(self.locals),
        )

    @property
    def expander(self) -> Expander:
        """Puts the definitions of the module's locals, and of the values that it stores, in their places."""
        stored = {
            f"{address}.input": body["input"]
            for address, body in self.resources.items()
            if address.startswith("terraform_data.") and "input" in body and not body.keys() & {"count", "for_each"}
        }
        return Expander({f"local.{name}": text for name, text in self.locals.items()} | stored)


def describe(files: Mapping[str, str]) -> Described:
    """Return the description of a module from the texts of its files.

    Raises:
        ModuleError: a file cannot be read; the message names the file and, where it is known, the line.
    """
    described = Described()
    for name, text in files.items():
        for block in _blocks(name, text):
            _add(described, *block)
    return described


@cache
def _blocks(name: str, text: str) -> list[tuple[str, tuple[str, ...], dict[str, Any]]]:
    """Return the blocks of a file; most files of two versions are the same, and reading them is slow."""
    return list(_json(name, text) if name.endswith(".json") else _hcl(name, text))


def _hcl(name: str, text: str) -> Iterator[tuple[str, tuple[str, ...], dict[str, Any]]]:
    import hcl2  # noqa: PLC0415 - slow to import
    from lark.exceptions import LarkError  # noqa: PLC0415

    options = hcl2.SerializationOptions(with_comments=False, wrap_objects=True, wrap_tuples=True)
    try:
        document = hcl2.loads(text, serialization_options=options)
    except LarkError as error:
        line = getattr(error, "line", None)
        raise ModuleError(f"{name}{f', line {line}' if line and line > 0 else ''}: it cannot be read as HCL") from None
    for kind, blocks in document.items():
        for block in blocks if isinstance(blocks, list) else ():
            yield from _unlabelled(kind, (), block)


def _unlabelled(
    kind: str, labels: tuple[str, ...], block: dict[str, Any]
) -> Iterator[tuple[str, tuple[str, ...], dict[str, Any]]]:
    """Yield a block with its labels, however deep they are nested."""
    if "__is_block__" in block:
        yield kind, labels, {key: value for key, value in block.items() if key != "__is_block__"}
        return
    for label, inner in block.items():
        if isinstance(inner, dict):
            yield from _unlabelled(kind, (*labels, label.strip('"')), inner)


_JSON_LABELS: Final = {"resource": 2, "data": 2, "variable": 1, "output": 1, "module": 1, "provider": 1}


def _json(name: str, text: str) -> Iterator[tuple[str, tuple[str, ...], dict[str, Any]]]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise ModuleError(f"{name}: it cannot be read as JSON: {error}") from None
    if not isinstance(document, dict):
        raise ModuleError(f"{name}: it is no JSON object")
    for kind, value in document.items():
        for one in value if isinstance(value, list) else [value]:
            yield from _json_blocks(kind, (), one, _JSON_LABELS.get(kind, 0))


def _json_blocks(
    kind: str,
    labels: tuple[str, ...],
    value: Any,  # noqa: ANN401 - whatever the file holds
    depth: int,
) -> Iterator[tuple[str, tuple[str, ...], dict[str, Any]]]:
    for one in value if isinstance(value, list) else [value]:
        if not isinstance(one, dict):
            continue
        if depth == 0:
            yield kind, labels, {key: _from_json(kind, key, inner) for key, inner in one.items()}
        for label, inner in one.items() if depth else ():
            yield from _json_blocks(kind, (*labels, label), inner, depth - 1)


def _from_json(kind: str, key: str, value: Any) -> Any:  # noqa: ANN401
    """Return a value of the JSON syntax as the HCL reader has it."""
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        return [{name: _from_json(kind, name, inner) for name, inner in one.items()} for one in value]
    if isinstance(value, dict) and key == "required_providers":
        return [{name: f"${{{_literal(inner)}}}" for name, inner in value.items()}]
    if isinstance(value, dict) and key == "lifecycle":
        return [{name: _from_json(kind, name, inner) for name, inner in value.items()}]
    bare = (kind, key) in {("variable", "type"), ("moved", "from"), ("moved", "to"), ("removed", "from")}
    if isinstance(value, str) and (bare or (value.startswith("${") and value.endswith("}") and value.count("${") == 1)):
        return value if value.startswith("${") else f"${{{value}}}"
    return f"${{{_literal(value)}}}"


def _literal(value: Any) -> str:  # noqa: ANN401
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_literal(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _add(described: Described, kind: str, labels: tuple[str, ...], block: dict[str, Any]) -> None:
    body = dict(_flat(block, ""))
    match kind:
        case "variable":
            described.variables[labels[0]] = _variable(block)
        case "output":
            described.outputs[labels[0]] = body
        case "resource":
            described.resources[".".join(labels)] = body
        case "data":
            described.data[f"data.{'.'.join(labels)}"] = body
        case "module":
            described.modules[labels[0]] = body
        case "locals":
            described.locals |= body
        case "moved":
            described.moved[body["from"]] = body["to"]
        case "removed":
            described.removed[body["from"]] = body.get("lifecycle.destroy", "true") != "false"
        case "terraform":
            _terraform(described, block)
        case _:
            pass


def _terraform(described: Described, block: dict[str, Any]) -> None:
    if "required_version" in block:
        described.terraform = _plain(block["required_version"])
    for providers in block.get("required_providers", ()):
        for name, wanted in providers.items():
            if name.startswith("__"):
                continue
            text = _expression(wanted)
            found = dict(_entries(text))
            described.providers[found.get("source", name).strip('"')] = found.get(
                "version", text if text[:1] == '"' else ""
            ).strip('"')


def _entries(text: str) -> Iterator[tuple[str, str]]:
    from generator.compare.expressions import tree  # noqa: PLC0415
    from generator.hcl.expressions import Object  # noqa: PLC0415

    node = tree(text)
    for entry in node.entries if isinstance(node, Object) else ():
        if isinstance(entry.key, str):
            yield entry.key, text[entry.value.start : entry.value.end]


def _variable(block: dict[str, Any]) -> Variable:
    def flag(name: str, default: str) -> bool:
        return _expression(block.get(name, default)) == "true"

    return Variable(
        type=canonical(_expression(block["type"])).strip('"') if "type" in block else "any",
        default=canonical(_expression(block["default"])) if "default" in block else None,
        nullable=flag("nullable", "${true}"),
        sensitive=flag("sensitive", "${false}"),
        ephemeral=flag("ephemeral", "${false}"),
        description=_plain(block.get("description", "")),
        validations=[
            (canonical(_expression(one.get("condition", ""))), canonical(_expression(one.get("error_message", ""))))
            for one in block.get("validation", ())
        ],
    )


def _flat(block: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    """Yield the arguments of a block and of those within it by their paths; several of a kind are numbered."""
    for key, value in block.items():
        if key.startswith("__"):
            continue
        if isinstance(value, list):
            for number, one in enumerate(value):
                yield from _block(key, one, prefix, number if len(value) > 1 else None)
        else:
            yield f"{prefix}{key}", canonical(_expression(value))


def _block(key: str, block: Mapping[str, Any], prefix: str, number: int | None) -> Iterator[tuple[str, str]]:
    if key == "dynamic":
        for label, inner in block.items():
            if isinstance(inner, dict):
                name = label.strip('"')
                content = inner.get("content", [{}])
                yield f"{prefix}{name}.for_each", canonical(_expression(inner.get("for_each", "")))
                yield from _flat(content[0] if content else {}, f"{prefix}{name}.")
        return
    name = key if number is None else f"{key}[{number}]"
    labeled = [label for label, inner in block.items() if isinstance(inner, dict) and label.startswith('"')]
    for label in labeled:
        plain = label.strip('"')
        yield from _flat(block[label], f"{prefix}{name}.{plain}.")
    if not labeled:
        yield f"{prefix}{name}", "block"
        yield from _flat(block, f"{prefix}{name}.")


def _expression(value: Any) -> str:  # noqa: ANN401
    """Return the expression that the HCL reader gives for a value."""
    if isinstance(value, str):
        return value[2:-1] if value.startswith("${") and value.endswith("}") else value
    return json.dumps(value)


def _plain(value: Any) -> str:  # noqa: ANN401
    text = _expression(value)
    return text[1:-1] if text.startswith('"') and text.endswith('"') else text
