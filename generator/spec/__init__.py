"""What the module is: ``MODULE``, assembled from the components of this folder."""

from dataclasses import replace

from generator import __version__
from generator.spec.alarms import ALARMS
from generator.spec.dead_letter_queue import DEAD_LETTER_QUEUE, DEAD_LETTER_QUEUE_ENABLED, ON_FAILURE_DESTINATION
from generator.spec.event_source import EVENT_SOURCE
from generator.spec.function import EXISTING_FUNCTION, FUNCTION
from generator.spec.general import GENERAL
from generator.spec.model import Module
from generator.spec.options import Options
from generator.spec.permissions import STATEMENTS
from generator.spec.role import EXISTING_ROLE, ROLE
from generator.spec.table import EXISTING_TABLE, TABLE

ROLE_CREATION = tuple(
    variable
    for variable in ROLE.variables
    if variable.name in ("role_name", "role_path", "role_permissions_boundary_arn")
)

# Options that a choice makes meaningless; each is a local value of the module that lists those which were given
TABLE_OPTIONS = Options("table_options", "beside existing_table", TABLE.variables)
FUNCTION_OPTIONS = Options(
    "function_options", "beside existing_function", (*FUNCTION.variables, *ROLE_CREATION, EXISTING_ROLE)
)
ROLE_OPTIONS = Options("role_options", "beside existing_role", ROLE_CREATION)
DEAD_LETTER_QUEUE_OPTIONS = Options(
    "dead_letter_queue_options", "without a queue of the module's own", DEAD_LETTER_QUEUE.variables
)
OPTIONS = (TABLE_OPTIONS, FUNCTION_OPTIONS, ROLE_OPTIONS, DEAD_LETTER_QUEUE_OPTIONS)

_EXISTING = (
    TABLE_OPTIONS.refused_with(EXISTING_TABLE),
    FUNCTION_OPTIONS.refused_with(EXISTING_FUNCTION),
    ROLE_OPTIONS.refused_with(EXISTING_ROLE),
)

MODULE = Module(
    name="ddb_stream_lambda",
    version=__version__,
    terraform=">= 1.9",
    provider_constraints={5: ">= 5.100, < 7.0", 6: ">= 6.25, < 7.0"},
    components=(
        replace(GENERAL, variables=(*GENERAL.variables, *_EXISTING)),
        TABLE,
        FUNCTION,
        ROLE,
        EVENT_SOURCE,
        replace(
            DEAD_LETTER_QUEUE,
            variables=(
                DEAD_LETTER_QUEUE_OPTIONS.refused_with(DEAD_LETTER_QUEUE_ENABLED),
                *DEAD_LETTER_QUEUE.variables,
                DEAD_LETTER_QUEUE_OPTIONS.refused_with(ON_FAILURE_DESTINATION),
            ),
        ),
        ALARMS,
    ),
    statements=STATEMENTS,
)

__all__ = [
    "DEAD_LETTER_QUEUE_OPTIONS",
    "FUNCTION_OPTIONS",
    "MODULE",
    "OPTIONS",
    "ROLE_OPTIONS",
    "TABLE_OPTIONS",
]
