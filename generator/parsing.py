"""Reads what this program did not write: files, arguments, messages, and the output of other programs.

Text is UTF-8, with or without a byte-order mark. Its size, the depth of its values, and the length of its numbers are
limited. Whatever is not as expected is a :class:`ParseError`, which :func:`reported` turns into the error of a command.
"""

import io
import json
import math
import os
import re
import select
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from generator.errors import GeneratorError

MAX_BYTES: Final = 256 * 1024 * 1024
"""Maximum size of a file. The largest are plans and states of Terraform, and files of stream records."""

MAX_CONFIGURATION_BYTES: Final = 16 * 1024 * 1024
"""Maximum size of a file that people write, such as a profile or a file of a module."""

MAX_DEPTH: Final = 100
"""Maximum levels of a value. DynamoDB nests values 32 levels deep (AWS, "Naming rules and data types"), which are 64
levels of DynamoDB JSON."""

MAX_DIGITS: Final = 400
"""Maximum digits of a whole number. A number in Terraform has 155 at most, one in DynamoDB 38."""

_PIPE_SECONDS: Final = 1.0
"""How long a pipe may be without a writer."""

_MAX_NUMBER: Final = 10**MAX_DIGITS
_MAX_SHOWN: Final = 60
_MAX_NAMES: Final = 10
"""How many characters of a value, and how many accepted values, a message shows."""

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
_TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "string": str, "boolean": bool, "array": list, "object": dict, "integer": int, "number": (int, float),
    "null": type(None),
}  # fmt: skip
_NOUNS: Final = {"object": "an object", "array": "an array", "integer": "an integer", "null": "null"}


class ParseError(ValueError):
    """Something is not as expected. The text is a clause: the place, what was expected, and what is there."""


@contextmanager
def reported(error: type[GeneratorError], label: object, advice: str = "") -> Iterator[None]:
    """Turn a :class:`ParseError` within the block into an error of a command.

    Takes what names the file or the option, and a sentence about what to do.
    """
    try:
        yield
    except ParseError as problem:
        raise error(f"{label}: {problem}. {advice}".rstrip()) from None


def exists(name: str) -> bool:
    """Return whether a name is that of a file or a directory; one that no file can have is not."""
    try:
        return Path(name).exists()
    except (OSError, ValueError):
        return False


def read_bytes(path: Path, limit: int = MAX_BYTES) -> bytes:
    """Return the content of a file or a pipe, such as ``/dev/stdin`` and what ``<(...)`` of a shell stands for.

    Raises:
        ParseError: it cannot be read, nothing writes to the pipe, it is something else, or it has more bytes than the
            limit.
    """
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            content = _beginning(file) + file.read(limit + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, ParseError):
            raise
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ParseError(reason or str(error)) from None
    if len(content) > limit:
        raise ParseError(f"expected a file of at most {limit // 1024**2} MiB")
    return content


def _open_at_once(path: str, flags: int) -> int:
    # To open a pipe would otherwise wait for its writer
    return os.open(path, flags | os.O_NONBLOCK)


def _beginning(file: io.BufferedReader) -> bytes:
    """Return what had to be read to know that something writes to a pipe, or nothing for a file."""
    mode = os.fstat(file.fileno()).st_mode
    if stat.S_ISREG(mode):
        return b""
    if not stat.S_ISFIFO(mode):
        raise ParseError("expected a file or a pipe, got a device")
    beginning: bytes | None = b""
    if not select.select([file], [], [], _PIPE_SECONDS)[0]:
        # None if the pipe has a writer that has written nothing yet
        beginning = file.read(1)
        if beginning == b"":
            raise ParseError("expected content, got a pipe to which nothing writes")
    os.set_blocking(file.fileno(), True)
    return beginning or b""


def read_text(path: Path, limit: int = MAX_BYTES) -> str:
    """Return the text of a file or a pipe. See :func:`read_bytes` and :func:`decode`."""
    return decode(read_bytes(path, limit))


def is_utf_16(content: bytes) -> bool:
    """Return whether text begins as in UTF-16, with or without a byte-order mark."""
    return content.startswith(_UTF_16) or (content[:2].count(0) == 1 and bool(content[1:]))


