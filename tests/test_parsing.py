"""Is foreign text bounded, in UTF-8, and refused in one clause that names the place?"""

import json
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from generator import parsing
from generator.errors import UsageError
from generator.parsing import ParseError, expect, parse_json, parse_json_lines, parse_toml, read_bytes, reported, shown


def refused(text: str) -> str:
    with pytest.raises(ParseError) as caught:
        parse_json(text)
    return str(caught.value)


def test_text_without_and_with_a_byte_order_mark_is_the_same() -> None:
    assert parsing.decode(b"\xef\xbb\xbfa") == parsing.decode(b"a") == "a"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("é".encode("utf-16"), "expected UTF-8, got UTF-16"),
        ("{}".encode("utf-16-le"), "expected UTF-8, got UTF-16"),
        ("{}".encode("utf-16-be"), "expected UTF-8, got UTF-16"),
        ("a\né".encode("latin-1"), "line 2: expected UTF-8, got the byte 0xe9"),
    ],
)
def test_other_encodings_are_refused(content: bytes, message: str) -> None:
    with pytest.raises(ParseError, match=f"^{message}$"):
        parsing.decode(content)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a":\n nul}', 'line 2, column 2: expected JSON, got "nul}"'),
        ('{"a": 1', "line 1, column 8: expected JSON, got the end"),
        ("[" * 101 + "1" + "]" * 101, "expected at most 100 levels of nesting"),
        ("[" * 100_000, "expected at most 100 levels of nesting"),
        (f"[[], {'9' * 401}]", "[1]: expected numbers of at most 400 digits"),
        (f"[-{'9' * 5000}]", "expected numbers of at most 400 digits"),
        ('{"a": {"b": [0, 1e999]}}', "a.b[1]: expected a finite number, got inf"),
        ("NaN", "expected a finite number, got nan"),
        ('["\\ud800"]', "expected text, got half of a surrogate pair"),
        ('["\ud800"]', "expected text, got half of a surrogate pair"),
    ],
)
def test_json_that_is_not_as_expected_names_the_place(text: str, message: str) -> None:
    assert refused(text) == message


def test_json_at_the_limits_is_accepted() -> None:
    assert parse_json(f"{'[' * 100}{'9' * 400}{']' * 100}")
    assert parse_json('["\\ud83d\\ude00"]') == ["😀"]
    assert parse_json("1.10", number=Decimal) == Decimal("1.10")


def test_only_newlines_end_a_line_of_json_lines() -> None:
    assert list(parse_json_lines('"a\u2028\x85b"\r\n\n2\n')) == ["a\u2028\x85b", 2]
    with pytest.raises(ParseError, match=r"^line 3, column 1: expected JSON"):
        list(parse_json_lines("1\n\nx"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = ", "expected TOML: Invalid value"),
        ("a = " + "[" * 5000, "expected at most 100 levels of nesting"),
        ("a" + ' . "b"' * 20_000 + " = 1", "expected at most 100 levels of nesting"),
        ("a" + r'."\""' * 60_000 + " = 1", "expected at most 100 levels of nesting"),
        (r'["b"' + r'."\\\" ."' * 101 + "]", "expected at most 100 levels of nesting"),
        (f"a = {'9' * 5000}", "expected numbers of at most 400 digits"),
        ("a = { b = [1, inf] }", r"a\.b\[1\]: expected a finite number, got inf"),
    ],
)
def test_toml_that_is_not_as_expected_is_refused(text: str, message: str) -> None:
    with pytest.raises(ParseError, match=f"^{message}"):
        parse_toml(text)


@pytest.mark.parametrize(
    "text", [r'a = "' + r"\"" * 200_000 + '"', 'a = "' + ' \\"' * 200_000 + '"', "a = '" + ' "' * 200_000 + "'"]
)
def test_check_of_dotted_keys_takes_the_time_of_the_length(text: str) -> None:
    started = time.process_time()
    assert parse_toml(text)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("value", "schema", "message"),
    [
        (5, {"type": ["string", "null"]}, "the document must be a string or null, not 5"),
        ({"a": [1]}, {"properties": {"a": {"items": {"type": "object"}}}}, "a[0] must be an object, not 1"),
        ({}, {"required": ["a"]}, '"a" is required'),
        ({"a": 1}, {"dependentRequired": {"a": ["b"]}}, '"b" is required'),
        ([1], {"minItems": 2}, "the document must have at least 2 values, not 1"),
        ([1], {"items": {"const": 2}}, "[0] must be 2, not 1"),
    ],
)
def test_value_that_does_not_follow_its_schema_is_refused(value: Any, schema: dict[str, Any], message: str) -> None:  # noqa: ANN401
    with pytest.raises(ParseError) as caught:
        expect(value, schema)
    assert str(caught.value) == message


def test_value_that_follows_its_schema_is_returned() -> None:
    assert expect({"a": 1}, {"type": "object", "dependentRequired": {"b": ["c"]}}) == {"a": 1}


def test_files_are_bounded(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"abc")
    assert read_bytes(file, 3) == b"abc"
    with pytest.raises(ParseError, match=r"^expected a file of at most 0 MiB$"):
        read_bytes(file, 2)
    with pytest.raises(ParseError, match=r"^Is a directory$"):
        read_bytes(tmp_path)
    with pytest.raises(ParseError, match=r"^embedded null byte$"):
        read_bytes(tmp_path / "a\0b")


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b", "missing"])
def test_name_that_no_file_can_have_does_not_exist(name: str) -> None:
    assert not parsing.exists(name)
    assert parsing.exists(".")


def test_problem_becomes_the_error_of_a_command() -> None:
    with (
        pytest.raises(UsageError, match=r"^--plan: expected a plan. Use one\.$"),
        reported(UsageError, "--plan", "Use one."),
    ):
        raise ParseError("expected a plan")


def test_values_are_shortened_in_messages() -> None:
    assert shown("x" * 100) == json.dumps("x" * 100)[:57] + "..."


def test_message_has_no_control_characters_and_no_long_words() -> None:
    error = UsageError(f"a\x1b[31m \x9b\u2028 {'x' * 5000}")
    assert str(error) == f"a\\u001b[31m \\u009b {'x' * 200}..."
