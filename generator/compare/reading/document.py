"""Reads the native syntax of HCL into blocks and arguments, each with the line on which it stands.

An expression is left as its text: :mod:`generator.hcl` reads it when a rule asks for it.
"""

import re
from dataclasses import dataclass, field, replace
from typing import Final

from generator.errors import ModuleError

_SPACE: Final = re.compile(r"(?:[ \t]+|\r?\n|\r|#[^\n]*|//[^\n]*|/\*.*?\*/|;)*", re.DOTALL)
_BLANK: Final = re.compile(r"(?:[ \t]+|/\*.*?\*/)*", re.DOTALL)
_NAME: Final = re.compile(r"[^\W\d][\w-]*")
_PLAIN: Final = re.compile(r'[^"\n#/<\[\](){}]+')
_TEXT: Final = re.compile(r'(?:[^"\\$%]|\\.|\$\$\{|%%\{|\$(?!\{)|%(?!\{))*', re.DOTALL)
_HEREDOC: Final = re.compile(r"<<-?([^\W\d][\w-]*)[ \t]*\r?\n")
_COMMENT: Final = re.compile(r"#[^\n]*|//[^\n]*|/\*.*?\*/", re.DOTALL)
_CLOSING: Final = {"(": ")", "[": "]", "{": "}"}
_DEEPEST: Final = 100
"""Levels of nested blocks, brackets and interpolations that are read; people write fewer than ten."""


