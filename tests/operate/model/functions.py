"""Lambda: functions with their aliases, and mappings, which give up records and say so to a destination.

Sources: the Lambda API reference (Invoke, GetEventSourceMapping, ListEventSourceMappings), "Configuring partial batch
response", "Lambda quotas". A synchronous invocation carries 6 MB; a throttled one does not reach the function.
"""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

from generator.mapping.filters import Filter
from generator.mapping.records import StreamRecord, as_event, from_event
from tests.operate.model.clock import Clock
from tests.operate.model.names import Answer, Given, ServiceError, arn
from tests.operate.model.tables import Record

LARGEST_EVENT: Final = 6 * 1024 * 1024

Failing = Literal["reports", "raises"]


def stream_record(record: Record, stream_arn: str) -> StreamRecord:
    """Return a record as a mapping has it."""
    return from_event(as_event(record.as_api("NEW_AND_OLD_IMAGES"), stream_arn))


@dataclass(frozen=True)
class Invocation:
    """What a function was given: when, by whom, and how many of the records, from the first on, it processed."""

    tick: int
    caller: str
    qualifier: str
    records: Sequence[Any]
    processed: int

    @property
    def numbers(self) -> list[int]:
        """The sequence numbers of its records."""
        return [number_of(record) for record in self.records]


def number_of(record: Any) -> int:  # noqa: ANN401 - whatever an event holds
    """Return the sequence number of a record in an event."""
    return int(record["dynamodb"]["SequenceNumber"])


def key_of(record: Any) -> str:  # noqa: ANN401 - as above
    """Return the key of the item of a record in an event."""
    key: str = record["dynamodb"]["Keys"]["id"]["S"]
    return key


@dataclass
class Function:
    """A function: it fails on records whose numbers are in ``failing``, by reporting them or by an error.

    Attributes:
        aliases: names beside ``$LATEST`` by which it can be invoked: aliases and versions.
        throttled: how many of the next invocations are refused for want of concurrency.
        seconds: how long an invocation takes.
        attempts: how often it was asked for, the throttled attempts included.
    """

    name: str
    aliases: set[str] = field(default_factory=lambda: {"live", "1"})
    failing: set[int] = field(default_factory=set)
    fails: Failing = "reports"
    throttled: int = 0
    seconds: float = 0
    attempts: int = 0
    invocations: list[Invocation] = field(default_factory=list)

    @property
    def arn(self) -> str:
        """The ARN without a qualifier."""
        return arn("lambda", f"function:{self.name}")

    def run(self, event: Any, tick: int, caller: str, qualifier: str) -> tuple[Any, str | None]:  # noqa: ANN401
        """Process an event; return what the function returns, and the kind of its error if it raised one."""
        records = event["Records"]
        numbers = [number_of(record) for record in records]
        bad = [place for place, number in enumerate(numbers) if number in self.failing]
        processed = len(records) if not bad else 0 if self.fails == "raises" else bad[0]
        self.invocations.append(Invocation(tick, caller, qualifier, records, processed))
        if bad and self.fails == "raises":
            return {"errorMessage": "the function failed", "errorType": "ValueError"}, "Unhandled"
        return {"batchItemFailures": [{"itemIdentifier": str(numbers[place])} for place in bad]}, None


