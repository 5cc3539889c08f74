"""Lock files of uv and of PEP 751 become the wheels that they pin, for Lambda and not for this machine."""

import hashlib
from pathlib import Path

import pytest

from generator.errors import PackageError
from generator.package import locks, package
from tests.package.sources import content
from tests.package.test_wheels import wheel

LINUX = {
    "os_name": "posix",
    "sys_platform": "linux",
    "platform_machine": "x86_64",
    "python_version": "3.13",
    "python_full_version": "3.13.0",
}
PLATFORMS = ["manylinux_2_17_x86_64"]
UV = """
version = 1
requires-python = ">=3.11"

[[package]]
name = "fn"
source = { editable = "." }
dependencies = [
  { name = "one" },
  { name = "win", marker = "sys_platform == 'win32'" },
  { name = "many", version = "2", marker = "python_full_version >= '3.12'" },
  { name = "many", version = "1", marker = "python_full_version < '3.12'" },
  { name = "extras", extra = ["more"] },
]
[package.dev-dependencies]
dev = [{ name = "dev" }]

[[package]]
name = "one"
version = "1"
source = { registry = "an index" }
dependencies = [{ name = "two" }]
wheels = [{ url = "one-1-py3-none-any.whl", hash = "sha256:11" }]

[[package]]
name = "two"
version = "2"
source = { registry = "an index" }
dependencies = [{ name = "one" }]
wheels = [
  { url = "two-2-a.whl", hash = "sha256:21" },
  { url = "two-2-b.whl", hash = "sha256:22" },
]

[[package]]
name = "many"
version = "1"
source = { registry = "an index" }
resolution-markers = ["python_full_version < '3.12'"]
wheels = [{ url = "many-1.whl", hash = "sha256:31" }]

[[package]]
name = "many"
version = "2"
source = { registry = "an index" }
resolution-markers = ["python_full_version >= '3.12'"]
wheels = [{ url = "many-2.whl", hash = "sha256:32" }]

[[package]]
name = "extras"
version = "3"
source = { registry = "an index" }
wheels = [{ url = "extras-3.whl", hash = "sha256:41" }]
[package.optional-dependencies]
more = [{ name = "deep" }]
less = [{ name = "dev" }]

[[package]]
name = "deep"
version = "4"
source = { registry = "an index" }
wheels = [{ url = "deep-4.whl", hash = "sha256:51" }]
"""
PYLOCK = """
lock-version = "1.0"
created-by = "test"
requires-python = ">=3.11"

[[packages]]
name = "one"
version = "1"
[[packages.wheels]]
name = "one-1-cp313-cp313-manylinux_2_17_x86_64.whl"
url = "one-1-cp313-cp313-manylinux_2_17_x86_64.whl"
hashes = { sha256 = "11" }
[[packages.wheels]]
name = "one-1-cp313-cp313-macosx_11_0_arm64.whl"
url = "one-1-cp313-cp313-macosx_11_0_arm64.whl"
hashes = { sha256 = "12" }

[[packages]]
name = "win"
version = "1"
marker = "sys_platform == 'win32'"
[[packages.wheels]]
name = "win-1-py3-none-any.whl"
url = "win-1-py3-none-any.whl"
hashes = { sha256 = "21" }

[[packages]]
name = "dev"
version = "1"
marker = "'dev' in dependency_groups"
[[packages.wheels]]
name = "dev-1-py3-none-any.whl"
url = "dev-1-py3-none-any.whl"
hashes = { sha256 = "31" }
"""


def read(folder: Path, name: str, text: str, **changes: str) -> list[str]:
    path = folder / name
    path.write_text(text)
    return locks.requirements(path, {**LINUX, **changes}, PLATFORMS).splitlines()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("uv.lock", True),
        ("pylock.toml", True),
        ("pylock.lambda.toml", True),
        ("requirements.txt", False),
        ("pylock.a.b.toml", False),
        ("poetry.lock", False),
    ],
)
def test_file_is_known_by_its_name(name: str, *, expected: bool) -> None:
    assert locks.is_lock_file(Path("some") / name) is expected


def test_uv_lock_is_what_the_project_needs_on_the_target(tmp_path: Path) -> None:
    assert read(tmp_path, "uv.lock", UV) == [
        "deep==4 --hash=sha256:51",
        "extras==3 --hash=sha256:41",
        "many==2 --hash=sha256:32",
        "one==1 --hash=sha256:11",
        "two==2 --hash=sha256:21 --hash=sha256:22",
    ]


def test_uv_lock_follows_the_version_of_python(tmp_path: Path) -> None:
    assert "many==1 --hash=sha256:31" in read(tmp_path, "uv.lock", UV, python_full_version="3.11.0")


