"""Runs a deployed event source mapping: reads its stream, invokes its function, delivers what failed.

For local use and tests: on AWS, Lambda does this.
"""

import json
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Protocol

from generator import streams
from generator.arn import Arn
from generator.aws import Client, aws_errors, connect
from generator.errors import LocalAwsError
from generator.files import replace_file
from generator.local.clocks import RealClock
from generator.mapping import invocation_records, responses
from generator.mapping.invocation_records import Origin
from generator.mapping.settings import Settings, from_lambda
from generator.mapping.shard_processor import Condition, Discard, Failure, Invoke, Reply, ShardProcessor, Source, Wait
from generator.mapping.sources import Filtered, Groups

_NEW_SHARDS: Final = 1.0
"""Real seconds between two looks for shards that are new."""

_STOP_PATIENCE: Final = 30.0
"""Real seconds for which a lane may finish what it is doing."""


class Watcher(Protocol):
    """Somebody who is told what happens; called from the threads of the lanes."""

    def invoked(self, lane: str, invoke: Invoke, began: float, ended: float, reply: Reply) -> None:
        """Take note of an invocation and what came of it."""

    def discarded(self, lane: str, discard: Discard, at: float) -> None:
        """Take note of records that were given up."""

    def delivered(self, lane: str, document: Mapping[str, Any], refused: str | None) -> None:
        """Take note of a document that the destination took, or of why it did not."""


class Silent:
    """A watcher that takes no note."""

    def invoked(self, lane: str, invoke: Invoke, began: float, ended: float, reply: Reply) -> None:
        """Take no note."""

    def discarded(self, lane: str, discard: Discard, at: float) -> None:
        """Take no note."""

    def delivered(self, lane: str, document: Mapping[str, Any], refused: str | None) -> None:
        """Take no note."""


@dataclass
class Checkpoints:
    """Where each shard is to be taken up again, in a file if one is given; a killed poller loses nothing by it."""

    file: Path | None = None
    positions: dict[str, streams.Position] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.file and self.file.exists():
            stored = json.loads(self.file.read_text(encoding="utf-8"))
            self.positions = {shard: streams.Position(**position) for shard, position in stored.items()}

    def keep(self, shard: str, position: streams.Position) -> None:
        """Keep where a shard is; the file is replaced as a whole."""
        if self.positions.get(shard) == position:
            return
        self.positions[shard] = position
        if self.file:
            replace_file(self.file, json.dumps({name: vars(each) for name, each in self.positions.items()}))


@dataclass
class _Shard:
    """A shard that is being read: its source, its lanes, and the sources that share it out."""

    name: str
    source: streams.ShardSource
    lanes: list[ShardProcessor] = field(default_factory=list)
    groups: Groups | None = None
    threads: list[threading.Thread] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def _open(self) -> list[Sequence[Any]]:
        """What was read and is not finished, from each place where such records are."""
        groups = self.groups.lanes if self.groups else []
        return [self.source.waiting, *(group.waiting for group in groups), *(lane.unfinished for lane in self.lanes)]

    @property
    def finished(self) -> int:
        """How many records were read and are finished."""
        with self.lock:
            return self.source.count - sum(len(records) for records in self._open)

    def position(self) -> streams.Position | None:
        """Return where to take this shard up again, so that nothing is lost."""
        with self.lock:
            first = [records[0].sequence for records in self._open if records]
            if first:
                return streams.Position("AT_SEQUENCE_NUMBER", str(min(first)))
            if self.source.last is not None:
                return streams.Position("AFTER_SEQUENCE_NUMBER", str(self.source.last))
            return None