@dataclass
class EventSourceMapping:
    """A mapping of a stream to a function, as the Lambda API tells it."""

    uuid: str
    function_arn: str
    stream_arn: str
    destination_arn: str
    batch_size: int = 100
    patterns: Sequence[str] = ()
    enabled: bool = True
    changed: float = 0
    changed_tick: int = -1

    @property
    def function_name(self) -> str:
        """The name of the function, without a qualifier."""
        return _parts(self.function_arn)[0]

    def matching(self, records: Sequence[Record]) -> list[Record]:
        """Return those of some records that the filter patterns match."""
        matches = Filter(self.patterns).matches
        return [each for each in records if matches(stream_record(each, self.stream_arn).event)]

    def as_api(self) -> Answer:
        """Return what GetEventSourceMapping says of it."""
        said: Answer = {
            "UUID": self.uuid,
            "EventSourceMappingArn": arn("lambda", f"event-source-mapping:{self.uuid}"),
            "FunctionArn": self.function_arn,
            "EventSourceArn": self.stream_arn,
            "State": "Enabled" if self.enabled else "Disabled",
            "BatchSize": self.batch_size,
            "LastModified": datetime.fromtimestamp(self.changed, UTC),
            "MaximumBatchingWindowInSeconds": 0,
            "ParallelizationFactor": 1,
            "StartingPosition": "TRIM_HORIZON",
            "BisectBatchOnFunctionError": True,
            "MaximumRecordAgeInSeconds": 86_400,
            "MaximumRetryAttempts": 2,
            "TumblingWindowInSeconds": 0,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "DestinationConfig": {"OnFailure": {"Destination": self.destination_arn}},
        }
        if self.patterns:
            said["FilterCriteria"] = {"Filters": [{"Pattern": each} for each in self.patterns]}
        return said


class Lambda:
    """The API of Lambda."""

    def __init__(self, clock: Clock) -> None:
        self.functions: dict[str, Function] = {}
        self.mappings: dict[str, EventSourceMapping] = {}
        self._clock = clock

    def add(self, name: str) -> Function:
        """Create a function."""
        self.functions[name] = Function(name)
        return self.functions[name]

    def _function(self, name: str, qualifier: str | None) -> tuple[Function, str]:
        """Return the function that a name, an ARN or a part of one names, and which of its versions."""
        plain, inner = _parts(name)
        function, qualifier = self.functions.get(plain), qualifier or inner or "$LATEST"
        if function is None or qualifier not in {"$LATEST", *function.aliases}:
            raise ServiceError("ResourceNotFoundException", f"Function not found: {arn('lambda', name)}", 404)
        return function, qualifier

    def invoke(self, given: Given, caller: str) -> Answer:
        function, qualifier = self._function(given["FunctionName"], given.get("Qualifier"))
        function.attempts += 1
        payload = given.get("Payload", b"null")
        if len(payload) > LARGEST_EVENT:
            raise ServiceError("RequestTooLargeException", f"Request must be smaller than {LARGEST_EVENT} bytes", 413)
        if function.throttled:
            function.throttled -= 1
            raise ServiceError("TooManyRequestsException", "Rate Exceeded.", 429)
        said, error = function.run(json.loads(payload), self._clock.tick, caller, qualifier)
        self._clock.wait(function.seconds)
        answer: Answer = {
            "StatusCode": 200,
            "ExecutedVersion": "$LATEST",
            "Payload": io.BytesIO(json.dumps(said).encode()),
        }
        return answer | ({"FunctionError": error} if error else {})

    def get_event_source_mapping(self, given: Given, _caller: str) -> Answer:
        found = self.mappings.get(given["UUID"])
        if found is None:
            raise ServiceError("ResourceNotFoundException", "The resource you requested does not exist.", 404)
        return found.as_api()

    def list_event_source_mappings(self, given: Given, _caller: str) -> Answer:
        plain, _ = _parts(given.get("FunctionName", ""))
        found = [
            mapping.as_api()
            for mapping in self.mappings.values()
            if given.get("EventSourceArn") in {None, mapping.stream_arn} and plain in {"", mapping.function_name}
        ]
        return {"EventSourceMappings": found}

    def get_function_configuration(self, given: Given, _caller: str) -> Answer:
        function, qualifier = self._function(given["FunctionName"], given.get("Qualifier"))
        return {"FunctionName": function.name, "FunctionArn": function.arn, "Version": qualifier, "State": "Active"}


def _parts(name: str) -> tuple[str, str]:
    """Return the name and the qualifier of a function, of an ARN or of a part of one."""
    plain, _, qualifier = name.rpartition(":function:")[2].partition(":")
    return plain, qualifier
