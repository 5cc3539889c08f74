"""Scenarios for the tests of this directory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.operate.model.scenario import Scenario


@pytest.fixture
def scenario(tmp_path: Path) -> Iterator[Scenario]:
    with Scenario(tmp_path) as made:
        yield made
