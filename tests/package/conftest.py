from pathlib import Path

import pytest

from tests.package.sources import write


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Give a source folder with one file, ``handler.py``."""
    return write(tmp_path / "source", {"handler.py": "code"})
