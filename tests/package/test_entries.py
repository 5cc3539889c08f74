"""Which files of a directory are packaged, and what cannot be."""

import os
from pathlib import Path

import pytest

from generator.errors import PackageError
from generator.package import package
from tests.package.sources import content, write

EXCLUDED_PATHS = [
    "__pycache__/handler.cpython-313.pyc",
    "deep/er/__pycache__/x.pyc",
    "deep/stray.pyc",
    ".git/config",
    ".gitignore",
    ".venv/bin/python",
    ".pytest_cache/x",
    ".mypy_cache/x",
    ".ruff_cache/x",
    ".hypothesis/x",
    ".DS_Store",
    "deep/.DS_Store",
    "tests/test_handler.py",
    "test/handler.test.mjs",
    "conftest.py",
    "README.md",
    "node_modules/.cache/x",
    ".unfinished-0123456789abcdef",
]
KEPT_PATHS = [
    "node_modules/dependency/tests/index.js",
    "node_modules/dependency/README.md",
    "node_modules/.bin/x",
    "vendor/tests/__init__.py",
    "tests_data.json",
    "readme.py",
    ".env",
    "unfinished-work.txt",
]


class TestExclusions:
    """What stays out of a package."""

    @pytest.mark.parametrize("path", EXCLUDED_PATHS)
    def test_left_out(self, source: Path, tmp_path: Path, path: str) -> None:
        """Caches, environments, version control and the function's own tests stay out."""
        write(source, {path: ""})
        assert list(content(package(source, tmp_path / "a.zip").path)) == ["handler.py"]

    @pytest.mark.parametrize("path", KEPT_PATHS)
    def test_kept(self, source: Path, tmp_path: Path, path: str) -> None:
        """What a dependency may need, or only resembles an exclusion, stays in."""
        write(source, {path: ""})
        assert set(content(package(source, tmp_path / "a.zip").path)) == {"handler.py", path}

    def test_archive_inside_the_source(self, source: Path) -> None:
        """A second run does not package the archive of the first."""
        first = package(source, source / "dist" / "a.zip")
        assert package(source, source / "dist" / "a.zip") == first

    def test_requirements_file_inside_the_source(self, source: Path, tmp_path: Path) -> None:
        """The requirements file that is given stays out."""
        write(source, {"requirements.txt": "# nothing"})
        archive = package(source, tmp_path / "a.zip", requirements=source / "requirements.txt").path
        assert list(content(archive)) == ["handler.py"]


class TestSymlinks:
    """Links are followed inside the source and refused beyond it."""

    def test_file_is_followed(self, source: Path, tmp_path: Path) -> None:
        """The package has the content twice."""
        (source / "link.py").symlink_to("handler.py")
        assert content(package(source, tmp_path / "a.zip").path) == {"handler.py": "code", "link.py": "code"}

    def test_folder_is_followed(self, source: Path, tmp_path: Path) -> None:
        """The package has the folder's files under both names."""
        write(source, {"lib/x.py": "x"})
        (source / "link").symlink_to("lib")
        assert {"lib/x.py", "link/x.py"} <= set(content(package(source, tmp_path / "a.zip").path))

    def test_source_may_be_a_link(self, source: Path, tmp_path: Path) -> None:
        """A link to the source folder is the source folder."""
        (tmp_path / "link").symlink_to(source)
        assert list(content(package(tmp_path / "link", tmp_path / "a.zip").path)) == ["handler.py"]

    def test_excluded_link_is_not_looked_at(self, source: Path, tmp_path: Path) -> None:
        """An environment elsewhere does not matter."""
        (source / ".venv").symlink_to("/")
        assert list(content(package(source, tmp_path / "a.zip").path)) == ["handler.py"]

    def test_link_to_the_archive_is_left_out(self, source: Path) -> None:
        """The archive does not come in by another name."""
        package(source, source / "a.zip")
        (source / "latest.zip").symlink_to("a.zip")
        assert list(content(package(source, source / "a.zip").path)) == ["handler.py"]

    @pytest.mark.parametrize(
        ("target", "problem"),
        [
            ("../outside.py", "leaves the source directory"),
            ("..", "leaves the source directory"),
            ("missing.py", "has no target"),
            ("link", "has no target"),
            (".", "points to a directory that contains it"),
        ],
        ids=["file outside", "folder outside", "missing", "itself", "loop"],
    )
    def test_refused(self, source: Path, tmp_path: Path, target: str, problem: str) -> None:
        """What leads out of the source, nowhere or in circles is named and refused."""
        write(tmp_path, {"outside.py": "secret"})
        (source / "link").symlink_to(target)
        with pytest.raises(PackageError, match=rf"/link: this symbolic link {problem}"):
            package(source, tmp_path / "a.zip")


class TestCheck:
    """Files that a package cannot hold are rejected."""

    def test_more_than_lambda_unzips(self, source: Path, tmp_path: Path) -> None:
        """250 MB are refused before anything is compressed."""
        with (source / "large").open("wb") as file:
            file.truncate(250 * 2**20)
        with pytest.raises(PackageError, match=r"has 262,144,004 bytes unzipped, .* fewer than 262,144,000 \(250 MB\)"):
            package(source, tmp_path / "a.zip")

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
    def test_named_pipe(self, source: Path, tmp_path: Path) -> None:
        """What is no file is refused instead of being waited for."""
        os.mkfifo(source / "pipe")
        with pytest.raises(PackageError, match=r"pipe: neither a file nor a directory"):
            package(source, tmp_path / "a.zip")

    def test_name_that_is_not_utf_8(self, source: Path, tmp_path: Path) -> None:
        """A zip file cannot hold it."""
        try:
            Path(os.fsdecode(os.fsencode(source) + b"/\xff.py")).touch()
        except OSError:
            pytest.skip("the file system only has names in UTF-8")
        with pytest.raises(PackageError, match="the name is not UTF-8"):
            package(source, tmp_path / "a.zip")
