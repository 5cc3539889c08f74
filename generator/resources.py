"""The files of the project that commands use (functions, examples, the license), and where commands may keep files.

A checkout has these files at its top level, and an installation in ``generator/data`` (see ``pyproject.toml``).
"""

from pathlib import Path
from typing import Final

DISTRIBUTION: Final = "ddb-stream-lambda"
"""Name of the package in an index, of its command, and of its directory in the user's cache."""

_PACKAGE: Final = Path(__file__).parent
_INSTALLED: Final = _PACKAGE / "data"

CHECKOUT: Final = None if _INSTALLED.is_dir() else _PACKAGE.parent
"""Top level of the checkout, or None in an installation: no command writes into that."""

RESOURCES: Final = CHECKOUT or _INSTALLED
"""Directory with the files, at the paths that they have in a checkout."""


def cache_directory(name: str) -> Path:
    """Return a directory in the user's cache, which may not exist yet: anything in it can be made again."""
    from platformdirs import user_cache_path  # noqa: PLC0415 - a checkout has its own directories

    return user_cache_path(DISTRIBUTION, appauthor=False) / name


def state_directory(name: str) -> Path:
    """Return a directory in the user's state directory, which may not exist yet: what is in it cannot be made again.

    It is ``~/.local/state`` or ``XDG_STATE_HOME`` on Linux, and ``~/Library/Application Support`` on macOS.
    """
    from platformdirs import user_state_path  # noqa: PLC0415 - most commands keep nothing

    return user_state_path(DISTRIBUTION, appauthor=False) / name
