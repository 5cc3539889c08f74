"""What must hold of every run of ``redrive``, whatever happens to it and around it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tests.operate.model.functions import Invocation, key_of, number_of
from tests.operate.model.pipeline import Pipeline
from tests.operate.model.process import Process
from tests.operate.model.queues import VisibilityChange
from tests.operate.model.runs import Run
from tests.operate.model.tables import Image, Record

_RECEIPTS: Final = {"ReceiveMessage", "ChangeMessageVisibility", "ChangeMessageVisibilityBatch"}
"""Operations without whose success messages stay hidden, whatever a run does."""

_LONGEST_STALL: Final = 600
"""Seconds for which a run can be kept from working, and has its messages hidden all the same."""


class InvariantError(AssertionError):
    """Something does not hold."""


class Invariants:
    """Holds what happens to a pipeline to what must hold; each thing once, as soon as it has happened."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._account = pipeline.account
        self._runs: dict[str, Run] = {}
        self._done: dict[str, set[int]] = {}
        """The numbers of the records that each function has processed, or whose items' present state it was told."""
        self._seen: dict[str, int] = {}

    def started(self, process: Process) -> None:
        """Take a process that has been started."""
        self._runs[process.name] = Run(process, self._pipeline)

    def check(self) -> None:
        """Hold everything new to what must hold.

        Raises:
            InvariantError: Something does not hold.
        """
        for function in self._account.lambda_.functions.values():
            for invocation in self._new(function.name, function.invocations):
                self._invocation(self._runs[invocation.caller], function.name, invocation)
        for call in self._new("calls", self._account.calls):
            if call.operation == "Invoke":
                self._runs[call.caller].last_attempt = call.tick
        deletions = [(each.caller, each.message.id) for each in self._new("deletions", self._pipeline.queue.deletions)]
        removals = [(each.caller, each.key) for each in self._new("removals", self._pipeline.bucket.removals)]
        for caller, identifier in deletions + removals:
            self._deletion(caller, identifier)
        for change in self._new("changes", self._pipeline.queue.changes):
            self._visibility(change)
        for run in [each for each in self._runs.values() if not each.ended]:
            self._stay_hidden(run)
            run.ended = not run.process.runs
            if run.ended:
                self._end(run)

    def _new(self, name: str, things: Sequence[Any]) -> Sequence[Any]:
        seen = self._seen.get(name, 0)
        self._seen[name] = len(things)
        return things[seen:]

    # --- while it runs ------------------------------------------------------------------------------------------------

    def _invocation(self, run: Run, function: str, invocation: Invocation) -> None:
        if not run.sends:
            raise InvariantError(f"{run.name} is a dry run, and invoked {function}")
        selection = run.selection(function)
        latest: dict[str, int] = {}
        for event in invocation.records:
            key, number = key_of(event), number_of(event)
            if number not in selection:
                raise InvariantError(
                    f"{run.name} sent {number} to {function}, and no invocation record says that it may"
                )
            before = max(latest.get(key, 0), run.processed.get((function, key), 0))
            if number <= before:
                raise InvariantError(f"{run.name} sent {number} of item {key} to {function} after {before}")
            if (function, key) in run.failed:
                raise InvariantError(f"{run.name} sent {number} of item {key} to {function}, and an earlier one failed")
            latest[key] = number
            self._is_current(run, event, selection, invocation.tick)
        self._note(run, function, invocation, selection)

    def _is_current(self, run: Run, event: Any, selection: Mapping[int, Record], tick: int) -> None:  # noqa: ANN401
        """Hold what is sent of an item to what it has been since the last invocation."""
        key = key_of(event)
        states = self._states(key, run.last_attempt, tick)
        if run.verb == "reconcile":
            if event["dynamodb"].get("NewImage") not in states:
                raise InvariantError(f"{run.name} said that item {key} is {event}, and it is {states}")
            return
        following = [one for one in selection.values() if one.key == key and one.sequence >= number_of(event)]
        if not any(record.new in states for record in following):
            raise InvariantError(f"{run.name} sent item {key} as it was, and the table had left that behind: {states}")

    def _note(self, run: Run, function: str, invocation: Invocation, selection: Mapping[int, Record]) -> None:
        """Note what a function has processed, and what it failed on."""
        done = self._done.setdefault(function, set())
        for event in invocation.records[: invocation.processed]:
            key, number = key_of(event), number_of(event)
            run.processed[function, key] = number
            done.add(number)
            if run.verb == "reconcile":
                done |= {one.sequence for one in selection.values() if one.key == key and one.sequence < number}
        if len(invocation.records) == 1 and not invocation.processed:
            run.failed.add((function, key_of(invocation.records[0])))

    def _states(self, key: str, after: int, until: int) -> list[Image | None]:
        """Return what an item was at any time after a tick, until another."""
        states = self._pipeline.table.states.get(key, [(0, None)])
        first = max(place for place, (tick, _) in enumerate(states) if tick <= after)
        return [image for tick, image in states[first:] if tick <= until]

    def _deletion(self, caller: str, identifier: str) -> None:
        if caller not in self._runs:
            return
        run, discarded = self._runs[caller], self._pipeline.discarded.get(identifier)
        if discarded is None:
            raise InvariantError(f"{caller} deleted {identifier}, which is no invocation record")
        function = discarded.mapping.function_name
        left = sorted({record.sequence for record in discarded.records} - self._done.get(function, set()))
        if left and not (run.verb == "reconcile" and discarded.mapping.patterns):
            raise InvariantError(f"{caller} deleted {identifier}, and {function} never got {left}")

    def _visibility(self, change: VisibilityChange) -> None:
        owner = self._runs.get(change.receipt.caller)
        if owner and change.caller != owner.name and owner.process.runs:
            raise InvariantError(
                f"{change.caller} changed the visibility of {change.message.id}, which {owner.name} works on"
            )

    def _stay_hidden(self, run: Run) -> None:
        """Hold a run to keeping its messages hidden, unless it was kept from it."""
        if run.process.runs and run.sends and run.process.stalled < _LONGEST_STALL and not self._is_disturbed(run):
            shown = [each.id for each in self._pipeline.queue.visible if each.holder == run.name and not each.released]
            if shown:
                raise InvariantError(f"{run.name} is at work and let {shown} become visible")

    @staticmethod
    def _is_disturbed(run: Run) -> bool:
        return any(pending.operation in _RECEIPTS for pending in run.process.disturbed)

    # --- when it has ended --------------------------------------------------------------------------------------------

    def _end(self, run: Run) -> None:
        if run.process.crash:
            raise InvariantError(f"{run.name} crashed:\n{run.process.crash}")
        if run.process.killed:
            return
        self._nothing_is_hidden(run)
        summary = run.summary
        if summary is not None and run.sends:
            self._counts(run, summary)
        if run.process.code == 0 and run.sends:
            self._nothing_is_left(run)

    def _nothing_is_hidden(self, run: Run) -> None:
        """Hold a run to what it has received, and to what an earlier run had that was killed with the same journal."""
        if self._is_disturbed(run):
            return
        earlier = [each for each in self._runs.values() if run.goes_on_after(each)]
        since = {run.name: self._account.clock.tick} | {each.name: each.last_reception for each in earlier}
        hidden = [
            each.id
            for each in self._pipeline.queue.hidden
            if each.holder and each.receipts[-1].tick < since.get(each.holder, 0)
        ]
        if hidden:
            raise InvariantError(f"{run.name} has ended and left {hidden} hidden")

    def _counts(self, run: Run, summary: dict[str, Any]) -> None:
        happened = {
            "messages": len(run.discarded),
            "unrecognized": len(run.received) - len(run.discarded),
            "deleted": len(run.deleted) + len(run.unnoticed),
        }
        if run.verb == "replay":
            processed = {(name, number) for name, one in run.invocations for number in one.numbers[: one.processed]}
            alone = {(name, one.numbers[0]) for name, one in run.invocations if len(one.records) == 1}
            happened |= {"replayed": len(processed), "failed": len(alone - processed)}
        said = summary | {"unrecognized": len(summary["unrecognized"])}
        wrong = {name: (said[name], count) for name, count in happened.items() if said[name] != count}
        if wrong:
            raise InvariantError(f"{run.name} counts (said, happened): {wrong}")
        lost = sum(
            # Of records that other filter patterns find than once, nobody can count how many there were.
            not (discarded.is_found and self._pipeline.table.readable(record))
            for discarded in run.discarded
            if not discarded.has_payload
            for record in discarded.records
        )
        if summary["expired"] > lost:
            raise InvariantError(f"{run.name} says that {summary['expired']} records expired, and {lost} have")

    def _nothing_is_left(self, run: Run) -> None:
        there = run.pipeline.bucket.objects if run.from_bucket else [each.id for each in run.pipeline.queue.left]
        left = [
            each
            for each in there
            if (discarded := self._pipeline.discarded.get(each))
            and discarded.tick < run.process.began
            and each not in run.unnoticed
            and run.function in {None, discarded.mapping.function_name}
        ]
        if left:
            raise InvariantError(f"{run.name} ended with 0, and {left} are where they were")