class EventPoller:
    """One mapping that is being run.

    Takes what gives clients for Lambda and, with the permissions of the function's role, for the stream and the
    destination (by default the same); the mapping's UUID; a clock; a file for the checkpoints; and a watcher.

    Raises:
        LocalAwsError: the mapping does not exist, or cannot be read.
    """

    def __init__(
        self,
        client: Client,
        mapping: str,
        *,
        as_role: Client | None = None,
        clock: RealClock | None = None,
        checkpoints: Path | None = None,
        watcher: Watcher | None = None,
    ) -> None:
        as_role = as_role or client
        self.mapping = _deployed(client("lambda"), mapping)
        self.settings = from_lambda(self.mapping)
        self.clock = clock or RealClock()
        self._lambda = client("lambda")
        self._streams = as_role("dynamodbstreams")
        self._as_role = as_role
        self._watcher = watcher or Silent()
        self._checkpoints = Checkpoints(checkpoints)
        self._shards: dict[str, _Shard] = {}
        self._stop = threading.Event()
        self._error: Exception | None = None
        self._patterns = self.settings.filter()

    def run(self, done: Callable[[], bool], *, within: float) -> None:
        """Run the mapping until ``done`` says so, which is asked several times a second.

        Takes the real seconds within which that must be.

        Raises:
            LocalAwsError: it did not happen in time, or the stream cannot be read or the function not be invoked.
        """
        deadline = time.monotonic() + within
        looked = 0.0
        try:
            while not done():
                if self._error:
                    raise self._error
                if time.monotonic() > deadline:
                    raise LocalAwsError(f"The mapping {self.mapping['UUID']} was not done within {within:g} seconds.")
                if self.settings.enabled and time.monotonic() > looked + _NEW_SHARDS:
                    self._start_shards()
                    looked = time.monotonic()
                time.sleep(0.05)
        finally:
            self.stop()

    @property
    def finished(self) -> int:
        """How many records were read and are finished: processed, given up, or dropped by the filter."""
        return sum(shard.finished for shard in self._shards.values())

    def stop(self) -> None:
        """Let every lane end after what it is doing."""
        self._stop.set()
        for shard in self._shards.values():
            for thread in shard.threads:
                thread.join(_STOP_PATIENCE)
            self._keep(shard)

    def _start_shards(self) -> None:
        found = {shard["ShardId"]: shard for shard in streams.list_shards(self._streams, self._stream_arn)}
        for name, shard in found.items():
            parent = shard.get("ParentShardId")
            blocked = parent in found and not self._finished(str(parent))
            if name not in self._shards and not blocked:
                self._start(name, new=parent in found or bool(self._shards))

    @property
    def _stream_arn(self) -> str:
        return str(self.mapping["EventSourceArn"])

    def _finished(self, name: str) -> bool:
        shard = self._shards.get(name)
        return bool(shard and shard.source.ended and not any(thread.is_alive() for thread in shard.threads))

    def _start(self, name: str, *, new: bool) -> None:
        """Start the lanes of a shard: where it was left, at its beginning, or for ``LATEST`` at its end."""
        begin = "TRIM_HORIZON" if new else self.settings.starting_position
        position = self._checkpoints.positions.get(name) or streams.Position(begin)
        shard = _Shard(name, streams.ShardSource(self._streams, self._stream_arn, name, position, self.clock))
        source: Source = shard.source
        if self.settings.filter_patterns:
            source = Filtered(source, lambda record: self._patterns.matches(record.event))
        count = self.settings.parallelization_factor
        sources: Sequence[Source] = [source]
        if count > 1:
            shard.groups = Groups(source, count, lambda record: str(record.key))
            sources = shard.groups.lanes
        origin = Origin(
            mapping=self.mapping["UUID"],
            function_arn=self.mapping["FunctionArn"],
            stream_arn=self._stream_arn,
            shard=name,
        )
        self._shards[name] = shard
        for number, each in enumerate(sources, 1):
            lane = ShardProcessor(self.settings, each, self.clock)
            shard.lanes.append(lane)
            label = name if count == 1 else f"{name}/{number}"
            shard.threads.append(threading.Thread(target=self._drive, args=(shard, lane, label, origin), daemon=True))
        for thread in shard.threads:
            thread.start()

    def _drive(self, shard: _Shard, lane: ShardProcessor, label: str, origin: Origin) -> None:
        """Do what a lane says until it ends, or until the poller is stopped."""
        try:
            self._follow(shard, lane, label, origin)
        except Exception as error:  # noqa: BLE001 - whatever it is, run() raises it where somebody sees it
            self._error = _explained(error)

    def _follow(self, shard: _Shard, lane: ShardProcessor, label: str, origin: Origin) -> None:
        steps = lane.run()
        requests: dict[int, str] = {}
        reply: Reply = None
        while not self._stop.is_set():
            try:
                # At once with what it reads: another lane's checkpoint must not pass records that nobody holds yet.
                with shard.lock:
                    action = steps.send(reply)
                    self._keep(shard)
            except StopIteration:
                return
            reply = None
            if isinstance(action, Wait):
                self.clock.wait(action, self._stop)
            elif isinstance(action, Invoke):
                requests = {action.request: requests.get(action.request) or str(uuid.uuid4())}
                began = self.clock.now
                with self.clock.working():
                    reply, version = self._invoke(action, origin)
                origin = replace(origin, version=version or origin.version)
                self._watcher.invoked(label, action, began, self.clock.now, reply)
            else:
                self._watcher.discarded(label, action, self.clock.now)
                self._give_up(label, action, origin, requests.get(action.request) or str(uuid.uuid4()))

    def _keep(self, shard: _Shard) -> None:
        with shard.lock:
            position = shard.position()
            if position:
                self._checkpoints.keep(shard.name, position)

    def _invoke(self, invoke: Invoke, origin: Origin) -> tuple[Reply, str | None]:
        """Invoke the function; return what came of it, and the version that was executed, if any was."""
        event = invocation_records.event([record.event for record in invoke.records], invoke.window, origin)
        try:
            answer = self._lambda.invoke(FunctionName=origin.function_arn, Payload=json.dumps(event).encode())
        except self._lambda.exceptions.TooManyRequestsException:
            return responses.THROTTLED, None
        content = json.loads(answer["Payload"].read() or b"null")
        version = answer.get("ExecutedVersion")
        if answer.get("FunctionError"):
            reason = content.get("errorMessage") if isinstance(content, dict) else None
            return Failure(answer["FunctionError"], reason=str(reason or "")), version
        return responses.read(content, invoke, self.settings), version

    def _give_up(self, label: str, discard: Discard, origin: Origin, request: str) -> None:
        """Send the document about records that were given up; what the destination refuses is not sent again."""
        arn = ((self.mapping.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
        if not arn or discard.condition is Condition.TRIMMED:
            return
        at = self.clock.now
        document = invocation_records.on_failure(discard, origin, at, request)
        refused = None
        try:
            self._send(arn, document, discard, origin, at)
        except Exception as error:  # noqa: BLE001 - botocore's types are made at run time; any refusal is final
            refused = str(error)
        self._watcher.delivered(label, document, refused)

    def _send(self, arn: str, document: dict[str, Any], discard: Discard, origin: Origin, at: float) -> None:
        target = Arn.parse(arn)
        if target.service == "sqs":
            queues = self._as_role("sqs")
            # The address, not GetQueueUrl: the role may send, and nothing else.
            endpoint = _endpoint(queues, f"https://sqs.{target.region}.amazonaws.com")
            url = f"{endpoint}/{target.account}/{target.name}"
            queues.send_message(QueueUrl=url, MessageBody=json.dumps(document))
        elif target.service == "sns":
            self._as_role("sns").publish(TopicArn=arn, Message=json.dumps(document))
        elif target.service == "s3":
            events = invocation_records.event([record.event for record in discard.records], discard.window, origin)
            self._as_role("s3").put_object(
                Bucket=target.name,
                Key=invocation_records.s3_key(origin, at),
                Body=json.dumps(invocation_records.with_payload(document, events)).encode(),
                ContentType="application/octet-stream",
            )
        else:
            raise LocalAwsError(
                f"The destination {arn} is none: it must be an SQS queue, an SNS topic or an S3 bucket."
            )


def deployed_settings(mapping: str) -> Settings:
    """Return the settings of a deployed mapping, with the user's own AWS credentials and region.

    Raises:
        AwsError: there is no such mapping, or AWS cannot be asked.
    """
    client = connect()("lambda")
    with aws_errors(f"The mapping {mapping} cannot be read"):
        found = client.get_event_source_mapping(UUID=mapping)
    return from_lambda(found)


def _deployed(client: Any, mapping: str) -> dict[str, Any]:  # noqa: ANN401 - boto3 makes its clients' types
    try:
        found: dict[str, Any] = client.get_event_source_mapping(UUID=mapping)
    except Exception as error:
        raise _explained(error) from error
    return found


def _endpoint(client: Any, usual: str) -> str:  # noqa: ANN401 - boto3 makes its clients' types
    return str(getattr(client.meta, "endpoint_url", None) or usual).rstrip("/")


def _explained(error: Exception) -> Exception:
    """Return an error of AWS, or of reaching it, as one line."""
    if isinstance(error, LocalAwsError):
        return error
    return LocalAwsError(f"AWS refused, or could not be asked: {' '.join(str(error).split())}")
