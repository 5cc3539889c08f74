"""The arguments of the module for a deployed pipeline: the effects of its variables in the specification, in reverse.

An effect says which value of which resource a variable sets. Where the value of the resource is that of the variable,
or where the effect has what the plan shows for the default and for the example, nothing else is needed. ``RULES`` are
the other variables, and ``NOT_DERIVED`` those of which AWS holds nothing.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from generator.adopt import alarms, structures
from generator.adopt.resources import Deployed, at
from generator.spec import MODULE
from generator.spec.examples import REGION
from generator.spec.model import COMPUTED, SAME, UNKNOWN, Variable
from generator.spec.types import BOOL, Checked, Object

NOT_DERIVED: Final[Mapping[str, str]] = {
    "alarm_cross_account_observability": "the table of another account is not read",
    "dead_letter_queue_kept": "a queue that nothing uses is not found",
    "function_code_sha256": "it would revert every later deployment of code",
    "name": "it is chosen",
    "region": "it is that of the provider",
    "role_policy_enabled": "the module writes the permissions that it needs",
    "table_import": "it counts when the table is created",
    "table_restore": "it counts when the table is created",
    "table_stream_readers": "its keys are not in AWS; table_stream_resource_policy has the policy",
    "table_warm_throughput": "DynamoDB returns one for every table, and the provider keeps what is not set",
}
"""The variables that nothing implies, with the reason."""

IN_STATES_ONLY: Final[Mapping[str, str]] = {
    "event_source_timeouts": "it is Terraform's own",
    "function_filename": "Lambda returns no file name; the command downloads the package",
    "function_log_skip_destroy": "it is Terraform's own",
    "function_s3": "Lambda does not return where a package came from",
    "function_source_code_hash": "it is that of function_filename",
    "function_timeouts": "it is Terraform's own",
    "role_force_detach_policies": "it is Terraform's own",
    "table_timeouts": "it is Terraform's own",
}
"""The variables that a state implies, but nothing that AWS returns, with the reason."""

CHOSEN: Final = frozenset({"existing_table", "existing_function", "existing_role", "on_failure_destination",
                           "dead_letter_queue_enabled", "function_log_group"})  # fmt: skip
"""The variables that :mod:`generator.adopt.choices` sets."""

RULES: Final[Mapping[str, Callable[[Deployed, str], Any]]] = {**structures.RULES, **alarms.RULES}
"""The variables whose values have another form than those of the resource. A rule returns ``None`` for the default."""


def derive(deployed: Deployed, name: str, provider: str) -> dict[str, Any]:
    """Return the arguments that differ from the defaults of a module with this name, in the order of the module."""
    region = deployed.target.region
    found: dict[str, Any] = {}
    for variable in _variables(provider):
        if variable.name in NOT_DERIVED or variable.name in CHOSEN:
            continue
        if variable.name in RULES:
            value = RULES[variable.name](deployed, name)
        else:
            value = _reversed(variable, deployed, name, region)
        if value is not None and value != variable.default:
            found[variable.name] = value
    return found


@cache
def _variables(provider: str) -> tuple[Variable, ...]:
    """Return the variables of the module for one target; the arguments are derived anew for each part that is left."""
    return tuple(MODULE.variables(provider))


def derived_name(text: Any, name: str, region: str) -> Any:  # noqa: ANN401 - a value of the specification
    """Return a planned value of the specification for a pipeline of this name. There, the pipeline is ``orders``."""
    if not isinstance(text, str):
        return text
    return re.sub(f"orders|{REGION}", lambda found: name if found[0] == "orders" else region, text)


def _reversed(variable: Variable, deployed: Deployed, name: str, region: str) -> Any:  # noqa: ANN401 - of its type
    """Return the value of a variable from what its effect sets; ``None`` if it is the default."""
    effect = variable.effect
    if effect is None:
        return None
    values = deployed.values(effect.resource)
    if not values:
        return None
    value = at(values, effect.path)
    value = None if value in ([], {}, "") else value
    if effect.example not in (SAME, UNKNOWN, COMPUTED):
        kind = variable.type.of if isinstance(variable.type, Checked) else variable.type
        if isinstance(kind, Object):
            return _object(kind, values, effect.path)
        if value == derived_name(effect.example, name, region):
            return variable.example
        if variable.type == BOOL or value == derived_name(effect.default, name, region):
            return None
    planned = variable.default if effect.default is SAME else derived_name(effect.default, name, region)
    return None if value is None or value == planned else value


def _object(kind: Object, values: Mapping[str, Any], path: str) -> dict[str, Any] | None:
    """Return an object whose attributes are those of the block that has the value at a path."""
    found = at(values, path)
    block = found[0] if isinstance(found, list) and found and isinstance(found[0], Mapping) else None
    if block is None:
        block = at(values, path.rpartition(".")[0])
    if not block:
        return None
    return structures.without_defaults(kind, block) or None
