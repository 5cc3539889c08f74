"""The wheels of a function, chosen for Lambda and not for this machine."""

import importlib.util
import io
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from generator.errors import PackageError
from generator.package import package
from tests.package.sources import content


def wheel(
    folder: Path,
    name: str = "tiny",
    version: str = "1.0",
    *,
    tag: str = "py3-none-any",
    files: Mapping[str, str] | None = None,
    requires: tuple[str, ...] = (),
) -> None:
    """Build a wheel by hand."""
    folder.mkdir(exist_ok=True)
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {requirement}\n" for requirement in requires)
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-{tag}.whl", "w") as zipped:
        for path, body in (files if files is not None else {f"{name}.py": tag}).items():
            zipped.writestr(path, body)
        zipped.writestr(f"{info}/METADATA", metadata)
        zipped.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n")
        zipped.writestr(f"{info}/RECORD", "")


def source_distribution(folder: Path, name: str = "unbuilt", version: str = "1.0") -> Path:
    """Build a source distribution by hand, whose ``setup.py`` leaves a trace if it is run."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-{version}.tar.gz"
    files = {
        "setup.py": f"open({str(folder / 'was-run')!r}, 'w')\n",
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
    }
    with tarfile.open(path, "w:gz") as tar:
        for file, body in files.items():
            member = tarfile.TarInfo(f"{name}-{version}/{file}")
            member.size = len(body)
            tar.addfile(member, io.BytesIO(body.encode()))
    return path


@pytest.fixture
def links(tmp_path: Path) -> Path:
    """Give the folder that requirements are looked for in."""
    return tmp_path / "links"


@pytest.fixture
def vendored(source: Path, tmp_path: Path, links: Path) -> Callable[..., dict[str, str]]:
    """Package the source with requirements that come from ``links`` alone, and give the archive's files."""

    def run(*lines: str, **options: str) -> dict[str, str]:
        requirements = tmp_path / "requirements.txt"
        requirements.write_text("\n".join(["--no-index", f"--find-links {links}", *lines, ""]))
        files = content(package(source, tmp_path / "a.zip", requirements=requirements, **options).path)
        return {name: body for name, body in files.items() if ".dist-info/" not in name and name != "handler.py"}

    return run


@pytest.fixture
def refused(vendored: Callable[..., dict[str, str]], tmp_path: Path) -> Callable[..., str]:
    """Package with requirements that must be refused, and give the line that says why."""

    def run(*lines: str, **options: str) -> str:
        with pytest.raises(PackageError) as caught:
            vendored(*lines, **options)
        assert not (tmp_path / "a.zip").exists()
        assert "\n" not in str(caught.value)
        return str(caught.value)

    return run


