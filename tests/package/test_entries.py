"""Which files of a directory are packaged, and what cannot be."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from generator import cli
from generator.archives import REGULAR
from generator.errors import PackageError
from generator.package import entries, package
from generator.package.entries import UNZIPPED_LIMIT, Entry, Selection, check
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
    ".env",
    ".env.production",
    "deep/.npmrc",
    ".editorconfig",
    ".handler.py.swp",
    "handler.py~",
    ".github/workflows/x.yml",
    "deep/.gitkeep",
]
KEPT_PATHS = [
    "node_modules/dependency/tests/index.js",
    "node_modules/dependency/README.md",
    "node_modules/.bin/x",
    "vendor/tests/__init__.py",
    "tests_data.json",
    "readme.py",
    "env",
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


class TestLeftOut:
    """What is left out is listed, and can be packaged all the same."""

    def test_listed_without_what_is_below(self, source: Path, tmp_path: Path) -> None:
        """A directory stands for its content."""
        write(source, {".env": "", ".git/config": "", ".git/HEAD": "", "lib/.npmrc": ""})
        assert package(source, tmp_path / "a.zip").left_out == (".env", ".git", "lib/.npmrc")

    def test_included_by_a_pattern(self, source: Path, tmp_path: Path) -> None:
        """A pattern names what the function needs."""
        write(source, {".env": "", ".npmrc": "", "tests/x.py": ""})
        made = package(source, tmp_path / "a.zip", included=(".env", "/tests"))
        assert list(content(made.path)) == [".env", "handler.py", "tests/x.py"]
        assert made.left_out == (".npmrc",)

    @pytest.mark.parametrize("pattern", [".envv", "handler.py", "/lib/.env", "tests"])
    def test_pattern_that_includes_nothing_is_an_error(self, pattern: str, source: Path, tmp_path: Path) -> None:
        """A misspelled name would give a package without the file."""
        write(source, {".env": "", "lib/x.py": ""})
        with pytest.raises(PackageError, match=f'--include: "{pattern}" names nothing that is left out'):
            package(source, tmp_path / "a.zip", included=(".env", pattern))
        assert not (tmp_path / "a.zip").exists()

    def test_command_prints_the_first_of_them(
        self, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Ten on a line, and how many more."""
        write(source, {f"d{number:02}/.env": "" for number in range(12)})
        for words, line in (
            ([], f"left_out          {', '.join(f'd{number:02}/.env' for number in range(10))} and 2 more"),
            (["--include", ".env"], None),
        ):
            with pytest.raises(SystemExit):
                cli.main(["package", str(source), "-o", str(tmp_path / "a.zip"), *words])
            lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("left_out")]
            assert lines == ([line] if line else [])


def unzip(archive: Path, folder: Path) -> Path:
    """Unpack an archive as Info-ZIP does, with its links."""
    subprocess.run(["unzip", "-q", archive, "-d", folder], check=True)
    return folder


class TestSymlinks:
    """Links inside the source stay links, and those beyond it are refused."""

    def test_file_and_folder_stay_links(self, source: Path, tmp_path: Path) -> None:
        """Their content is packaged once."""
        write(source, {"lib/x.py": "x"})
        (source / "link.py").symlink_to("handler.py")
        (source / "lib" / "up").symlink_to("../lib")
        made = package(source, tmp_path / "a.zip").path
        assert content(made) == {"handler.py": "code", "lib/up": ".", "lib/x.py": "x", "link.py": "handler.py"}
        unzipped = unzip(made, tmp_path / "unzipped")
        assert (unzipped / "link.py").readlink() == Path("handler.py")
        assert (unzipped / "lib/up/up/x.py").read_text() == "x"

    @pytest.mark.parametrize("target", ["{source}/handler.py", "../source/handler.py", "chain"])
    def test_target_is_relative_and_within_the_package(self, source: Path, tmp_path: Path, target: str) -> None:
        """The name of the source directory does not matter, because Lambda unpacks elsewhere."""
        (source / "chain").symlink_to(source / "handler.py")
        (source / "link.py").symlink_to(target.format(source=source))
        assert content(package(source, tmp_path / "a.zip").path)["link.py"] == "handler.py"

    def test_link_to_what_is_left_out_is_left_out(self, source: Path, tmp_path: Path) -> None:
        """It would have no target."""
        write(source, {".git/config": ""})
        (source / "settings").symlink_to(".git/config")
        made = package(source, tmp_path / "a.zip")
        assert list(content(made.path)) == ["handler.py"]
        assert made.left_out == (".git", "settings (a link to .git/config)")

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
        ],
        ids=["file outside", "folder outside", "missing", "itself"],
    )
    def test_refused(self, source: Path, tmp_path: Path, target: str, problem: str) -> None:
        """What leads out of the source or nowhere is named and refused."""
        write(tmp_path, {"outside.py": "secret"})
        (source / "link").symlink_to(target)
        with pytest.raises(PackageError, match=rf"/link: this symbolic link {problem}"):
            package(source, tmp_path / "a.zip")


