"""The configuration of the function: size, environment, network, concurrency, versions."""

import functools

from generator.spec.examples import ACCESS_POINT_ARN, QUEUE_ARN, SUBNETS, in_other_region
from generator.spec.kinds import choice, flag, key, string, timeouts, variable, whole_number
from generator.spec.model import Effect
from generator.spec.rules import (
    arn,
    before,
    between,
    custom_rule,
    each,
    must_be,
    requires,
    shorter,
    since,
)
from generator.spec.text import Text, about, null
from generator.spec.types import BOOL, NUMBER, STRING, List, Map, Object, Optional, literal

# Names that Lambda sets itself and rejects from its callers (AWS Lambda developer guide, "Defined runtime variables")
RESERVED_ENVIRONMENT = (
    "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
)  # fmt: skip

_sets = functools.partial(Effect, "aws_lambda_function.this[0]")
_FILE_SYSTEM = {"access_point_arn": ACCESS_POINT_ARN, "local_mount_path": "/mnt/data"}
_ALIASED = {"function_alias": "live"}
_NEEDS_ALIAS = about("Requires `function_alias`.", "function_alias")


SETTINGS = (
    whole_number(
        name="function_memory_size",
        default=128,
        bounds=(128, 10240),
        unit="MB",
        description="Memory of the function, in MB. CPU power grows with it.",
        effect=_sets("memory_size"),
        construct_prop="lambdaFunctionProps.memorySize",
    ),
    variable(
        name="function_timeout",
        type=NUMBER,
        default=30,
        example=1,
        description="Time limit of an invocation, in seconds. A batch that takes longer has failed.",
        effect=_sets("timeout"),
        construct_prop="lambdaFunctionProps.timeout",
        # Provider 5.100 rejects more than 900 itself
        rules=(
            before("6.0", between(1, 900, unit="seconds")),
            since("6.0", between(1, 1800, unit="seconds")),
        ),
    ),
    timeouts(
        "function",
        _sets("timeouts.update", default=None, example="120m"),
        "The default is 10 minutes.",
        propagation=True,
    ),
    whole_number(
        name="function_ephemeral_storage_size",
        default=512,
        bounds=(512, 10240),
        unit="MB",
        description="Size of `/tmp`, in MB.",
        effect=_sets("ephemeral_storage.0.size"),
        construct_prop="lambdaFunctionProps.ephemeralStorageSize",
    ),
    variable(
        name="function_environment",
        type=Map(STRING),
        default={},
        description="Environment variables of the function.",
        example={"STAGE": "test"},
        accepted_values="at most 4 KB together",
        effect=_sets("environment.0.variables", default=None),
        construct_prop="lambdaFunctionProps.environment",
        rules=(
            each(
                "name in keys(self)",
                'can(regex("^[a-zA-Z][a-zA-Z0-9_]+$", name))',
                "keyed by a letter and then letters, digits, and underscores",
                {"log-level": "debug"},
            ),
            each(
                "name, value in self",
                "value != null",
                "variables with a value, not null",
                {"STAGE": None},
            ),
            must_be(
                f"length(setintersection(keys(self), {literal(RESERVED_ENVIRONMENT)})) == 0",
                "without the variables that Lambda sets, such as AWS_REGION",
                {"AWS_REGION": "us-east-1"},
                got=f"jsonencode(setintersection(keys(self), {literal(RESERVED_ENVIRONMENT)}))",
            ),
            must_be(
                "length(jsonencode(self)) <= 4096",
                "at most 4096 characters of JSON",
                {"LONG": "x" * 5000},
                got="length(jsonencode(self))",
            ),
        ),
    ),
    key(
        name="function_kms_key_arn",
        description="Customer managed key of the environment variables. It has no effect without variables.",
        example_with={"function_environment": {"STAGE": "test"}},
        features=("customer_keys",),
        effect=_sets("kms_key_arn"),
        construct_prop="lambdaFunctionProps.environmentEncryption",
    ),
    whole_number(
        name="function_reserved_concurrent_executions",
        default=-1,
        bounds=(-1, 100000),
        description=Text(
            "Reserved concurrency, which is also the maximum. `-1` reserves none; `0` stops the function.",
            about(
                "Reserve at least shards × `event_source_parallelization_factor`.",
                "event_source_parallelization_factor",
            ),
        ),
        example=20,
        features=("reserved_concurrency",),
        effect=_sets("reserved_concurrent_executions"),
        construct_prop="lambdaFunctionProps.reservedConcurrentExecutions",
    ),
    choice(
        name="function_tracing_mode",
        values=("Active", "PassThrough", "Disabled"),
        example="PassThrough",
        description=(
            "X-Ray tracing mode. `Active` samples requests; `PassThrough` uses the sampling decision of the caller; "
            "`Disabled` also removes the X-Ray permissions from the role."
        ),
        effect=_sets("tracing_config.0.mode"),
        construct_prop="lambdaFunctionProps.tracing",
    ),
    variable(
        name="function_vpc",
        type=Object(
            {
                "subnet_ids": List(STRING),
                "security_group_ids": List(STRING),
                "ipv6_allowed_for_dual_stack": Optional(BOOL, False),
                "replace_security_groups_on_destroy": Optional(BOOL),
                "replacement_security_group_ids": Optional(List(STRING)),
            }
        ),
        default=None,
        description=(
            "Subnets and security groups of a function in a VPC. Set `replace_security_groups_on_destroy` to `true` to give "
            "the network interfaces of a destroyed function other security groups: those in "
            "`replacement_security_group_ids`, or the default one of the VPC. Its own ones can then be deleted immediately."
        ),
        example=SUBNETS,
        features=("vpc",),
        effect=_sets("vpc_config.0.subnet_ids", example=SUBNETS["subnet_ids"]),
        construct_prop="lambdaFunctionProps.vpc",
        rules=(
            must_be(
                "try(length(self.subnet_ids) > 0 && length(self.security_group_ids) > 0, false)",
                "at least one of subnet_ids and one of security_group_ids",
                {"subnet_ids": None, "security_group_ids": ["sg-0a"]},
                {"subnet_ids": [], "security_group_ids": ["sg-0a"]},
                {"subnet_ids": ["subnet-0a"], "security_group_ids": []},
            ),
            # Lambda API, "VpcConfig"
            must_be(
                'try(alltrue([for id in self.subnet_ids : can(regex("^subnet-[0-9a-z]+$", id))]) && length(self.subnet_ids) <= '
                "16 && alltrue([for id in concat(self.security_group_ids, coalesce(self.replacement_security_group_ids, "
                '["sg-0"])) : can(regex("^sg-[0-9a-zA-Z]+$", id))]) && length(self.security_group_ids) <= 5, false)',
                "at most 16 subnets such as subnet-0a1b2c3d, and at most 5 security groups such as sg-0a1b2c3d",
                {"subnet_ids": ["orders"], "security_group_ids": ["sg-0a"]},
                {"subnet_ids": ["subnet-0a"], "security_group_ids": ["orders"]},
                {"subnet_ids": ["subnet-0a"], "security_group_ids": [f"sg-0{n}" for n in range(6)]},
                {"subnet_ids": [f"subnet-0{n}" for n in range(17)], "security_group_ids": ["sg-0a"]},
            ),
            custom_rule(
                "self == null ? true : self.replacement_security_group_ids == null "
                "|| coalesce(self.replace_security_groups_on_destroy, false)",
                "Set replace_security_groups_on_destroy in function_vpc to true: replacement_security_group_ids requires it.",
                {"function_vpc": {**SUBNETS, "replacement_security_group_ids": ["sg-0b"]}},
            ),
        ),
    ),
    variable(
        name="function_file_system",
        type=Object({"access_point_arn": STRING, "local_mount_path": STRING}),
        default=None,
        description=Text(
            "EFS access point to mount, and the path to mount it at.",
            about("Requires `function_vpc`.", "function_vpc"),
        ),
        example=_FILE_SYSTEM,
        example_with={"function_vpc": SUBNETS},
        features=("file_system",),
        effect=_sets("file_system_config.0.local_mount_path", example="/mnt/data"),
        construct_prop="lambdaFunctionProps.filesystem",
        rules=(
            requires("function_vpc"),
            must_be(
                'can(regex("^/mnt/[a-zA-Z0-9_.-]{1,155}$", self.local_mount_path))',
                "/mnt/NAME, of at most 160 characters",
                "/data",
                f"/mnt/{'x' * 156}",
                attribute="local_mount_path",
            ),
            arn(
                "elasticfilesystem",
                "access-point/fsap-[0-9a-f]{17}",
                "the ARN of an EFS access point",
                "fs-0123456789abcdef0",
                in_other_region(ACCESS_POINT_ARN),
                attribute="access_point_arn",
            ),
        ),
    ),
    variable(
        name="function_async_dead_letter_target",
        type=Object({"type": STRING, "arn": STRING}),
        default=None,
        description=(
            "Queue (`sqs`) or topic (`sns`) for failed asynchronous invocations. The stream invokes the function "
            "synchronously and does not use it."
        ),
        example={"type": "sqs", "arn": QUEUE_ARN},
        features=("async_dead_letters",),
        effect=_sets("dead_letter_config.0.target_arn", example=QUEUE_ARN),
        construct_prop="lambdaFunctionProps.deadLetterQueue",
        rules=(
            must_be(
                'try(contains(["sqs", "sns"], self.type), false) && '
                'can(regex("^arn:aws[a-z-]*:${self.type}:${local.region}:[0-9]{12}:[a-zA-Z0-9_.-]+$", self.arn)) && '
                '!try(endswith(self.arn, ".fifo"), false)',
                "type sqs or sns, and the ARN of a standard queue or topic in ${local.region}",
                {"type": "sns", "arn": QUEUE_ARN},
                {"type": "sqs", "arn": f"{QUEUE_ARN}.fifo"},
                {"type": "s3", "arn": "arn:aws:s3:::bucket"},
                {"type": None, "arn": QUEUE_ARN},
            ),
        ),
    ),
)

