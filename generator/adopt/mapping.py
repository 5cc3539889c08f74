"""The settings of an event source mapping that are not in an answer of Lambda: those that it then has.

Lambda returns all settings of a mapping of a stream. Nevertheless, one that is missing must not become the default of
the module, which is another one.
"""

from typing import Any, Final

from generator.adopt.resources import Values

_DEFAULTS: Final[Values] = {
    "batch_size": 100,
    "bisect_batch_on_function_error": False,
    "maximum_batching_window_in_seconds": 0,
    "maximum_record_age_in_seconds": -1,
    "maximum_retry_attempts": -1,
    "parallelization_factor": 1,
    "tumbling_window_in_seconds": 0,
}
"""Defaults of Lambda for streams (API of Lambda, "CreateEventSourceMapping")."""

_NOT_ZERO: Final = frozenset({"maximum_record_age_in_seconds", "parallelization_factor"})
"""The settings that cannot be 0, which the provider shows for one that Lambda does not return."""


def completed(values: Values) -> dict[str, Any]:
    """Return the values of a mapping with all settings. ``unset`` are the names of those that were missing."""
    missing = [name for name in _DEFAULTS if values.get(name) is None or (name in _NOT_ZERO and not values[name])]
    return {**values, **{name: _DEFAULTS[name] for name in missing}, "unset": missing}
