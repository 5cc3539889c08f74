"""The validators of JSON Schema, imported when a test needs them.

The library makes a parser of every format when it is imported, which takes more time than the import of all tests of a
folder; and every worker of pytest imports every test module.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jsonschema import Draft4Validator, Draft202012Validator


def draft_4() -> "type[Draft4Validator]":
    """Return the validator of draft 4."""
    from jsonschema import Draft4Validator

    return Draft4Validator


def draft_2020_12() -> "type[Draft202012Validator]":
    """Return the validator of draft 2020-12."""
    from jsonschema import Draft202012Validator

    return Draft202012Validator
