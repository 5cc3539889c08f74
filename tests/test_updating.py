"""Does what ``new`` wrote follow a new version, without losing what its owner changed?"""

import json
import shutil
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator import __version__, cli, updating
from generator.scaffold import ANSWERS, WRITTEN, Answers, files_of, record

ASKED = Answers(name="orders", region="eu-west-1", runtime="python3.13")
NEW = files_of(ASKED)
OLD_VERSION = "0.9.0"
MODULE = "modules/ddb_stream_lambda/"
Files = dict[str, bytes]


def old_files() -> Files:
    """Return what an older version would have written: other lines, a file more, and files less."""
    files = dict(NEW)
    files["main.tf"] = NEW["main.tf"].replace(b'"eu-west-1"', b'"eu-west-1" # old')
    files["function/handler.py"] = b'"""An older function."""\n\n' + NEW["function/handler.py"]
    files["tests/test_gone.py"] = b"# only older versions have this\n"
    del files["function/idempotency.py"]
    return files


def contents(folder: Path) -> Files:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with what an older version wrote: with the same module, and with an older one."""
    folder = tmp_path_factory.mktemp("originals")
    path = f"{MODULE}main.tf"
    for name, files in (
        ("same_module", old_files()),
        ("older_module", {**old_files(), path: b"# older\n" + NEW[path]}),
    ):
        write(folder / name, {**files, **record(ASKED, files)})
        answers = json.loads((folder / name / ANSWERS).read_text())
        (folder / name / ANSWERS).write_text(json.dumps({**answers, "version": OLD_VERSION}))
        call("package", str(folder / name / "function"), "-o", str(folder / name / "function.zip"))
    return folder


@pytest.fixture
def pipeline(originals: Path, tmp_path: Path) -> Path:
    """Return a directory as the older version wrote it, which had the same module."""
    return shutil.copytree(originals / "same_module", tmp_path / "orders", copy_function=shutil.copyfile)


@pytest.fixture
def with_older_module(originals: Path, tmp_path: Path) -> Path:
    """Return a directory whose module is older as well, so that an update compares the two for its callers."""
    return shutil.copytree(originals / "older_module", tmp_path / "orders", copy_function=shutil.copyfile)


def call(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    return int(ended.value.code or 0)


def update(folder: Path, *words: str) -> int:
    return call("new", str(folder), "--update", *words)


def expected(changed: Mapping[str, bytes] | None = None) -> Files:
    return {**NEW, **record(ASKED, NEW), **(changed or {})}


def without_package(folder: Path) -> Files:
    return {path: content for path, content in contents(folder).items() if path != "function.zip"}


def test_what_nobody_changed_is_as_this_version_writes_it(
    with_older_module: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert update(with_older_module) == 0
    assert without_package(with_older_module) == expected()
    said = capsys.readouterr().out
    for kind, path in (
        ("changed ", "main.tf"),
        ("written ", "function/idempotency.py"),
        ("removed ", "tests/test_gone.py"),
        ("changed ", "function.zip"),
    ):
        assert f"{kind} {with_older_module / path}\n" in said
    assert f"version {OLD_VERSION} -> {__version__}" in said
    assert "For callers of the module:\n1 difference; the smallest bump that allows them is patch.\n" in said


def test_package_of_an_unchanged_function_is_made_again(pipeline: Path) -> None:
    assert update(pipeline) == 0
    with zipfile.ZipFile(pipeline / "function.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            path.removeprefix("function/"): content for path, content in NEW.items() if path.startswith("function/")
        }


def test_package_with_something_more_is_left_to_its_owner(pipeline: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (pipeline / "function.zip").write_bytes(b"with dependencies")
    assert update(pipeline) == 0
    assert (pipeline / "function.zip").read_bytes() == b"with dependencies"
    assert f"outdated {pipeline / 'function.zip'}: package the function again" in capsys.readouterr().out


def test_package_of_a_deleted_function_is_outdated(pipeline: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(pipeline / "function")
    packaged = (pipeline / "function.zip").read_bytes()
    assert update(pipeline) == 0
    assert (pipeline / "function.zip").read_bytes() == packaged
    assert f"outdated {pipeline / 'function.zip'}: package the function again" in capsys.readouterr().out


def test_line_ends_of_windows_are_kept_and_are_no_change(pipeline: Path) -> None:
    mine = b"\r\n# mine\r\n"
    for path, content in without_package(pipeline).items():
        if not path.startswith(".ddb-stream-lambda/"):
            ends = mine if path == "main.tf" else b""
            (pipeline / path).write_bytes(content.replace(b"\n", b"\r\n") + ends)
    assert update(pipeline) == 0
    changed = {path for path, content in NEW.items() if content != old_files().get(path)}
    found = without_package(pipeline)
    assert "tests/test_gone.py" not in found
    for path in changed & old_files().keys():
        ends = mine if path == "main.tf" else b""
        assert found[path] == NEW[path].replace(b"\n", b"\r\n") + ends


def test_changes_of_both_sides_are_merged(pipeline: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = b'\noutput "mine" {\n  value = 1\n}\n'
    with (pipeline / "main.tf").open("ab") as file:
        file.write(mine)
    assert update(pipeline) == 0
    assert without_package(pipeline) == expected({"main.tf": NEW["main.tf"] + mine})
    assert f"merged   {pipeline / 'main.tf'}\n" in capsys.readouterr().out


def test_change_of_a_copied_module_is_merged(with_older_module: Path) -> None:
    path = f"{MODULE}main.tf"
    (with_older_module / path).write_bytes((with_older_module / path).read_bytes() + b"# mine\n")
    assert update(with_older_module) == 0
    assert without_package(with_older_module) == expected({path: NEW[path] + b"# mine\n"})


def test_same_lines_changed_by_both_stand_between_markers(pipeline: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (pipeline / "main.tf").read_bytes()
    (pipeline / "main.tf").write_bytes(text.replace(b"# old", b"# mine"))
    capsys.readouterr()
    assert update(pipeline) == 15
    merged = (pipeline / "main.tf").read_text().splitlines()
    start = merged.index("<<<<<<< yours")
    assert merged[start : start + 5] == [
        "<<<<<<< yours",
        '  region = "eu-west-1" # mine',
        "=======",
        '  region = "eu-west-1"',
        f">>>>>>> version {__version__}",
    ]
    said = capsys.readouterr()
    assert f"conflict {pipeline / 'main.tf'}: resolve" in said.out
    assert said.err == "Error: main.tf: both you and this version changed it. Decide as listed above.\n"
    assert {**without_package(pipeline), "main.tf": b""} == expected({"main.tf": b""})


def test_conflicts_must_be_resolved_before_the_next_update(pipeline: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (pipeline / "main.tf").read_bytes()
    (pipeline / "main.tf").write_bytes(b"<<<<<<< yours\n1\n=======\n2\n>>>>>>> theirs\n" + text)
    before = contents(pipeline)
    assert update(pipeline) == 4
    assert "main.tf: has conflict markers. Resolve" in capsys.readouterr().err
    assert contents(pipeline) == before


def test_deleted_file_stays_deleted(pipeline: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (pipeline / "main.tf").unlink()
    assert update(pipeline) == 0
    assert not (pipeline / "main.tf").exists()
    assert f"absent   {pipeline / 'main.tf'}: you deleted it" in capsys.readouterr().out


def test_changed_file_that_this_version_has_not_stays(pipeline: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (pipeline / "tests/test_gone.py").write_bytes(b"# mine\n")
    assert update(pipeline) == 15
    assert (pipeline / "tests/test_gone.py").read_bytes() == b"# mine\n"
    assert "this version does not have it" in capsys.readouterr().out


def test_file_of_yours_in_the_place_of_a_new_one_is_a_conflict(pipeline: Path) -> None:
    (pipeline / "function/idempotency.py").write_bytes(b"# mine\n")
    assert update(pipeline) == 15
    text = (pipeline / "function/idempotency.py").read_bytes()
    assert b"# mine\n" in text
    assert NEW["function/idempotency.py"] in text


def test_file_that_is_not_text_is_left_alone(pipeline: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (pipeline / "main.tf").write_bytes(b"\xff\x00")
    assert update(pipeline) == 15
    assert (pipeline / "main.tf").read_bytes() == b"\xff\x00"
    assert "not text in UTF-8" in capsys.readouterr().out


def test_files_of_yours_stay(pipeline: Path) -> None:
    write(pipeline, {"terraform.tfvars": b"a = 1\n", "function/mine.py": b"", ".terraform/x": b"x"})
    assert update(pipeline) == 0
    expected_names = {*expected(), "function.zip", "terraform.tfvars", "function/mine.py", ".terraform/x"}
    assert contents(pipeline).keys() == expected_names


def test_second_update_changes_nothing(pipeline: Path, capsys: pytest.CaptureFixture[str]) -> None:
    update(pipeline)
    before = contents(pipeline)
    capsys.readouterr()
    assert update(pipeline) == 0
    assert contents(pipeline) == before
    assert capsys.readouterr().out == f"{pipeline}: version {__version__} -> {__version__}, 0 changes\n"


def test_answers_can_change(pipeline: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert update(pipeline, "--provider", "6") == 0
    assert json.loads((pipeline / ANSWERS).read_text())["answers"]["provider"] == "6"
    assert (
        contents(pipeline)[f"{MODULE}variables.tf"]
        == files_of(Answers(**{**vars(ASKED), "provider": "6"}))[f"{MODULE}variables.tf"]
    )
    assert "minor  new-optional-variable  variable.region" in capsys.readouterr().out


def test_module_can_come_from_elsewhere_later(pipeline: Path) -> None:
    assert update(pipeline, "--source", "./shared") == 0
    assert not [path for path in contents(pipeline) if path.startswith("modules/")]
    assert 'source = "./shared"' in (pipeline / "main.tf").read_text()


# --- what cannot be updated -------------------------------------------------------------------------------------------

BAD_ANSWERS: dict[str, tuple[Callable[[dict[str, object]], object], str]] = {
    "newer": (lambda one: one | {"version": "999.0.0"}, "is of version 999.0.0. Use that version of this program, or"),
    "version": (lambda one: one | {"version": "x; rm"}, "version must match"),
    "no-answers": (lambda one: {"version": one["version"]}, '"answers" is required'),
    "list": (lambda _: [], "must be an object"),
    "unknown": (lambda one: one | {"answers": {**vars(ASKED), "nmae": "x"}}, 'unknown key "nmae"'),
    "type": (lambda one: one | {"answers": {**vars(ASKED), "name": 1}}, "answers.name must be a string"),
    "name": (lambda one: one | {"answers": {**vars(ASKED), "name": 'a"b'}}, "--name: The name value must be"),
    "region": (lambda one: one | {"answers": {**vars(ASKED), "region": 'eu"\n'}}, "--region:"),
    "provider": (lambda one: one | {"answers": {**vars(ASKED), "provider": "7"}}, "7"),
    "runtime": (lambda one: one | {"answers": {**vars(ASKED), "runtime": "cobol"}}, "--runtime:"),
}


@pytest.mark.parametrize("case", BAD_ANSWERS)
def test_invalid_answers_are_one_line_and_change_nothing(
    case: str, pipeline: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit, says = BAD_ANSWERS[case]
    (pipeline / ANSWERS).write_text(json.dumps(edit(json.loads((pipeline / ANSWERS).read_text()))))
    before = contents(pipeline)
    assert update(pipeline) == 3
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1
    assert contents(pipeline) == before


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--name", "other"], 3, "--name: not accepted with --update. Edit main.tf instead."),
        (["--region", "eu-west-2"], 3, "--region: not accepted with --update."),
    ],
)
def test_options_that_would_replace_resources_are_rejected(
    words: list[str], code: int, says: str, pipeline: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert update(pipeline, *words) == code
    assert says in capsys.readouterr().err


def test_directory_of_others_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert update(tmp_path) == 3
    assert "answers.json does not exist. Only a directory that new has written" in capsys.readouterr().err
    assert update(tmp_path / "acme.toml") == 3


@pytest.mark.parametrize("content", [b"no zip", b"", None])
def test_damaged_record_is_one_line(content: bytes | None, pipeline: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (pipeline / WRITTEN).unlink() if content is None else (pipeline / WRITTEN).write_bytes(content)
    before = contents(pipeline)
    assert update(pipeline) == 4
    assert "written.zip" in capsys.readouterr().err
    assert contents(pipeline) == before


@pytest.mark.parametrize("place", ["main.tf", "modules", "modules/ddb_stream_lambda"])
def test_links_are_not_followed(
    place: str, with_older_module: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (with_older_module / place).rename(tmp_path / "elsewhere")
    (with_older_module / place).symlink_to(tmp_path / "elsewhere")
    before = contents(tmp_path)
    assert update(with_older_module) == 4
    assert f"{with_older_module / place}: a symbolic link" in capsys.readouterr().err
    assert contents(tmp_path) == before


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_what_fails_midway_changes_nothing(
    error: BaseException, pipeline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(pipeline)
    renamed: list[Path] = []
    rename = Path.replace

    def fail(path: Path, target: Path) -> Path:
        if target == pipeline / WRITTEN:
            raise error
        renamed.append(path)
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", fail)
    assert update(pipeline) in (4, 130)
    assert renamed
    assert contents(pipeline) == before


def test_missing_git_is_one_line(
    pipeline: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (pipeline / "main.tf").write_bytes((pipeline / "main.tf").read_bytes() + b"# mine\n")
    monkeypatch.setenv("PATH", "/nowhere")
    before = contents(pipeline)
    assert update(pipeline) == 4
    assert capsys.readouterr().err == "Error: git is not installed, which merges files. Install it.\n"
    assert contents(pipeline) == before


# --- any texts --------------------------------------------------------------------------------------------------------


@st.composite
def edited(draw: st.DrawFn) -> tuple[list[str], list[str], list[str]]:
    """Return the lines of a text, and two edits of it; each line that an edit adds is its own."""
    base = [f"line {number}" for number in range(draw(st.integers(0, 12)))]
    sides = []
    for side in ("mine", "new"):
        lines: list[str] = []
        for number, line in enumerate([*base, None]):
            lines += [f"{side} {number}.{one}" for one in range(draw(st.integers(0, 1)))]
            lines += [line] if line is not None and draw(st.booleans()) else []
        sides.append(lines)
    return base, sides[0], sides[1]


@pytest.mark.slow
@given(edited())
def test_no_line_that_either_side_added_is_lost(texts: tuple[list[str], list[str], list[str]]) -> None:
    base, mine, new = texts
    encoded = [("".join(f"{line}\n" for line in lines)).encode() for lines in (mine, base, new)]
    merged, conflicts = updating._merge(encoded[0], encoded[1], encoded[2], OLD_VERSION)
    lines = merged.decode().splitlines()
    for added in ({*mine} - {*base}, {*new} - {*base}):
        assert added <= {*lines}
    assert conflicts == any(line.startswith("<<<<<<< ") for line in lines)
    if not conflicts:
        assert {*base} & {*lines} == {*base} & {*mine} & {*new}