VERSIONS = (
    flag(
        name="function_publish",
        default=False,
        description=Text(
            "Set to `true` to publish a version for each change.",
            about("`function_alias` implies it.", "function_alias"),
        ),
        features=("versions",),
        effect=_sets("publish"),
        construct_prop="lambdaFunctionProps.currentVersionOptions",
    ),
    string(
        name="function_alias",
        pattern="^[0-9]*[a-zA-Z_-][a-zA-Z0-9_-]*$",
        accepted="letters, digits, hyphens, and underscores, not only digits",
        bad=("1", "no spaces", "$LATEST"),
        description="Alias of the latest version. The event source mapping then invokes the alias.",
        example="live",
        accepted_values="1 to 128 letters, digits, hyphens, and underscores, not only digits",
        features=("versions",),
        effect=Effect("aws_lambda_alias.this[0]", "name"),
        rules=(shorter(128),),
    ),
    string(
        name="function_alias_version",
        pattern="^[1-9][0-9]*$",
        accepted="the number of a published version",
        bad=("$LATEST", "live", "0"),
        description=Text("Version that the alias points to.", null("Defaults to the latest version."), _NEEDS_ALIAS),
        example="1",
        example_with=_ALIASED,
        features=("versions",),
        effect=Effect("aws_lambda_alias.this[0]", "function_version", default=None),
        since="2.0.0",
        rules=(requires("function_alias"),),
    ),
    variable(
        name="function_alias_routing",
        type=Map(NUMBER),
        default={},
        description=Text(
            "Share of the invocations (0 to 1) that go to a second version, keyed by its number. The rest goes to the version "
            "that the alias points to.",
            about("Set that one with `function_alias_version`.", "function_alias_version"),
            _NEEDS_ALIAS,
        ),
        example={"2": 0.1},
        example_with={**_ALIASED, "function_alias_version": "1"},
        accepted_values="at most 1 version",
        features=("versions",),
        effect=Effect("aws_lambda_alias.this[0]", "routing_config.0.additional_version_weights", default=None),
        since="2.0.0",
        rules=(
            must_be(
                'length(self) <= 1 && alltrue([for version, weight in self : can(regex("^[1-9][0-9]*$", version)) '
                "&& try(weight >= 0 && weight <= 1, false)])",
                "a map of at most 1 version number to a number from 0 to 1",
                {"0": 0.1},
                {"live": 0.1},
                {"2": 1.5},
                {"2": 0.1, "3": 0.1},
            ),
            custom_rule(
                "length(self) == 0 || var.function_alias != null",
                "Set function_alias: function_alias_routing requires it.",
                {"function_alias_routing": {"2": 0.1}},
            ),
            custom_rule(
                "length(self) == 0 ? true : try(!contains(keys(self), var.function_alias_version), true)",
                "The function_alias_routing value must not contain function_alias_version. Got "
                "${jsonencode(var.function_alias_version)}.",
                {**_ALIASED, "function_alias_version": "2", "function_alias_routing": {"2": 0.1}},
            ),
        ),
    ),
    flag(
        name="function_snap_start",
        default=False,
        description=Text("Set to `true` to start execution environments from a snapshot (SnapStart).", _NEEDS_ALIAS),
        example_with={"function_alias": "live", "function_runtime": "python3.13"},
        features=("snap_start",),
        effect=_sets("snap_start.0.apply_on", default=None, example="PublishedVersions"),
        construct_prop="lambdaFunctionProps.snapStart",
        rules=(
            requires("function_alias", off="false"),
            custom_rule(
                '!self || can(regex("^(java(11|17|2[1-9])|python3\\\\.1[2-9]|dotnet([89]|1[0-9]))$", '
                'coalesce(var.function_runtime, "none")))',
                "The function_runtime value must be Java 11, Python 3.12, .NET 8, or later when function_snap_start is "
                "true. Got ${jsonencode(var.function_runtime)}.",
                {"function_snap_start": True, **_ALIASED, "function_runtime": "nodejs22.x"},
            ),
            custom_rule(
                "!self || (var.function_file_system == null && var.function_ephemeral_storage_size == 512)",
                (
                    "The function_ephemeral_storage_size value must be 512 when function_snap_start is true.",
                    about("It does not support function_file_system.", "function_file_system"),
                ),
                {"function_snap_start": True, **_ALIASED, "function_ephemeral_storage_size": 1024},
            ),
        ),
    ),
    whole_number(
        name="function_provisioned_concurrent_executions",
        default=None,
        bounds=(1, 100000),
        description=Text(
            "Provisioned concurrency of the alias: execution environments that are ready to run.", _NEEDS_ALIAS
        ),
        example_with=_ALIASED,
        accepted_values="at least 1",
        features=("provisioned_concurrency",),
        effect=Effect("aws_lambda_provisioned_concurrency_config.this[0]", "provisioned_concurrent_executions"),
        rules=(
            custom_rule(
                "self == null || (var.function_alias != null && !var.function_snap_start)",
                (
                    "Set function_alias: function_provisioned_concurrent_executions requires it.",
                    about("It does not support function_snap_start.", "function_snap_start"),
                ),
                {"function_provisioned_concurrent_executions": 2},
                {"function_provisioned_concurrent_executions": 2, **_ALIASED, "function_snap_start": True},
            ),
            custom_rule(
                "self == null ? true : (var.function_reserved_concurrent_executions == -1 || "
                "self <= var.function_reserved_concurrent_executions)",
                "The function_provisioned_concurrent_executions value must be at most "
                "function_reserved_concurrent_executions (${var.function_reserved_concurrent_executions}). Got "
                "${jsonencode(var.function_provisioned_concurrent_executions)}.",
                {
                    **_ALIASED,
                    "function_provisioned_concurrent_executions": 3,
                    "function_reserved_concurrent_executions": 2,
                },
            ),
        ),
    ),
    variable(
        name="function_durable_config",
        type=Object({"execution_timeout": NUMBER, "retention_period": Optional(NUMBER, 14)}),
        default=None,
        description=Text(
            "Durable execution: its time limit in seconds, which the event source mapping restricts to 900, and the "
            "days to keep its history.",
            _NEEDS_ALIAS,
        ),
        example={"execution_timeout": 600},
        example_with=_ALIASED,
        features=("durable_functions",),
        effect=_sets("durable_config.0.execution_timeout", example=600),
        since_provider="6.25",
        rules=(
            requires("function_alias"),
            must_be(
                "self.execution_timeout >= 1 && self.execution_timeout <= 900 && self.retention_period >= 1 "
                "&& self.retention_period <= 90",
                "an execution_timeout from 1 to 900 (seconds) and a retention_period from 1 to 90 (days)",
                {"execution_timeout": 0},
                {"execution_timeout": 60, "retention_period": 91},
            ),
        ),
    ),
)