def decode(content: bytes) -> str:
    """Return text in UTF-8, without its byte-order mark.

    Raises:
        ParseError: it is in another encoding.
    """
    if is_utf_16(content):
        raise ParseError("expected UTF-8, got UTF-16")
    # Not "utf-8-sig": Python loads that codec first
    content = content.removeprefix(_BYTE_ORDER_MARK)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ParseError(f"line {line}: expected UTF-8, got the byte 0x{content[error.start]:02x}") from None


def parse_json(text: str | bytes, line: int = 1, number: Callable[[str], Any] | None = None) -> Any:  # noqa: ANN401
    """Return parsed JSON that can be written as JSON in UTF-8 again.

    Takes the number of the line at which the text begins, and the type of its numbers if these are not int and float.

    Raises:
        ParseError: it is not JSON in UTF-8, is nested too deeply, or has a number that is too long or not finite.
    """
    text = decode(text) if isinstance(text, bytes) else text
    try:
        if not text.isascii():
            # What is not UTF-8 in an argument is half of a surrogate pair in Python
            text.encode()
        value = json.loads(text, parse_int=number, parse_float=number)
        if "\\u" in text:
            # A half of a surrogate pair is a character for JSON, and none for UTF-8
            json.dumps(value, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError:
        raise ParseError("expected text, got half of a surrogate pair") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno + line - 1}, column {error.colno}"
        rest = text[error.pos : error.pos + 20]
        raise ParseError(f"{place}: expected JSON, got {shown(rest) if rest else 'the end'}") from None
    except RecursionError:
        raise ParseError(_TOO_DEEP) from None
    except ValueError:
        # Python reads no longer ones
        raise ParseError(_TOO_LONG) from None
    _check(value)
    return value