HANDLER = """
import { name } from "first";
export const handler = async () => name;
"""


def module(folder: Path, name: str, code: str, **dependencies: str) -> None:
    """Write a module of Node.js."""
    described = {"name": name, "version": "1.0.0", "type": "module", "exports": "./index.js"}
    write(folder, {"package.json": json.dumps({**described, "dependencies": dependencies}), "index.js": code})


def invoke(folder: Path) -> str:
    """Return what the handler in a directory returns."""
    code = "import('./index.mjs').then((module) => module.handler()).then(console.log)"
    done = subprocess.run(["node", "-e", code], cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout.strip() or done.stderr


@pytest.mark.slow
class TestNode:
    """Node.js finds the dependencies of a module next to its real path, so a copy of the module has none."""

    def test_modules_of_pnpm_work_in_the_package(self, tmp_path: Path) -> None:
        """As pnpm lays them out (https://pnpm.io/symlinked-node-modules-structure)."""
        source = write(tmp_path / "source", {"index.mjs": HANDLER})
        store = source / "node_modules" / ".pnpm"
        module(store / "first@1.0.0/node_modules/first", "first", 'export { name } from "second";', second="1.0.0")
        module(store / "second@1.0.0/node_modules/second", "second", 'export const name = "second";')
        (store / "first@1.0.0/node_modules/second").symlink_to("../../second@1.0.0/node_modules/second")
        (source / "node_modules/first").symlink_to(".pnpm/first@1.0.0/node_modules/first")
        unzipped = unzip(package(source, tmp_path / "a.zip").path, tmp_path / "unzipped")
        shutil.rmtree(source)
        assert invoke(unzipped) == "second"

    @pytest.mark.skipif(not shutil.which("npm"), reason="npm is not installed")
    def test_workspaces_of_npm_work_in_the_package(self, tmp_path: Path) -> None:
        """npm itself links the workspaces."""
        manifest = {"name": "function", "version": "1.0.0", "workspaces": ["packages/*"]}
        source = write(tmp_path / "source", {"index.mjs": HANDLER, "package.json": json.dumps(manifest)})
        module(source / "packages/first", "first", 'export { name } from "second";', second="1.0.0")
        module(source / "packages/second", "second", 'export const name = "second";')
        words = ["npm", "install", "--offline", "--no-audit", "--no-fund", "--cache", str(tmp_path / "cache")]
        subprocess.run(words, cwd=source, check=True, capture_output=True)
        assert (source / "node_modules/first").is_symlink()
        unzipped = unzip(package(source, tmp_path / "a.zip").path, tmp_path / "unzipped")
        shutil.rmtree(source)
        assert invoke(unzipped) == "second"


class TestCheck:
    """Files that a package cannot hold are rejected."""

    def test_more_than_lambda_unzips(self, source: Path, tmp_path: Path) -> None:
        """250 MB are refused before anything is compressed."""
        with (source / "large").open("wb") as file:
            file.truncate(250 * 2**20)
        with pytest.raises(
            PackageError, match=r"source: .* 250 MB or more\. Lambda accepts fewer than 262,144,000 bytes"
        ):
            package(source, tmp_path / "a.zip")

    def test_more_than_lambda_unzips_with_the_wheels(self) -> None:
        half = [
            Entry(name=name, origin=name, mode=REGULAR, size=UNZIPPED_LIMIT // 2, read=bytes) for name in ("a", "b")
        ]
        with pytest.raises(PackageError, match=r"has 262,144,000 bytes unzipped, .* fewer than 262,144,000 \(250 MB\)"):
            check(half)

    def test_large_directory_is_not_read_to_its_end(self, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for number in range(20):
            (source / f"{number}.py").write_text("")
        monkeypatch.setattr(entries, "_MAX_ENTRIES", 10)
        read: list[Entry] = []
        with pytest.raises(PackageError, match=r"source: more than 10 files, .* Name the directory of a function\.$"):
            read.extend(Selection(root=source).entries())
        assert len(read) == 10

    @pytest.mark.parametrize("root", ["/", "/..", "//"])
    def test_root_of_the_file_system(self, root: str, tmp_path: Path) -> None:
        with pytest.raises(PackageError, match=r"^//?(\.\.)?: the root of the file system\."):
            package(Path(root), tmp_path / "a.zip")

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


@pytest.mark.slow
def test_directories_may_lie_within_each_other_deeply(deep_folder: Path, tmp_path: Path) -> None:
    assert list(content(package(deep_folder, tmp_path / "a.zip").path)) == ["d/" * 1200 + "a.py"]
