"""What changes in a deployed pipeline, derived from the specification: each variable from its default to other values.

Terraform and its provider take most of a second for each instance of the module in each step. Variables that cannot
affect each other therefore change in the same instance.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from generator.local.emulator import LocalAws
from generator.spec import MODULE, OPTIONS
from generator.spec.examples import (
    ACCOUNT,
    KEY_ARN,
    LAYER_ARN,
    OTHER_ACCOUNT,
    OTHER_ROLE_ARN,
    OTHER_STREAM_ARN,
    QUEUE_ARN,
    STREAM_ARN,
    TOPIC_ARN,
)
from generator.spec.function import PACKAGES
from generator.spec.model import COMPUTED, PARTS, SAME, UNKNOWN, Variable
from generator.spec.types import BOOL
from generator.variant import USAGE
from tests.local.resources import function, table
from tests.support.planning import FUNCTION
from tests.upgrade.record import EMPTY_ZIP

VARIABLES = {variable.name: variable for variable in MODULE.variables()}

STEPS = ("default", "example", "other", "default again")
"""The values of a variable, one after the other."""


@dataclass(frozen=True)
class Other:
    """A value other than the default and the example, and what AWS then holds, if that is not the value itself."""

    value: Any
    held: Any = SAME


_OTHER_KEY = KEY_ARN.replace("1111-", "2222-", 1)
_OTHER_TOPIC = f"{TOPIC_ARN}-2"
_OTHER_STREAM = STREAM_ARN.replace("/existing/", "/orders-old/")
_IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/orders"
_OTHER_POLICY = '{"Version": "2012-10-17", "Statement": [{"Sid": "Other"}]}'

OTHERS: Mapping[str, Other] = {
    "name": Other("parcels"),
    "existing_table": Other({"stream_arn": _OTHER_STREAM}, _OTHER_STREAM),
    "existing_function": Other(
        {"arn": f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:existing-2", "role_name": "existing-role-2"},
        f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:existing-2",
    ),
    "existing_role": Other(
        {"arn": f"arn:aws:iam::{ACCOUNT}:role/existing-role-2", "name": "existing-role-2"},
        f"arn:aws:iam::{ACCOUNT}:role/existing-role-2",
    ),
    "table_partition_key": Other({"name": "pk", "type": "B"}, "pk"),
    "table_sort_key": Other({"name": "at", "type": "S"}, "at"),
    "table_global_secondary_indexes": Other(
        {"by_customer": {"partition_key": "customer"}, "again": {"partition_key": "customer"}}, "customer"
    ),
    "table_on_demand_throughput": Other(
        {"max_write_request_units": 7}, [{"max_read_request_units": -1, "max_write_request_units": 7}]
    ),
    "table_name": Other("orders-v3"),
    "table_resource_policy": Other({"policy": _OTHER_POLICY}, _OTHER_POLICY),
    "table_stream_resource_policy": Other({"policy": _OTHER_POLICY}, _OTHER_POLICY),
    "table_stream_readers": Other(
        {"search": OTHER_ROLE_ARN, "more": f"{OTHER_ROLE_ARN}-2"}, [f"{OTHER_ROLE_ARN}-2", OTHER_ROLE_ARN]
    ),
    "table_timeouts": Other({"create": "90m"}),
    "table_replicas": Other({"us-west-2": {}}, "us-west-2"),
    "table_import": Other({"bucket": "others", "format": "ION"}),
    "table_restore": Other({"source_table_name": "existing", "to_latest_time": True}),
    "table_kinesis_destination": Other(
        {"stream_arn": f"arn:aws:kinesis:eu-west-1:{ACCOUNT}:stream/changes", "timestamp_precision": "MICROSECOND"},
        "MICROSECOND",
    ),
    "table_local_secondary_indexes": Other({"again": {"sort_key": "total"}}, "total"),
    "function_name": Other("orders-reader"),
    "function_description": Other("Reads orders."),
    "function_source_code_hash": Other("n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="),
    "function_image_uri": Other(f"{_IMAGE}:2"),
    "function_image_config": Other({"command": ["other.handler"]}, ["other.handler"]),
    "function_code_signing_config_arn": Other(
        f"arn:aws:lambda:eu-west-1:{ACCOUNT}:code-signing-config:csc-1123456789abcdef0"
    ),
    "function_timeouts": Other({"create": "90m"}),
    "function_file_system": Other(
        {
            "access_point_arn": f"arn:aws:elasticfilesystem:eu-west-1:{ACCOUNT}:access-point/fsap-1123456789abcdef0",
            "local_mount_path": "/mnt/others",
        },
        "/mnt/others",
    ),
    "function_alias_version": Other("2"),
    "function_alias_routing": Other({"2": 0.2}),
    "function_log_kms_key_arn": Other(_OTHER_KEY),
    "function_log_group": Other(
        {"arn": f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:/shared/others"}, "/shared/others"
    ),
    "function_environment": Other({"STAGE": "live", "MORE": "yes"}),
    "function_layers": Other([LAYER_ARN.replace(":3", ":4")]),
    "function_handler": Other("third.handler"),
    "function_runtime": Other("python3.12"),
    "function_filename": Other("third.zip"),
    "function_s3": Other({"bucket": "artifacts", "key": "orders.zip", "version": "v2"}, "v2"),
    "function_reserved_concurrent_executions": Other(0),
    "function_alias": Other("stable"),
    "function_async_dead_letter_target": Other(
        {"type": "sns", "arn": QUEUE_ARN.replace(":sqs:", ":sns:")}, QUEUE_ARN.replace(":sqs:", ":sns:")
    ),
    "function_tracing_mode": Other("Disabled", "PassThrough"),
    "alarm_iterator_age_threshold_seconds": Other(1200, 1200000),
    "alarm_stalled_minutes": Other(30, 6),
    "alarm_actions": Other([TOPIC_ARN, _OTHER_TOPIC]),
    "alarm_ok_actions": Other([TOPIC_ARN, _OTHER_TOPIC]),
    "alarm_insufficient_data_actions": Other([TOPIC_ARN, _OTHER_TOPIC]),
    "alarm_runbook_url": Other("https://wiki.example.com/others"),
    "alarms": Other({"errors": {"threshold": 7}}, 7),
    "function_vpc": Other({"subnet_ids": ["subnet-0c"], "security_group_ids": ["sg-0a"]}, ["subnet-0c"]),
    "function_kms_key_arn": Other(_OTHER_KEY),
    "table_kms_key_arn": Other(_OTHER_KEY),
    "event_source_filter_patterns": Other(['{"eventName": ["REMOVE"]}'], '{"eventName": ["REMOVE"]}'),
    "event_source_tags": Other({"team": "others", "more": "yes"}),
    "tags": Other({"team": "others", "more": "yes"}),
    "event_source_filter_kms_key_arn": Other(_OTHER_KEY),
    "dead_letter_queue_name": Other("others-failed"),
    "dead_letter_queue_kms_key_arn": Other(_OTHER_KEY),
    "role_name": Other("others-consumer"),
    "role_permissions_boundary_arn": Other(f"arn:aws:iam::{ACCOUNT}:policy/others"),
    "role_description": Other("Reads orders."),
    "role_path": Other("/others/"),
    "role_policy_statements": Other({"Write": {"actions": ["s3:PutObject"], "resources": ["*"]}}, ["Write"]),
    "role_managed_policy_arns": Other(
        {"s3": "arn:aws:iam::aws:policy/AmazonS3FullAccess"}, "arn:aws:iam::aws:policy/AmazonS3FullAccess"
    ),
    "dead_letter_queue_policy_statements": Other(
        {"Others": {"actions": ["sqs:SendMessage"], "principals": {"AWS": ["arn:aws:iam::210987654321:root"]}}},
        ["DenyInsecureTransport", "Others"],
    ),
    "on_failure_destination": Other({"type": "s3", "arn": "arn:aws:s3:::failed"}, "arn:aws:s3:::failed"),
}
"""Values that nothing in the specification implies."""

ONE_VALUE = {
    "table_attributes": "AWS does not change the type of an attribute that is a key",
    "table_ttl_attribute": "another name takes two applies",
}
"""Variables that change from the default to the example only, though they have further values."""

KEPT = {
    "table_on_demand_throughput": "null keeps the maximums, since AWS needs a request to remove them",
    "table_ttl_attribute": "null keeps TTL on, since AWS needs the name to turn it off",
    "table_kms_key_arn": "null keeps the key, since the provider takes the one of the state",
    "function_publish": "Lambda keeps published versions",
}
"""Variables whose default, applied later, leaves what AWS holds: their descriptions say so."""


@dataclass(frozen=True)
class NotHeld:
    """Why the API does not return what a variable sets; the operation with it, and a part of it in each later step.

    An empty part stands for a step in which the resource is deleted.
    """

    reason: str
    operation: str = ""
    texts: tuple[str, str, str] = ("", "", "")


NOT_HELD: Mapping[str, NotHeld] = {
    "function_filename": NotHeld("Lambda returns no file name", "UpdateFunctionCode", ("ZipFile",) * 3),
    "function_s3": NotHeld(
        "Lambda returns no place in S3", "UpdateFunctionCode", ('"S3ObjectVersion"', '"S3ObjectVersion"', "ZipFile")
    ),
    "alarm_insufficient_data_actions": NotHeld(
        "the emulator drops them (tests/local/differences.py)",
        "PutMetricAlarm",
        ('"InsufficientDataActions.member.1"', '"InsufficientDataActions.member.2"', ""),
    ),
    "dead_letter_queue_kms_data_key_reuse_period_seconds": NotHeld(
        "the provider sends it when it creates the queue only"
    ),
    **{
        name: NotHeld("it is Terraform's own")
        for name in (
            "function_log_skip_destroy",
            "function_source_code_hash",
            "function_timeouts",
            "role_force_detach_policies",
            "table_timeouts",
        )
    },
    "table_import": NotHeld("it counts when the table is created; later, it changes nothing"),
    "table_restore": NotHeld("it counts when the table is created; later, it changes nothing"),
}
"""Variables that AWS does not return."""

NO_PART = {
    "function_alias": {"aws_lambda_alias"},
    "role_managed_policy_arns": {"aws_iam_role_policy_attachment"},
    "table_kinesis_destination": {"aws_dynamodb_kinesis_streaming_destination"},
}
"""Types of resources that a variable replaces, and that are no part in the specification's words: they hold nothing."""

