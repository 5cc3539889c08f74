"""What documents are about: a mapping, its function and its stream, as Terraform or the Lambda API tells them."""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from generator.arn import Arn
from generator.aws import Client, refusing
from generator.errors import UsageError
from generator.mapping import settings
from generator.mapping.filters import Filter

_OUTPUTS: Final = {
    "queue": "dead_letter_queue_url",
    "destination": "on_failure_destination_arn",
    "mapping": "event_source_mapping_uuid",
}
"""Outputs of the module, as a root module hands them on: one by one, or the module as an object."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """A mapping as it is deployed: its function, its stream, its batch size, and what its filter lets through."""

    mapping: str
    arn: str
    function_arn: str
    stream_arn: str
    batch_size: int
    filter: Filter


def deployed(client: Client, mapping: str) -> Target:
    """Return a deployed mapping.

    Raises:
        AwsError: there is no such mapping, or it cannot be read.
        UsageError: it reads something else than the stream of a table.
    """
    with refusing(f"The mapping {mapping} cannot be read"):
        api = client("lambda")
        found = api.get_event_source_mapping(UUID=mapping)
    told = settings.from_lambda(found)
    function = str(found["FunctionArn"])
    return Target(
        mapping=mapping,
        arn=found.get("EventSourceMappingArn")
        or str(replace(Arn.parse(function), resource=f"event-source-mapping:{mapping}")),
        function_arn=function,
        stream_arn=str(found["EventSourceArn"]),
        batch_size=told.batch_size,
        filter=told.filter(),
    )


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a pipeline's failures go, and its mapping, if it is known."""

    destination: str
    mapping: str | None = None

    @property
    def queue(self) -> str | None:
        """The URL or ARN of the queue, if it is one."""
        return self.destination if ":sqs:" in self.destination or "://" in self.destination else None

    @property
    def bucket(self) -> str | None:
        """The name of the bucket, if it is one."""
        return self.destination.rpartition(":::")[2] if ":s3:::" in self.destination else None


def in_state(file: str, mapping: str | None = None) -> Place:
    """Return where failures go, from what Terraform tells.

    Takes a file, or ``-`` for the standard input, with a state, or with what ``terraform show -json`` or
    ``terraform output -json`` prints; and the mapping's UUID, which is needed where there are several.

    Raises:
        UsageError: the file is none of these, or holds no pipeline with a queue or a bucket, or several.
    """
    told = _json(file)
    told_twice = [*_of_outputs(told), *_of_mappings(told)]
    places = list({place.mapping: place for place in told_twice if place.mapping}.values())
    places = places or list(dict.fromkeys(told_twice))
    found = [place for place in places if mapping in (None, place.mapping)]
    if not places:
        raise UsageError(
            f"{_named(file)} tells of no failure destination: neither a mapping with one, "
            f"nor an output {' or '.join(list(_OUTPUTS.values())[:2])}."
        )
    if not found:
        raise UsageError(f"{_named(file)} has no mapping {mapping}; it has {_listed(places)}.")
    if len(found) > 1:
        raise UsageError(f"{_named(file)} has several mappings: give --mapping, one of {_listed(found)}.")
    (place,) = found
    if not place.queue and not place.bucket:
        raise UsageError(f"{place.destination} keeps no messages: give --queue, a queue that gets them from there.")
    return place


def _json(file: str) -> Any:  # noqa: ANN401 - whatever the file holds
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        told = json.loads(text)
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise UsageError(f"{_named(file)} is not JSON: {error}.") from error
    if not isinstance(told, dict):
        raise UsageError(f"{_named(file)} is no state and no outputs of Terraform.")
    return told


def _of_mappings(told: Mapping[str, Any]) -> Iterator[Place]:
    """Give the places of the mappings in a state, of Terraform's own form or of ``show -json``."""
    values = [
        instance.get("attributes", {})
        for resource in told.get("resources", [])
        if isinstance(resource, dict) and resource.get("type") == "aws_lambda_event_source_mapping"
        for instance in resource.get("instances", [])
    ]
    values += _shown((told.get("values") or {}).get("root_module") or {})
    for each in values:
        on_failure = each
        for name in ("destination_config", "on_failure"):
            blocks = on_failure.get(name) or [{}]
            on_failure = blocks[0]
        if ":dynamodb:" in str(each.get("event_source_arn")) and on_failure.get("destination_arn"):
            yield Place(destination=on_failure["destination_arn"], mapping=each.get("uuid"))


def _shown(module: Mapping[str, Any]) -> list[Any]:
    """Return the values of the mappings of a module, and of those that it calls, in what ``show -json`` prints."""
    here = [
        resource.get("values", {})
        for resource in module.get("resources", [])
        if resource.get("type") == "aws_lambda_event_source_mapping"
    ]
    return here + [each for child in module.get("child_modules", []) for each in _shown(child)]


def _of_outputs(told: Any) -> Iterator[Place]:  # noqa: ANN401 - whatever the outputs hold
    """Give the places of outputs, at any depth: a root module may hand the whole module on, or several."""
    if isinstance(told, list):
        for each in told:
            yield from _of_outputs(each)
    if not isinstance(told, dict):
        return
    said = {name: each["value"] if _is_output(each) else each for name, each in told.items()}
    destination = said.get(_OUTPUTS["queue"]) or said.get(_OUTPUTS["destination"])
    if isinstance(destination, str):
        mapping = said.get(_OUTPUTS["mapping"])
        yield Place(destination=destination, mapping=mapping if isinstance(mapping, str) else None)
        return
    for name, each in said.items():
        if name not in {"resources", "values"}:
            yield from _of_outputs(each)


def _is_output(said: Any) -> bool:  # noqa: ANN401 - as above
    return isinstance(said, dict) and "value" in said and set(said) <= {"value", "type", "sensitive"}


def _named(file: str) -> str:
    return "The standard input" if file == "-" else file


def _listed(places: list[Place]) -> str:
    return ", ".join(place.mapping or place.destination for place in places)
