"""The root module as text: the call of the module, and the blocks that take its resources over."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from generator.adopt.choices import Choices
from generator.adopt.resources import FUNCTION, MAPPING, QUEUE, ROLE, TABLE, Deployed, Resource
from generator.errors import UsageError
from generator.hcl.printer import layout
from generator.literals import quoted
from generator.spec import MODULE
from generator.spec.types import literal
from generator.variant import Variant

KEY: Final = r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]'
"""The key of an instance in an address, as a regular expression."""

_WIDTH: Final = 100
_PACKAGE: Final = "function_filename"
_ORDER: Final = [variable.name for variable in MODULE.variables()]


def label(name: str) -> str:
    """Return the label of the module block of a pipeline, which is also the name of its files."""
    text = re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_")
    return text if re.match("[a-z]", text) else f"pipeline_{text}"


def versions(variant: Variant, region: str) -> str:
    """Return the required versions and the provider of a new root module."""
    return f"""\
terraform {{
  required_version = "{variant.module.terraform}"

  required_providers {{
    aws = {{
      source  = "hashicorp/aws"
      version = "{variant.provider_constraint}"
    }}
  }}
}}

provider "aws" {{
  region = {quoted(region)}
}}
"""


def call(choices: Choices, source: str) -> str:
    """Return the call of the module."""
    given = {"name": literal(choices.name)}
    for name, value in sorted(choices.arguments.items(), key=lambda pair: _ORDER.index(pair[0])):
        given[name] = _path(value) if name == _PACKAGE else _expression(value)
    lines = [f"{name} = {expression}" for name, expression in given.items()]
    providers = ["", f"providers = {{ aws = {choices.configuration} }}"] if choices.configuration else []
    body = "\n".join([f"source = {literal(source)}", *providers, "", *lines])
    return layout(f'module "{label(choices.name)}" {{\n{body}\n}}') + "\n"


def _path(path: str) -> str:
    """Return a path as HCL. One that begins with ``./`` is in the directory of the root module."""
    return f'"${{path.module}}/{quoted(path[2:])[1:]}' if path.startswith("./") else quoted(path)


def _expression(value: Any) -> str:  # noqa: ANN401 - a value of a variable
    """Return a value as HCL, on several lines if it is long."""
    line = literal(value)
    if len(line) <= _WIDTH or not isinstance(value, (Mapping, list)) or not value:
        return line
    if isinstance(value, list):
        return "[\n" + "".join(f"{_expression(each)},\n" for each in value) + "]"
    keys = [literal({key: 0})[2:].rpartition(" = ")[0] for key in value]
    pairs = zip(keys, value.values(), strict=True)
    return "{\n" + "".join(f"{key} = {_expression(each)}\n" for key, each in pairs) + "}"


def _sources(choices: Choices, mapping: Resource) -> list[tuple[str, Resource]]:
    return sorted({MAPPING: mapping, **choices.resources}.items())


def imports(choices: Choices, mapping: Resource) -> str:
    """Return the ``import`` blocks of what exists."""
    module = label(choices.name)
    return "\n".join(
        layout(f"import {{\nto = module.{module}.{address}\nid = {quoted(resource.origin)}\n}}") + "\n"
        for address, resource in _sources(choices, mapping)
    )


def moves(choices: Choices, mapping: Resource) -> str:
    """Return the ``moved`` blocks of what is in the state."""
    module = label(choices.name)
    return "\n".join(
        layout(f"moved {{\nfrom = {resource.origin}\nto = module.{module}.{address}\n}}") + "\n"
        for address, resource in _sources(choices, mapping)
    )


def taken(folder: Path, deployed: Deployed) -> dict[str, str]:
    """Return which parts of a pipeline another one in a directory takes over already, with the reason.

    Raises:
        UsageError: The mapping is one of them.
    """
    resources = {MAPPING: deployed.mapping, **deployed.resources}
    files = [file for kind in ("imports", "moved") for file in sorted(folder.glob(f"*_{kind}.tf")) if file.is_file()]
    text = "\n".join(file.read_text(encoding="utf-8", errors="replace") for file in files)
    found: dict[str, str] = {}
    for block in re.findall(r"^(?:import|moved) \{.*?^\}", text, re.MULTILINE | re.DOTALL):
        values = dict(re.findall(r"^ *(to|from|id) *= *(.+)$", block, re.MULTILINE))
        module, _, address = values.get("to", "").removeprefix("module.").partition(".")
        origin = resources[address].origin if address in resources else ""
        if origin and (origin == values.get("from") or quoted(origin) == values.get("id")):
            found[address] = f"module.{module} takes it over"
    if MAPPING in found:
        raise UsageError(f"--mapping: {found[MAPPING].removesuffix(' it over')} the mapping over already, in {folder}.")
    return {address: reason for address, reason in found.items() if address in (TABLE, FUNCTION, ROLE, QUEUE)}


def removals(addresses: Iterable[str]) -> str:
    """Return the ``removed`` blocks of resources that stay in AWS, and leave the state.

    Such a block is about all instances of a resource, and does not accept the key of one.
    """
    resources = dict.fromkeys(re.sub(KEY, "", address) for address in addresses)
    return "\n".join(
        f"removed {{\n  from = {resource}\n\n  lifecycle {{\n    destroy = false\n  }}\n}}\n" for resource in resources
    )