ALONE = {"table_replicas": "the provider looks for the encryption of a replica, of which the emulator makes no table"}
"""Variables that change in an instance of their own."""

WORKING = {"aws_lambda_event_source_mapping", "aws_lambda_function", "aws_iam_role"}
"""Types of resources that use others: while one is replaced, nothing shows in which order what it uses changes."""

LOCALS: Mapping[str, Sequence[str]] = {
    **{options.local: [variable.name for variable in options.variables] for options in OPTIONS},
    "function_packages": PACKAGES,
    "index_keys": ("table_global_secondary_indexes", "table_local_secondary_indexes"),
}
"""The variables on which the local values that validations mention depend."""

EXPECTED: Mapping[tuple[str, str], Any] = {
    # The specification has the values of the plan
    ("table_ttl_enabled", "default"): False,
    ("table_class", "default again"): "STANDARD",
    ("table_stream_readers", "example"): [OTHER_ROLE_ARN],
    ("alarm_runbook_url", "example"): VARIABLES["alarm_runbook_url"].example,
    ("role_policy_statements", "default"): [],
    ("role_policy_statements", "example"): ["ReadTemplates"],
    ("dead_letter_queue_policy_statements", "default"): ["DenyInsecureTransport"],
    ("dead_letter_queue_policy_statements", "example"): ["DenyInsecureTransport", "Operators"],
}
"""What AWS holds where the plan does not know it."""


