"""What the module is: ``MODULE``, assembled from the components in this package."""

import re

from generator import __version__
from generator.spec.alarms import ALARMS
from generator.spec.conflicts import ConflictingVariables
from generator.spec.dead_letter_queue import (
    DEAD_LETTER_QUEUE,
    DEAD_LETTER_QUEUE_ENABLED,
    DEAD_LETTER_QUEUE_KEPT,
    ON_FAILURE_DESTINATION,
)
from generator.spec.event_source import EVENT_SOURCE
from generator.spec.function import EXISTING_FUNCTION, FUNCTION, FUNCTION_LOGS, FUNCTION_VERSIONS
from generator.spec.function_logs import FUNCTION_LOG_GROUP, LOG_GROUP
from generator.spec.general import GENERAL
from generator.spec.model import Module
from generator.spec.permissions import STATEMENTS
from generator.spec.role import EXISTING_ROLE, ROLE, ROLE_POLICY_ENABLED
from generator.spec.table import EXISTING_TABLE, TABLE
from generator.spec.table_contents import TABLE_CONTENTS

ROLE_CREATION = tuple(
    variable
    for variable in ROLE.variables
    if variable.name.startswith(
        ("role_name", "role_description", "role_force", "role_path", "role_permissions_boundary")
    )
)

# Variables without effect after a choice. Each is a local value of the module with the names of those that are set.
TABLE_OPTIONS = ConflictingVariables(
    "table_options", "when existing_table is set", (*TABLE.variables, *TABLE_CONTENTS.variables)
)
FUNCTION_OPTIONS = ConflictingVariables(
    "function_options",
    "when existing_function is set",
    (
        *FUNCTION.variables,
        *FUNCTION_VERSIONS.variables,
        FUNCTION_LOG_GROUP,
        *FUNCTION_LOGS.variables,
        *ROLE_CREATION,
        EXISTING_ROLE,
    ),
)
LOG_GROUP_OPTIONS = ConflictingVariables("log_group_options", "when function_log_group is set", LOG_GROUP)
ROLE_OPTIONS = ConflictingVariables("role_options", "when existing_role is set", ROLE_CREATION)
DEAD_LETTER_QUEUE_OPTIONS = ConflictingVariables(
    "dead_letter_queue_options", "when the module creates no queue", DEAD_LETTER_QUEUE.variables
)
ALARM_OPTIONS = ConflictingVariables(
    "alarm_options",
    "when the module creates no alarm",
    tuple(
        one
        for one in ALARMS.variables
        if one.name.startswith("alarm") and not re.search("actions$|s_enabled$", one.name)
    ),
)
OPTIONS = (TABLE_OPTIONS, FUNCTION_OPTIONS, LOG_GROUP_OPTIONS, ROLE_OPTIONS, DEAD_LETTER_QUEUE_OPTIONS, ALARM_OPTIONS)

_EXISTING = (
    TABLE_OPTIONS.rejected_with(EXISTING_TABLE),
    FUNCTION_OPTIONS.rejected_with(EXISTING_FUNCTION),
    ROLE_OPTIONS.rejected_with(EXISTING_ROLE),
)

MODULE = Module(
    name="ddb_stream_lambda",
    version=__version__,
    terraform=">= 1.9",
    components=(
        GENERAL._replace(variables=(*GENERAL.variables, *_EXISTING)),
        TABLE,
        TABLE_CONTENTS,
        FUNCTION,
        FUNCTION_VERSIONS,
        FUNCTION_LOGS._replace(
            variables=(*FUNCTION_LOGS.variables, LOG_GROUP_OPTIONS.rejected_with(FUNCTION_LOG_GROUP)),
        ),
        ROLE._replace(variables=(*ROLE.variables, ROLE_POLICY_ENABLED)),
        EVENT_SOURCE,
        DEAD_LETTER_QUEUE._replace(
            variables=(
                DEAD_LETTER_QUEUE_OPTIONS.rejected_with(DEAD_LETTER_QUEUE_ENABLED),
                *DEAD_LETTER_QUEUE.variables,
                DEAD_LETTER_QUEUE_OPTIONS.rejected_with(ON_FAILURE_DESTINATION, unless=DEAD_LETTER_QUEUE_KEPT),
                DEAD_LETTER_QUEUE_KEPT,
            ),
        ),
        ALARMS,
    ),
    statements=STATEMENTS,
)
