"""Provenance: what the archives of a version were made from, as a statement for the tools that verify it.

The statement is one of in-toto (https://in-toto.io/Statement/v1) about SLSA provenance
(https://slsa.dev/spec/v1.0/provenance). It has no times and no names of machines: the same module gives the same bytes.
Nothing in it is secret or signed; who signs the checksums signs the statement with them.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from generator import __version__
from generator.errors import ReleaseError
from generator.parsing import ParseError, expect, parse_json
from generator.release.builds import Build
from generator.release.writing import checksum
from generator.resources import DISTRIBUTION

_BUILDER: Final = f"pkg:generic/{DISTRIBUTION}"
_DIGEST: Final = {
    "type": "object",
    "properties": {"sha256": {"type": "string", "pattern": "[0-9a-f]{64}"}},
    "required": ["sha256"],
}
_PARAMETERS: Final = {name: {"type": "string"} for name in ("module", "version", "provider")}
_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        "_type": {"const": "https://in-toto.io/Statement/v1"},
        "predicateType": {"const": "https://slsa.dev/provenance/v1"},
        "subject": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "digest": _DIGEST},
                "required": ["name", "digest"],
            },
        },
        "predicate": {
            "type": "object",
            "properties": {
                "buildDefinition": {
                    "type": "object",
                    "properties": {
                        "externalParameters": {
                            "type": "object",
                            "properties": _PARAMETERS,
                            "required": list(_PARAMETERS),
                        }
                    },
                    "required": ["externalParameters"],
                }
            },
            "required": ["buildDefinition"],
        },
    },
    "required": ["_type", "subject", "predicateType", "predicate"],
}
"""What :func:`read` relies on."""


def statement(build: Build, files: Mapping[str, bytes]) -> bytes:
    """Return the provenance of the files of a build, which are given by their names."""
    documents = ("CHANGELOG.md", "LICENSE")
    inputs = {**{name: build.files[name] for name in documents}, **build.profile}
    parameters = {"module": build.name, "version": build.version, "provider": build.variant.provider}
    document = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": _described(files),
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": f"{_BUILDER}#release",
                "externalParameters": parameters | ({"profile": ", ".join(build.profile)} if build.profile else {}),
                "resolvedDependencies": _described(inputs),
            },
            "runDetails": {"builder": {"id": _BUILDER, "version": {DISTRIBUTION: __version__}}},
        },
    }
    return (json.dumps(document, indent=2) + "\n").encode()


def _described(files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    return [{"name": name, "digest": {"sha256": checksum(files[name])}} for name in sorted(files)]


def read(content: bytes, label: object) -> tuple[dict[str, str], dict[str, str]]:
    """Return what a statement is about, as checksums by the names of files, and the parameters of the build.

    Raises:
        ReleaseError: It is not such a statement. Takes what names it in the message.
    """
    try:
        document = expect(parse_json(content), _SCHEMA)
    except ParseError as problem:
        raise ReleaseError(f"{label}: {problem}.") from None
    subjects = {one["name"]: one["digest"]["sha256"] for one in document["subject"]}
    return subjects, document["predicate"]["buildDefinition"]["externalParameters"]
