"""Runs a deployed event source mapping: reads its stream, invokes its function, and sends invocation records.

For local use and tests. On AWS, Lambda does this.
"""

import json
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from generator import streams
from generator.arn import Arn
from generator.aws import Client
from generator.errors import LocalAwsError
from generator.files import replace_file
from generator.local.clocks import RealClock
from generator.mapping import invocation_records, responses
from generator.mapping.invocation_records import InvocationSource
from generator.mapping.settings import from_lambda, on_failure_destination
from generator.mapping.shard_processor import (
    Discard,
    DiscardReason,
    Failure,
    Invoke,
    Observer,
    Reply,
    ShardProcessor,
    Source,
    Wait,
)
from generator.mapping.sources import FilteredSource, Partition, partition_by_key
from generator.parsing import ParseError, expect, parse_json, read_text, reported

_SHARD_POLL_SECONDS: Final = 1.0
"""Real seconds between two searches for new shards."""

_STOP_SECONDS: Final = 30.0
"""Real seconds that a worker has to finish its current action."""


_CHECKPOINTS: Final[Mapping[str, Any]] = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "required": ["kind"],
        "properties": {
            "kind": {"type": "string"},
            "sequence": {"type": ["string", "null"]},
            "timestamp": {"type": ["number", "null"]},
        },
        "additionalProperties": False,
    },
}


@dataclass
class _Shard:
    """A shard that is being read, with its processors by name and their threads."""

    source: streams.ShardSource
    partitions: list[Partition]
    processors: dict[str, ShardProcessor]
    threads: list[threading.Thread] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def _unfinished(self) -> list[Sequence[Any]]:
        """The records that were read and are not finished, by where they are."""
        return [
            self.source.buffered,
            *(partition.buffered for partition in self.partitions),
            *(processor.unfinished for processor in self.processors.values()),
        ]

    @property
    def finished(self) -> int:
        """The number of records that were read and are finished."""
        with self.lock:
            return self.source.records_read - sum(map(len, self._unfinished))

    def position(self) -> streams.Position | None:
        """Return the position from which the shard continues without losing a record."""
        first = [records[0].sequence for records in self._unfinished if records]
        if first:
            return streams.Position("AT_SEQUENCE_NUMBER", str(min(first)))
        return None if self.source.last is None else streams.Position("AFTER_SEQUENCE_NUMBER", str(self.source.last))


