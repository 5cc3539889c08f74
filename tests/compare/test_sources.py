"""Is a version found in a folder, an archive or a revision, and what is none told in one line?"""

import bz2
import gzip
import json
import lzma
import os
import shutil
import subprocess
import tarfile
import time
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from generator import cli
from generator.compare.reading.sources import find
from tests.compare.versions import texts
from tests.support.planning import TOP

# The released version, so that no change of the module changes what is tested
MODULE = TOP / "tests/compare/released/1.0.0"
OLD = texts(MODULE)
PART = {name: OLD[name] for name in ("event_source.tf", "variables.tf", "versions.tf")}
"""A part of the module, which is compared in less time, for what is not about the comparison."""


def read(name: str, directory: str | None = None) -> dict[str, str]:
    """Return the HCL files that a name finds, by their names."""
    version = find(name, directory)
    names = [file for file in version.files.names(version.directory) if file.endswith(".tf")]
    return {file: (version.files.read(f"{version.directory}/{file}".lstrip("/")) or b"").decode() for file in names}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository whose first commit holds a part of the module, and whose second one with another default."""
    folder = tmp_path_factory.mktemp("repository")
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}

    def git(*words: str) -> None:
        subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *words],
            cwd=folder,
            env=environment,
            check=True,
            capture_output=True,
        )

    git("init", "--quiet")
    for name in ("module", "elsewhere"):
        (folder / name).mkdir()
        for file, text in PART.items():
            (folder / name / file).write_text(text)
    git("add", ".")
    git("commit", "--quiet", "-m", "one")
    git("tag", "v1")
    changed = PART["variables.tf"].replace("  default     = 500\n", "  default     = 10\n")
    (folder / "module/variables.tf").write_text(changed)
    git("commit", "--quiet", "-am", "two")
    return folder


def archived(folder: Path, top: str) -> tuple[Path, Path]:
    with zipfile.ZipFile(folder / "module.zip", "w") as archive:
        for name, text in PART.items():
            archive.writestr(f"{top}{name}", text)
        archive.writestr(f"{top}README.md", "text")
        archive.writestr(f"{top}tests/more.tf", "text")
    with tarfile.open(folder / "module.tar.gz", "w:gz") as tar:
        for name in PART:
            tar.add(MODULE / name, f"{top}{name}")
    return folder / "module.zip", folder / "module.tar.gz"


@pytest.mark.parametrize("top", ["", "ddb-1.0.0/", "ddb-1.0.0/module/"])
def test_archive_is_read_wherever_the_module_lies_in_it(top: str, tmp_path: Path) -> None:
    for archive in archived(tmp_path, top):
        assert read(str(archive)) == PART


def test_revision_is_read(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository)
    assert read("v1") == PART
    assert read("HEAD~1:elsewhere") == PART
    assert read("HEAD", "module")["variables.tf"] != PART["variables.tf"]


@pytest.mark.parametrize(
    ("name", "path"),
    [("module", "module/a.tf"), ("v1", "module/a.tf"), ("v1:module", "module/a.tf"), (".", "module/a.tf")],
)
def test_path_of_a_file_is_that_in_the_repository(
    name: str, path: str, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository)
    version = find(name, "module" if name == "." else None)
    assert version.repository_path("a.tf" if name in ("module", ".") else "module/a.tf") == path
    monkeypatch.chdir(repository / "module")
    assert find(".").repository_path("a.tf") == path


def test_path_of_a_file_outside_of_a_repository_is_that_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here/a.tf").write_text("locals {}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert find("here").repository_path("a.tf") == "here/a.tf"
    assert find("here").repository_path("modules/b/../a.tf") == "here/modules/a.tf"


@pytest.mark.parametrize(
    "name",
    [
        "HEAD:--output=written",
        "--output=written",
        "--output=written:module",
        "--remote=.:--exec=touch written",
        "HEAD:--exec=touch written",
        ":module",
        "HEAD\nHEAD",
    ],
)
def test_no_name_of_a_version_is_an_option_of_git(
    name: str, repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository)
    code, out, err = answer(capsys, "--", name, str(MODULE))
    assert (code, out, err.count("Error: ")) == (10, "", 1)
    assert sorted(path.name for path in repository.iterdir()) == [".git", "elsewhere", "module"]


@pytest.mark.parametrize("path", ["--remote=.", "--output=written", "--exec=touch written", ":(exclude)module", "*"])
def test_no_path_in_a_version_is_an_option_of_git(
    path: str, repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository)
    code, out, err = answer(capsys, f"--path={path}", "HEAD", str(MODULE))
    assert (code, out, err.count("Error: ")) == (10, "", 1)
    assert sorted(path.name for path in repository.iterdir()) == [".git", "elsewhere", "module"]


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        cli.main(["diff", *words])
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


@pytest.mark.slow
def test_table_and_bump_are_shown(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository)
    code, out, _ = answer(capsys, "v1", "HEAD")
    assert code == 0
    assert "major" in out
    assert "default-changed" in out
    assert "1 difference; the smallest bump that allows them is major." in out


def test_too_small_a_bump_is_11(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository)
    code, _, err = answer(capsys, "v1", "HEAD", "--expect", "minor")
    cause = "default-changed (variable.event_source_maximum_retry_attempts)"
    assert (code, err) == (11, f"Error: minor is not enough: major is needed for {cause}.\n")
    assert answer(capsys, "v1", "HEAD", "--expect", "major")[0] == 0
    assert answer(capsys, "v1", "v1", "--expect", "patch")[:2] == (0, "No differences.\n")


def test_json_holds_everything(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(repository)
    said = json.loads(answer(capsys, "v1", "HEAD", "--json")[1])
    assert said["bump"] == "major"
    assert [list(one) for one in said["findings"]] == [
        [
            "rule",
            "severity",
            "bump",
            "subject",
            "message",
            "why",
            "callers",
            "module",
            "policy",
            "suggestion",
            "old",
            "new",
        ]
    ]
    assert [one["new"]["file"] for one in said["findings"]] == ["module/variables.tf"]


def test_only_what_is_asked_for_is_listed_but_permissions_always(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.compare.edits import FEATURES, HARMLESS
    from tests.compare.test_rules import edited

    new = edited(edited(OLD, FEATURES["action allowed"]), HARMLESS["description"])
    for name, text in new.items():
        (tmp_path / name).write_text(text)
    out = answer(capsys, str(MODULE), str(tmp_path), "--show", "major")[1]
    assert "permission-added" in out
    assert "description-changed" not in out


@pytest.mark.parametrize(
    ("content", "says"),
    [("variable {", "main.tf, line "), ("\x00", "main.tf, line 1: cannot be read as HCL")],
)
def test_broken_hcl_is_one_line_and_10(
    content: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "main.tf").write_text(content)
    code, out, err = answer(capsys, str(MODULE), str(tmp_path))
    assert (code, out) == (10, "")
    assert err.startswith(f"Error: {tmp_path}: {says}"), "both versions have a file of this name"
    assert err.count("\n") == 1


def test_what_is_no_module_is_one_line_and_10(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.txt").write_text("text")
    (tmp_path / "json").mkdir()
    (tmp_path / "json/main.tf.json").write_text("{")
    for name in ("no-such-revision", str(tmp_path / "empty"), str(tmp_path / "text.txt"), str(tmp_path / "json")):
        code, _, err = answer(capsys, name, str(MODULE))
        assert (code, err.count("\n")) == (10, 1), err


def test_build_does_without_the_parser(tmp_path: Path) -> None:
    code = "import sys; from generator.cli import main\ntry:\n main(['build', '--out', sys.argv[1]])\nexcept SystemExit:\n assert 'hcl2' not in sys.modules and 'rich' not in sys.modules"
    shutil.copytree(MODULE, tmp_path / "module", ignore=shutil.ignore_patterns(".terraform*"))
    import sys

    subprocess.run([sys.executable, "-c", code, str(tmp_path / "module")], cwd=TOP, check=True, capture_output=True)


def tar_header(length: int, kind: bytes, **pax: str) -> bytes:
    """Return a header of a tar archive, with the records of an extended header before it."""
    info = tarfile.TarInfo("main.tf")
    info.size, info.type, info.pax_headers = length, kind, pax
    return info.tobuf(tarfile.PAX_FORMAT if pax else tarfile.GNU_FORMAT)


@pytest.mark.parametrize(
    ("content", "size", "says"),
    [
        (b"", 60 * 1024**3, "expected an archive of at most 512 MiB of files"),
        (b"", 300 * 1024**2, "there is no HCL"),
        (
            tar_header(400 * 1024**2, tarfile.GNUTYPE_LONGNAME),
            410 * 1024**2,
            "expected an archive with headers of at most 1 MiB",
        ),
        (
            tar_header(400 * 1024**2, tarfile.XHDTYPE),
            410 * 1024**2,
            "expected an archive with headers of at most 1 MiB",
        ),
        (tar_header(8**11 - 1, b"Q") + bytes(512), 4096, "expected an archive of at most 512 MiB of files"),
        (tar_header(0, tarfile.REGTYPE, size="-5"), 4096, "an invalid size of a file"),
        (tar_header(0, tarfile.REGTYPE, size="9" * 5000), 16384, "an invalid size of a file"),
        (tar_header(0, tarfile.REGTYPE, size="9" * 20), 16384, "expected an archive of at most 512 MiB of files"),
    ],
    ids=["sparse", "zeros", "long-name", "extended-header", "skipped", "negative", "digits", "huge"],
)
def test_archive_that_is_too_large_ends_at_once(
    content: bytes, size: int, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "module.zip"
    archive.write_bytes(content)
    os.truncate(archive, size)
    check_at_once(archive, says, capsys)


def test_device_is_no_archive(capsys: pytest.CaptureFixture[str]) -> None:
    check_at_once(Path("/dev/zero"), "expected a zip or tar archive, got no regular file", capsys)


def test_compressed_file_without_an_end_ends_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, pack in (("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)):
        archive = tmp_path / f"module.tar.{name}"
        archive.write_bytes(pack(tar_header(400 * 1024**2, tarfile.GNUTYPE_LONGNAME) + bytes(2 * 1024**2)))
        check_at_once(archive, "expected an archive with headers of at most 1 MiB", capsys)


def check_at_once(archive: Path, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    started = time.process_time()
    tracemalloc.start()
    with pytest.raises(SystemExit) as ended:
        cli.main(["diff", str(archive), str(archive)])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    err = capsys.readouterr().err
    assert (ended.value.code, err.count("\n")) == (10, 1)
    assert says in err
    assert time.process_time() - started < 5
    assert peak < 50 * 1024**2


@pytest.mark.slow
def test_modules_are_found_however_deeply_they_are_nested(
    deep_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deep_folder.joinpath(*["d"] * 1200, "main.tf").write_text('output "a" {\n value = 1\n}\n')
    (tmp_path / "old").mkdir()
    for name in ("old", "deep"):
        (tmp_path / name / "main.tf").write_text('output "a" {\n value = 1\n}\n')
    code, out, err = answer(capsys, str(tmp_path / "old"), str(deep_folder), "--recursive")
    assert (code, err) == (0, "")
    assert f"submodule-added  {'/'.join(['d'] * 1200)}" in out
    assert answer(capsys, str(tmp_path / "old"), str(deep_folder))[:2] == (0, "No differences.\n")


def test_directory_whose_path_is_too_long_is_one_line(
    deep_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "main.tf").write_text('output "a" {\n value = 1\n}\n')
    long = tmp_path.joinpath(*["directory" * 20] * 10)
    long.mkdir(parents=True)
    deep_folder.rename(long / "deep")
    code, _, err = answer(capsys, str(tmp_path), str(tmp_path), "--recursive")
    (long / "deep").rename(deep_folder)
    assert (code, err.count("\n"), err.endswith("…: cannot be read: File name too long.\n")) == (10, 1, True)


def test_path_that_no_directory_can_have_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "main.tf").write_text('output "a" {\n value = 1\n}\n')
    code, out, err = answer(capsys, str(tmp_path), str(tmp_path), "--path", "x" * 300)
    assert (code, out, err.count("\n"), err.endswith("…: cannot be read: File name too long.\n")) == (10, "", 1, True)
