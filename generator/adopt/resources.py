"""A deployed pipeline: its resources, with their values as the AWS provider reads them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from generator.arn import Arn

TABLE: Final = "aws_dynamodb_table.this[0]"
TABLE_POLICY: Final = "aws_dynamodb_resource_policy.this[0]"
STREAM_POLICY: Final = "aws_dynamodb_resource_policy.stream[0]"
INSIGHTS: Final = "aws_dynamodb_contributor_insights.this[0]"
KINESIS: Final = "aws_dynamodb_kinesis_streaming_destination.this[0]"
FUNCTION: Final = "aws_lambda_function.this[0]"
ALIAS: Final = "aws_lambda_alias.this[0]"
PROVISIONED: Final = "aws_lambda_provisioned_concurrency_config.this[0]"
LOG_GROUP: Final = "aws_cloudwatch_log_group.this[0]"
ROLE: Final = "aws_iam_role.this[0]"
ROLE_POLICY: Final = "aws_iam_role_policy.this[0]"
TRANSITION_POLICY: Final = "aws_iam_role_policy.transition[0]"
ATTACHMENT: Final = "aws_iam_role_policy_attachment.this"
MAPPING: Final = "aws_lambda_event_source_mapping.this"
QUEUE: Final = "aws_sqs_queue.dead_letter[0]"
QUEUE_POLICY: Final = "aws_sqs_queue_policy.dead_letter[0]"
DASHBOARD: Final = "aws_cloudwatch_dashboard.this[0]"

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Resource:
    """A resource with its values, and its origin: the ID for an ``import`` block, or the address in a state."""

    values: Values
    origin: str


@dataclass(kw_only=True)
class Deployed:
    """What exists of a pipeline, by the address that a resource has within the module.

    Attributes:
        mapping: the event source mapping, whose values name the stream, the function, and the destination.
        resources: the other resources that were found.
        policies: the inline policies of the role by name, as documents.
        policy_origins: the addresses of these policies in a state, by name.
        shared: why a resource is not of the pipeline alone, by its address.
        hidden: the resources that are not taken over.
        siblings: the addresses of other resources in the modules of a state that have some of the pipeline.
        destination_key: the customer managed key of a destination that is not a queue.
        notes: sentences about what stays as it is.
        configuration: the provider configuration of the resources, such as ``aws.west``. Empty for the default one.
    """

    mapping: Resource
    resources: dict[str, Resource] = field(default_factory=dict)
    policies: dict[str, Any] = field(default_factory=dict)
    policy_origins: dict[str, str] = field(default_factory=dict)
    shared: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    hidden: dict[str, Resource] = field(default_factory=dict)
    siblings: list[str] = field(default_factory=list)
    destination_key: str = ""
    configuration: str = ""

    @property
    def stream(self) -> Arn:
        """The stream that the mapping reads."""
        return Arn.parse(self.mapping.values["event_source_arn"])

    @property
    def target(self) -> Arn:
        """The function, alias or version that the mapping invokes."""
        return Arn.parse(self.mapping.values["function_name"])

    @property
    def qualifier(self) -> str:
        """Alias or version that the mapping invokes. Empty for the function itself."""
        return qualifier(self.target)

    @property
    def destination(self) -> str:
        """ARN of the on-failure destination. Empty without one."""
        return str(at(self.mapping.values, "destination_config.0.on_failure.0.destination_arn") or "")

    @property
    def role_name(self) -> str:
        """The name of the role of the function. Empty if the function is not known."""
        function = self.resources.get(FUNCTION) or self.hidden.get(FUNCTION)
        return str(function.values.get("role", "")).rpartition("/")[2] if function else ""

    def values(self, address: str) -> Values:
        """Return the values of a resource. Empty if it does not exist."""
        if address == MAPPING:
            return self.mapping.values
        found = self.resources.get(address)
        return found.values if found else {}


def qualifier(function: Arn) -> str:
    """Return the alias or version in the ARN of a function. Empty if it has none."""
    parts = function.resource.split(":")
    return parts[2] if len(parts) > 2 and parts[2] != "$LATEST" else ""  # noqa: PLR2004 - function:NAME:QUALIFIER


def at(values: Any, path: str) -> Any:  # noqa: ANN401 - whatever is there
    """Return the value at a dotted path, ``None`` if nothing is there. A number is a position in a list."""
    for step in path.split("."):
        if isinstance(values, list):
            values = values[int(step)] if int(step) < len(values) else None
        else:
            values = values.get(step) if isinstance(values, Mapping) else None
    return values


def snake(name: str) -> str:
    """Return the name that the provider has for a name of the API, such as ``kms_key_arn`` for ``KMSKeyArn``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def blocks(answer: Any, maps: frozenset[str] = frozenset()) -> Any:  # noqa: ANN401 - as JSON
    """Return an answer of an API in the form of the provider: names in snake case, and each object as a block.

    ``maps`` are the names, as in the API, of objects whose keys are values of the user.
    """
    if isinstance(answer, list):
        return [blocks(each, maps)[0] if isinstance(each, Mapping) else each for each in answer]
    if not isinstance(answer, Mapping):
        return answer
    return [{snake(name): value if name in maps else blocks(value, maps) for name, value in answer.items()}]
