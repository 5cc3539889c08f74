"""The sentences that people read: of Markdown, of Terraform, and of the docstrings, comments and messages in Python."""

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TOP = Path(__file__).parents[2]

_MARKDOWN = ("*.md", "docs/**/*.md", "module/*.md", "examples/*/*.md", "lambda_src/*/*.md")
_TERRAFORM = ("module/*.tf", "examples/*/*.tf", "examples/*/*/*.tf", "generator/templates/*.tf")
_PYTHON = ("generator/**/*.py", "lambda_src/*/*.py", "lambda_src/*/[!t]*/*.py")

# Names of commands, options, settings and keys are interface: they are written as code, or in braces of an f-string.
_CODE = re.compile(
    r"```.*?```|``[^`]+``|`[^`]*`|\]\([^)]*\)|https?://\S+|--[\w-]+|\b\w+(?:[._/]\w+)+|\$\{[^}]*\}", re.DOTALL
)


class Prose(NamedTuple):
    """A piece of text with its file and first line; what is code in it is blank."""

    path: str
    line: int
    text: str


@functools.cache
def all_prose() -> tuple[Prose, ...]:
    """Return what users, operators and contributors read."""
    return tuple(_all_prose())


def _all_prose() -> Iterator[Prose]:
    for patterns, read in ((_MARKDOWN, _markdown), (_TERRAFORM, _terraform), (_PYTHON, _python)):
        for pattern in patterns:
            for path in sorted(TOP.glob(pattern)):
                name = path.relative_to(TOP).as_posix()
                if "/tests/" in name:
                    continue
                for line, text in read(path):
                    yield Prose(name, line, _CODE.sub(_blank, text))


def _blank(code: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", code[0])


def _markdown(path: Path) -> Iterator[tuple[int, str]]:
    text = path.read_text()
    if path.name == "CHANGELOG.md":
        # What a released version says is history.
        text = re.split(r"^## \[\d", text, maxsplit=1, flags=re.MULTILINE)[0]
    yield 1, text


def _terraform(path: Path) -> Iterator[tuple[int, str]]:
    """Yield comments, descriptions and messages."""
    said = re.compile(r"^\s*#(?!%)\s?(.*)|^\s*(?:description|error_message)\s*=\s*(.*)")
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if match := said.match(line):
            yield number, match[1] or match[2] or ""


_STRING_OR_COMMENT = re.compile(
    r'"""(?:\\.|[^\\])*?"""|\'\'\'(?:\\.|[^\\])*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|(?P<comment>#[^\n]*)',
    re.DOTALL,
)
"""The module ``tokenize`` takes ten times as long."""


def _python(path: Path) -> Iterator[tuple[int, str]]:
    """Yield comments, docstrings, and other strings of several words."""
    source = path.read_text()
    for match in _STRING_OR_COMMENT.finditer(source):
        if match["comment"] and not re.match(r"#\s*(noqa|type:|fmt:)", match["comment"]):
            yield source.count("\n", 0, match.start()) + 1, re.sub(r"^#\s*", "", match["comment"])
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search(r"\w \w", node.value):
            yield node.lineno, node.value
