"""The event source mapping that the options name, through the APIs of Lambda and CloudFormation."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from generator.adopt.answers import Answers
from generator.adopt.resources import (
    ALIAS,
    FUNCTION,
    LOG_GROUP,
    QUEUE,
    ROLE,
    TABLE,
    Deployed,
    qualifier,
)
from generator.arn import Arn
from generator.errors import UsageError

_MAPPING: Final = "AWS::Lambda::EventSourceMapping"
_TYPES: Final = {
    "AWS::DynamoDB::Table": TABLE,
    "AWS::DynamoDB::GlobalTable": TABLE,
    "AWS::Lambda::Function": FUNCTION,
    "AWS::Lambda::Alias": ALIAS,
    "AWS::Logs::LogGroup": LOG_GROUP,
    "AWS::IAM::Role": ROLE,
    "AWS::SQS::Queue": QUEUE,
}
_GONE: Final = ("DELETE_COMPLETE", "DELETE_SKIPPED")
_POLICIES: Final = {"AWS::IAM::Policy": "Roles", "AWS::IAM::RolePolicy": "RoleName", "AWS::SQS::QueuePolicy": "Queues"}


def by_names(answers: Answers, table: str, function: str) -> str:
    """Return the UUID of the mapping from the stream of a table to a function.

    Raises:
        UsageError: None exists, or there are several.
    """
    name, _, wanted = function.rpartition("function:")[2].partition(":")
    # Without the name of the function in the request: AWS does not say whether that also finds mappings of an alias
    found = [
        mapping
        for mapping in answers.pages("lambda", "list_event_source_mappings", "EventSourceMappings")
        if _reads(mapping, table) and _invokes(mapping, name, wanted)
    ]
    return _one(found, f"--table: no event source mapping invokes {name} with the stream of {table}")


def _reads(mapping: Mapping[str, Any], table: str) -> bool:
    source = str(mapping.get("EventSourceArn", ""))
    return ":dynamodb:" in source and (Arn.parse(source).name == table or source.startswith(f"{table}/stream/"))


def _invokes(mapping: Mapping[str, Any], name: str, wanted: str) -> bool:
    target = Arn.parse(mapping["FunctionArn"])
    return target.name == name and wanted in {"", qualifier(target)}


def _one(found: Sequence[Mapping[str, Any]], otherwise: str) -> str:
    if not found:
        raise UsageError(
            f"{otherwise}. A function that reads a stream in another way cannot be taken over: create a mapping."
        )
    if len(found) > 1:
        uuids = ", ".join(sorted(str(mapping["UUID"]) for mapping in found))
        raise UsageError(f"--mapping: name one of the {len(found)} mappings: {uuids}.")
    return str(found[0]["UUID"])


@dataclass(frozen=True)
class Stack:
    """A stack of CloudFormation: its resources as CloudFormation lists them, and its template if that is JSON."""

    name: str
    resources: list[Mapping[str, Any]] = field(default_factory=list)
    template: Mapping[str, Any] = field(default_factory=dict)

    def mapping(self, answers: Answers, uuid: str | None) -> str:
        """Return the UUID of the stack's mapping of the stream of a table.

        Raises:
            UsageError: None exists, or there are several and ``uuid`` names none of them.
        """
        uuids = [str(each["PhysicalResourceId"]) for each in self.resources if each["ResourceType"] == _MAPPING]
        found = [answers.required("lambda", "get_event_source_mapping", UUID=each) for each in uuids]
        streams = [each for each in found if ":dynamodb:" in str(each.get("EventSourceArn", ""))]
        if uuid:
            streams = [each for each in streams if each["UUID"] == uuid]
        return _one(streams, f"--stack: {self.name} has no event source mapping of the stream of a table")

    def keep_own(self, deployed: Deployed) -> None:
        """Let what the stack does not contain stay a resource of others."""
        for kind in (TABLE, FUNCTION, ROLE, QUEUE):
            found = deployed.resources.get(kind)
            if found and not any(self._is(each, kind, found.origin) for each in self.resources):
                deployed.shared.setdefault(kind, f"the stack {self.name} does not contain it")

    def retained(self, resources: Mapping[str, Any], mapping: str) -> list[str]:
        """Return the logical IDs of what is taken over, and of the policies that belong to it."""
        logical = [
            each["LogicalResourceId"]
            for each in self.resources
            if each["PhysicalResourceId"] == mapping
            or any(self._is(each, address, resource.origin) for address, resource in resources.items())
        ]
        return sorted({*logical, *self._policies(set(logical))})

    def _policies(self, logical: set[str]) -> Iterator[str]:
        for name, resource in (self.template.get("Resources") or {}).items():
            owners = (resource.get("Properties") or {}).get(_POLICIES.get(resource.get("Type"), ""), [])
            owners = owners if isinstance(owners, list) else [owners]
            if any(isinstance(owner, Mapping) and owner.get("Ref") in logical for owner in owners):
                yield name

    @staticmethod
    def _is(each: Mapping[str, Any], address: str, origin: str) -> bool:
        """Return whether a resource of the stack is the one at an address of the module."""
        physical = str(each.get("PhysicalResourceId", ""))
        if _TYPES.get(each["ResourceType"]) != address:
            return False
        return physical in {origin, origin.rpartition("/")[2]} or physical.rpartition("/")[2] == origin


def stack(answers: Answers, name: str) -> Stack:
    """Return a stack. Takes its name or its ARN.

    Raises:
        AwsError: It does not exist, or cannot be read.
    """
    summaries = answers.pages("cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=name)
    # One that could not be created has no ID, and one that left the stack is still listed (API, "StackResourceSummary")
    resources = [
        each for each in summaries if each.get("PhysicalResourceId") and each.get("ResourceStatus") not in _GONE
    ]
    body = answers.required("cloudformation", "get_template", StackName=name, TemplateStage="Processed").get(
        "TemplateBody"
    )
    return Stack(
        Arn.parse(name).name if name.startswith("arn:") else name, resources, body if isinstance(body, Mapping) else {}
    )
