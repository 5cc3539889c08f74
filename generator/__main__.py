"""``python -m generator``."""

import gc

# Most commands end before a collection would free anything: it costs a twelfth of a build
gc.set_threshold(100_000)

from generator.cli import main  # noqa: E402 - collections would run while it is imported, too

if __name__ == "__main__":
    main()
