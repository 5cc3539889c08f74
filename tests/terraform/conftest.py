from pathlib import Path

import pytest

from generator import terraform
from generator.terraform import provider


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine on which nothing is installed: no home, no mirror, no settings."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    names = (terraform.BINARY_VARIABLE, terraform.MIRROR_VARIABLE, "TF_CLI_CONFIG_FILE", "XDG_DATA_HOME")
    for name in names:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_DIRS", str(tmp_path / "share"))
    monkeypatch.setattr(provider, "_USUAL_PLACE", tmp_path / "opt")
