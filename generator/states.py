"""States of Terraform: what ``terraform.tfstate``, ``terraform show -json``, and ``terraform output -json`` hold."""

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from generator.arguments import STANDARD_STREAM
from generator.errors import UsageError
from generator.parsing import MAX_BYTES, expect, is_encrypted, objects, parse_json, read_bytes, reported, text_or

Found = TypeVar("Found")


class Resource(NamedTuple):
    """A resource in a state: the address of its module, which is empty in the root module, its type, and its values."""

    module: str
    type: str
    values: dict[str, Any]


def read(file: Path) -> dict[str, Any]:
    """Return the state, or the outputs, in a file of the option ``--state``, or in standard input for ``-``.

    Raises:
        UsageError: The file cannot be read, is not JSON, or is encrypted.
    """
    with reported(UsageError, named(file), "Use a state, or the output of terraform output -json."):
        content = sys.stdin.buffer.read(MAX_BYTES) if file == STANDARD_STREAM else read_bytes(file)
        values: dict[str, Any] = expect(parse_json(content), {"type": "object"})
    if is_encrypted(values):
        raise UsageError(
            f"{named(file)} is encrypted by OpenTofu. Use the output of tofu show -json, run in the directory of the "
            "root module."
        )
    return values


def named(file: Path) -> str:
    """Return the file as messages name it."""
    return "Standard input" if file == STANDARD_STREAM else f'--state: "{file}"'


def resources(state: Mapping[str, Any]) -> Iterator[Resource]:
    """Yield the instances of the resources in a state file, or in the output of ``show -json``.

    An instance that an interrupted replacement left ("deposed") is left out.
    """
    for resource in objects(state.get("resources")):
        for instance in objects(resource.get("instances")):
            for values in objects(None if "deposed" in instance else instance.get("attributes")):
                yield Resource(text_or(resource.get("module"), ""), text_or(resource.get("type"), ""), values)
    for values in objects(state.get("values")):
        yield from _in_modules(values.get("root_module"))


def _in_modules(modules: Any) -> Iterator[Resource]:  # noqa: ANN401 - whatever the file holds
    for module in objects(modules):
        address = text_or(module.get("address"), "")
        for resource in objects(module.get("resources")):
            for values in objects(None if "deposed_key" in resource else resource.get("values")):
                yield Resource(address, text_or(resource.get("type"), ""), values)
        yield from _in_modules(module.get("child_modules"))


def outputs(values: Any, find: Callable[[Mapping[str, Any]], Found | None]) -> Iterator[Found]:  # noqa: ANN401
    """Yield what is found in outputs, at any depth: a root module can return whole modules, or a list of them.

    Takes a function that finds something in a set of outputs, by name. The outputs within such a set are not searched.
    """
    if isinstance(values, list):
        for each in values:
            yield from outputs(each, find)
    if not isinstance(values, dict):
        return
    known = {name: each["value"] if _is_output(each) else each for name, each in values.items()}
    found = find(known)
    if found is not None:
        yield found
        return
    for name, each in known.items():
        if name not in {"resources", "values"}:
            yield from outputs(each, find)


def _is_output(value: Any) -> bool:  # noqa: ANN401 - as above
    return isinstance(value, dict) and "value" in value and set(value) <= {"value", "type", "sensitive"}