class EventPoller:
    """Runs one mapping.

    Args:
        client: returns clients for Lambda.
        mapping: UUID of the mapping.
        as_role: returns clients with the permissions of the function's role, for the stream and the destination.
        clock: the clock for retries and record ages.
        checkpoints: file for the positions from which the shards continue.
        observer: receives what happens, in the threads of the workers.

    Raises:
        LocalAwsError: the mapping does not exist or cannot be read.
    """

    def __init__(
        self,
        client: Client,
        mapping: str,
        *,
        as_role: Client | None = None,
        clock: RealClock | None = None,
        checkpoints: Path | None = None,
        observer: Observer | None = None,
    ) -> None:
        self._lambda = client("lambda")
        try:
            self.mapping: dict[str, Any] = self._lambda.get_event_source_mapping(UUID=mapping)
        except Exception as error:
            raise _one_line(error) from error
        self.settings = from_lambda(self.mapping)
        self.clock = clock or RealClock()
        self._as_role = as_role or client
        self._streams = self._as_role("dynamodbstreams")
        self._stream_arn = str(self.mapping["EventSourceArn"])
        self._matches = self.settings.filter().matches
        self._observer = observer or Observer()
        self._file = checkpoints
        self._checkpoints = _read_checkpoints(checkpoints) if checkpoints and checkpoints.exists() else {}
        self._is_first_search = not self._checkpoints
        self._shards: dict[str, _Shard] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._error: Exception | None = None

    def run(self, done: Callable[[], bool], *, within: float) -> None:
        """Run the mapping until ``done``, which is called several times a second, returns true.

        Raises:
            LocalAwsError: this takes longer than ``within`` real seconds, or a call to AWS fails.
        """
        deadline = time.monotonic() + within
        next_search = 0.0
        try:
            while not done():
                if self._error:
                    raise self._error
                if time.monotonic() > deadline:
                    raise LocalAwsError(f"The mapping {self.mapping['UUID']} did not finish within {within:g} seconds.")
                if self.settings.enabled and time.monotonic() > next_search:
                    try:
                        self._start_shards()
                    except Exception as error:
                        raise _one_line(error) from error
                    next_search = time.monotonic() + _SHARD_POLL_SECONDS
                time.sleep(0.05)
        finally:
            self.stop()

    @property
    def finished(self) -> int:
        """The number of records that are processed, discarded, or excluded by the filter criteria."""
        return sum(shard.finished for shard in self._shards.values())

    def stop(self) -> None:
        """Stop each worker after its current action."""
        self._stop.set()
        for shard_id, shard in self._shards.items():
            for thread in shard.threads:
                thread.join(_STOP_SECONDS)
            self._save_checkpoint(shard_id, shard)

    def _start_shards(self) -> None:
        """Start the shards that are new and whose parent is finished."""
        found = {shard["ShardId"]: shard for shard in streams.list_shards(self._streams, self._stream_arn)}
        # LATEST is the end of the shards that exist at the start. Later ones are read from their beginning.
        latest = self._is_first_search and self.settings.starting_position == "LATEST"
        self._is_first_search = False
        for shard_id, shard in found.items():
            parent = shard.get("ParentShardId")
            if shard_id not in self._shards and (latest or parent not in found or self._is_finished(str(parent))):
                self._start(shard_id, "LATEST" if latest else "TRIM_HORIZON")

    def _is_finished(self, shard_id: str) -> bool:
        shard = self._shards.get(shard_id)
        return bool(shard and shard.source.ended and not any(thread.is_alive() for thread in shard.threads))

    def _start(self, shard_id: str, starting_position: str) -> None:
        """Start the workers of a shard, at its checkpoint or else at a starting position."""
        position = self._checkpoints.get(shard_id) or streams.Position(starting_position)
        shard_source = streams.ShardSource(self._streams, self._stream_arn, shard_id, position, self.clock)
        source: Source = shard_source
        if self.settings.filter_patterns:
            source = FilteredSource(source, lambda record: self._matches(record.event))
        parts = partition_by_key(shard_id, source, self.settings.parallelization_factor, lambda record: str(record.key))
        shard = self._shards[shard_id] = _Shard(
            shard_source,
            [part for part in parts.values() if isinstance(part, Partition)],
            {name: ShardProcessor(self.settings, part, self.clock) for name, part in parts.items()},
        )
        invocation_source = InvocationSource(
            mapping_uuid=self.mapping["UUID"],
            function_arn=self.mapping["FunctionArn"],
            stream_arn=self._stream_arn,
            shard_id=shard_id,
        )
        for name in shard.processors:
            arguments = (shard, name, invocation_source)
            shard.threads.append(threading.Thread(target=self._run_worker, args=arguments, daemon=True))
        for thread in shard.threads:
            thread.start()

    def _run_worker(self, shard: _Shard, name: str, source: InvocationSource) -> None:
        """Run a processor until it ends or the event poller is stopped. :meth:`run` raises an error of it."""
        try:
            self._execute_steps(shard, name, source)
        except Exception as error:  # noqa: BLE001 - any error
            self._error = _one_line(error)

    def _execute_steps(self, shard: _Shard, name: str, source: InvocationSource) -> None:
        steps = shard.processors[name].run()
        requests: dict[int, str] = {}
        reply: Reply = None
        while not self._stop.is_set():
            try:
                # In one step with what it reads: no other checkpoint may skip records that are in no processor yet.
                with shard.lock:
                    action = steps.send(reply)
                    self._save_checkpoint(source.shard_id, shard)
            except StopIteration:
                return
            reply = None
            if isinstance(action, Wait):
                self.clock.wait(action, self._stop)
            elif isinstance(action, Invoke):
                requests = {action.request: requests.get(action.request) or str(uuid.uuid4())}
                began = self.clock.now
                with self.clock.working():
                    reply, version = self._invoke(action, source)
                source = replace(source, version=version or source.version)
                self._observer.invoked(name, action, began, self.clock.now, reply)
            else:
                self._observer.discarded(name, action, self.clock.now)
                request_id = requests.get(action.request) or str(uuid.uuid4())
                self._send_invocation_record(name, action, source, request_id)

    def _save_checkpoint(self, shard_id: str, shard: _Shard) -> None:
        """Save the position of a shard. A killed event poller loses no records."""
        with shard.lock, self._lock:
            position = shard.position()
            if position and self._checkpoints.get(shard_id) != position:
                self._checkpoints[shard_id] = position
                if self._file:
                    replace_file(self._file, json.dumps({name: vars(each) for name, each in self._checkpoints.items()}))

    def _invoke(self, invoke: Invoke, source: InvocationSource) -> tuple[Reply, str | None]:
        """Invoke the function; return the result, and the executed version if the invocation was not throttled."""
        event = invocation_records.invocation_event([record.event for record in invoke.records], invoke.window, source)
        try:
            answer = self._lambda.invoke(FunctionName=source.function_arn, Payload=json.dumps(event).encode())
        except self._lambda.exceptions.TooManyRequestsException:
            return responses.THROTTLED, None
        version = answer.get("ExecutedVersion")
        try:
            content = parse_json(answer["Payload"].read() or b"null")
        except ParseError as error:
            return Failure("Unhandled", reason=f"The response of the function: {error}"), version
        if answer.get("FunctionError"):
            reason = content.get("errorMessage") if isinstance(content, dict) else None
            return Failure(answer["FunctionError"], reason=str(reason or "")), version
        return responses.read(content, invoke, self.settings), version

    def _send_invocation_record(self, name: str, discard: Discard, source: InvocationSource, request_id: str) -> None:
        """Send the invocation record of discarded records once: Lambda does not repeat a failed delivery."""
        arn = on_failure_destination(self.mapping)
        if not arn or discard.reason is DiscardReason.TRIMMED:
            return
        destination = Arn.parse(arn)
        now = self.clock.now
        payload = None
        if destination.service == "s3":
            payload = invocation_records.invocation_event(
                [record.event for record in discard.records], discard.window, source
            )
        document = invocation_records.invocation_record(discard, source, now, request_id, payload)
        failure = None
        try:
            self._send(destination, json.dumps(document), invocation_records.s3_key(source, now))
        except Exception as error:  # noqa: BLE001 - botocore makes its exceptions at run time
            failure = str(error)
        self._observer.delivered(name, document, failure)

    def _send(self, destination: Arn, document: str, s3_key: str) -> None:
        if destination.service not in {"sqs", "sns", "s3"}:
            raise LocalAwsError(f'The destination "{destination}" is not an SQS queue, an SNS topic, or an S3 bucket.')
        client = self._as_role(destination.service)
        if destination.service == "sqs":
            # The URL is built, because the role may not call GetQueueUrl.
            endpoint = getattr(client.meta, "endpoint_url", None) or f"https://sqs.{destination.region}.amazonaws.com"
            url = f"{endpoint.rstrip('/')}/{destination.account}/{destination.name}"
            client.send_message(QueueUrl=url, MessageBody=document)
        elif destination.service == "sns":
            client.publish(TopicArn=str(destination), Message=document)
        else:
            body, kind = document.encode(), "application/octet-stream"
            client.put_object(Bucket=destination.name, Key=s3_key, Body=body, ContentType=kind)


def _one_line(error: Exception) -> Exception:
    """Return an error of AWS, or of the connection to it, as an error of one line."""
    if isinstance(error, LocalAwsError):
        return error
    return LocalAwsError(f"A call to AWS failed: {' '.join(str(error).split())}")


def _read_checkpoints(file: Path) -> dict[str, streams.Position]:
    """Return the position of each shard in a file of checkpoints."""
    with reported(LocalAwsError, file, "Delete it to start from the starting position of the mapping."):
        stored = expect(parse_json(read_text(file)), _CHECKPOINTS)
    return {shard_id: streams.Position(**position) for shard_id, position in stored.items()}
