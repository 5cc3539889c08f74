"""How the emulators differ from AWS where it matters here, and what our tests do about it.

``test_differences.py`` checks each: a difference that a new version of an emulator no longer has fails there, and goes
from here. Facts about AWS come from its API reference (api), its developer guides (guide), the service authorization
reference (iam), or botocore's service model (model).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from generator.local.emulator import LocalAws
from tests.local import checks


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that an emulator does otherwise than AWS.

    ``bare ministack`` is ministack as it comes, on every interface and with enforced policies: what it does otherwise
    is corrected by ``generator/local``. ``enforcing ministack`` is ours, with enforced policies.
    """

    emulator: Literal["ministack", "enforcing ministack", "bare ministack", "moto"]
    operation: str
    aws: str
    source: str
    here: str
    tests: str
    still: Callable[[LocalAws], bool]


DIFFERENCES = (
    # --- ministack: event source mappings -----------------------------------------------------------------------------
    Difference(
        emulator="ministack",
        operation="lambda:CreateEventSourceMapping",
        aws="BatchSize is 100 by default",
        source="api: CreateEventSourceMapping",
        here="it is 10",
        tests="the module sends every option; what reads a mapping takes what the mapping has",
        still=checks.batch_size_defaults_to_10,
    ),
    Difference(
        emulator="ministack",
        operation="lambda:CreateEventSourceMapping",
        aws="values out of range, a starting position by time, FIFO destinations and broken filters are refused",
        source="api: CreateEventSourceMapping",
        here="all are accepted",
        tests="what is refused is tested on plans, never here",
        still=checks.mapping_options_are_not_checked,
    ),
    Difference(
        emulator="ministack",
        operation="lambda:CreateEventSourceMapping",
        aws="ResourceConflictException for a stream and function that are mapped already",
        source="api: CreateEventSourceMapping",
        here="a second mapping is made",
        tests="none relies on it",
        still=checks.mapping_may_be_made_twice,
    ),
    # --- ministack: functions -----------------------------------------------------------------------------------------
    Difference(
        emulator="ministack",
        operation="lambda:Invoke",
        aws="the runtime decides which Python runs",
        source="guide: Lambda runtimes",
        here="it is always the one of the emulator's environment",
        tests="functions keep to what every supported Python understands",
        still=checks.every_runtime_is_the_same,
    ),
    Difference(
        emulator="ministack",
        operation="lambda:Invoke",
        aws="an exception leaves the execution environment running",
        source="guide: Lambda execution environment",
        here="the next invocation starts a new one, which takes 0.1 s",
        tests="functions that count attempts count them outside, by what the event holds",
        still=checks.error_ends_the_environment,
    ),
    Difference(
        emulator="ministack",
        operation="lambda:Invoke",
        aws="errorType is the class of the exception",
        source="guide: Lambda function errors in Python",
        here="it is Runtime.HandlerError",
        tests="they look at FunctionError and errorMessage",
        still=checks.error_has_no_type,
    ),
    Difference(
        emulator="ministack",
        operation="lambda:Invoke",
        aws="the function's request id is that of the response",
        source="guide: Lambda context object in Python",
        here="they are two",
        tests="a document's requestId is compared with neither",
        still=checks.function_has_another_request_id,
    ),
    Difference(
        emulator="ministack",
        operation="lambda:CreateAlias",
        aws="the versions of an alias exist",
        source="api: CreateAlias",
        here="they need not",
        tests="weights are applied with a version that does not exist",
        still=checks.alias_may_have_any_version,
    ),
    # --- ministack: streams -------------------------------------------------------------------------------------------
    Difference(
        emulator="ministack",
        operation="dynamodb:GetRecords",
        aws="sequence numbers have 21 to 40 digits and no leading zero",
        source="model: SequenceNumber; captures from AWS",
        here="30 digits, with leading zeros",
        tests="they are compared as integers and handed back as they came",
        still=checks.sequence_numbers_begin_with_zeros,
    ),
    Difference(
        emulator="ministack",
        operation="dynamodb:GetRecords",
        aws="SizeBytes is the size of the record",
        source="api: StreamRecord",
        here="it is 0",
        tests="limits in bytes are tested on records that the tests make",
        still=checks.records_have_no_size,
    ),
    Difference(
        emulator="ministack",
        operation="dynamodb:DescribeStream",
        aws="shards end after some hours or with their stream, and have children",
        source="guide: DynamoDB Streams",
        here="one shard, which never ends",
        tests="parents and children are tested on streams that the tests make",
        still=checks.shards_never_end,
    ),
    Difference(
        emulator="ministack",
        operation="dynamodb:ExecuteStatement",
        aws="an INSERT leaves a record in the stream",
        source="guide: DynamoDB Streams",
        here="it leaves none",
        tests="items are written with PutItem and its like",
        still=checks.partiql_leaves_no_record,
    ),
    Difference(
        emulator="ministack",
        operation="dynamodb:UpdateTable",
        aws="ValidationException for another view type while the stream is on",
        source="api: UpdateTable",
        here="the stream goes on, with its ARN",
        tests="a new view type is tested on the plan alone",
        still=checks.view_type_may_change,
    ),
    # --- ministack: other services ------------------------------------------------------------------------------------
    Difference(
        emulator="ministack",
        operation="cloudwatch:DescribeAlarms",
        aws="an alarm is returned as it was put",
        source="api: DescribeAlarms",
        here="the query protocol, which the provider speaks, returns half of it, so a plan never becomes empty",
        tests="updates of alarms are taken out of second plans",
        still=checks.alarms_are_returned_in_part,
    ),
    Difference(
        emulator="ministack",
        operation="dynamodb:ExportTableToPointInTime",
        aws="the table's items are written to the bucket",
        source="guide: DynamoDB table export output format",
        here="nothing is written",
        tests="the test of the backfill writes the files, as AWS documents them",
        still=checks.export_writes_nothing,
    ),
    Difference(
        emulator="ministack",
        operation="states:StartExecution",
        aws="a distributed map with a ResultWriter writes its results to the bucket",
        source="guide: ResultWriter",
        here="nothing is written",
        tests="the test of the backfill looks at the map's executions",
        still=checks.map_writes_no_results,
    ),
    Difference(
        emulator="ministack",
        operation="lambda:CreateFunction",
        aws="CodeSigningConfigArn is kept",
        source="api: GetFunctionCodeSigningConfig",
        here="it is dropped, so a plan never becomes empty",
        tests="its update is taken out of second plans",
        still=checks.code_signing_is_dropped,
    ),
    Difference(
        emulator="ministack",
        operation="xray:PutTraceSegments",
        aws="the service exists",
        source="api: PutTraceSegments",
        here="HTTP 400",
        tests="its statement is tested on the policy alone",
        still=checks.x_ray_is_not_there,
    ),
    # --- ministack that enforces policies -----------------------------------------------------------------------------
    Difference(
        emulator="enforcing ministack",
        operation="sts:AssumeRole",
        aws="the root assumes no role, and nobody one that trusts a service alone",
        source="api: AssumeRole",
        here="the root does",
        tests="that is how they come by the credentials of a function's role",
        still=checks.root_may_assume_a_role_of_a_service,
    ),
    Difference(
        emulator="enforcing ministack",
        operation="lambda:CreateEventSourceMapping",
        aws="InvalidParameterValueException when the function's role may not read the stream",
        source="guide: Using Lambda with DynamoDB Streams",
        here="the role is not asked",
        tests="they read the stream with the role's credentials",
        still=checks.mapping_needs_no_permission,
    ),
    Difference(
        emulator="enforcing ministack",
        operation="dynamodb:GetRecords",
        aws="the role needs kms:Decrypt where the table has a customer's key",
        source="guide: DynamoDB encryption at rest",
        here="no service uses a key for somebody",
        tests="statements about keys are tested on the policy, and that no key can be used directly",
        still=checks.key_of_a_table_is_not_used,
    ),
    # --- bare ministack -----------------------------------------------------------------------------------------------
    Difference(
        emulator="bare ministack",
        operation="every service",
        aws="nobody on the network can use somebody's account",
        source="guide: Security in AWS",
        here="it listens on every interface",
        tests="the launcher gives it a socket of the loopback interface",
        still=checks.every_interface_is_open,
    ),
    Difference(
        emulator="bare ministack",
        operation="lambda:CreateEventSourceMapping",
        aws="retries, bisect and partial responses are honored",
        source="guide: Using Lambda with DynamoDB Streams",
        here="its poller repeats a failing batch until it is too old",
        tests="the launcher turns the poller off; ours is generator.mapping",
        still=checks.poller_ignores_retries,
    ),
    Difference(
        emulator="bare ministack",
        operation="dynamodb:UpdateContinuousBackups",
        aws="RecoveryPeriodInDays is kept and returned",
        source="api: PointInTimeRecoveryDescription",
        here="it is dropped",
        tests="the launcher keeps it",
        still=checks.recovery_period_is_dropped,
    ),
    Difference(
        emulator="bare ministack",
        operation="dynamodb:GetRecords",
        aws="a statement names the stream",
        source="iam: DynamoDB",
        here="such a statement allows nothing",
        tests="the launcher says on which stream a request is",
        still=checks.stream_statements_allow_nothing,
    ),
    Difference(
        emulator="bare ministack",
        operation="dynamodb:DescribeStream, lambda:CreateEventSourceMapping",
        aws="a role may read the stream of another account if its own policy and that of the stream allow it",
        source="guide: Resource-based policy examples of DynamoDB",
        here="the stream does not exist, and its policy counts for nothing",
        tests="the launcher serves such a stream, and has its policy evaluated",
        still=checks.stream_of_another_account_is_unknown,
    ),
    Difference(
        emulator="bare ministack",
        operation="dynamodb:DescribeTable",
        aws="WarmThroughput of an index has a Status",
        source="api: GlobalSecondaryIndexWarmThroughputDescription",
        here="it has none, so that provider 6.13 and later can wait for it until their timeout",
        tests="the launcher adds it",
        still=checks.warm_throughput_has_no_status,
    ),
    Difference(
        emulator="bare ministack",
        operation="logs:CreateLogStream",
        aws="a statement names the log group, with :* at its end",
        source="guide: CloudWatch Logs resources and operations",
        here="such a statement allows nothing",
        tests="the launcher adds the log stream to the resource of a request",
        still=checks.log_group_statements_allow_nothing,
    ),
    Difference(
        emulator="bare ministack",
        operation="sqs:SendMessage",
        aws="requests come over TLS",
        source="guide: SQS security best practices",
        here="they do not, so the module's queue policy refuses them all",
        tests="the launcher lets requests count as secure unless they say otherwise",
        still=checks.requests_are_not_secure,
    ),
    Difference(
        emulator="bare ministack",
        operation="lambda:CreateEventSourceMapping",
        aws="TumblingWindowInSeconds, MetricsConfig and KMSKeyArn are kept",
        source="api: GetEventSourceMapping",
        here="they are dropped, so a plan never becomes empty",
        tests="the launcher keeps them",
        still=checks.mapping_options_are_dropped,
    ),
    Difference(
        emulator="bare ministack",
        operation="lambda:UpdateEventSourceMapping, lambda:UpdateFunctionConfiguration",
        aws="FilterCriteria, Environment, and DeadLetterConfig that are emptied are no longer returned",
        source="the provider's acceptance tests, which remove them and then plan no change",
        here="they are returned without content, so a plan never becomes empty",
        tests="the launcher drops them, and MetricsConfig, of which the same is assumed",
        still=checks.emptied_options_are_returned,
    ),
    Difference(
        emulator="bare ministack",
        operation="logs:AssociateKmsKey",
        aws="the key of a log group can be set and removed later",
        source="api: AssociateKmsKey",
        here="the operation is unknown",
        tests="the launcher adds it, and DisassociateKmsKey",
        still=checks.key_of_a_log_group_cannot_change,
    ),
    # --- moto ---------------------------------------------------------------------------------------------------------
    Difference(
        emulator="moto",
        operation="lambda:GetFunctionConfiguration",
        aws="LoggingConfig and DeadLetterConfig are returned",
        source="api: GetFunctionConfiguration",
        here="they are dropped, so a plan never becomes empty",
        tests="their update is taken out of second plans",
        still=checks.function_options_are_dropped,
    ),
    Difference(
        emulator="moto",
        operation="lambda:CreateEventSourceMapping",
        aws="a mapping of an alias stays one",
        source="api: CreateEventSourceMapping",
        here="it is one of the alias's version, so a plan never becomes empty",
        tests="its update is taken out of second plans",
        still=checks.mapping_of_an_alias_is_of_its_version,
    ),
    Difference(
        emulator="moto",
        operation="logs:DescribeLogGroups",
        aws="logGroupClass is returned",
        source="api: DescribeLogGroups",
        here="it is not, so every plan replaces the log group and updates the role's policy",
        tests="both are taken out of second plans",
        still=checks.log_group_class_is_dropped,
    ),
    Difference(
        emulator="moto",
        operation="dynamodb:UpdateTable",
        aws="a stream that was turned off can be turned on",
        source="api: UpdateTable",
        here="ResourceInUseException",
        tests="streams are never turned off there",
        still=checks.stream_cannot_be_turned_on_again,
    ),
    Difference(
        emulator="moto",
        operation="dynamodb:CreateTable",
        aws="a table's name has 3 to 255 characters",
        source="model: TableName",
        here="one is enough",
        tests="what is refused is tested on plans, never here",
        still=checks.table_name_may_have_one_character,
    ),
    Difference(
        emulator="moto",
        operation="lambda:Invoke",
        aws="the function runs",
        source="api: Invoke",
        here="the answer is always the same text; there is no poller either",
        tests="delivery is tested on ministack",
        still=checks.functions_do_not_run,
    ),
    Difference(
        emulator="moto",
        operation="dynamodb:PutItem",
        aws="an item that stays as it is leaves no record",
        source="guide: DynamoDB Streams",
        here="it leaves a MODIFY",
        tests="delivery is tested on ministack",
        still=checks.unchanged_item_leaves_a_record,
    ),
    Difference(
        emulator="moto",
        operation="dynamodb:GetRecords",
        aws="at most 1 MB a page",
        source="api: GetRecords",
        here="at most 1000 records, of any size",
        tests="delivery is tested on ministack",
        still=checks.page_may_have_more_than_1_mb,
    ),
    Difference(
        emulator="moto",
        operation="every service",
        aws="credentials and policies decide",
        source="guide: IAM",
        here="everybody may do everything",
        tests="permissions are tested on ministack",
        still=checks.policies_are_not_enforced,
    ),
)