@pytest.mark.slow
class TestRequirements:
    """Wheels come in as they are, and as Lambda can import them."""

    def test_wheel_lies_beside_the_code(self, source: Path, tmp_path: Path, links: Path) -> None:
        """Modules and metadata are at the root of the package."""
        wheel(links)
        requirements = tmp_path / "requirements.txt"
        requirements.write_text(f"--no-index\n--find-links {links}\ntiny==1.0\n")
        assert list(content(package(source, tmp_path / "a.zip", requirements=requirements).path)) == [
            "handler.py",
            "tiny-1.0.dist-info/METADATA",
            "tiny-1.0.dist-info/RECORD",
            "tiny-1.0.dist-info/WHEEL",
            "tiny.py",
        ]

    def test_same_bytes_twice(self, source: Path, tmp_path: Path, links: Path) -> None:
        """Pinned requirements give the same archive."""
        wheel(links)
        requirements = tmp_path / "requirements.txt"
        requirements.write_text(f"--no-index\n--find-links {links}\ntiny==1.0\n")
        one, other = (package(source, tmp_path / f"{i}.zip", requirements=requirements).sha256 for i in range(2))
        assert one == other

    def test_dependencies_come_too(self, vendored: Callable[..., dict[str, str]], links: Path) -> None:
        """What a wheel requires is vendored."""
        wheel(links, requires=("other>=1",))
        wheel(links, "other")
        assert set(vendored("tiny==1.0")) == {"tiny.py", "other.py"}

    def test_data_folders_are_unfolded(self, vendored: Callable[..., dict[str, str]], links: Path) -> None:
        """Modules in ``.data`` move to the root; scripts, headers and data files stay out."""
        kinds = ("purelib", "platlib", "scripts", "headers", "data")
        wheel(links, files={f"tiny-1.0.data/{kind}/pack/{kind}.py": "" for kind in kinds})
        assert set(vendored("tiny")) == {"pack/purelib.py", "pack/platlib.py"}

    def test_bytecode_stays_out_and_tests_stay_in(self, vendored: Callable[..., dict[str, str]], links: Path) -> None:
        """Only bytecode is taken out of a wheel: whether it imports its tests is not known."""
        wheel(links, files={"pack/__pycache__/x.pyc": "", "pack/y.pyc": "", "pack/tests/__init__.py": ""})
        assert set(vendored("tiny")) == {"pack/tests/__init__.py"}

    @pytest.mark.parametrize(
        ("options", "tag"),
        [
            ({}, "cp313-cp313-manylinux_2_34_x86_64"),
            ({"architecture": "arm64"}, "cp313-cp313-manylinux_2_34_aarch64"),
            ({"python_version": "3.11"}, "cp311-cp311-manylinux2014_x86_64"),
        ],
        ids=["default", "arm64", "3.11"],
    )
    def test_wheel_for_the_target(
        self, vendored: Callable[..., dict[str, str]], links: Path, options: dict[str, str], tag: str
    ) -> None:
        """Of several wheels, the one that fits the target best is taken, whatever machine packages."""
        for platform in (
            "manylinux_2_34_x86_64",
            "manylinux2014_x86_64",
            "manylinux_2_34_aarch64",
            "macosx_11_0_arm64",
        ):
            for python in ("cp311-cp311", "cp313-cp313"):
                wheel(links, tag=f"{python}-{platform}")
        assert vendored("tiny==1.0", **options) == {"tiny.py": tag}

    def test_stable_abi_of_an_older_python(self, vendored: Callable[..., dict[str, str]], links: Path) -> None:
        """A wheel for the stable ABI runs on every later Python."""
        wheel(links, tag="cp38-abi3-manylinux_2_17_x86_64")
        assert set(vendored("tiny")) == {"tiny.py"}

    @pytest.mark.parametrize(
        ("python_version", "tag"),
        [
            ("3.13", "cp313-cp313-manylinux_2_35_x86_64"),
            ("3.11", "cp311-cp311-manylinux_2_28_x86_64"),
            ("3.13", "cp313-cp313-musllinux_1_2_x86_64"),
            ("3.13", "cp313-cp313-macosx_11_0_arm64"),
        ],
        ids=["newer than Amazon Linux 2023", "newer than Amazon Linux 2", "musl", "macOS"],
    )
    def test_wheel_that_lambda_cannot_load(
        self, refused: Callable[..., str], links: Path, python_version: str, tag: str
    ) -> None:
        """A wheel for another system is as good as none."""
        wheel(links, tag=tag)
        text = refused("tiny", python_version=python_version)
        assert text.endswith("Could not find a version that satisfies the requirement tiny (from versions: none).")

    @pytest.mark.parametrize(
        ("marker", "taken"),
        [
            ("python_version >= '3.14'", True),
            ("python_version < '3.14'", False),
            ("sys_platform == 'linux'", True),
            ("platform_system == 'Windows'", False),
            ("platform_machine == 'aarch64'", True),
        ],
    )
    def test_markers_are_those_of_the_target(
        self, vendored: Callable[..., dict[str, str]], links: Path, marker: str, *, taken: bool
    ) -> None:
        """Conditions of a dependency are about Lambda, not about the machine that packages."""
        wheel(links, requires=(f"other; {marker}",))
        wheel(links, "other")
        assert ("other.py" in vendored("tiny", python_version="3.14", architecture="arm64")) is taken

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            (b"a\n\xff\n", "line 2: expected UTF-8, got the byte 0xff"),
            ("a==1\n".encode("utf-16"), "expected UTF-8, got UTF-16"),
            (b"a\n" + b"x" * 20_001, "line 2: expected at most 20,000 characters"),
        ],
    )
    def test_requirements_that_pip_cannot_read(self, source: Path, tmp_path: Path, text: bytes, problem: str) -> None:
        requirements = tmp_path / "requirements.txt"
        requirements.write_bytes(text)
        with pytest.raises(PackageError, match=rf'^--requirements: ".*requirements.txt": {problem}'):
            package(source, tmp_path / "out.zip", requirements=requirements)
        assert not (tmp_path / "out.zip").exists()

    def test_file_of_comments_asks_for_nothing(self, source: Path, tmp_path: Path) -> None:
        """A project may have a requirements file before it has requirements."""
        requirements = tmp_path / "requirements.txt"
        requirements.write_text("# none yet\n\n")
        assert list(content(package(source, tmp_path / "a.zip", requirements=requirements).path)) == ["handler.py"]


