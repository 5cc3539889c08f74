"""``python -m generator``."""

import gc

from generator.cli import main

# Most commands end before a collection would free anything: it costs a twelfth of a build
gc.set_threshold(100_000)

if __name__ == "__main__":
    main()
