"""How many examples a property test has, in relation to the profile of Hypothesis that runs (see tests/conftest.py)."""

from hypothesis import settings


def examples(factor: float) -> settings:
    """Return settings with a multiple of the number of examples of the profile."""
    return settings(max_examples=max(1, round(factor * settings().max_examples)))
