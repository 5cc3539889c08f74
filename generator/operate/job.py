"""What to operate on: a destination, whose invocation records belong to which function, and how to work on them."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from generator.arn import Arn
from generator.aws import Client
from generator.console import duration
from generator.operate.destinations import Destination, InFlight
from generator.operate.journal import HEARTBEAT_SECONDS, Journal
from generator.operate.matching import RecordFilter
from generator.operate.messages import InvocationRecord, UnrecognizedMessage
from generator.operate.references import FunctionId, MappingRef
from generator.operate.sender import Sender
from generator.operate.stream_reader import READS_PER_SECOND, StreamReader

BATCH_SIZE: Final = 100
"""Records in an invocation if the mapping is not known: the default of Lambda."""

PORTION: Final = 50_000
"""Messages that are processed together: memory holds so many, and SQS hides at most 120,000."""

_WINDOWED: Final = "its records belonged to a tumbling window, whose state is not known"
_TOLD_SECONDS: Final = 1.0

Progress = Callable[[str, int, int | None], None]
"""Receives what is counted, how many are done, and how many there are, or None if that is not known."""


@dataclass
class Portion:
    """Some invocation records: those to process by the function to invoke, those that are skipped and why.

    ``others`` is how many belong to other functions, by their names. Nothing changes these.
    """

    own: dict[str, list[InvocationRecord]] = field(default_factory=dict)
    others: Counter[str] = field(default_factory=Counter)
    skipped: list[tuple[InvocationRecord, str]] = field(default_factory=list)
    unrecognized: list[UnrecognizedMessage] = field(default_factory=list)


@dataclass(kw_only=True)
class Job:
    """What to operate on, and how.

    Attributes:
        client: Returns clients.
        region: The region of the clients.
        destination: Where the invocation records are.
        mapping: The mapping, if it is known. Only invocation records of its function and stream are processed.
        function: A function to invoke instead of the mapping's, or of the one in an invocation record.
        filtered: Whether the filter criteria of the mapping decide which records of a range were in the batch.
        same_filter: Whether these are known to be those of then, although the mapping was changed since.
        reads_per_second: Maximum number of reads of a shard in a second.
        deletes: Whether messages are deleted once they are processed.
        journal: The journal of what is processed, which is alive while the job works.
        progress: Receives the progress.
        print_line: Prints a line to the operator at once.
        number: Number of messages that were read.
        in_flight: Messages that other consumers had hidden when the last message was read.
        unread: About how many messages were not read, because no more can be in flight.
    """

    client: Client
    destination: Destination
    region: str = ""
    mapping: MappingRef | None = None
    function: str | None = None
    filtered: bool = True
    same_filter: bool = False
    reads_per_second: float = READS_PER_SECOND
    journal: Journal | None = None
    progress: Progress = lambda _what, _done, _total: None
    print_line: Callable[[str], None] = lambda _line: None
    deletes: bool = False
    number: int = 0
    in_flight: InFlight | None = None
    unread: int = 0
    _reader: StreamReader | None = None
    _senders: dict[tuple[str, str], Sender] = field(default_factory=dict)
    _owner: FunctionId | None = None

    def __post_init__(self) -> None:
        if self.mapping:
            self._owner = FunctionId.parse(self.mapping.function_arn)

    @property
    def reader(self) -> StreamReader:
        """A reader of streams."""
        if self._reader is None:
            self._reader = StreamReader(self.client, per_second=self.reads_per_second, pause=self.pause)
        return self._reader

    def sender(self, function: str, stream_arn: str) -> Sender:
        """Return the sender of the records of a stream to a function: the same one for as long as the job runs.

        It blocks the later records of an item that failed, whichever portion they are in.
        """
        if (function, stream_arn) not in self._senders:
            self._senders[function, stream_arn] = Sender(self.client("lambda"), function, pause=self.pause)
        return self._senders[function, stream_arn]

    @property
    def record_filter(self) -> RecordFilter | None:
        """The filter of the records that were in a batch. None if it is not known."""
        if not self.filtered:
            return lambda _record: True
        return self.mapping.filter.matches if self.mapping else None

    @property
    def filter_changed(self) -> float:
        """Time before which the mapping may have had other filter criteria, in seconds since the epoch; 0 if never."""
        return self.mapping.changed if self.mapping and self.filtered and not self.same_filter else 0

    @property
    def batch_size(self) -> int:
        """Maximum number of records in an invocation."""
        return self.mapping.batch_size if self.mapping else BATCH_SIZE

    @property
    def target(self) -> str | None:
        """The function to invoke, if it is the same for all invocation records."""
        function = self.function or (self.mapping.function_arn if self.mapping else None)
        return function.removesuffix(":$LATEST") if function else None

    def portions(self) -> Iterator[Portion]:
        """Yield everything at the destination, in portions. If ``deletes``, reading goes on at the limit in flight.

        Raises:
            AwsError: The destination cannot be read.
        """
        self.number = 0
        while True:
            found, read = self.destination.read(), self.number
            while True:
                portion, size = self._load(islice(found, PORTION))
                if size < PORTION:
                    # Now: SQS counts the messages that this process deletes later on for a while.
                    self.in_flight = self.destination.in_flight()
                yield portion
                if size < PORTION:
                    break
            if self.number == read or not self.destination.limited or not self.deletes:
                self.unread = self.destination.unread()
                return

    def _load(self, found: Iterable[InvocationRecord | UnrecognizedMessage]) -> tuple[Portion, int]:
        messages: list[InvocationRecord] = []
        portion = Portion()
        for each in found:
            self.number += 1
            if isinstance(each, InvocationRecord):
                messages.append(each)
            else:
                portion.unrecognized.append(each)
            self.progress("messages", self.number, None)
        self._select(messages, portion)
        return portion, len(messages) + len(portion.unrecognized)

    def _select(self, messages: Sequence[InvocationRecord], portion: Portion) -> None:
        """Add invocation records to a portion: as own ones, or as skipped ones."""
        if self._owner is None and self.function:
            self._owner = self._find_owner(FunctionId.parse(self.function), messages)
        by_owner: dict[FunctionId, list[InvocationRecord]] = {}
        for message in messages:
            other, reason = self.other_owner(message), self.skip_reason(message)
            if other:
                portion.others[other] += 1
                continue
            if reason:
                portion.skipped.append((message, reason))
                continue
            function = FunctionId.parse(message.function_arn)
            by_owner.setdefault(next((each for each in by_owner if each.same(function)), function), []).append(message)
        for own in by_owner.values():
            # The alias or version in the newest one: an older one may name a version that is no longer used.
            newest = max(own, key=lambda message: message.sent).function_arn
            portion.own.setdefault(self.target or newest.removesuffix(":$LATEST"), []).extend(own)

    @staticmethod
    def _find_owner(function: FunctionId, messages: Sequence[InvocationRecord]) -> FunctionId:
        """Return the function whose invocation records are processed if only the one to invoke is given.

        That is the same one. If it has none, it takes those of the only function that has any, such as a staging
        function those of the production function.
        """
        owners = {FunctionId.parse(message.function_arn) for message in messages}
        return owners.pop() if len(owners) == 1 else function

    def other_owner(self, message: InvocationRecord) -> str | None:
        """Return the name of the function to which an invocation record belongs, if that is another one."""
        function = FunctionId.parse(message.function_arn)
        return function.name if self._owner and not self._owner.same(function) else None

    def skip_reason(self, message: InvocationRecord) -> str | None:
        """Return why an own invocation record is skipped before its records are read."""
        stream, function = Arn.parse(message.stream_arn), FunctionId.parse(message.function_arn)
        for region in (stream.region, "" if self.target else function.region):
            if region and self.region and region != self.region:
                return f"its stream or function is in {region}; run the command with --region {region}"
        if self.mapping and self.mapping.stream_arn != message.stream_arn:
            return f"it is about {message.stream_arn}, which the mapping {self.mapping.uuid} does not read"
        return _WINDOWED if message.windowed and message.first is not None else None

    def may_delete(self, message: InvocationRecord) -> bool:
        """Return whether an invocation record is deleted once processed: only if its own function is invoked."""
        return not self.target or FunctionId.parse(self.target).same(FunctionId.parse(message.function_arn))

    def keep_alive(self) -> None:
        """Keep the messages hidden, and the journal alive. Call it between any two steps that can take minutes."""
        self.destination.renew()
        if self.journal:
            self.journal.heartbeat()

    def pause(self, seconds: float, reason: str) -> None:
        """Wait some seconds, and print why if it is unplanned and takes a while."""
        if reason and seconds >= _TOLD_SECONDS:
            self.print_line(f"Waiting {duration(seconds)}: {reason}.")
        self.keep_alive()
        while seconds > 0:
            # A limit on the rate can ask for longer pauses than messages stay hidden.
            part = min(seconds, HEARTBEAT_SECONDS)
            time.sleep(part)
            seconds -= part
            self.keep_alive()
