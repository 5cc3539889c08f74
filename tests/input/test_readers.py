"""Is whatever is not as expected one line that names the file, for every reader, and soon?"""

import json
import re
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator import cli
from generator.errors import GeneratorError, ProfileError
from tests.compare.versions import findings
from tests.input import corpus
from tests.input.readers import READERS
from tests.support.properties import examples

SECONDS: Final = 10
"""Longest processor time that a reader takes. Most take some milliseconds."""

STRUCTURES: Final[dict[str, Any]] = {
    "baseline": corpus.BASELINE,
    "plan": corpus.PLAN,
    "state": corpus.STATE,
    "deployment": corpus.DEPLOYMENT,
    "adopted-state": corpus.ADOPTED_STATE,
    "items": corpus.ITEMS,
    "keys": corpus.KEYS,
    "provenance": corpus.PROVENANCE,
    "module-as-json": corpus.MODULE_AS_JSON,
}

PIECES: Final = st.sampled_from(
    [b"[" * 300, b"{" * 300, b'"', b"\\u2028", b"\\ud800", b"null", b"1e999", b"9" * 450, b"\n", b"${", b"%{", b"<<A\n"]
)
NAMES: Final = st.sampled_from(
    ["planned_values", "resource_changes", "change", "after", "address", "type", "resources", "instances",
     "attributes", "values", "root_module", "child_modules", "outputs", "value", "S", "N", "M", "L", "dynamodb",
     "variable", "resource", "aws_lambda_event_source_mapping", "destination_config", "event_source_mapping_uuid",
     "dead_letter_queue_url", "function_deployment", "appspec", "Resources", "Properties"]
)  # fmt: skip
JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=4),
    max_leaves=15,
)
LARGE: Final = re.compile("expression-|[59]0000-")
"""Names of the cases whose documents are so large that the slowest readers take a second or more."""
MANY: Final = ("adopted-state", "other-values")
"""The case whose documents are so many that they take seconds: each decides on every resource of a pipeline."""
LONG: Final = "9" * 5000
DEEP: Final = "[" * 50_000
ARGUMENTS: Final = [
    ["diff", "a\0b", "."], ["diff", "x" * 5000, "."], ["diff", "", "."], ["diff", "HEAD:--output=x", "HEAD"],
    ["diff", "--", "--output=x", "HEAD"], ["diff", "HEAD", "HEAD", "--path", "--remote=."], ["diff", "\x1b[31m", "."],
    ["diff", ".", ".", "--policy", "a\0b"], ["diff", ".", ".", "--policy", "x" * 5000],
    ["diff", ".", ".", "--policy", "module-pin=\x9b"], ["diff", ".", ".", "--policy", "."],
    ["simulate", "--filter", DEEP], ["simulate", "--filter", '{"a": [1e999]}'], ["simulate", "--filter", "\x1b"],
    ["simulate", "--filter", "\udcff"], ["simulate", "--records", LONG], ["simulate", "--records", "a\0b"],
    ["simulate", "--records", "x" * 5000], ["simulate", "--records", ""], ["simulate", "--fail", f"1-{LONG}"],
    ["simulate", "--fail", "1" * 5000], ["simulate", "--fail", ""], ["simulate", "--plan", ""],
    ["simulate", "--address", "x"], ["simulate", "--batch-size", LONG], ["build", "--out", ""],
    ["build", "--profile", ""], ["build", "--profile", "a\0b", "--out", "out"], ["redrive", "list", "--file", ""],
    ["redrive", "list", "--state", ""], ["redrive", "list", "--state", "a\0b"],
    ["redrive", "list", "--state", "x" * 5000],
    ["redrive", "list", "--state", "."], ["redrive", "list", "--state", " "],
    ["redrive", "fetch", "--file", "x", "-o", "x" * 300],
]  # fmt: skip
"""Command lines that are not meant, none of which writes a file."""