def parse_json_lines(text: str) -> Iterator[Any]:
    """Yield the values of JSON Lines. Only a newline ends a line; empty lines are left out. See :func:`parse_json`."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield parse_json(line, number)


def parse_toml(text: str) -> dict[str, Any]:
    """Return parsed TOML.

    Raises:
        ParseError: it is not TOML, is nested too deeply, or has a number that is too long or not finite.
    """
    import tomllib  # noqa: PLC0415 - most commands read none

    if text.count(".") >= _MANY_DOTS and re.search(_DEEP_KEY, text):
        raise ParseError(_TOO_DEEP)
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ParseError(f"expected TOML: {error}") from None
    except RecursionError:
        raise ParseError(_TOO_DEEP) from None
    except ValueError:
        raise ParseError(_TOO_LONG) from None
    _check(value)
    return value


_MANY_DOTS: Final = 100
_DEEP_KEY: Final = r"""(?<![\w.'"\\-])(?:PART)(?:[ \t]*+\.[ \t]*+(?:PART)){100}""".replace(
    "PART", r"""[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+'"""
)
"""A dotted key of more than 100 parts, for which tomllib takes the square of the time."""

_TOO_DEEP: Final = f"expected at most {MAX_DEPTH} levels of nesting"
_TOO_LONG: Final = f"expected numbers of at most {MAX_DIGITS} digits"


def _check(value: Any) -> None:  # noqa: ANN401 - any value
    """Check the depth and the numbers of a value, without recursion."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        for one in level:
            if isinstance(one, int) and not -_MAX_NUMBER < one < _MAX_NUMBER:
                raise ParseError(f"{_place(value, one)}{_TOO_LONG}")
            if isinstance(one, float) and not math.isfinite(one):
                raise ParseError(f"{_place(value, one)}expected a finite number, got {one}")
        level = [inner for one in level for _, inner in _children(one)]
        if not level:
            return
    raise ParseError(_TOO_DEEP)


def _children(value: Any) -> Iterable[tuple[str | int, Any]]:  # noqa: ANN401 - any value
    return value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()


def _place(value: Any, found: Any) -> str:  # noqa: ANN401 - any value
    """Return the path of an object within a value, as the beginning of a message."""
    level = [("", value)]
    while not any(one is found for _, one in level):
        level = [
            (f"{path}[{name}]" if isinstance(name, int) else f"{path}.{name}" if path else name, inner)
            for path, one in level
            for name, inner in _children(one)
        ]
    path = next(path for path, one in level if one is found)
    return f"{path}: " if path else ""


def expect(value: Any, schema: Mapping[str, Any], place: str = "") -> Any:  # noqa: ANN401 - any value
    """Return a value if it follows a schema.

    Raises:
        ParseError: it does not; the text is the first of :func:`problems`.
    """
    for problem in problems(value, schema, place):
        raise ParseError(problem.removesuffix("."))
    return value


def problems(value: Any, schema: Mapping[str, Any], path: str) -> Iterator[str]:  # noqa: ANN401 - any value
    """Yield what is wrong with the value at a path, as sentences.

    Knows the keywords of JSON Schema that this project uses. Importing a library for JSON Schema takes longer than
    building the module.
    """
    kinds = schema.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    where = path or "the document"
    if kinds and not any(isinstance(value, _TYPES[kind]) and _is_boolean(value, kind) for kind in kinds):
        accepted = " or ".join(_NOUNS.get(kind, f"a {kind}") for kind in kinds)
        yield f"{where} must be {accepted}, not {shown(value)}."
    elif "const" in schema and value != schema["const"]:
        yield f"{where} must be {shown(schema['const'])}, not {shown(value)}."
    elif "enum" in schema and value not in schema["enum"]:
        if "title" in schema:
            unknown = f"unknown {schema['title']} {shown(value)}."
            yield f"{path.partition('[')[0]}: {unknown}{suggestion(value, schema['enum'])}"
        else:
            yield f"{where} must be {' or '.join(map(str, schema['enum']))}, not {shown(value)}."
    elif isinstance(value, str) and "pattern" in schema and not re.fullmatch(schema["pattern"], value):
        yield f"{where} must match {schema['pattern']}, not {shown(value)}."
    elif isinstance(value, (str, list)) and (problem := _length_problem(value, schema)):
        yield f"{where} {problem}"
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from problems(item, schema.get("items", {}), f"{path}[{number}]")
    elif isinstance(value, dict):
        yield from _problems_of_keys(value, schema, path)


def _length_problem(value: str | list[Any], schema: Mapping[str, Any]) -> str | None:
    if len(value) < (least := schema.get("minLength", schema.get("minItems", 0))):
        return "must not be empty." if least == 1 else f"must have at least {least} values, not {len(value)}."
    if len(value) > schema.get("maxItems", len(value)):
        return f"must have at most {schema['maxItems']:,} values, not {len(value):,}."
    return None


def _problems_of_keys(value: Mapping[str, Any], schema: Mapping[str, Any], path: str) -> Iterator[str]:
    properties, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    for key, item in value.items():
        if key in properties or isinstance(others, dict):
            yield from problems(item, properties.get(key, others), f"{path}.{key}" if path else key)
        elif others is False:
            yield f"{f'{path}: ' if path else ''}unknown key {shown(key)}.{suggestion(key, properties)}"
    dependent = schema.get("dependentRequired", {})
    for key in (*schema.get("required", ()), *(one for name in dependent if name in value for one in dependent[name])):
        if key not in value:
            yield f"{f'{path}: ' if path else ''}{shown(key)} is required."


def _is_boolean(value: object, kind: str) -> bool:
    """Return whether a value and a type are both boolean or both not: Python takes booleans for integers."""
    return isinstance(value, bool) == (kind == "boolean")


def is_encrypted(value: object) -> bool:
    """Return whether a document is a state or a plan that OpenTofu has encrypted (its "State encryption")."""
    return isinstance(value, dict) and "encrypted_data" in value


def objects(value: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any value
    """Return an object alone, or the objects in an array. Anything else is left out."""
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]


def text_or(value: Any, default: str) -> str:  # noqa: ANN401 - any value
    """Return a value that is text and not empty, or else the default."""
    return value if isinstance(value, str) and value else default


def shown(value: object) -> str:
    """Return a value as JSON, shortened for a message."""
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 3]}..."


def suggestion(value: object, names: Any) -> str:  # noqa: ANN401 - anything that holds names
    """Return a sentence with the name that was probably meant, or with the accepted names if they are few."""
    import difflib  # noqa: PLC0415 - only a mistake needs it

    close = difflib.get_close_matches(str(value)[:_MAX_SHOWN], list(map(str, names)), n=1, cutoff=0.5)
    if close:
        return f' Did you mean "{close[0]}"?'
    return f" Accepted: {', '.join(map(str, names))}." if len(names) <= _MAX_NAMES else ""
