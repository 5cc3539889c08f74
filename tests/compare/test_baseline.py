"""Does a baseline accept what it names, and nothing else, and is what it names in vain reported?"""

import json
from pathlib import Path

import pytest

from generator import cli

OLD = 'variable "a" {\n default = "x"\n}\noutput "o" {\n value = var.a\n}\noutput "gone" {\n value = 1\n}'
NEW = OLD.replace('"x"', '"y"').partition('output "gone"')[0]


@pytest.fixture(name="versions")
def two_versions(tmp_path: Path) -> tuple[str, str]:
    for name, text in (("old", OLD), ("new", NEW)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "main.tf").write_text(text)
    return str(tmp_path / "old"), str(tmp_path / "new")


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(["diff", *words])
    printed = capsys.readouterr()
    return int(ended.value.code or 0), printed.out, printed.err


def test_written_baseline_accepts_everything(
    versions: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "baseline.json")
    done = answer(capsys, *versions, "--baseline", file, "--update-baseline")
    assert done == (0, f"Wrote 2 accepted findings to {file}.\n", "")
    again = answer(capsys, *versions, "--baseline", file, "--expect", "patch")
    assert again == (0, "The baseline accepts 2 findings.\nNo differences.\n", "")


def test_entry_accepts_one_finding_and_keeps_its_reason(
    versions: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "baseline.json"
    entry = {"rule": "default-changed", "subject": "variable.a", "message": 'default was "x" and is "y"'}
    file.write_text(json.dumps({"accepted": [entry | {"reason": "as announced"}]}), encoding="utf-8-sig")
    code, out, _ = answer(capsys, *versions, "--baseline", str(file), "--expect", "minor", "--json")
    assert code == 11
    assert [one["rule"] for one in json.loads(out)["findings"]] == ["output-removed"]
    answer(capsys, *versions, "--baseline", str(file), "--update-baseline")
    assert [one["reason"] for one in json.loads(file.read_text())["accepted"]] == ["as announced", ""]


def test_another_change_of_the_same_variable_is_not_accepted_and_the_entry_is_stale(
    versions: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "baseline.json"
    answer(capsys, *versions, "--baseline", str(file), "--update-baseline")
    Path(versions[1], "main.tf").write_text(NEW.replace('"y"', '"z"'))
    code, out, err = answer(capsys, *versions, "--baseline", str(file), "--expect", "minor")
    assert (code, "default-changed" in out, "output-removed" in out) == (11, True, False)
    assert f"Warning: {file}: default-changed of variable.a is not found any more. Remove the entry.\n" in err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "line 1, column 2: expected JSON, got the end"),
        ("[" * 100_000, "levels of nesting"),
        ("[]", "the document must be an object"),
        ('{"accepted": [{"rule": "a"}]}', 'accepted[0]: "subject" is required'),
        ('{"accepted": [1]}', "accepted[0] must be an object, not 1"),
    ],
)
def test_other_content_is_an_error_of_one_line(
    content: str, message: str, versions: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "baseline.json"
    file.write_text(content)
    code, out, err = answer(capsys, *versions, "--baseline", str(file))
    assert (code, out, err.count("\n")) == (3, "", 1)
    assert err.startswith("Error: --baseline: ")
    assert message in err


def test_baseline_that_cannot_be_read_or_written_is_an_error(
    versions: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = str(tmp_path / "missing" / "baseline.json")
    assert answer(capsys, *versions, "--baseline", missing)[0] == 3
    code, _, err = answer(capsys, *versions, "--baseline", missing, "--update-baseline")
    assert (code, "cannot write" in err) == (3, True)
    assert answer(capsys, *versions, "--update-baseline")[::2] == (
        3,
        "Error: --update-baseline: no file to write. Pass --baseline FILE.\n",
    )
