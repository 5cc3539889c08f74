"""``python -m generator``, and the command of an installation."""

import gc
from typing import NoReturn

# Most commands end before a collection would free anything: it costs a twelfth of a build
gc.set_threshold(100_000)

from generator import cli  # noqa: E402 - collections would run while it is imported, too


def main() -> NoReturn:
    """Run the command line and exit."""
    try:
        cli.main()
    finally:
        # The interpreter collects once more when it ends, which costs a fifth of a build.
        gc.freeze()


if __name__ == "__main__":
    main()
