"""The Lambda function that the stream invokes, its log group, its versions."""

from generator.spec.model import Component, Output, Validation, Variable
from generator.spec.rules import (
    ACCOUNT,
    KEY_ARN,
    REGION,
    arn,
    arn_regex,
    between,
    elsewhere,
    key_arn,
    matches,
    one_of,
    rule,
    shorter,
    unless_null,
)
from generator.spec.types import BOOL, NUMBER, STRING, List, Map, Object, Optional, literal

LOG_LEVELS = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
RETENTION_DAYS = (
    0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
RUNTIME = r"^(nodejs[0-9]+\.x|python3\.[0-9]+|java[0-9]+(\.al2)?|dotnet[0-9]+|ruby[0-9]\.[0-9]+|provided\.al2(023)?)$"
# Names that Lambda sets itself and refuses from its callers (AWS Lambda developer guide, "Defined runtime variables")
RESERVED_ENVIRONMENT = (
    "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
)  # fmt: skip

FUNCTION_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:existing"
LAYER_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:common:3"
QUEUE_ARN = f"arn:aws:sqs:{REGION}:{ACCOUNT}:existing"
ACCESS_POINT_ARN = f"arn:aws:elasticfilesystem:{REGION}:{ACCOUNT}:access-point/fsap-0123456789abcdef0"
CODE_SIGNING_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:code-signing-config:csc-0123456789abcdef0"
IMAGE_URI = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/orders:1"
SUBNETS = {"subnet_ids": ["subnet-0a", "subnet-0b"], "security_group_ids": ["sg-0a"]}

# Arguments for a case that has another kind of package than the file every other case has
NO_FILE = {"function_filename": None}
HANDLED = {"function_handler": "handler.handler", "function_runtime": "python3.13"}
IMAGE = {**NO_FILE, "function_image_uri": IMAGE_URI, "function_handler": None, "function_runtime": None}
_FILE_SYSTEM = {"access_point_arn": ACCESS_POINT_ARN, "local_mount_path": "/mnt/data"}

BESIDE_IMAGE = (
    "function_handler",
    "function_runtime",
    "function_layers",
    "function_source_code_hash",
    "function_code_signing_config_arn",
    "function_snap_start",
)
"""The variables that mean nothing for a container image."""

_PACKAGE = (
    Variable(
        name="function_filename",
        type=STRING,
        default=None,
        description=(
            "Zip file with the function's code, made for instance by `python -m generator package`. Exactly one of "
            "`function_filename`, `function_s3`, `function_image_uri` and `existing_function` is required."
        ),
        example="other.zip",
        example_with=HANDLED,
        accepted="path of an existing file",
        prop="lambdaFunctionProps.code",
        validations=(
            rule(
                unless_null(
                    "function_filename",
                    "(var.function_source_code_hash != null || try(fileexists(var.function_filename), false))",
                    nullable=True,
                ),
                "function_filename must be an existing zip file; for one that is made later, give "
                "function_source_code_hash. ${jsonencode(var.function_filename)} does not exist.",
                {"function_filename": "missing.zip"},
            ),
        ),
    ),
    Variable(
        name="function_source_code_hash",
        type=STRING,
        default=None,
        description=(
            "Base64 SHA-256 of the package, by which Terraform sees new code. `null` computes it for "
            "`function_filename`; give it with `function_s3` unless the object's version or key changes with the code."
        ),
        example="47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        accepted="44 characters of base64",
        validations=(
            matches(
                "function_source_code_hash",
                "^[A-Za-z0-9+/]{43}=$",
                "the base64 of a SHA-256 digest, as filebase64sha256() gives it",
                bad=("d41d8cd98f00b204e9800998ecf8427e",),
                nullable=True,
            ),
        ),
    ),
    Variable(
        name="function_s3",
        type=Object({"bucket": STRING, "key": STRING, "version": Optional(STRING)}),
        default=None,
        description="S3 object with the function's code, in the pipeline's region.",
        example={"bucket": "artifacts", "key": "orders.zip", "version": "v1"},
        example_with={**NO_FILE, **HANDLED},
        prop="lambdaFunctionProps.code",
        validations=(
            rule(
                unless_null(
                    "function_s3",
                    'length(var.function_s3.bucket) >= 3 && !startswith(var.function_s3.bucket, "arn:") && '
                    "length(var.function_s3.key) >= 1",
                    nullable=True,
                ),
                "function_s3 must hold the name (not the ARN) of a bucket and a key, "
                "not ${jsonencode(var.function_s3)}.",
                {**NO_FILE, "function_s3": {"bucket": "arn:aws:s3:::artifacts", "key": "orders.zip"}},
                {**NO_FILE, "function_s3": {"bucket": "artifacts", "key": ""}},
            ),
        ),
    ),
    Variable(
        name="function_image_uri",
        type=STRING,
        default=None,
        description="Container image with the function's code, in an ECR repository of the pipeline's region.",
        example=IMAGE_URI,
        example_with={key: value for key, value in IMAGE.items() if key != "function_image_uri"},
        accepted="`ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG` or `@sha256:DIGEST`",
        prop="lambdaFunctionProps.code",
        validations=(
            matches(
                "function_image_uri",
                "^[0-9]{12}\\.dkr\\.ecr\\.[a-z0-9-]+\\.amazonaws\\.com[.a-z]*/[^:@]+(:[^:@]+|@sha256:[0-9a-f]{64})$",
                "an image in ECR with its tag or digest (ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG)",
                bad=("docker.io/library/python:3.13", IMAGE_URI.removesuffix(":1")),
                nullable=True,
                given=IMAGE,
            ),
            rule(
                unless_null(
                    "function_image_uri",
                    "var.function_handler == null && var.function_runtime == null && length(var.function_layers) == 0 "
                    "&& var.function_source_code_hash == null && var.function_code_signing_config_arn == null "
                    "&& !var.function_snap_start",
                    nullable=True,
                ),
                "function_image_uri holds the handler, the runtime and the layers itself; "
                f"{', '.join(BESIDE_IMAGE[:-1])} and {BESIDE_IMAGE[-1]} are refused with it.",
                {**IMAGE, "function_handler": "index.handler"},
                {**IMAGE, "function_runtime": "python3.13"},
            ),
        ),
    ),
    Variable(
        name="function_image_config",
        type=Object(
            {
                "command": Optional(List(STRING)),
                "entry_point": Optional(List(STRING)),
                "working_directory": Optional(STRING),
            }
        ),
        default=None,
        description="Overrides of the image's command, entry point and working directory.",
        example={"command": ["app.handler"]},
        example_with=IMAGE,
        validations=(
            rule(
                "var.function_image_config == null || var.function_image_uri != null",
                "function_image_config has no effect without function_image_uri; give an image or remove it.",
                {"function_image_config": {"command": ["app.handler"]}},
            ),
        ),
    ),
    Variable(
        name="function_handler",
        type=STRING,
        default=None,
        description="Function that Lambda calls, as `FILE.FUNCTION`; required with a zip package.",
        example="other.handler",
        accepted="1 to 128 characters without spaces",
        prop="lambdaFunctionProps.handler",
        validations=(
            matches(
                "function_handler",
                "^[^\\s]{1,128}$",
                "1 to 128 characters without spaces, such as index.handler",
                bad=("my handler", ""),
                nullable=True,
            ),
            rule(
                "var.function_handler != null || (var.function_filename == null && var.function_s3 == null)",
                "function_handler is required with function_filename and function_s3, for instance index.handler; "
                "it is missing from pipeline ${var.name}.",
                {"function_handler": None},
            ),
        ),
    ),
    Variable(
        name="function_runtime",
        type=STRING,
        default=None,
        description="Runtime of a zip package. Every `nodejs*` runtime keeps its connections alive.",
        example="nodejs22.x",
        accepted="a Lambda runtime such as `python3.13` or `nodejs22.x`",
        prop="lambdaFunctionProps.runtime",
        validations=(
            matches(
                "function_runtime",
                RUNTIME,
                "a Lambda runtime such as python3.13, nodejs22.x, java21, dotnet8, ruby3.4 or provided.al2023",
                bad=("python", "node22", "go1.x"),
                nullable=True,
            ),
            rule(
                "var.function_runtime != null || (var.function_filename == null && var.function_s3 == null)",
                "function_runtime is required with function_filename and function_s3, for instance python3.13; "
                "it is missing from pipeline ${var.name}.",
                {"function_runtime": None},
            ),
        ),
    ),
)

_SETTINGS = (
    Variable(
        name="function_architecture",
        type=STRING,
        default="x86_64",
        description="Processor for which the package is made.",
        example="arm64",
        accepted="`x86_64` or `arm64`",
        prop="lambdaFunctionProps.architecture",
        validations=(one_of("function_architecture", "x86_64", "arm64"),),
    ),
    Variable(
        name="function_memory_size",
        type=NUMBER,
        default=128,
        description="Memory in MB; processor time grows with it.",
        example=512,
        accepted="128 to 10240",
        prop="lambdaFunctionProps.memorySize",
        validations=(between("function_memory_size", 128, 10240, unit="MB"),),
    ),
    Variable(
        name="function_timeout",
        type=NUMBER,
        default=30,
        description="Seconds after which an invocation, and with it its batch, has failed.",
        example=60,
        accepted="1 to 900",
        prop="lambdaFunctionProps.timeout",
        validations=(between("function_timeout", 1, 900, unit="seconds"),),
    ),
    Variable(
        name="function_ephemeral_storage_size",
        type=NUMBER,
        default=512,
        description="Size of `/tmp` in MB.",
        example=1024,
        accepted="512 to 10240",
        prop="lambdaFunctionProps.ephemeralStorageSize",
        validations=(between("function_ephemeral_storage_size", 512, 10240, unit="MB"),),
    ),
    Variable(
        name="function_environment",
        type=Map(STRING),
        default={},
        description="Environment variables.",
        example={"STAGE": "test"},
        accepted="at most 4 kB together",
        prop="lambdaFunctionProps.environment",
        validations=(
            rule(
                'alltrue([for name in keys(var.function_environment) : can(regex("^[a-zA-Z][a-zA-Z0-9_]+$", name))])',
                "function_environment must have names of a letter followed by letters, digits and underscores, "
                'not ${join(", ", keys(var.function_environment))}.',
                {"function_environment": {"log-level": "debug"}},
            ),
            rule(
                f"length(setintersection(keys(var.function_environment), {literal(RESERVED_ENVIRONMENT)})) == 0",
                "function_environment must not set names that Lambda sets itself, such as AWS_REGION; here: "
                '${join(", ", keys(var.function_environment))}.',
                {"function_environment": {"AWS_REGION": "us-east-1"}},
            ),
            rule(
                "length(jsonencode(var.function_environment)) <= 4096",
                "function_environment must have at most 4096 characters as JSON, "
                "not ${length(jsonencode(var.function_environment))}.",
                {"function_environment": {"LONG": "x" * 5000}},
            ),
        ),
    ),
    Variable(
        name="function_kms_key_arn",
        type=STRING,
        default=None,
        description="Customer-managed key of the environment variables; used when there are any.",
        example=KEY_ARN,
        example_with={"function_environment": {"STAGE": "test"}},
        accepted="the ARN of a key, not of an alias",
        prop="lambdaFunctionProps.environmentEncryption",
        validations=(key_arn("function_kms_key_arn"),),
    ),
    Variable(
        name="function_source_kms_key_arn",
        type=STRING,
        default=None,
        providers=(6,),
        description="Customer-managed key of the zip package.",
        example=KEY_ARN,
        accepted="the ARN of a key, not of an alias",
        validations=(key_arn("function_source_kms_key_arn"),),
    ),
    Variable(
        name="function_layers",
        type=List(STRING),
        default=[],
        description="ARNs of layer versions, in the order in which they are laid over each other.",
        example=[LAYER_ARN],
        accepted="at most 5",
        prop="lambdaFunctionProps.layers",
        validations=(
            rule(
                "length(var.function_layers) <= 5",
                "function_layers must be at most 5, not ${length(var.function_layers)}.",
                {"function_layers": [LAYER_ARN] * 6},
            ),
            rule(
                "alltrue([for layer in var.function_layers : "
                f"can(regex({arn_regex('lambda', 'layer:[^:]+:[0-9]+')}, layer))])",
                "function_layers must be ARNs of layer versions (…:layer:NAME:VERSION) in the region ${local.region}, "
                'not ${join(", ", var.function_layers)}.',
                {"function_layers": [LAYER_ARN.removesuffix(":3")]},
                {"function_layers": [elsewhere(LAYER_ARN)]},
            ),
        ),
    ),
    Variable(
        name="function_reserved_concurrent_executions",
        type=NUMBER,
        default=-1,
        description=(
            "Concurrent executions set aside for the function, which are its limit as well; `-1` shares the account's. "
            "The mapping needs up to shards × `event_source_parallelization_factor`."
        ),
        example=5,
        accepted="-1 or more; 0 stops the function",
        prop="lambdaFunctionProps.reservedConcurrentExecutions",
        validations=(between("function_reserved_concurrent_executions", -1, 100000),),
    ),
    Variable(
        name="function_tracing_mode",
        type=STRING,
        default="Active",
        description=(
            "X-Ray tracing: `Active` samples by itself, `PassThrough` follows the caller, `Disabled` does the same "
            "without permission to write traces."
        ),
        example="PassThrough",
        accepted="`Active`, `PassThrough` or `Disabled`",
        prop="lambdaFunctionProps.tracing",
        validations=(one_of("function_tracing_mode", "Active", "PassThrough", "Disabled"),),
    ),
    Variable(
        name="function_vpc",
        type=Object(
            {
                "subnet_ids": List(STRING),
                "security_group_ids": List(STRING),
                "ipv6_allowed_for_dual_stack": Optional(BOOL, False),
            }
        ),
        default=None,
        description="Subnets and security groups of a function that reaches into a VPC.",
        example=SUBNETS,
        prop="lambdaFunctionProps.vpc",
        validations=(
            rule(
                unless_null(
                    "function_vpc",
                    "length(var.function_vpc.subnet_ids) > 0 && length(var.function_vpc.security_group_ids) > 0",
                    nullable=True,
                ),
                "function_vpc needs at least one of subnet_ids and one of security_group_ids.",
                {"function_vpc": {"subnet_ids": [], "security_group_ids": ["sg-0a"]}},
                {"function_vpc": {"subnet_ids": ["subnet-0a"], "security_group_ids": []}},
            ),
        ),
    ),
    Variable(
        name="function_file_system",
        type=Object({"access_point_arn": STRING, "local_mount_path": STRING}),
        default=None,
        description="EFS access point that the function mounts; it needs `function_vpc`.",
        example=_FILE_SYSTEM,
        example_with={"function_vpc": SUBNETS},
        prop="lambdaFunctionProps.filesystem",
        validations=(
            rule(
                "var.function_file_system == null || var.function_vpc != null",
                "function_file_system needs function_vpc, which is not given.",
                {"function_file_system": _FILE_SYSTEM},
            ),
            rule(
                unless_null(
                    "function_file_system",
                    'can(regex("^/mnt/[a-zA-Z0-9_.-]+$", var.function_file_system.local_mount_path))',
                    nullable=True,
                ),
                "function_file_system.local_mount_path must be /mnt/NAME, not "
                '${try(var.function_file_system.local_mount_path, "null")}.',
                {"function_vpc": SUBNETS, "function_file_system": {**_FILE_SYSTEM, "local_mount_path": "/data"}},
            ),
            arn(
                "function_file_system",
                "elasticfilesystem",
                "access-point/fsap-[0-9a-f]+",
                "the ARN of an EFS access point",
                bad=("fs-0123456789abcdef0", elsewhere(ACCESS_POINT_ARN)),
                path=".access_point_arn",
                given={"function_vpc": SUBNETS, "function_file_system": _FILE_SYSTEM},
            ),
        ),
    ),
    Variable(
        name="function_code_signing_config_arn",
        type=STRING,
        default=None,
        description="Code signing configuration: who must have signed the package.",
        example=CODE_SIGNING_ARN,
        prop="lambdaFunctionProps.codeSigningConfig",
        validations=(
            arn(
                "function_code_signing_config_arn",
                "lambda",
                "code-signing-config:csc-[0-9a-z]+",
                "the ARN of a code signing configuration",
                bad=("csc-0123456789abcdef0", elsewhere(CODE_SIGNING_ARN)),
            ),
        ),
    ),
    Variable(
        name="function_async_dead_letter_target",
        type=Object({"type": STRING, "arn": STRING}),
        default=None,
        description=(
            "Queue (`sqs`) or topic (`sns`) for failed asynchronous invocations. The stream invokes synchronously and "
            "never uses it: failed records go to the dead-letter queue of the mapping."
        ),
        example={"type": "sqs", "arn": QUEUE_ARN},
        prop="lambdaFunctionProps.deadLetterQueue",
        validations=(
            rule(
                unless_null(
                    "function_async_dead_letter_target",
                    'contains(["sqs", "sns"], var.function_async_dead_letter_target.type) && '
                    'can(regex("^arn:aws[a-z-]*:${var.function_async_dead_letter_target.type}:${local.region}:[0-9]+:[^:]+$", '
                    "var.function_async_dead_letter_target.arn)) && "
                    '!endswith(var.function_async_dead_letter_target.arn, ".fifo")',
                    nullable=True,
                ),
                "function_async_dead_letter_target must hold type sqs or sns and the ARN of a standard queue or topic in "
                "${local.region}, not ${jsonencode(var.function_async_dead_letter_target)}.",
                {"function_async_dead_letter_target": {"type": "sns", "arn": QUEUE_ARN}},
                {"function_async_dead_letter_target": {"type": "sqs", "arn": f"{QUEUE_ARN}.fifo"}},
                {"function_async_dead_letter_target": {"type": "s3", "arn": "arn:aws:s3:::bucket"}},
            ),
        ),
    ),
)

_VERSIONS = (
    Variable(
        name="function_publish",
        type=BOOL,
        default=False,
        description="Whether each change publishes a version; `function_alias` implies it.",
        example=True,
        prop="lambdaFunctionProps.currentVersionOptions",
    ),
    Variable(
        name="function_alias",
        type=STRING,
        default=None,
        description="Alias of the newest version; the stream then invokes the alias.",
        example="live",
        accepted="1 to 128 letters, digits, `-` and `_`, not digits alone",
        validations=(
            matches(
                "function_alias",
                "^[0-9]*[a-zA-Z_-][a-zA-Z0-9_-]*$",
                "letters, digits, hyphens and underscores, not digits alone",
                bad=("1", "no spaces", "$LATEST"),
                nullable=True,
            ),
            shorter("function_alias", 128, nullable=True),
        ),
    ),
    Variable(
        name="function_snap_start",
        type=BOOL,
        default=False,
        description="Whether new environments start from a snapshot of the published version.",
        example=True,
        example_with={"function_alias": "live", "function_runtime": "python3.13"},
        prop="lambdaFunctionProps.snapStart",
        validations=(
            rule(
                "!var.function_snap_start || var.function_alias != null",
                "function_snap_start needs function_alias: snapshots are of published versions, and the stream must "
                "invoke one.",
                {"function_snap_start": True},
            ),
            rule(
                '!var.function_snap_start || can(regex("^(java(11|17|2[1-9])|python3\\\\.1[2-9]|dotnet([89]|1[0-9]))$", '
                'coalesce(var.function_runtime, "none")))',
                "function_snap_start needs a runtime with snapshots (Java 11 and later, Python 3.12 and later, .NET 8 and "
                'later), not ${coalesce(var.function_runtime, "none")}.',
                {"function_snap_start": True, "function_alias": "live", "function_runtime": "nodejs22.x"},
            ),
            rule(
                "!var.function_snap_start || (var.function_file_system == null "
                "&& var.function_ephemeral_storage_size == 512)",
                "function_snap_start is refused with a function_ephemeral_storage_size other than 512; so it is with "
                "function_file_system.",
                {"function_snap_start": True, "function_alias": "live", "function_ephemeral_storage_size": 1024},
            ),
        ),
    ),
    Variable(
        name="function_provisioned_concurrent_executions",
        type=NUMBER,
        default=None,
        description="Execution environments kept ready for the alias.",
        example=2,
        example_with={"function_alias": "live"},
        accepted="at least 1",
        validations=(
            between(
                "function_provisioned_concurrent_executions", 1, 100000, nullable=True, given={"function_alias": "live"}
            ),
            rule(
                "var.function_provisioned_concurrent_executions == null "
                "|| (var.function_alias != null && !var.function_snap_start)",
                "function_provisioned_concurrent_executions needs function_alias; it is refused with "
                "function_snap_start.",
                {"function_provisioned_concurrent_executions": 2},
                {
                    "function_provisioned_concurrent_executions": 2,
                    "function_alias": "live",
                    "function_snap_start": True,
                },
            ),
            rule(
                unless_null(
                    "function_provisioned_concurrent_executions",
                    "(var.function_reserved_concurrent_executions == -1 || "
                    "var.function_provisioned_concurrent_executions <= var.function_reserved_concurrent_executions)",
                    nullable=True,
                ),
                "function_provisioned_concurrent_executions must be at most function_reserved_concurrent_executions, "
                "${var.function_reserved_concurrent_executions}, not ${jsonencode(var.function_provisioned_concurrent_executions)}.",
                {
                    "function_provisioned_concurrent_executions": 3,
                    "function_reserved_concurrent_executions": 2,
                    "function_alias": "live",
                },
            ),
        ),
    ),
    Variable(
        name="function_durable_config",
        type=Object({"execution_timeout": NUMBER, "retention_period": Optional(NUMBER, 14)}),
        default=None,
        providers=(6,),
        description=(
            "Durable execution: seconds that one execution may take, and days for which its history is kept. The "
            "mapping waits for it, so an execution that a stream starts has 900 seconds."
        ),
        example={"execution_timeout": 600},
        example_with={"function_alias": "live"},
        validations=(
            rule(
                "var.function_durable_config == null || var.function_alias != null",
                "function_durable_config needs function_alias: Lambda invokes a durable function by a version or an alias.",
                {"function_durable_config": {"execution_timeout": 600}},
            ),
            rule(
                unless_null(
                    "function_durable_config",
                    "var.function_durable_config.execution_timeout >= 1 "
                    "&& var.function_durable_config.execution_timeout <= 900 "
                    "&& var.function_durable_config.retention_period >= 1 "
                    "&& var.function_durable_config.retention_period <= 90",
                    nullable=True,
                ),
                "function_durable_config must hold execution_timeout from 1 to 900 seconds and retention_period from 1 "
                "to 90 days, not ${jsonencode(var.function_durable_config)}.",
                {"function_alias": "live", "function_durable_config": {"execution_timeout": 0}},
                {
                    "function_alias": "live",
                    "function_durable_config": {"execution_timeout": 60, "retention_period": 91},
                },
            ),
        ),
    ),
)

_LOGS = (
    Variable(
        name="function_log_format",
        type=STRING,
        default="JSON",
        description="Format of the function's log.",
        example="Text",
        accepted="`JSON` or `Text`",
        prop="lambdaFunctionProps.loggingFormat",
        validations=(one_of("function_log_format", "JSON", "Text"),),
    ),
    Variable(
        name="function_application_log_level",
        type=STRING,
        default="INFO",
        description="Least level of the function's own log lines, with format `JSON`.",
        example="DEBUG",
        accepted=", ".join(f"`{level}`" for level in LOG_LEVELS),
        prop="lambdaFunctionProps.applicationLogLevelV2",
        validations=(
            one_of("function_application_log_level", *LOG_LEVELS),
            rule(
                'var.function_log_format == "JSON" || var.function_application_log_level == "INFO"',
                "function_application_log_level has no effect with function_log_format Text; use JSON or remove the "
                "level, ${var.function_application_log_level}.",
                {"function_log_format": "Text", "function_application_log_level": "DEBUG"},
            ),
        ),
    ),
    Variable(
        name="function_system_log_level",
        type=STRING,
        default="WARN",
        description="Least level of Lambda's log lines about the function, with format `JSON`.",
        example="DEBUG",
        accepted="`DEBUG`, `INFO`, `WARN`",
        prop="lambdaFunctionProps.systemLogLevelV2",
        validations=(
            one_of("function_system_log_level", "DEBUG", "INFO", "WARN"),
            rule(
                'var.function_log_format == "JSON" || var.function_system_log_level == "WARN"',
                "function_system_log_level has no effect with function_log_format Text; use JSON or remove the level, "
                "${var.function_system_log_level}.",
                {"function_log_format": "Text", "function_system_log_level": "DEBUG"},
            ),
        ),
    ),
    Variable(
        name="function_log_retention_in_days",
        type=NUMBER,
        default=365,
        description="Days for which the log is kept; `0` keeps it for ever.",
        example=30,
        accepted=", ".join(map(str, RETENTION_DAYS)),
        prop="lambdaFunctionProps.logRetention",
        validations=(one_of("function_log_retention_in_days", *RETENTION_DAYS),),
    ),
    Variable(
        name="function_log_kms_key_arn",
        type=STRING,
        default=None,
        description="Customer-managed key of the log group; its policy must allow CloudWatch Logs.",
        example=KEY_ARN,
        accepted="the ARN of a key, not of an alias",
        validations=(key_arn("function_log_kms_key_arn"),),
    ),
    Variable(
        name="function_log_group_class",
        type=STRING,
        default="STANDARD",
        description="Class of the log group; it can only be chosen when the group is made.",
        example="INFREQUENT_ACCESS",
        accepted="`STANDARD` or `INFREQUENT_ACCESS`",
        validations=(one_of("function_log_group_class", "STANDARD", "INFREQUENT_ACCESS"),),
    ),
    Variable(
        name="function_log_deletion_protection_enabled",
        type=BOOL,
        default=False,
        providers=(6,),
        description="Whether AWS refuses to delete the log group.",
        example=True,
    ),
)

FUNCTION = Component(
    name="function",
    title="Function",
    variables=(
        Variable(
            name="function_name",
            type=STRING,
            default=None,
            description="Name of the function; `null` is `name`, cut to 64 characters.",
            example="orders-consumer",
            accepted="1 to 64 letters, digits, `-` and `_`",
            prop="lambdaFunctionProps.functionName",
            validations=(
                matches(
                    "function_name",
                    "^[a-zA-Z0-9_-]{1,64}$",
                    "1 to 64 letters, digits, hyphens and underscores",
                    bad=("no spaces", "f" * 65),
                    nullable=True,
                ),
            ),
        ),
        Variable(
            name="function_description",
            type=STRING,
            default=None,
            description="Description of the function.",
            example="Indexes orders.",
            accepted="at most 256 characters",
            prop="lambdaFunctionProps.description",
            validations=(shorter("function_description", 256, nullable=True),),
        ),
        *_PACKAGE,
        *_SETTINGS,
        *_VERSIONS,
        *_LOGS,
    ),
    outputs=(
        Output(name="function_name", description="Name of the function.", value="local.function_name"),
        Output(
            name="function_arn",
            description="ARN of the function, without version or alias.",
            value="local.function_arn",
        ),
        Output(
            name="function_target_arn",
            description="ARN that the stream invokes: the alias where there is one, otherwise the function.",
            value="local.target_arn",
        ),
        Output(
            name="function_invoke_arn",
            description="ARN by which API Gateway would invoke the function; `null` with an existing function.",
            value="one(aws_lambda_function.this[*].invoke_arn)",
        ),
        Output(
            name="function_version",
            description="Published version, or `$LATEST`; `null` with an existing function.",
            value="one(aws_lambda_function.this[*].version)",
        ),
        Output(
            name="function_alias_arn",
            description="ARN of the alias; `null` without one.",
            value="one(aws_lambda_alias.this[*].arn)",
        ),
        Output(
            name="function_log_group_name",
            description="Name of the log group; `null` with an existing function.",
            value="one(aws_cloudwatch_log_group.this[*].name)",
        ),
        Output(
            name="function_log_group_arn",
            description="ARN of the log group; `null` with an existing function.",
            value="one(aws_cloudwatch_log_group.this[*].arn)",
        ),
    ),
)

_EXISTING = {
    **NO_FILE,
    "function_handler": None,
    "function_runtime": None,
    "existing_function": {"arn": FUNCTION_ARN, "role_name": "existing-role"},
}

PACKAGES = ("function_filename", "function_s3", "function_image_uri")
"""The variables of which one names the function's code."""


def one_package(*packages: str) -> Validation:
    """Refuse, beside ``existing_function``, anything but one of these packages."""
    count = "${length(local.function_packages)}"
    return rule(
        "var.existing_function != null || length(local.function_packages) == 1",
        f"existing_function, {', '.join(packages)}: exactly one is required; of the last {len(packages)}, {count} are "
        'given (${join(", ", local.function_packages)}) to pipeline ${var.name}.',
        NO_FILE,
        {"function_s3": {"bucket": "artifacts", "key": "orders.zip"}},
    )


EXISTING_FUNCTION = Variable(
    name="existing_function",
    type=Object({"arn": STRING, "role_name": STRING}),
    default=None,
    description=(
        "Function that the stream invokes instead of a new one: its ARN (or that of an alias) and the name of its role, "
        "which gets the permissions to read the stream and to report failures as one inline policy."
    ),
    example={"arn": FUNCTION_ARN, "role_name": "existing-role"},
    example_with={**NO_FILE, "function_handler": None, "function_runtime": None},
    prop="existingLambdaObj",
    validations=(
        arn(
            "existing_function",
            "lambda",
            "function:[a-zA-Z0-9_-]+(:[a-zA-Z0-9_-]+)?",
            "the ARN of a function or of its alias (arn:aws:lambda:REGION:ACCOUNT:function:NAME[:ALIAS])",
            bad=("existing", elsewhere(FUNCTION_ARN)),
            path=".arn",
            given=_EXISTING,
        ),
        rule(
            unless_null(
                "existing_function",
                'can(regex("^[a-zA-Z0-9+=,.@_-]{1,64}$", var.existing_function.role_name))',
                nullable=True,
            ),
            "existing_function.role_name must be the name of a role (not its ARN), not "
            '${try(var.existing_function.role_name, "null")}.',
            {
                **_EXISTING,
                "existing_function": {"arn": FUNCTION_ARN, "role_name": f"arn:aws:iam::{ACCOUNT}:role/existing-role"},
            },
        ),
        one_package(*PACKAGES),
    ),
)
