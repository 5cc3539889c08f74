"""The validators of JSON Schema, imported when a test needs them.

The library makes a parser of every format when it is imported, which takes more time than the import of all tests of a
folder; and every worker of pytest imports every test module.
"""

import sys
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING
from unittest.mock import patch

if TYPE_CHECKING:
    from jsonschema import Draft4Validator, Draft202012Validator


def draft_4() -> "type[Draft4Validator]":
    """Return the validator of draft 4."""
    validator: type[Draft4Validator] = _library().Draft4Validator
    return validator


def draft_2020_12() -> "type[Draft202012Validator]":
    """Return the validator of draft 2020-12."""
    validator: type[Draft202012Validator] = _library().Draft202012Validator
    return validator


@cache
def _library() -> ModuleType:
    """Return the library without the format of IRIs, which no schema of ours has, and whose parser takes a second.

    Who imports the library elsewhere gets it with all formats.
    """
    import referencing.jsonschema  # noqa: F401 - it cannot be imported twice

    with patch.dict(sys.modules, {"rfc3987_syntax": None}):
        import jsonschema

    return jsonschema