@dataclass(frozen=True)
class Transition:
    """The steps of one variable."""

    variable: Variable

    @property
    def name(self) -> str:
        return self.variable.name

    @cached_property
    def is_choice(self) -> bool:
        """Whether other variables, or their resources, have no effect with some of its values."""
        options = {f"local.{options.local}" for options in OPTIONS}
        conditions = [rule.condition for name in self.affected for rule in VARIABLES[name].validations]
        return self.variable.required or any(local in condition for local in options for condition in conditions)

    def arguments(self, step: str) -> dict[str, Any]:
        """Return the arguments of the module in a step."""
        if step.startswith("default"):
            return {}
        other = another(self.variable)
        value = other.value if step == "other" and other else self.variable.example
        return {**self.variable.example_with, self.name: value}

    @cached_property
    def affected(self) -> dict[str, list[Any]]:
        """Return the values in each step of the arguments that are not always those of every pipeline."""
        steps = [{**FUNCTION, **self.arguments(step)} for step in STEPS]
        names = {name for given in steps for name in given}
        values = {name: [given.get(name) for given in steps] for name in names}
        return {name: each for name, each in values.items() if each != [FUNCTION.get(name)] * len(STEPS)}

    @cached_property
    def replaces(self) -> set[str]:
        """Return the types of the resources that the specification replaces in some step."""
        parts = {part for name in self.affected for part in VARIABLES[name].replaces} - {*self.variable.deletes}
        return {kind for part in parts for kind in PARTS[part]} | NO_PART.get(self.name, set())

    @cached_property
    def mentioned(self) -> set[str]:
        """Return the variables on which the validations of the affected ones depend."""
        conditions = [rule.condition for name in self.affected for rule in VARIABLES[name].validations]
        names = {name for condition in conditions for name in re.findall(r"\bvar\.(\w+)", condition)}
        locals_used = {name for condition in conditions for name in re.findall(r"\blocal\.(\w+)", condition)}
        return names | {name for used in locals_used for name in LOCALS.get(used, ())}

    def expected(self, step: str, pipeline: str) -> Any:  # noqa: ANN401 - as the module's arguments
        """Return what AWS holds in a step, or UNKNOWN if the specification does not say it."""
        effect = self.variable.effect
        assert effect, f"{self.name} has no effect in the specification"
        if (self.name, step) in EXPECTED:
            return EXPECTED[self.name, step]
        step = step.partition(" ")[0]
        if (self.name, step) in EXPECTED:
            return EXPECTED[self.name, step]
        other = another(self.variable)
        if step == "other" and other:
            return other.value if other.held is SAME else other.held
        expected, own = (
            (effect.default, USAGE.get(self.name, self.variable.default))
            if step == "default"
            else (effect.example, self.variable.example)
        )
        if expected in (UNKNOWN, COMPUTED):
            return UNKNOWN
        value = own if expected is SAME else expected
        # The specification's values are those of a pipeline called orders
        return (
            re.sub(r"^(/aws/lambda/)?orders(?=$|-dlq$|-stream$|-eu-west-1$|-stalled$)", rf"\g<1>{pipeline}", value)
            if isinstance(value, str)
            else value
        )