@pytest.mark.slow
class TestRequirementsRefused:
    """Requirements that cannot be vendored are named in one line."""

    @pytest.mark.parametrize("line", ["unbuilt", "unbuilt==1.0"])
    def test_source_distribution(self, refused: Callable[..., str], links: Path, line: str) -> None:
        """A requirement that would have to be built is refused by name."""
        source_distribution(links)
        assert refused(line).endswith(
            f"{line} has no wheel for Python 3.13 on Linux x86_64, only a source distribution,"
            " which would have to be built; only wheels are accepted."
        )

    def test_source_distribution_of_a_dependency(self, refused: Callable[..., str], links: Path) -> None:
        """The dependency is named."""
        source_distribution(links)
        wheel(links, requires=("unbuilt>=1",))
        assert "unbuilt>=1 has no wheel" in refused("tiny")

    def test_source_distribution_by_path(self, refused: Callable[..., str], links: Path) -> None:
        """A path is refused without running what it holds."""
        path = source_distribution(links)
        assert "unbuilt-1.0.tar.gz" in (text := refused(str(path)))
        assert "is a source distribution, which would have to be built" in text
        assert not (links / "was-run").exists()

    def test_other_projects_source_distribution_is_not_blamed(self, refused: Callable[..., str], links: Path) -> None:
        """A project that does not exist is not said to be unbuilt."""
        source_distribution(links)
        assert refused("absent").endswith("the requirement absent (from versions: none).")

    def test_version_that_does_not_exist(self, refused: Callable[..., str], links: Path) -> None:
        """The versions that exist are told."""
        wheel(links)
        assert refused("tiny==2.0").endswith("requirement tiny==2.0 (from versions: 1.0).")

    def test_conflict(self, refused: Callable[..., str], links: Path) -> None:
        """Requirements that exclude each other are named."""
        wheel(links, requires=("other==2",))
        wheel(links, "other")
        wheel(links, "other", "2")
        assert "other==1.0" in (text := refused("tiny", "other==1.0"))
        assert "conflicting dependencies" in text

    @pytest.mark.parametrize("line", ["tiny === = 2", "--no-such-option"])
    def test_malformed_line(self, refused: Callable[..., str], links: Path, line: str) -> None:
        """The line is told."""
        wheel(links)
        assert line in refused(line)

    def test_two_wheels_with_one_path(self, refused: Callable[..., str], links: Path) -> None:
        """Both wheels and the path are named."""
        wheel(links, files={"same.py": ""})
        wheel(links, "other", files={"same.py": ""})
        assert (
            refused("tiny", "other")
            == 'Only one of other-1.0-py3-none-any.whl and tiny-1.0-py3-none-any.whl can be "same.py".'
        )

    def test_source_and_wheel_with_one_path(self, refused: Callable[..., str], links: Path) -> None:
        """A requirement does not replace the function's code."""
        wheel(links, files={"handler.py": ""})
        text = refused("tiny")
        assert text.startswith("Only one of ")
        assert text.endswith('/source/handler.py and tiny-1.0-py3-none-any.whl can be "handler.py".')

    def test_file_where_another_has_a_folder(self, refused: Callable[..., str], links: Path) -> None:
        """One path cannot be both."""
        wheel(links, files={"handler.py/x.py": ""})
        assert 'can be "handler.py".' in refused("tiny")

    def test_path_that_leads_out(self, refused: Callable[..., str], links: Path) -> None:
        """A wheel cannot write beside the package."""
        wheel(links, files={"../x.py": ""})
        assert 'the path "../x.py" leaves the package' in refused("tiny")

    def test_python_without_pip(
        self, refused: Callable[..., str], links: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The way to get pip is told."""
        wheel(links)
        monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
        assert refused("tiny").endswith("python -m ensurepip.")
