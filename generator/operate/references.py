"""The pipeline to operate on: its mapping and its on-failure destination, from Terraform or the Lambda API."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

from generator import states
from generator.arn import Arn
from generator.aws import Client, aws_errors
from generator.errors import UsageError
from generator.mapping import settings
from generator.mapping.filters import Filter
from generator.parsing import text_or

_OUTPUTS: Final = {
    "queue": "dead_letter_queue_url",
    "destination": "on_failure_destination_arn",
    "mapping": "event_source_mapping_uuid",
}
"""Outputs of the module. A root module returns them one by one, or the whole module as an object."""


class FunctionId(NamedTuple):
    """A function without its qualifier, which says nothing about whose records they are: an alias may have moved.

    Region and account are empty if only a name is known.
    """

    name: str
    region: str = ""
    account: str = ""

    @classmethod
    def parse(cls, function: str) -> Self:
        """Return the function of a name, a partial ARN or an ARN, with or without a qualifier."""
        prefix, separator, rest = function.rpartition("function:")
        if not separator:
            return cls(function.partition(":")[0])
        scope = ["", "", *prefix.removesuffix(":").split(":")]
        return cls(rest.partition(":")[0], scope[-2], scope[-1])

    def __str__(self) -> str:
        return ":".join(part for part in (self.region, self.account, self.name) if part)

    def same(self, other: "FunctionId") -> bool:
        """Return whether both are the same function, as far as is known."""
        return self.name == other.name and all(
            one == another or not one or not another for one, another in zip(self[1:], other[1:], strict=True)
        )


@dataclass(frozen=True, kw_only=True)
class MappingRef:
    """A deployed event source mapping: its function, stream, batch size and filter criteria.

    ``windowed`` is whether it has a tumbling window, ``changed`` when it was changed, in seconds since the epoch.
    """

    uuid: str
    arn: str
    function_arn: str
    stream_arn: str
    batch_size: int
    filter: Filter
    windowed: bool = False
    enabled: bool = True
    changed: float = 0


def deployed_mapping(client: Client, uuid: str) -> MappingRef:
    """Return a deployed mapping.

    Raises:
        AwsError: The mapping does not exist, or cannot be read.
        UsageError: Its event source is not the stream of a table.
    """
    with aws_errors(f"The mapping {uuid} cannot be read"):
        mapping = client("lambda").get_event_source_mapping(UUID=uuid)
    configured = settings.from_lambda(mapping)
    function = str(mapping["FunctionArn"])
    return MappingRef(
        uuid=uuid,
        arn=mapping.get("EventSourceMappingArn")
        or str(replace(Arn.parse(function), resource=f"event-source-mapping:{uuid}")),
        function_arn=function,
        stream_arn=str(mapping["EventSourceArn"]),
        batch_size=configured.batch_size,
        filter=configured.filter(),
        windowed=configured.tumbling_window_in_seconds > 0,
        enabled=configured.enabled,
        changed=mapping["LastModified"].timestamp() if "LastModified" in mapping else 0,
    )


def enabled_mappings(client: Client, stream_arn: str) -> list[str]:
    """Return the UUIDs of the enabled mappings that read a stream.

    Raises:
        AwsError: The mappings cannot be listed.
    """
    with aws_errors(f"The mappings of {stream_arn} cannot be listed"):
        pages = client("lambda").get_paginator("list_event_source_mappings").paginate(EventSourceArn=stream_arn)
        found = [mapping for page in pages for mapping in page["EventSourceMappings"]]
    return [str(mapping["UUID"]) for mapping in found if mapping.get("State") not in {"Disabled", "Disabling"}]


@dataclass(frozen=True, kw_only=True)
class DestinationRef:
    """The on-failure destination of a pipeline, by ARN or URL, and the UUID of its mapping if it is known."""

    address: str
    mapping: str | None = None

    @property
    def queue(self) -> str | None:
        """URL or ARN of the queue. None if the destination is not a queue."""
        return self.address if ":sqs:" in self.address or "://" in self.address else None

    @property
    def bucket(self) -> str | None:
        """Name of the bucket. None if the destination is not a bucket."""
        return self.address.rpartition(":::")[2] if ":s3:::" in self.address else None


def in_state(file: Path, mapping: str | None = None, *, destination: bool = True) -> DestinationRef:
    """Return the mapping in a state of Terraform, and its on-failure destination, which must exist if ``destination``.

    Takes a file, or ``-`` for standard input, with a state or with the output of ``terraform show -json`` or
    ``terraform output -json``, and the UUID of the mapping, which is required if there are several.

    Raises:
        UsageError: The file holds none of these, no pipeline with a queue or a bucket, or several pipelines.
    """
    values = states.read(file)
    everything = [*states.outputs(values, _in_outputs), *_in_mappings(values)]
    found = [each for each in everything if each.address or not destination]
    references = list({each.mapping: each for each in found if each.mapping}.values()) or list(dict.fromkeys(found))
    matching = [each for each in references if mapping in (None, each.mapping)]
    if not references:
        raise UsageError(
            f"{states.named(file)} has no on-failure destination: neither a mapping with one, "
            f"nor an output {' or '.join(list(_OUTPUTS.values())[:2])}."
        )
    if not matching:
        raise UsageError(f"{states.named(file)} has no mapping {mapping}; it has {_listed(references)}.")
    if len(matching) > 1:
        raise UsageError(f"{states.named(file)} has several mappings: give --mapping, one of {_listed(matching)}.")
    (reference,) = matching
    if destination and not reference.queue and not reference.bucket:
        raise UsageError(f"{reference.address} keeps no messages: give --queue, a queue that is subscribed to it.")
    return reference


def _in_mappings(state: Mapping[str, Any]) -> Iterator[DestinationRef]:
    """Yield the destinations of the mappings in a state file, or in the output of ``show -json``."""
    for resource in states.resources(state):
        each = resource.values
        if resource.type == "aws_lambda_event_source_mapping" and ":dynamodb:" in str(each.get("event_source_arn")):
            address = settings.block(each, "destination_config", "on_failure").get("destination_arn")
            yield DestinationRef(address=text_or(address, ""), mapping=text_or(each.get("uuid"), "") or None)


def _in_outputs(outputs: Mapping[str, Any]) -> DestinationRef | None:
    """Return the destination that outputs of the module name, or None."""
    address = outputs.get(_OUTPUTS["queue"]) or outputs.get(_OUTPUTS["destination"])
    mapping = outputs.get(_OUTPUTS["mapping"])
    if isinstance(address, str) or isinstance(mapping, str):
        return DestinationRef(address=address or "", mapping=mapping if isinstance(mapping, str) else None)
    return None


def _listed(references: list[DestinationRef]) -> str:
    return ", ".join(each.mapping or each.address for each in references)
