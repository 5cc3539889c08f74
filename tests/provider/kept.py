"""The argument lists that are kept here: ``aws-VERSION.json``, one for each version that changed something of ours.

``examples.json`` has, as the newest of these versions has them, the resources that only examples use.
``make provider-schema`` writes all of them. Each names the package that it was read from and has a checksum of its
content, so that a change by hand is noticed.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.provider.schema import Schema, schema_from_json, schema_to_json

FOLDER = Path(__file__).parent
EXAMPLES = FOLDER / "examples.json"


def versions() -> list[str]:
    """Return the versions of the provider whose lists are kept, oldest first."""
    return sorted((path.stem.removeprefix("aws-") for path in FOLDER.glob("aws-*.json")), key=numbers)


def numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a version, by which versions are compared."""
    return tuple(map(int, version.split(".")))


def schemas(version: str) -> dict[str, Schema]:
    """Return the kept schemas of the provider's resources and data sources, by type; those of data sources by
    ``data.TYPE``.
    """
    return _read(FOLDER / f"aws-{version}.json")


def examples() -> dict[str, Schema]:
    """Return the schemas of the resources that only examples use, by type."""
    return _read(EXAMPLES)


def _read(path: Path) -> dict[str, Schema]:
    document = json.loads(path.read_text(encoding="utf-8"))
    return {kind: schema_from_json(schema) for kind, schema in document["schemas"].items()}


def write(version: str, package: str, found: Mapping[str, Schema], path: Path | None = None) -> Path:
    """Write the list of a version, by default into the file that is named after it, and return its file."""
    content = {kind: schema_to_json(found[kind]) for kind in sorted(found)}
    path = path or FOLDER / f"aws-{version}.json"
    document = {"provider": version, "package": package, "sha256": checksum(content), "schemas": content}
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return path


def checksum(content: Mapping[str, Any]) -> str:
    """Return the checksum of the schemas of a list."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