def valid(reader: str) -> bytes:
    """Return a document that a reader accepts."""
    if reader in STRUCTURES:
        return json.dumps(STRUCTURES[reader]).encode()
    if reader == "journal":
        return "".join(f"{json.dumps(one)}\n" for one in corpus.JOURNAL).encode()
    return corpus.TEXTS.get(reader, corpus.TEXTS["module"]).encode()


@cache
def cases() -> dict[tuple[str, str], list[bytes]]:
    """Return the documents that each reader is given, by the names of both."""
    found: dict[tuple[str, str], list[bytes]] = {}
    for reader in READERS:
        documents = [*corpus.damaged(valid(reader))]
        if reader in {"profile", "policy"}:
            documents += corpus.deep_toml()
        elif reader == "module":
            documents += corpus.odd_modules()
        elif reader == "root-module":
            documents += [("deep", b'alias = "' + b"[" * corpus.LEVELS)]
        elif reader == "archive":
            documents += corpus.archives()
        else:
            documents += corpus.odd_json()
        if reader in STRUCTURES:
            documents += [("other-values", json.dumps(one).encode()) for one in corpus.replaced(STRUCTURES[reader])]
        for name, content in documents:
            found.setdefault((reader, name), []).append(content)
    return found


def takes_seconds(reader: str, name: str) -> bool:
    """Return whether a case is left out by ``make quick``."""
    return (reader, name) == MANY or LARGE.match(name) is not None


@contextmanager
def soon() -> Iterator[None]:
    """Fail if the block takes longer than :data:`SECONDS`."""

    def late(_signal: int, _frame: object) -> NoReturn:
        raise TimeoutError(f"it takes longer than {SECONDS} s")

    before = signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def problem(reader: str, file: Path) -> str | None:
    """Return the error that a reader raises about a file, after a check of its form."""
    try:
        with soon():
            READERS[reader](file)
    except GeneratorError as error:
        text = str(error)
        most = 21 if isinstance(error, ProfileError) else 1
        lines = text.split("\n")
        assert len(lines) <= most
        for line in lines:
            assert line.isprintable(), line
            assert len(line) < 2000, line
        return text
    return None


@pytest.mark.no_cover  # takes three times as long, and every reader has tests of its own
@pytest.mark.parametrize("reader", READERS)
def test_reader_returns_or_raises_one_line(reader: str, tmp_path: Path) -> None:
    names = [name for one, name in cases() if one == reader and not takes_seconds(reader, name)]
    assert len(names) > 10
    for name in names:
        read_case(reader, name, tmp_path)


@pytest.mark.slow
@pytest.mark.no_cover
@pytest.mark.parametrize("reader", READERS)
def test_reader_of_large_or_many_documents_returns_or_raises_one_line(reader: str, tmp_path: Path) -> None:
    for name in [name for one, name in cases() if one == reader and takes_seconds(reader, name)]:
        read_case(reader, name, tmp_path)


def read_case(reader: str, name: str, folder: Path) -> None:
    """Let a reader read the documents of a case, each in the place of the one before."""
    file = folder / "odd-input"
    for path in folder.iterdir():
        path.unlink()
    for number, content in enumerate(cases()[reader, name]):
        file.write_bytes(content)
        try:
            problem(reader, file)
        except BaseException as error:
            error.add_note(f"It is document {number} of the case {name}.")
            raise


@pytest.mark.parametrize("reader", [one for one in READERS if one != "archive"])
def test_byte_order_mark_is_accepted(reader: str, tmp_path: Path) -> None:
    file = tmp_path / "input"
    file.write_bytes(b"\xef\xbb\xbf" + valid(reader))
    # A journal is written by this program, and the first line of a file of records can be anything
    assert problem(reader, file) is None or reader in {"journal", "records"}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("reader", [one for one in READERS if one not in {"archive", "journal", "records"}])
def test_utf_16_is_named(reader: str, encoding: str, tmp_path: Path) -> None:
    file = tmp_path / "input"
    file.write_bytes(valid(reader).decode().encode(encoding))
    assert (problem(reader, file) or "").partition("expected UTF-8, got UTF-16")[1]