def test_pylock_is_what_the_target_selects(tmp_path: Path) -> None:
    assert read(tmp_path, "pylock.toml", PYLOCK) == ["one==1 --hash=sha256:11"]


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("uv.lock", UV.replace(">=3.11", ">=3.14"), "it requires Python >=3.14, and not 3.13.0."),
        ("uv.lock", UV.replace('editable = "."', 'editable = "other"'), "it does not contain the project that it"),
        ("uv.lock", UV.replace("registry", "git", 1), "one is from a source that is not an index (git)."),
        ("uv.lock", UV.replace("wheels = [{ url", "sdist = [{ url", 1), "one has no wheel, and only wheels"),
        ("uv.lock", UV.replace('name = "deep"\n', 'name = "other"\n'), "deep is a dependency, but has no entry."),
        ("uv.lock", "version = ", "expected TOML: Invalid value"),
        ("uv.lock", "package = 1", "not a valid lock file: unexpected structure (TypeError"),
        ("uv.lock", UV.replace("sys_platform ==", "sys_platform ="), "not a valid lock file: "),
        ("pylock.toml", PYLOCK.replace(">=3.11", ">=3.14"), "python_full_version '3.13.0' in provided environment"),
        ("pylock.toml", PYLOCK.replace("manylinux_2_17_x86_64", "win_amd64"), "No wheel found matching"),
        ("pylock.toml", PYLOCK.replace('"1.0"', '"9.0"'), "pylock version 9.0 is not supported."),
        ("pylock.toml", "a = " + "[" * 5000, "expected at most 100 levels of nesting."),
    ],
)  # fmt: skip
def test_problem_is_one_line(name: str, text: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(PackageError) as caught:
        read(tmp_path, name, text)
    assert str(caught.value).startswith(f"{tmp_path / name}: {problem}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "old", "new", "problem"),
    [
        ("uv.lock", '"4"', r'"4\n--find-links=a/${KEY}/ #"', r'"4\n--find-links=a/${KEY}/ #" is not a valid version'),
        ("uv.lock", '"4"', f'"{"9" * 5000}"', '"9999'),
        ("uv.lock", "sha256:51", r"sha256:0 \n-r /etc/passwd\n", r'"sha256:0 \n-r /etc/passwd\n" is not a valid hash'),
        ("uv.lock", "sha256:51", r"sha256:51\n", r'"sha256:51\n" is not a valid hash'),
        ("uv.lock", "sha256:51", "md5:51", '"md5:51" is not a valid hash'),
        ("uv.lock", '"deep"', '"-r /etc/passwd"', '"-r /etc/passwd" is not a valid name'),
        ("uv.lock", '"deep"', r'"deep\n"', r'"deep\n" is not a valid name'),
        ("pylock.toml", '"11"', r'"0\n-r /etc/passwd"', r'"sha256:0\n-r /etc/passwd" is not a valid hash'),
        ("pylock.toml", 'sha256 = "11"', r'"sha256:0 -r a" = "11"', '"sha256:0 -r a:11" is not a valid hash'),
    ],
)  # fmt: skip
def test_only_names_versions_and_hashes_reach_pip(name: str, old: str, new: str, problem: str, tmp_path: Path) -> None:
    text = {"uv.lock": UV, "pylock.toml": PYLOCK}[name]
    with pytest.raises(PackageError) as caught:
        read(tmp_path, name, text.replace(old, new))
    assert str(caught.value).startswith(f"{tmp_path / name}: not a valid lock file: {problem}")


def test_other_encoding_is_named_and_byte_order_mark_is_accepted(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text(UV, encoding="utf-16")
    with pytest.raises(PackageError, match=rf"^{tmp_path}/uv\.lock: expected UTF-8, got UTF-16\.$"):
        locks.requirements(tmp_path / "uv.lock", LINUX, PLATFORMS)
    assert read(tmp_path, "uv.lock", "\ufeff" + UV) == read(tmp_path, "uv.lock", UV)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["uv.lock", "pylock.toml"])
def test_pinned_wheel_comes_in_and_another_does_not(
    name: str, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel(tmp_path / "index", "one", "1", tag="py3-none-any", requires=("missing",))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    digest = hashlib.sha256((tmp_path / "index" / "one-1-py3-none-any.whl").read_bytes()).hexdigest()
    uv = UV.partition('[[package]]\nname = "two"')[0].replace('dependencies = [{ name = "two" }]\n', "")
    uv = "".join(line for line in uv.splitlines(keepends=True) if "marker" not in line and "extras" not in line)
    pylock = PYLOCK.replace("cp313-cp313-manylinux_2_17_x86_64", "py3-none-any")
    text = {"uv.lock": uv, "pylock.toml": pylock}[name]
    lock = tmp_path / name
    lock.write_text(text.replace("sha256:11", f"sha256:{digest}").replace('sha256 = "11"', f'sha256 = "{digest}"'))
    assert "one.py" in content(package(source, tmp_path / "a.zip", requirements=lock).path)
    lock.write_text(lock.read_text().replace(digest, "0" * 64))
    with pytest.raises(PackageError, match=rf"^{lock}: .*DO NOT MATCH"):
        package(source, tmp_path / "b.zip", requirements=lock)
