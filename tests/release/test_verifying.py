"""Does ``release verify`` accept a release, and no other byte?"""

import gzip
import io
import json
import os
import random
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from generator import __version__, cli
from generator.errors import ReleaseError
from generator.release.publishing import KINDS, SUMS, artifacts
from generator.release.verifying import verify
from generator.release.writing import checksum
from tests.release.versions import archives_of, current, forge, numbered, publish, seal
from tests.support.planning import TOP

STEM = f"ddb_stream_lambda-{__version__}"
MINIMAL = TOP / "examples/profiles/minimal.toml"
FLIPS = 60


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(current(), tmp_path_factory.mktemp("release") / "dist")


def said(words: list[str], code: int, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        cli.main(["release", "verify", *words])
    captured = capsys.readouterr()
    assert (ended.value.code, captured.err.count("\n")) == (code, 1 if code else 0), captured.err
    return captured.err if code else captured.out


def test_every_form_of_a_release_is_checked(released: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = said([str(released)], 0, capsys).splitlines()
    assert lines == [
        line
        for stem in (f"{STEM}-aws6", STEM)
        for line in (
            f"{stem}: checksums and provenance match",
            "  signature  none",
            f"  module     equal to what version {__version__} of this program renders",
        )
    ]


@pytest.mark.parametrize("kind", KINDS[:2])
def test_archive_is_checked_with_the_files_next_to_it(kind: str, released: Path, tmp_path: Path) -> None:
    for name in [STEM + one for one in (*KINDS, SUMS)]:
        shutil.copy(released / name, tmp_path)
    assert [one.stem for one in verify(tmp_path / (STEM + kind))] == [STEM]


@pytest.mark.parametrize("kind", [*KINDS, SUMS])
def test_changed_byte_is_rejected(kind: str, released: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(released, tmp_path / "dist")
    path = folder / (STEM + kind)
    content = path.read_bytes()
    chance = random.Random(7)  # noqa: S311 - the same bytes in every run
    for place in range(len(content)) if kind == SUMS else chance.sample(range(len(content)), FLIPS):
        changed = bytearray(content)
        changed[place] ^= chance.randrange(1, 256)
        path.write_bytes(changed)
        with pytest.raises(ReleaseError):
            verify(folder / f"{STEM}.zip")
    for changed_length in (content[:-1], content + b"\n", b""):
        path.write_bytes(changed_length)
        with pytest.raises(ReleaseError):
            verify(folder / f"{STEM}.zip")
    path.unlink()
    with pytest.raises(ReleaseError, match="no such file"):
        verify(folder / f"{STEM}.zip")


def test_provenance_of_other_files_is_rejected(
    released: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = {path.name: path.read_bytes() for path in released.iterdir() if path.name.startswith(f"{STEM}.")}
    document = json.loads(made[STEM + KINDS[3]])
    document["subject"].pop()
    made[STEM + KINDS[3]] = json.dumps(document).encode()
    assert "the checksums of its subjects are not those in" in said([str(seal(made, STEM, tmp_path))], 12, capsys)


@pytest.mark.parametrize("left", [0, 1, 3])
def test_list_without_a_file_is_rejected(
    left: int, released: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(released, tmp_path / "dist")
    sums = folder / (STEM + SUMS)
    lines = sums.read_text().splitlines(keepends=True)
    sums.write_text("".join(lines[:left] + lines[left + 1 :]))
    assert "expected a line with the SHA-256 of each of" in said([str(folder / f"{STEM}.zip")], 12, capsys)


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (lambda text: text.replace("Statement/v1", "Statement/v0"), "_type must be"),
        (lambda text: text.replace('"provider": "5"', '"provider": 5'), "provider must be a string, not 5."),
        (lambda text: text.replace(f'"version": "{__version__}', '"version": "0.0.1', 1), f"not about {STEM}."),
        (lambda _: '{"subject": []}', '"_type" is required.'),
    ],
    ids=["type", "parameter", "version", "missing"],
)
def test_statement_of_something_else_is_rejected(
    edit: Callable[[str], str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = artifacts(current()[0])
    provenance, sums = STEM + KINDS[3], STEM + SUMS
    made[provenance] = edit(made[provenance].decode()).encode()
    names = sorted(STEM + kind for kind in KINDS)
    made[sums] = "".join(f"{checksum(made[name])}  {name}\n" for name in names).encode()
    for name, content in made.items():
        (tmp_path / name).write_bytes(content)
    assert says in said([str(tmp_path)], 12, capsys)


def _changed(archives: dict[str, bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(archives[".zip"])) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    files["role.tf"] += b"# more\n"
    archives |= archives_of({**files, "evil.tf": b""})


def _only_one(archives: dict[str, bytes]) -> None:
    archives[".zip"] = archives_of({"main.tf": b""})[".zip"]


def _link_in_zip(archives: dict[str, bytes]) -> None:
    file = io.BytesIO(archives[".zip"])
    with zipfile.ZipFile(file, "a") as archive:
        link = zipfile.ZipInfo("override.tf")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    archives[".zip"] = file.getvalue()


def _link_in_tar(archives: dict[str, bytes]) -> None:
    file = io.BytesIO(gzip.decompress(archives[".tar.gz"]))
    with tarfile.open(fileobj=file, mode="a") as archive:
        link = tarfile.TarInfo("override.tf")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    archives[".tar.gz"] = gzip.compress(file.getvalue())


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_changed, f"differs from what version {__version__} of this program renders: evil.tf, role.tf."),
        (_only_one, f"the files are not those of {STEM}.zip."),
        (_link_in_zip, f"{STEM}.zip: has entries that this program does not write, such as links."),
        (_link_in_tar, f"{STEM}.tar.gz: has entries that this program does not write, such as links."),
    ],
)
def test_forged_archive_is_not_what_this_program_renders(
    change: Callable[[dict[str, bytes]], None], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert says in said([str(forge(current()[0], tmp_path, change))], 12, capsys)


def test_other_compression_is_the_same_module(tmp_path: Path) -> None:
    def change(archives: dict[str, bytes]) -> None:
        archives[".tar.gz"] = gzip.compress(gzip.decompress(archives[".tar.gz"]), 1)

    (found,) = verify(forge(current()[0], tmp_path, change))
    assert found.content.startswith("equal")


def test_other_version_is_not_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    publish([numbered(current()[0], "0.9.0")], tmp_path)
    this = f"this program is for ddb_stream_lambda {__version__}"
    assert said([str(tmp_path)], 0, capsys).splitlines()[-1] == f"  module     not compared: {this}"


def test_target_that_this_version_does_not_know_is_not_compared(tmp_path: Path) -> None:
    made = artifacts(current()[0])
    provenance = STEM + KINDS[3]
    made[provenance] = made[provenance].replace(b'"provider": "5"', b'"provider": "9\\u001b[2J"')
    (found,) = verify(seal(made, STEM, tmp_path))
    assert found.content == r'not compared: this program does not build for provider "9\u001b[2J"'


def test_variant_is_compared_with_its_profile(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "CHANGELOG.md").write_text("## [1.0.0] - 2026-01-02\n\nOurs.\n")
    (build,) = current(MINIMAL, tmp_path / "CHANGELOG.md")
    dist = publish([build], tmp_path / "dist")
    statement = json.loads((dist / f"{build.stem}{KINDS[3]}").read_text())
    definition = statement["predicate"]["buildDefinition"]
    assert definition["externalParameters"]["profile"] == "minimal.toml"
    assert [one["name"] for one in definition["resolvedDependencies"]] == ["CHANGELOG.md", "LICENSE", "minimal.toml"]
    assert "not compared: this program is for" in said([str(dist)], 0, capsys)
    assert "equal to what version" in said([str(dist), "--profile", str(MINIMAL)], 0, capsys)
    hardened = ["--profile", str(TOP / "examples/profiles/hardened.toml")]
    assert "not compared: the profile is for hardened" in said([str(dist), *hardened], 0, capsys)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        (".", "no file *.SHA256SUMS. Name the directory of a release, or one of its archives."),
        ("notes.txt", "not a directory or an archive (.zip or .tar.gz) of a release."),
        ("a.zip", "a.SHA256SUMS: no such file. It is part of the release."),
        ("pipe", "pipe.SHA256SUMS: no such file."),
    ],
)
def test_what_is_not_a_release_is_12(path: str, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if path == "pipe":
        os.mkfifo(tmp_path / f"pipe{SUMS}")
        path = "pipe.zip"
    assert says in said([str(tmp_path / path)], 12, capsys)


def test_option_before_the_name_is_3(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["release", "--provider", "6", "verify", "dist"])
    assert ended.value.code == 3
    assert capsys.readouterr().err == "Error: --provider: release verify takes no option before its name. Remove it.\n"