@pytest.mark.parametrize("reader", [one for one in READERS if one not in {"module", "module-as-json", "root-module"}])
def test_error_names_the_file(reader: str, tmp_path: Path) -> None:
    file = tmp_path / "odd-input"
    for content in (b"\xff\xff", b'{"a": "b"}\n', b"[[1]]\n"):
        file.write_bytes(content)
        text = problem(reader, file)
        assert text is None or "odd-input" in text or "--keys: line 1" in text
    file.unlink()
    assert "odd-input" in (problem(reader, file) or "odd-input")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("^(a+)+x$", "^(ax|(a+)+y)$"),
        ("^(a|aa)+x$", "^(ax|(a|aa)+y)$"),
        ("(((a{300}){300}){300}){300}x", "(((a{300}){300}){300}){300}y"),
        ("(" * 500 + "a" + ")" * 500, "(" * 501 + "a" + ")" * 501),
        ("(", "["),
    ],
    ids=range(5),
)
def test_patterns_of_two_versions_are_compared_soon(old: str, new: str) -> None:
    text = 'variable "a" {{\n  validation {{\n    condition = can(regex("{}", var.a))\n  }}\n}}\n'
    with soon():
        assert findings(text.format(old), text.format(new))


class TestAnything:
    """Hypothesis damages the documents further: bytes are changed, removed and repeated anywhere."""

    @pytest.mark.parametrize("reader", READERS)
    @examples(0.5)
    @given(data=st.data())
    def test_damage_is_one_line(self, reader: str, data: st.DataObject) -> None:
        document = valid(reader)
        for _ in range(data.draw(st.integers(1, 3))):
            start = data.draw(st.integers(0, len(document)))
            end = start + data.draw(st.integers(0, 40))
            document = document[:start] + data.draw(st.binary(max_size=8) | PIECES) + document[end:]
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "odd-input"
            file.write_bytes(document)
            problem(reader, file)

    @pytest.mark.parametrize("reader", STRUCTURES)
    @examples(0.5)
    @given(value=JSON)
    def test_any_json_is_one_line(self, reader: str, value: Any) -> None:  # noqa: ANN401
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "odd-input"
            file.write_text(json.dumps(value))
            problem(reader, file)


@pytest.mark.parametrize("words", ARGUMENTS, ids=lambda words: " ".join(words)[:60])
def test_argument_is_one_line(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:  # noqa: ANN401
    monkeypatch.chdir(tmp_path)
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    with soon(), pytest.raises(SystemExit) as ended:
        cli.main(words)
    answer = capsys.readouterr()
    assert ended.value.code in {3, 9, 10}
    assert answer.out == ""
    assert answer.err.startswith("Error: ")
    assert answer.err.count("\n") == 1
    assert answer.err.removesuffix("\n").isprintable()
    assert len(answer.err) < 2000
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["build", "--out", "loop"], 4),
        (["build", "--profile", "loop", "--out", "out"], 9),
        (["demo", "loop"], 7),
        (["diff", "loop", "."], 10),
        (["new", "loop"], 4),
        (["new", "loop/file.toml"], 3),
        (["package", "loop", "-o", "out.zip"], 6),
        (["package", ".", "-o", "loop/out.zip"], 3),
        (["package", ".", "-o", "out.zip", "--requirements", "loop"], 6),
        (["redrive", "fetch", "--file", "loop", "-o", "out"], 3),
        (["redrive", "list", "--state", "loop"], 3),
        (["redrive", "replay", "--file", "/proc/self/mem", "--function", "orders"], 3),
        (["simulate", "--html", "loop"], 3),
        (["simulate", "--plan", "loop"], 3),
        (["simulate", "--records", "loop"], 3),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_link_to_itself_and_unreadable_file_are_one_line(
    words: list[str],
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("loop").symlink_to("loop")
    Path("handler.py").write_text("")
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    answer = capsys.readouterr()
    assert ended.value.code == code
    assert [line.startswith(("Error: ", "Downloading ")) for line in answer.err.splitlines()][:-1] in ([], [True])
    assert answer.err.splitlines()[-1].startswith("Error: ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["handler.py", "loop"]
