"""What is known of an expression: its value, or something of it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from generator.hcl.expressions import ATOM
from generator.hcl.functions import Set
from generator.spec.types import literal


@dataclass(frozen=True, slots=True)
class Known:
    """A value that is worked out; ``written`` is how, on several lines, and ``indent`` where that stood."""

    value: Any
    written: str = field(default="", compare=False)
    indent: int = field(default=0, compare=False)

    @property
    def text(self) -> str:
        """The value as HCL."""
        if self.written:
            return self.written
        return f"toset({literal(list(self.value))})" if isinstance(self.value, Set) else literal(self.value)

    @property
    def level(self) -> int:
        """How closely its text binds."""
        return ATOM


@dataclass(frozen=True, slots=True)
class Unknown:
    """An expression that stays.

    Beside its text and how closely that binds, what is known of its value: that it is there (``safe``: evaluating it
    does not fail; ``given``: it is not ``null``), the only values that it can have (``among``), the elements of a tuple
    (``items``) or the attributes of an object, and that it is a resource which exists exactly once (``single``).
    ``indent`` is that of the line on which a text of several lines began.
    """

    text: str
    level: int = ATOM
    safe: bool = False
    given: bool = False
    among: frozenset[Any] | None = None
    items: "tuple[Result, ...] | None" = None
    attributes: "Mapping[str, Result] | None" = None
    single: bool = False
    indent: int = field(default=0, compare=False)


Result = Known | Unknown
Environment = Mapping[str, Result]
"""What is known of references: by ``var.x``, ``local.x``, ``var.x.attribute``, ``type.name`` and names of loops."""


def pattern(names: Iterable[str]) -> re.Pattern[str]:
    """Return a regular expression that finds references to these."""
    joined = "|".join(sorted(names)).replace(".", r"\.")
    return re.compile(rf"(?<![\w.-])(?:{joined})(?![\w-])" if joined else r"(?!)")