def another(variable: Variable) -> Other | None:
    """Return a value that differs from the default and the example, if the specification or OTHERS has one."""
    if variable.name in OTHERS:
        return OTHERS[variable.name]
    taken = (variable.default, variable.example, None)
    for validation in variable.validations:
        options = [validation.schema, *validation.schema.get("anyOf", ())]
        for option in options:
            bounds = (option.get("maximum"), option.get("minimum"))
            values = (*option.get("enum", ()), *bounds, *(bound + 1 for bound in bounds[1:] if bound is not None))
            for value in values:
                if value not in taken:
                    return Other(value)
    return None


def has_no_further_value(variable: Variable) -> bool:
    """Return whether a variable has a default and an example, and nothing else."""
    enumerations = [rule.schema["enum"] for rule in variable.validations if "enum" in rule.schema]
    return variable.type == BOOL or any(set(each) <= {variable.default, variable.example} for each in enumerations)


_PROTECTION = "table_deletion_protection_enabled"


_S3 = {"bucket": "artifacts", "key": "orders.zip"}


def prerequisites(aws: LocalAws) -> dict[str, str]:
    """Create the resources that examples of the specification name; return names by which others are replaced."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    for suffix in ("", "-2"):
        given = {"RoleName": f"existing-role{suffix}", "AssumeRolePolicyDocument": document}
        arn = aws.client("iam").create_role(**given)["Role"]["Arn"]
        function(aws, "def handler(event, context):\n    pass\n", FunctionName=f"existing{suffix}", Role=arn)
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="artifacts", CreateBucketConfiguration={"LocationConstraint": aws.region})
    s3.put_bucket_versioning(Bucket="artifacts", VersioningConfiguration={"Status": "Enabled"})
    stored = [s3.put_object(Bucket="artifacts", Key="orders.zip", Body=EMPTY_ZIP)["VersionId"] for _ in range(2)]
    layers = aws.client("lambda")
    for _ in range(4):
        layers.publish_layer_version(LayerName="common", Content={"ZipFile": EMPTY_ZIP})
    own, other = [table(aws, TableName=name)[1] for name in ("existing", "orders-old")]
    # The emulator gives every key an ID of its own, and every stream a label
    keys = (KEY_ARN, _OTHER_KEY)
    names = {key: aws.client("kms").create_key()["KeyMetadata"]["Arn"] for key in keys}
    # It maps no stream of another account either (tests/local/differences.py)
    account = {OTHER_STREAM_ARN: own, f'"account_id": "{OTHER_ACCOUNT}"': f'"account_id": "{ACCOUNT}"'}
    return names | account | {STREAM_ARN: own, _OTHER_STREAM: other, '"v1"': f'"{stored[0]}"', '"v2"': f'"{stored[1]}"'}


# --- instances --------------------------------------------------------------------------------------------------------


@dataclass
class Pipeline:
    """An instance of the module, with the variables that change in it."""

    name: str
    transitions: list[Transition] = field(default_factory=list)

    def arguments(self, step: str) -> dict[str, Any]:
        """Return the arguments of the module in a step."""
        affected = self.affected()
        merged: dict[str, Any] = {"name": self.name}
        if not affected & {*PACKAGES, "function_source_code_hash"}:
            # The provider creates functions with a file one after the other, with 5 seconds for each
            merged |= {"function_filename": None, "function_s3": _S3}
        for transition in self.transitions:
            merged |= transition.arguments(step)
        if _PROTECTION not in affected and "existing_table" not in merged:
            merged[_PROTECTION] = False  # no table could be replaced
        return merged

    def affected(self) -> set[str]:
        """Return the names of the arguments that change."""
        return {name for transition in self.transitions for name in transition.affected}

    def replaces(self) -> set[str]:
        """Return the types of the resources that the specification replaces when these variables change."""
        return {kind for transition in self.transitions for kind in transition.replaces}


def pipelines(prefix: str = "pipeline") -> list[Pipeline]:
    """Return as few instances as hold a transition of every variable, none of which affects another."""
    made: list[Pipeline] = []
    for variable in MODULE.variables("5"):
        transition = Transition(variable)
        fitting = (one for one in made if not any(_related(transition, another) for another in one.transitions))
        pipeline = next(fitting, None)
        if pipeline is None:
            pipeline = Pipeline(f"{prefix}-{len(made)}")
            made.append(pipeline)
        pipeline.transitions.append(transition)
    return made


def _related(first: Transition, second: Transition) -> bool:
    """Return whether one of two transitions can affect the other: by a validation, an argument, or a replacement."""
    one, two = first.affected, second.affected
    if (first.replaces | second.replaces) & WORKING or {first.name, second.name} & ALONE.keys():
        return True
    if _place(first) == _place(second):
        return True
    if first.is_choice or second.is_choice or first.name in two or second.name in one:
        return True
    if any(one[name] != two[name] for name in one.keys() & two.keys()):
        return True
    if first.mentioned & (two.keys() - one.keys()) or second.mentioned & (one.keys() - two.keys()):
        return True
    replaced = [
        # The policy of a stream is replaced with the stream, as the mapping is
        kinds | ({"aws_dynamodb_resource_policy"} if "aws_lambda_event_source_mapping" in kinds else set())
        for kinds in (first.replaces, second.replaces)
    ]
    return bool(replaced[0] & {*replaced[1], _resource(second)} or replaced[1] & {_resource(first)})


def _resource(transition: Transition) -> str:
    return _place(transition)[0].partition(".")[0]


def _place(transition: Transition) -> tuple[str, str]:
    effect = transition.variable.effect
    return (effect.resource, effect.path) if effect else (transition.name, "")