@dataclass(frozen=True)
class Place:
    """A line of a file of the module."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Argument:
    """``name = text``."""

    text: str
    place: Place


@dataclass(frozen=True)
class Block:
    """A block with its type, its labels, its arguments by their names, and the blocks within it."""

    type: str
    labels: tuple[str, ...]
    place: Place
    arguments: dict[str, Argument] = field(default_factory=dict)
    blocks: list["Block"] = field(default_factory=list)

    def __str__(self) -> str:
        """Return the block in one form, whatever its layout."""
        arguments = (f"{name} = {' '.join(one.text.split())}" for name, one in sorted(self.arguments.items()))
        labels = "".join(f' "{label}"' for label in self.labels)
        return f"{self.type}{labels} {{ {'; '.join([*arguments, *map(str, self.blocks)])} }}"

    def of_type(self, name: str) -> list["Block"]:
        """Return the blocks of one type directly within this one."""
        return [block for block in self.blocks if block.type == name]

    def text(self, name: str, default: str = "") -> str:
        """Return the text of an argument, or the default if it is not set."""
        argument = self.arguments.get(name)
        return default if argument is None else argument.text

    def merged(self, override: "Block") -> "Block":
        """Return this block with what an override file says instead, as Terraform merges the two.

        Arguments replace arguments. Nested blocks replace all nested blocks of their type, those that a ``dynamic``
        block writes too, except ``lifecycle``, ``locals`` and ``required_providers``, which are merged.
        """
        blocks = list(self.blocks)
        for block in override.blocks:
            if block.type in _MERGED:
                before = next((one for one in blocks if one.type == block.type), None)
                blocks = [one for one in blocks if one is not before]
                blocks.append(before.merged(block) if before else block)
        replaced = {_written(block) for block in override.blocks if block.type not in _MERGED}
        blocks = [block for block in blocks if _written(block) not in replaced]
        blocks += [block for block in override.blocks if block.type not in _MERGED]
        return replace(self, arguments={**self.arguments, **override.arguments}, blocks=blocks)


_MERGED: Final = ("lifecycle", "locals", "required_providers")


def _written(block: Block) -> str:
    """Return the type of the blocks that a block writes."""
    return block.labels[0] if block.type == "dynamic" and block.labels else block.type


def read(file: str, text: str) -> list[Block]:
    """Return the blocks of a file.

    Raises:
        ModuleError: the text is not HCL; the message names the file and the line.
    """
    return _Reader(file, text).blocks()


@dataclass
class _Reader:
    file: str
    source: str
    position: int = 0
    newlines: int = 0
    counted: int = 0

    def blocks(self) -> list[Block]:
        top = Block("", (), Place(self.file, 1))
        self._body(top, 0)
        if self.position < len(self.source):
            raise self._error("expected a block")
        if top.arguments:
            name, argument = next(iter(top.arguments.items()))
            raise ModuleError(f'{argument.place.file}, line {argument.place.line}: expected a block, got "{name} ="')
        return top.blocks

    def _error(self, expected: str) -> ModuleError:
        line = self.source.count("\n", 0, self.position) + 1
        rest = self.source[self.position : self.position + 40].split("\n")[0].strip()
        got = f'"{rest}"' if rest else "the end of the line" if self.position < len(self.source) else "the end"
        return ModuleError(f"{self.file}, line {line}: cannot be read as HCL: {expected}, got {got}")

    def _place(self) -> Place:
        """Return where the reader is; it only goes forward, so that each newline is counted once."""
        self.newlines += self.source.count("\n", self.counted, self.position)
        self.counted = self.position
        return Place(self.file, self.newlines + 1)

    def _body(self, block: Block, depth: int) -> None:
        if depth > _DEEPEST:
            raise self._error(f"at most {_DEEPEST} levels of blocks")
        while True:
            self._skip(_SPACE)
            if self.position >= len(self.source) or self.source[self.position] == "}":
                return
            self._item(block, depth)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.source, self.position)
        self.position = match.end() if match else self.position

    def _item(self, parent: Block, depth: int) -> None:
        place = self._place()
        name = self._word()
        if name is None:
            raise self._error("expected an argument or a block")
        self._skip(_BLANK)
        if self.source.startswith("=", self.position):
            self.position += 1
            start = self.position
            self._expression(depth)
            text = self.source[start : self.position].strip()
            if not text:
                raise self._error(f"expected a value of {name}")
            parent.arguments[name] = Argument(text, place)
            return
        labels = []
        while (label := self._label()) is not None:
            labels.append(label)
            self._skip(_BLANK)
        if not self.source.startswith("{", self.position):
            raise self._error(f'expected "=" or "{{" after {name}')
        self.position += 1
        block = Block(name, tuple(labels), place)
        self._body(block, depth + 1)
        if self.position >= len(self.source):
            raise ModuleError(f"{self.file}, line {place.line}: cannot be read as HCL: the block {name} has no end")
        self.position += 1
        parent.blocks.append(block)

    def _word(self) -> str | None:
        match = _NAME.match(self.source, self.position)
        if not match:
            return None
        self.position = match.end()
        return match[0]

    def _label(self) -> str | None:
        if not self.source.startswith('"', self.position):
            return self._word()
        start = self.position
        self._string(0)
        return self.source[start + 1 : self.position - 1]

    def _expression(self, depth: int, closing: str = "") -> None:
        """Go to the end of an expression: that of its line, or, within brackets, to the closing one."""
        if depth > _DEEPEST:
            raise self._error(f"at most {_DEEPEST} levels of brackets")
        source = self.source
        while True:
            self._skip(_PLAIN)
            if self.position >= len(source):
                if closing:
                    raise self._error(f'expected "{closing}"')
                return
            character = source[self.position]
            if character == closing or (not closing and character in "\n}"):
                return
            if character in _CLOSING:
                self.position += 1
                self._expression(depth + 1, _CLOSING[character])
                self.position += 1
            elif character in ")]}":
                raise self._error(f'expected "{closing}"' if closing else "expected a value")
            elif character == '"':
                self._string(depth)
            elif match := _COMMENT.match(source, self.position) or self._heredoc():
                self.position = match.end()
            else:
                self.position += 1

    def _heredoc(self) -> re.Match[str] | None:
        """Return the end of a heredoc that begins here, on the line of its mark."""
        match = _HEREDOC.match(self.source, self.position)
        if not match:
            return None
        end = re.compile(rf"^[ \t]*{match[1]}(?![\w-])", re.MULTILINE).search(self.source, match.end())
        if not end:
            raise self._error(f"the heredoc {match[1]} has no end")
        return end

    def _string(self, depth: int) -> None:
        start = self.position
        self.position += 1
        while True:
            self._skip(_TEXT)
            if self.source.startswith('"', self.position):
                self.position += 1
                return
            if self.position >= len(self.source):
                self.position = start
                raise self._error("a string has no end")
            self.position += 2
            self._expression(depth + 1, "}")
            self.position += 1
