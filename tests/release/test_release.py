"""Is a release the same everywhere, complete, and something that Terraform installs?"""

import hashlib
import http.server
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from generator import __version__, cli
from generator.render import render
from tests.support.examples import BLOCKS, PUBLISHED
from tests.support.planning import PACKAGE_CONTENT, PROVIDER, TOP, Instance, instances, plan, run, write_root

STEM = f"ddb_stream_lambda-{__version__}"
STEMS = {"5": STEM, "6": f"{STEM}-aws6"}
KINDS = ("zip", "tar.gz", "cdx.json", "provenance.json", "SHA256SUMS")
NAMES = {f"{stem}.{kind}" for stem in STEMS.values() for kind in KINDS}


class Answer(NamedTuple):
    """What a call of the command returned and printed."""

    returncode: int
    stdout: str
    stderr: str


def release(*words: str, cwd: Path = TOP) -> Answer:
    """Call the command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.chdir(cwd)
        with pytest.raises(SystemExit) as ended:
            cli.main(["release", *words])
    return Answer(int(ended.value.code or 0), out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    done = release("--out", str(folder), "--url", "https://modules.example/ddb/")
    assert done.returncode == 0, done.stderr
    (folder / "said").write_text(done.stdout)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in NAMES}


def test_five_files_of_each_build_are_written(released: Path) -> None:
    assert {path.name for path in released.iterdir()} == NAMES | {"said"}


@pytest.mark.parametrize(("target", "stem"), STEMS.items())
def test_archives_hold_the_module_at_their_root_and_nothing_else(target: str, stem: str, released: Path) -> None:
    expected = render(target) | {name: (TOP / name).read_bytes() for name in ("LICENSE", "CHANGELOG.md")}
    with zipfile.ZipFile(released / f"{stem}.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == expected
    with tarfile.open(released / f"{stem}.tar.gz") as tar:
        files = {name: tar.extractfile(name) for name in tar.getnames()}
        assert {name: file.read() for name, file in files.items() if file} == expected
    assert {"README.md", "LICENSE", "main.tf", "variables.tf", "outputs.tf"} <= expected.keys()
    assert not [name for name in expected if name.endswith((".py", ".part", ".jinja"))]


def test_same_bytes_on_another_day_in_another_place(released: Path, tmp_path: Path) -> None:
    words = [
        "sh",
        "-c",
        'umask 077; exec "$@"',
        "sh",
        sys.executable,
        "-m",
        "generator",
        "release",
        "--out",
        str(tmp_path / "deep/er"),
    ]
    environment = {
        **os.environ,
        "PYTHONPATH": str(TOP),
        "TZ": "Asia/Tokyo",
        "LC_ALL": "C",
        "SOURCE_DATE_EPOCH": "1",
        "PYTHONHASHSEED": "7",
    }
    subprocess.run(words, cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert contents(tmp_path / "deep/er") == contents(released)


@pytest.mark.parametrize("stem", STEMS.values())
def test_checksums_are_those_of_the_files(stem: str, released: Path) -> None:
    done = subprocess.run(
        ["sha256sum", "--check", f"{stem}.SHA256SUMS"], cwd=released, capture_output=True, text=True, check=True
    )
    assert done.stdout.count(": OK") == 4


def _lines(released: Path, address: str) -> list[str]:
    digests = {stem: hashlib.sha256((released / f"{stem}.zip").read_bytes()).hexdigest() for stem in STEMS.values()}
    return [f'source = "{address}/{stem}.zip?checksum=sha256:{digest}"' for stem, digest in digests.items()]


def test_lines_to_paste_have_the_checksums_of_the_archives(released: Path) -> None:
    assert (released / "said").read_text().splitlines()[-2:] == _lines(released, "https://modules.example/ddb")


def test_lines_to_paste_without_an_address_name_the_archives_on_this_machine(released: Path, tmp_path: Path) -> None:
    done = release("--out", "here", cwd=tmp_path)
    assert done.stdout.splitlines()[-2:] == _lines(released, f"{tmp_path.resolve()}/here")


def test_one_build_is_released_under_the_name_of_its_target(tmp_path: Path) -> None:
    done = release("--out", "here", "--provider", "6.40", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert {path.name.removeprefix(STEM) for path in (tmp_path / "here").iterdir()} == {
        f"-aws6.40.{kind}" for kind in KINDS
    }


def test_tar_gz_tells_nothing_of_the_machine(released: Path) -> None:
    magic, no_flags, no_time, no_system = b"\x1f\x8b\x08", b"\0", b"\0\0\0\0", b"\0\xff"
    assert (released / f"{STEM}.tar.gz").read_bytes().startswith(magic + no_flags + no_time + no_system)
    with tarfile.open(released / f"{STEM}.tar.gz") as tar:
        assert {(one.uid, one.gid, one.uname, one.gname, one.mode) for one in tar} == {(0, 0, "", "", 0o644)}


def test_release_that_is_there_stays(released: Path) -> None:
    done = release("--out", str(released))
    assert done.returncode == 0
    assert done.stdout.count("present") == len(NAMES)


def test_released_version_never_changes(released: Path, tmp_path: Path) -> None:
    for name, content in contents(released).items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / f"{STEM}.zip").write_bytes(b"another")
    done = release("--out", str(tmp_path))
    assert (done.returncode, done.stdout) == (12, "")
    assert re.fullmatch(
        rf"Error: .*{re.escape(STEM)}\.zip would change, and a released version never does\. .*\n", done.stderr
    )
    assert (tmp_path / f"{STEM}.zip").read_bytes() == b"another"


def test_variant_is_released_with_its_own_name_and_changelog(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "acme.toml").write_text('name = "acme_stream"\nversion = "2.1.0"\nomit = ["dashboard"]\n')
    (tmp_path / "CHANGELOG.md").write_text("## [2.1.0] - 2026-01-02\n\nOurs.\n")
    with pytest.raises(SystemExit) as ended:
        cli.main(["release", "--profile", str(tmp_path / "acme.toml"), "--out", str(tmp_path / "out")])
    assert not ended.value.code, capsys.readouterr().err
    with zipfile.ZipFile(tmp_path / "out/acme_stream-2.1.0.zip") as archive:
        assert b"acme_stream 2.1.0" in archive.read("versions.tf")
        assert archive.read("CHANGELOG.md").endswith(b"Ours.\n")
        assert "dashboard.tf" not in archive.namelist()


@pytest.mark.parametrize(
    ("changelog", "says"),
    [
        (
            b"# Changelog\n",
            f'section "## [{__version__}] - YYYY-MM-DD" not found. Describe the changes of this version there.',
        ),
        (f"## [{__version__}]\n\n- it\n".encode(), "not found"),
        (
            f"## [{__version__}] - 2026-02-30\n\n- it\n".encode(),
            f'"2026-02-30", the date of version {__version__}, is not valid',
        ),
        (f"## [{__version__}] - 2026-01-01\n\n## [0.1.0] - 2025-01-01\n- old\n".encode(), "is empty"),
        (
            f"## [{__version__}] - 2026-01-01\n- \xe9\n".encode("latin-1"),
            "log.md: line 2: expected UTF-8, got the byte 0xe9.",
        ),
        (f"## [{__version__}] - 2026-01-01\n- it\n".encode("utf-16"), "log.md: expected UTF-8, got UTF-16."),
        (b" " * (16 * 1024**2 + 1), "log.md: expected a file of at most 16 MiB."),
        (None, "No such file or directory"),
    ],
    ids=["no-section", "no-date", "no-such-date", "empty", "not-utf-8", "utf-16", "large", "missing"],
)
def test_version_that_the_changelog_does_not_tell_of_is_12(
    changelog: bytes | None, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if changelog is not None:
        (tmp_path / "log.md").write_bytes(changelog)
    with pytest.raises(SystemExit) as ended:
        cli.main(["release", "--changelog", str(tmp_path / "log.md"), "--out", str(tmp_path / "out")])
    said = capsys.readouterr().err
    assert (ended.value.code, said.count("\n")) == (12, 1)
    assert says in said
    assert not (tmp_path / "out").exists()


def test_folder_that_cannot_be_written_is_12(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit) as ended:
        cli.main(["release", "--out", str(tmp_path / "file/out")])
    assert (ended.value.code, capsys.readouterr().err.count("\n")) == (12, 1)


@pytest.mark.parametrize("kind", ["pipe", "link", "large"])
def test_what_is_in_the_place_of_a_file_is_12_at_once(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "log.md").write_text(f"## [{__version__}] - 2026-01-01\n- it\n", encoding="utf-8-sig")
    place = tmp_path / f"out/{STEM}.zip"
    place.parent.mkdir()
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "link":
        place.symlink_to(tmp_path / "pipe")
    else:
        place.touch()
        os.truncate(place, 2**40)
    with pytest.raises(SystemExit) as ended:
        cli.main(["release", "--changelog", str(tmp_path / "log.md"), "--out", str(place.parent)])
    err = capsys.readouterr().err
    assert (ended.value.code, err.count("\n")) == (12, 1)
    assert place.name in err
    assert list(place.parent.iterdir()) == [place]


# --- as a module source -------------------------------------------------------------------------------------------------


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: Any) -> None:  # noqa: ANN401
        """Say nothing."""


@pytest.fixture(scope="module")
def address(released: Path) -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=released)) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def sources(released: Path, address: str) -> dict[str, str]:
    """Return where the archives can be had from, without their checksums."""
    return {
        "zip": f"{address}/{STEM}.zip",
        "tar": f"{address}/{STEM}.tar.gz",
        "path": str(released.resolve() / f"{STEM}.zip"),
    }


def root(folder: Path, sources: Mapping[str, str]) -> None:
    arguments = {
        "function_filename": "${path.module}/function.zip",
        "function_handler": "handler.handler",
        "function_runtime": "python3.13",
    }
    modules = {name: {"source": source, "name": f"from-{name}", **arguments} for name, source in sources.items()}
    write_root(folder, {"module": modules})


@pytest.fixture(scope="module")
def planned(
    released: Path, sources: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Instance]:
    folder = tmp_path_factory.mktemp("root")
    digests = {
        name: hashlib.sha256((released / Path(source).name).read_bytes()).hexdigest()
        for name, source in sources.items()
    }
    root(folder, {name: f"{source}?checksum=sha256:{digests[name]}" for name, source in sources.items()})
    return instances(plan(folder))


@pytest.mark.terraform
@pytest.mark.parametrize("name", ["zip", "tar", "path"])
def test_archive_is_installed_by_its_checksum_and_plans(name: str, planned: Mapping[str, Instance]) -> None:
    assert planned[name]["aws_dynamodb_table.this[0]"]["name"] == f"from-{name}"
    assert "aws_lambda_event_source_mapping.this" in planned[name]


@pytest.mark.terraform
def test_archives_with_another_checksum_are_refused(sources: Mapping[str, str], tmp_path: Path) -> None:
    root(tmp_path, {name: f"{source}?checksum=sha256:{'0' * 64}" for name, source in sources.items()})
    done = run(tmp_path, "init", "-input=false", "-no-color", check=False)
    assert done.returncode != 0
    assert " ".join((done.stdout + done.stderr).split()).count("Checksums did not match") == len(sources)


def test_quick_start_names_the_archive_of_this_version() -> None:
    assert PUBLISHED.findall(BLOCKS["README-0"]) == [f"{STEM}.zip"]


@pytest.mark.terraform
def test_quick_start_plans_with_the_line_that_release_prints(released: Path, address: str, tmp_path: Path) -> None:
    line = next(one for one in (released / "said").read_text().splitlines() if one.startswith("source = "))
    assert f"/{STEM}.zip?checksum=" in line
    block, marked = PUBLISHED.subn(line.replace("https://modules.example/ddb", address), BLOCKS["README-0"])
    assert marked == 1
    text, providers = re.subn(r'^provider "aws" {.*?^}\n', "", block, flags=re.DOTALL | re.MULTILINE)
    assert providers == 1
    (tmp_path / "main.tf").write_text(text)
    (tmp_path / "provider.tf.json").write_text(json.dumps({"provider": PROVIDER}))
    (tmp_path / "function.zip").write_bytes(PACKAGE_CONTENT)
    planned = instances(plan(tmp_path))["ddb_stream_lambda"]
    assert planned["aws_dynamodb_table.this[0]"]["name"] == "orders"
    assert "aws_lambda_event_source_mapping.this" in planned
