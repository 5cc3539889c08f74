"""Do the commands stay out of the way of those that need nothing of AWS?"""

import subprocess
import sys

import pytest

from generator.cli import cli
from tests.support.planning import TOP


def test_command_line_loads_neither_boto3_nor_rich() -> None:
    code = "import sys, generator.cli; print([name for name in ('boto3', 'botocore', 'rich') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=TOP, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("words", [["redrive"], ["redrive", "replay"], ["redrive", "policy"], ["backfill"]])
def test_every_option_is_described(words: list[str]) -> None:
    command = cli
    for word in words:
        command = command.commands[word]  # type: ignore[assignment]
    assert command.help
    assert all(option.help for option in command.params if hasattr(option, "help"))
