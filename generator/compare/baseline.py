"""Findings that the maintainers of a module have accepted, in a JSON file."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from generator.compare.comparing import Comparison
from generator.compare.findings import Finding
from generator.console import count
from generator.errors import UsageError
from generator.files import replace_file
from generator.parsing import expect, parse_json, read_bytes, reported

Key = tuple[str, str, str, str]
"""The module, rule, subject, and message of a finding. Lines are not in it, so that other changes may move them."""

_FIELDS: Final = ("module", "rule", "subject", "message")

_STRING: Final = {"type": "string"}
_ACCEPTED: Final = {
    "type": "object",
    "properties": {**dict.fromkeys(_FIELDS, _STRING), "reason": _STRING},
    "required": _FIELDS[1:],
}
_SCHEMA: Final = {
    "type": "object",
    "properties": {"accepted": {"type": "array", "items": _ACCEPTED}},
    "required": ["accepted"],
}


def key_of(finding: Finding) -> Key:
    """Return what an entry of a baseline has to name to accept a finding."""
    return finding.module, finding.rule, finding.subject, finding.message


def read(path: Path) -> dict[Key, str]:
    """Return the accepted findings of a file, with the reason of each, which may be empty.

    Raises:
        UsageError: the file cannot be read, or is not a baseline.
    """
    with reported(UsageError, f'--baseline: "{path}"'):
        content = expect(parse_json(read_bytes(path)), _SCHEMA)
    return {
        (one.get("module", ""), one["rule"], one["subject"], one["message"]): one.get("reason", "")
        for one in content["accepted"]
    }


def without(comparison: Comparison, accepted: Mapping[Key, str]) -> Comparison:
    """Return a comparison without the accepted findings, with a note of how many these are."""
    left = [finding for finding in comparison.findings if key_of(finding) not in accepted]
    number = len(comparison.findings) - len(left)
    note = [f"The baseline accepts {count(number, 'finding')}."] if number else []
    return replace(comparison, findings=left, notes=comparison.notes + note)


def stale(comparison: Comparison, accepted: Mapping[Key, str]) -> list[str]:
    """Return the accepted findings that a comparison does not have, each as its rule and subject."""
    found = set(map(key_of, comparison.findings))
    return [_shown(key) for key in accepted if key not in found]


def _shown(key: Key) -> str:
    module, rule, subject, _ = key
    return f"{rule} of {f'{module}: ' if module else ''}{subject}"


def write(path: Path, findings: Iterable[Finding], accepted: Mapping[Key, str]) -> int:
    """Write a baseline that accepts some findings, with the reasons of those that were accepted; return their number.

    Raises:
        UsageError: the file cannot be written.
    """
    entries = []
    for key in sorted(set(map(key_of, findings))):
        entry = {name: value for name, value in zip(_FIELDS, key, strict=True) if value}
        entries.append(entry | {"reason": accepted.get(key, "")})
    try:
        replace_file(path, json.dumps({"accepted": entries}, indent=2, ensure_ascii=False) + "\n")
    except OSError as error:
        raise UsageError(f'--baseline: cannot write "{path}": {error.strerror}') from None
    return len(entries)
