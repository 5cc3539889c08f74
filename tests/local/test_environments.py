"""Is an emulator installed once, in the user's cache, and not at all in a checkout?"""

import hashlib
import zipfile
from pathlib import Path

import pytest
from rich.console import Console

from generator.errors import LocalAwsError
from generator.local import environments


@pytest.fixture
def requirements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand for an installation with an emulator of one empty package, and return the file with its requirements."""
    wheel = tmp_path / "index" / "emulator-1-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("emulator.py", "")
        archive.writestr("emulator-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: emulator\nVersion: 1\n")
        archive.writestr("emulator-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("emulator-1.dist-info/RECORD", "")
    file = tmp_path / "requirements" / "emulator.txt"
    file.parent.mkdir()
    file.write_text(f"emulator==1 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n")
    monkeypatch.setattr(environments, "CHECKOUT", None)
    monkeypatch.setattr(environments, "RESOURCES", tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    return file


def install() -> str:
    """Install the emulator, and return what is printed."""
    console = Console(width=400)
    with console.capture() as printed:
        environments.install("emulator", console)
    return printed.get()


@pytest.mark.slow
@pytest.mark.usefixtures("requirements")
def test_emulator_is_installed_once_with_progress() -> None:
    folder = environments.directory("emulator")
    assert install() == f"Installing the emulator emulator in {folder}, once (1 packages) ...\n"
    assert list(folder.glob("lib/python3*/site-packages/emulator.py"))
    assert environments.interpreter("emulator").is_relative_to(folder)
    assert install() == ""


@pytest.mark.slow
def test_package_with_another_hash_is_one_line_and_leaves_nothing(requirements: Path) -> None:
    requirements.write_text(f"emulator==1 --hash=sha256:{'0' * 64}\n")
    with pytest.raises(LocalAwsError, match=r"^Cannot install the emulator \(.* -m pip\): .*DO NOT MATCH[^\n]*$"):
        install()
    assert not environments.directory("emulator").exists()


def create(_name: str, folder: Path, _console: Console) -> None:
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").touch()


@pytest.mark.usefixtures("requirements")
def test_interrupted_installation_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(name: str, folder: Path, console: Console) -> None:
        create(name, folder, console)
        raise KeyboardInterrupt

    monkeypatch.setattr(environments, "_create", interrupt)
    with pytest.raises(KeyboardInterrupt):
        install()
    assert not environments.directory("emulator").exists()


@pytest.mark.usefixtures("requirements")
@pytest.mark.parametrize("missing", [".installed", "bin/python"])
def test_environment_that_is_not_whole_is_created_again(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environments, "_create", create)
    install()
    folder = environments.directory("emulator")
    (folder / missing).unlink()
    (folder / "old").touch()
    install()
    assert not (folder / "old").exists()
    install()
    assert (folder / missing).exists()


@pytest.mark.usefixtures("requirements")
def test_cache_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "cache").touch()
    with pytest.raises(LocalAwsError, match=r"^/\S+: Not a directory\.$"):
        install()


def test_checkout_has_its_own_environments() -> None:
    environments.install("ministack", Console())
    assert environments.interpreter("ministack").parts[-4:] == (".venvs", "ministack", "bin", "python")
