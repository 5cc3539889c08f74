import gc
import os
import re
import signal
import subprocess
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

# The duration of an example depends on the machine more than on the code. Every run has the same examples: none fails
# because of a change elsewhere.
settings.register_profile(
    "project", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=40, derandomize=True
)
# For `make explore`: new examples in every run, and many of them.
settings.register_profile(
    "explore", settings.get_profile("project"), max_examples=500, derandomize=False, print_blob=True
)
# For `make quick`: every property, with few examples.
settings.register_profile("quick", settings.get_profile("project"), max_examples=10)
settings.load_profile("project")

# A shell without job control lets what it starts in the background ignore SIGINT, nohup lets it ignore SIGHUP, and
# everything started there ignores them as well: the tests that end a process by them would wait for ever.
for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, usual)

# Terraform and its provider read the provider's schema for every command, and collect garbage all the while: by
# default, that is a third of their work. Without any collection, the system spends more on new memory.
os.environ.setdefault("GOGC", "400")
os.environ.setdefault("GOMEMLIMIT", "1GiB")


TESTS = Path(__file__).parent
# By the time that they take with an idle machine: first those of `make test`, then those of `make emulator`
LONGEST = (
    "provider/test_plans.py",
    "profile/test_variants.py",
    "examples/test_examples.py",
    "tooling/test_installed.py",
    "tooling/test_new_argument.py",
    "refuse/test_refusals.py",
    "local/test_every_variable.py",
    "prove/test_command.py",
    "local/test_transitions.py",
    "adopt/test_every_variable.py",
    "local/test_deployed.py",
    "local/test_examples.py",
    "adopt/test_state.py",
)
_MODULE_MARKS: Final = re.compile(r"^pytestmark = .*", re.MULTILINE)
_PART: Final = re.compile(r"not \w+|\w+|\(\w+( or \w+)*\)")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out a file of which ``-m`` selects nothing: to import it takes longer than to read it."""
    parts = config.option.markexpr.split(" and ")
    if collection_path.suffix != ".py" or not all(_PART.fullmatch(part) for part in parts):
        return None
    text = collection_path.read_text(encoding="utf-8")
    return None if all(_may_select(part, text) for part in parts) else True


def _may_select(part: str, text: str) -> bool:
    """Return whether a file with some text may have a test of which a part of ``-m`` is true."""
    if part.startswith("not "):
        marks = _MODULE_MARKS.search(text)
        return not marks or not re.search(rf"\.{part[4:]}\b", marks[0])
    return any(word in text for word in part.strip("()").split(" or "))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect the tests without collecting garbage: there is none, and what is collected stays until the end.

    The tests leave little garbage that needs collecting, and to look for it after every 700 objects is a tenth of their
    processor time.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(100_000, 20, 20)
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_unconfigure() -> Generator[None, object, object]:
    """Leave out what pytest has just looked through for garbage when it does so a second time at the very end."""
    try:
        return (yield)
    finally:
        gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the files that take longest begin first, so that no process waits for one at the end.

    A process runs a whole file. After those above, files with tests that take seconds come before the others.
    """
    ranks = {TESTS / name: rank for rank, name in enumerate(LONGEST)}
    if missing := [str(path) for path in ranks if not path.is_file()]:
        raise pytest.UsageError(f"LONGEST in {__file__} names files that do not exist: {', '.join(missing)}")
    slow = {item.path for item in items if item.get_closest_marker("terraform") or item.get_closest_marker("slow")}
    items.sort(key=lambda item: (ranks.get(item.path, len(ranks)), item.path not in slow))


@pytest.fixture
def deep_folder(tmp_path: Path) -> Iterator[Path]:
    """Give a folder with 1,200 others within each other, and a file in the last of them."""
    folder = tmp_path / "deep"
    last = folder.joinpath(*["d"] * 1200)
    folder.mkdir()
    for parent in reversed([last, *last.parents][:1200]):
        parent.mkdir()
    (last / "a.py").touch()
    yield folder
    # Python cannot remove it
    subprocess.run(["rm", "-r", folder], check=True)
